// Writes canonical.json: for each link the value of new URL(link).href in Node.js,
// the oracle for the canonical form. null means that Node.js rejects the link.
//
//   node canonical.mjs > canonical.json
const links = [
  'https://www.google.com', 'https://www.google.com/', 'HTTPS://WWW.Google.com:443', 'http://example.com:80/', 'http://example.com:8080/',
  'https://example.com:443/a', 'https://example.com:80', 'https://example.com:00443/', 'https://example.com:65536/', 'https://example.com:/',
  'http:example.com', 'http:/example.com/a', 'http:///example.com', 'http:\\\\example.com\\a\\b', 'https://example.com\\@evil.example/',
  'https://example.com/a/./b/../c', 'https://example.com/%2e/a/%2E%2e/b', 'https://example.com/..', 'https://example.com//a//b',
  'https://example.com/a b', 'https://example.com/ä?ö#ü', 'https://example.com/%c3%a4', 'https://example.com/%zz', 'https://example.com/%',
  'https://example.com?a=b&c=d', 'https://example.com/?', 'https://example.com/#', 'https://example.com/?a=\'"<>`', 'https://example.com/#a b"<>`',
  'https://example.com/a\u00a0b', 'https://example.com/\u00a0', 'https://example.com/|^{}[]', 'https://example.com/😀?😀#😀',
  'https://user:pass@example.com/', 'https://user@example.com/', 'https://:pass@example.com/', 'https://@example.com/', 'https://a:b:c@d@example.com/',
  'https://@@example.com/', 'https://a@b:c@d:@@example.com/', 'https:\\\\a@b@example.com\\c@d', 'https:a@b@example.com?c@d', 'https://a@b@', 'http://@/www.example.com', 'http://a@/b', 'http:@/b', 'https://a@\\b', 'https://a@:80/b', 'https://a:@b:443', 'https://%@b', 'https://é:é@b', 'https://us er:p%20w@example.com/', 'https://user:@example.com', 'https://example.com./', 'https://example..com/', 'https://.example.com/',
  'https://bücher.de/', 'https://BÜCHER.de/', 'https://xn--bcher-kva.de/', 'https://XN--BCHER-KVA.de/', 'https://b%C3%BCcher.de/', 'https://faß.de/',
  'https://my_site.bücher.de/', 'https://*.bücher.de/', 'https://a,b.bücher.de/', 'https://my_site.example.com/', 'https://日本語。jp/', 'https://例え.テスト/',
  'https://Ａ.example/', 'https://a\u00adb.example/', 'https://xn--/', 'https://xn--a/', 'https://xn--a-yoc/', 'https://xn--bché-kva.de/', 'https://www.XN--é.example/', 'https://xn--%C3%A9/', 'https://-a-.example/', 'https://a--b.example/',
  'https://ab--c.ü.de/', 'https://example.com%2f/', 'https://ex%61mple.com/', 'https://exa%6', 'https://exa mple.com/', 'https://exa<mple.com/', 'https://a^b/',
  'https://a|b/', 'https://a%b/', 'https://a%25b/', 'https://a!b$c&d\'e(f)g;h=i~j/', 'https://a+b/', 'https://a"b/', 'https://a`b{c}/',
  'http://127.0.0.1/', 'http://127.1/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://2130706433/', 'http://256.0.0.1/', 'http://1.2.3.4.5/', 'http://1.2.3.4./',
  'http://09.1/', 'http://0x/', 'http://1.0x/', 'http://a.1/', 'http://a.0x1/', 'http://a.0xg/', 'http://1.2.3.a/', 'http://4294967296/', 'http://-1/', 'http://+1/',
  'http://1.-1/', 'http://-1.1/', 'http://0x-1/', 'http://a-b.1/', 'http://１２７.0.0.1/', 'http://99999999999999999999999/', 'http://0xffffffffffffffffff/', 'http://a..1/', 'http://1..1/', 'http://.1/',
  'http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[1::2:0:0:3]/', 'http://[::ffff:1.2.3.4]/', 'http://[::1', 'http://[[::1]]/', 'http://[::1]]/', 'http://[::1%25eth0]/',
  'http://[1:2:3:4:5:6:7]/', 'http://[1:2:3:4:5:6:7:8:9]/', 'http://[::g]/', 'http://[::1]:8080/', 'http://[2001:DB8::]/', 'http://[]/', 'http://[:]/', 'http://[::1.2.3]/', 'http://[::01.2.3.4]/',
  'http://a.domain/', 'http://domain/', 'http://.domain/', 'http://a.domain./', 'http://localhost/', 'http://LOCALHOST:3000/x', 'http://192.168.0.1.nip.io/',
  'http://', 'https://', 'http://?a', 'http://#a', 'http://:80/', 'http://@/', 'http:', 'ftp://example.com/', 'mailto:a@example.com', 'javascript:alert(1)', 'file:///etc/passwd',
  'example.com', '//example.com', '/a', '', ' ', 'ws://example.com/', 'http//example.com', 'hTTp://example.com', 'https://example.com:443:80/', 'https://example.com:8a/', 'https://ex.com:-1/',
  'https://example.com/?q=%E4', 'https://example.com/?q=a+b', 'https://example.com/?q=a%2Bb', 'https://example.com/;a=b', 'https://example.com/a%2Fb', 'https://example.com/C|/x',
  'https://≠.example/', 'https://a≮b/', 'https://☃.net/', 'https://٠.example/', 'https://א.example/', 'https://אa.example/', 'https://a\u200db.example/', 'https://क्‍ष.example/', 'https://ا‌ب.example/',
  'https://\u0301a.example/', 'https://ﬀ.example/', 'https://ẞ.example/', 'https://İ.example/', 'https://ς.example/', 'https://a\ufffd.example/', 'https://\u2488.example/', 'https://example.com/\ufffd', 'https://example.com/\ud7ff\ue000\uffff',
];
const href = (link) => { try { return new URL(link).href } catch { return null } };
console.log(JSON.stringify(Object.fromEntries(links.map((l) => [l, href(l)])), null, 1));
