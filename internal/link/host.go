package link

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/idna"
)

// canonicalHost returns the host and port of a special URL in canonical form. It
// follows https://url.spec.whatwg.org/#concept-host-parser. False means that they
// are invalid.
func canonicalHost(scheme, hostport string) (string, bool) {
	isIPv6, end := strings.HasPrefix(hostport, "["), 0
	if isIPv6 {
		end = strings.IndexByte(hostport, ']') + 1
	}
	host, port := cutAt(hostport, end+strings.IndexByte(hostport[end:]+":", ':'))
	port, ok := canonicalPort(scheme, port)
	if !ok {
		return "", false
	}
	if isIPv6 && (end != len(host) || strings.Count(host, "[") > 1) {
		return "", false
	}
	if !isIPv6 {
		if host, ok = toASCII(percentDecode(host)); !ok || host == "" || strings.ContainsFunc(host, forbiddenInDomain) {
			return "", false
		}
		if !endsInNumber(host) {
			return host + port, true
		}
		if strings.ContainsAny(host, "+-") { // the parser accepts a sign in an IPv4 number
			return "", false
		}
	}
	u, err := whatwg.Parse("http://" + host + "/")
	if err != nil {
		return "", false
	}
	return u.Hostname() + port, true
}

// canonicalPort returns the port, with its colon, unless it is the default.
func canonicalPort(scheme, port string) (string, bool) {
	digits := strings.TrimPrefix(port, ":")
	if digits == "" {
		return "", true
	}
	if strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", false
	}
	if scheme == "http" && n == 80 || scheme == "https" && n == 443 {
		return "", true
	}
	return ":" + strconv.FormatUint(n, 10), true
}

// domainToASCII has the settings of the standard's "domain to ASCII" with beStrict false.
var domainToASCII = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.ValidateLabels(true),
	idna.CheckHyphens(false),
	idna.CheckJoiners(true),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// toASCII returns the domain in lower case, and in Punycode where it is international. False means that no URL has it.
func toASCII(domain string) (string, bool) {
	if !utf8.ValidString(domain) {
		return "", false
	}
	if !isInternational(domain) {
		// The standard asks no more of a domain in ASCII.
		return strings.ToLower(domain), true
	}
	labels := strings.FieldsFunc(domain, isDot)
	for _, label := range labels {
		// The library decodes what is no Punycode, a letter beyond ASCII behind "xn--".
		if utf8.RuneCountInString(label) > maxLabel || isPunycode(label) && !isASCII(label) {
			return "", false
		}
	}
	if utf8.RuneCountInString(domain) > maxDomain {
		return "", false
	}
	// These two are mapped to 18 and 8 characters, more than any others, among which
	// are spaces. So no URL contains them, and they need not cost time in Punycode.
	if strings.ContainsAny(domain, "\ufdfa\ufdfb") {
		return "", false
	}
	ascii, err := domainToASCII.ToASCII(domain)
	// The library leaves "xn--" empty, and a label of characters that are left out; a browser refuses the first.
	return ascii, err == nil && len(strings.FieldsFunc(ascii, isDot)) >= len(labels)
}

// The lengths that a label and a domain may have in DNS (RFC 1035, section 2.3.4), in characters as written. Longer ones
// are refused where they would have to be brought into Punycode or checked in it, which takes a time that grows with the
// square of the length: 40 ms for 2,700 characters.
const (
	maxLabel  = 63
	maxDomain = 253
)

// isInternational says whether a domain has a label that is not ASCII, or one in Punycode.
func isInternational(domain string) bool {
	return !isASCII(domain) || slices.ContainsFunc(strings.Split(domain, "."), isPunycode)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// isPunycode says whether the label is marked as Punycode.
func isPunycode(label string) bool {
	return len(label) >= 4 && strings.EqualFold(label[:4], "xn--")
}

// isDot says whether the character separates labels (UTS #46, section 2.3).
func isDot(r rune) bool { return r == '.' || r == '\u3002' || r == '\uff0e' || r == '\uff61' }

// percentDecode leaves a "%" that starts no escape as it is.
func percentDecode(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := url.PathUnescape(s[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// forbiddenInDomain is the standard's forbidden domain code points.
func forbiddenInDomain(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`#/:<>?@[\]^|%`, r)
}

// endsInNumber says whether the standard reads the domain as an IPv4 address.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
