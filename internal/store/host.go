package store

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The parser departs from the WHATWG URL standard in a few hosts: it refuses "_" and its like beside an international
// label, and takes a sign for part of an IPv4 number. So a domain is brought into its final form here, before the parser
// sees it, with domainMark behind it, which keeps the parser's hands off and is taken away afterwards.
const domainMark = ".domain"

// invalidHost is refused by every parser.
const invalidHost = "["

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

// parserHost turns the host of a special URL, as written, into what the parser is to read: an IP address as it is, a
// domain in ASCII with domainMark, invalidHost otherwise. It follows https://url.spec.whatwg.org/#concept-host-parser.
func parserHost(host string) string {
	if host == "" {
		return host
	}
	if host[0] == '[' {
		if strings.Count(host, "[") > 1 || strings.Count(host, "]") > 1 {
			return invalidHost
		}
		return host
	}
	domain, ok := toASCII(percentDecode(host))
	switch {
	case !ok || domain == "" || strings.ContainsFunc(domain, forbiddenInDomain):
		return invalidHost
	case !endsInNumber(domain):
		return domain + domainMark
	case strings.ContainsAny(domain, "+-"):
		return invalidHost
	default:
		return domain
	}
}

func toASCII(domain string) (string, bool) {
	if !utf8.ValidString(domain) {
		return "", false
	}
	ascii, err := domainToASCII.ToASCII(domain)
	if err == nil {
		return ascii, true
	}
	// The standard asks no more of a domain in ASCII than lower case, unless it has a label in Punycode.
	lower := strings.ToLower(domain)
	isASCII := !strings.ContainsFunc(domain, func(r rune) bool { return r >= utf8.RuneSelf })
	return lower, isASCII && !strings.HasPrefix(lower, "xn--") && !strings.Contains(lower, ".xn--")
}

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
