package store

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The parser departs from the WHATWG URL standard in a few hosts: it refuses "_" and its like beside an international
// label, and takes a sign for part of an IPv4 number. So a domain is brought into its final form here, before the parser
// sees it, and marked, which keeps the parser's hands off: with domainMark behind it, and where a label is in Punycode, which
// the parser would decode and encode again, with an x before each label and punycodeMark behind. unmark takes both away.
const (
	domainMark   = ".domain"
	punycodeMark = ".punycode"
)

func mark(domain string) string {
	if strings.HasPrefix(domain, "xn--") || strings.Contains(domain, ".xn--") {
		return "x" + strings.ReplaceAll(domain, ".", ".x") + punycodeMark
	}
	return domain + domainMark
}

// unmark returns the domain of a host that was marked, and any other host as it is.
func unmark(host string) string {
	if marked, ok := strings.CutSuffix(host, punycodeMark); ok {
		return strings.ReplaceAll(marked[1:], ".x", ".")
	}
	return strings.TrimSuffix(host, domainMark)
}

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
// domain in ASCII and marked, invalidHost otherwise. It follows https://url.spec.whatwg.org/#concept-host-parser.
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
	written := percentDecode(host)
	domain, ok := toASCII(written)
	switch {
	case !ok || domain == "" || strings.ContainsFunc(domain, forbiddenInDomain):
		return invalidHost
	case !endsInNumber(domain):
		return mark(domain)
	case strings.ContainsAny(domain, "+-"):
		return invalidHost
	default:
		return domain
	}
}

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
