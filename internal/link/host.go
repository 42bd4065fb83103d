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

// canonicalHost returns the host and port of a special URL in canonical form.
// It follows https://url.spec.whatwg.org/#concept-host-parser. False means that
// they are invalid.
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
		host, ok = toASCII(percentDecode(host))
		if !ok || host == "" || strings.ContainsFunc(host, forbiddenInDomain) {
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

// domainToASCII implements the standard's "domain to ASCII" with beStrict
// false.
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

// toASCII returns the domain in lower case, with international labels in
// Punycode. It reports whether the domain is valid in a URL.
func toASCII(domain string) (string, bool) {
	if !utf8.ValidString(domain) {
		return "", false
	}
	if !isInternational(domain) {
		// The standard does not validate an ASCII domain any further.
		return strings.ToLower(domain), true
	}
	labels := strings.FieldsFunc(domain, isDot)
	for _, label := range labels {
		// The library accepts a letter beyond ASCII after "xn--", which is not
		// valid Punycode.
		if utf8.RuneCountInString(label) > maxLabel || isPunycode(label) && !isASCII(label) {
			return "", false
		}
	}
	if utf8.RuneCountInString(domain) > maxDomain {
		return "", false
	}
	// These two characters are mapped to more characters than any other. The
	// result contains spaces and is therefore invalid. Rejecting them here saves
	// the time to encode it.
	if strings.ContainsAny(domain, "\ufdfa\ufdfb") {
		return "", false
	}
	ascii, err := domainToASCII.ToASCII(domain)
	// The library returns an empty label for "xn--" and for a label of ignored
	// characters. Browsers reject the former.
	return ascii, err == nil && len(strings.FieldsFunc(ascii, isDot)) >= len(labels)
}

// The maximum lengths of a label and a domain in DNS (RFC 1035, section 2.3.4),
// in characters as written. They apply only to international domains: encoding
// or validating Punycode takes quadratic time.
const (
	maxLabel  = 63
	maxDomain = 253
)

// isInternational reports whether the domain contains a label that is not ASCII
// or is in Punycode.
func isInternational(domain string) bool {
	return !isASCII(domain) || slices.ContainsFunc(strings.Split(domain, "."), isPunycode)
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// isPunycode reports whether the label starts with the prefix of Punycode.
func isPunycode(label string) bool {
	return len(label) >= 4 && strings.EqualFold(label[:4], "xn--")
}

// isDot reports whether the character separates labels (UTS #46, section 2.3).
func isDot(r rune) bool { return r == '.' || r == '\u3002' || r == '\uff0e' || r == '\uff61' }

// percentDecode decodes the percent-escapes in s. A "%" that does not start an
// escape is unchanged.
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

// forbiddenInDomain reports whether the character is one of the standard's
// forbidden domain code points.
func forbiddenInDomain(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`#/:<>?@[\]^|%`, r)
}

// endsInNumber reports whether the standard parses the domain as an IPv4
// address.
func endsInNumber(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}
