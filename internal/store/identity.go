package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	whatwg "github.com/nlnwa/whatwg-url/url"
)

// MaxURLBytes is how long a link may be: the length of a URI that RFC 9110, section 4.1, asks everyone to support.
const MaxURLBytes = 8000

// asciiSpace is the WHATWG Infra standard's ASCII white space.
const asciiSpace = "\t\n\f\r "

// Parse makes the link of an address: surrounding ASCII white space trimmed, otherwise as written, its ID computed. The
// address must be an absolute http or https URL with a host, of at most MaxURLBytes, without ASCII control characters.
// The text of an error is a sentence for who sent the address.
func Parse(address string) (Link, error) {
	address = strings.Trim(address, asciiSpace)
	switch {
	case !utf8.ValidString(address):
		return Link{}, errors.New("a link must be valid UTF-8")
	case len(address) > MaxURLBytes:
		return Link{}, fmt.Errorf("a link must have at most %d bytes, this one has %d", MaxURLBytes, len(address))
	case strings.ContainsFunc(address, isControl):
		return Link{}, errors.New("a link must not contain control characters, such as line breaks or tabs")
	}
	canonical, err := canonicalForm(address)
	if err != nil {
		return Link{}, err
	}
	return Link{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(canonical)), URL: address}, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// maxSegments is how many segments the path of a link may have as written. The parser takes a time that grows with the
// square of their number.
const maxSegments = 1000

var errTooManySegments = fmt.Errorf("a link's path must have at most %d segments", maxSegments)

var errNotAbsolute = errors.New("a link must be an absolute http or https URL with a valid host, such as https://www.example.com/page")

// parser leaves to parserHost what is a valid domain, hence lax.
var parser = whatwg.NewParser(
	whatwg.WithLaxHostParsing(),
	whatwg.WithPreParseHostFunc(func(_ *whatwg.Url, host string) string { return parserHost(host) }),
	whatwg.WithPostParseHostFunc(func(_ *whatwg.Url, host string) string { return unmark(host) }),
)

// canonicalForm is the serialisation of an http or https URL by the WHATWG URL standard (https://url.spec.whatwg.org), a
// browser's new URL(address).href.
func canonicalForm(address string) (string, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", errNotAbsolute
	}
	user, password, rest := cutCredentials(rest)
	if segments(rest) > maxSegments {
		return "", errTooManySegments
	}
	if isCanonical(address) {
		return address, nil
	}
	u, err := parser.Parse(scheme + ":" + rest)
	if err != nil || u.Hostname() == "" {
		return "", errNotAbsolute
	}
	u.SetUsername(user)
	u.SetPassword(password)
	return u.Href(false), nil
}

// plainURL is what most links look like: a domain in lower case, each of its labels beginning with a letter, a path without
// dots at the beginning of a segment, and nothing that the parser would escape.
var plainURL = regexp.MustCompile(`^https?://[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+` +
	`(?:/(?:[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*)?)+` +
	`(?:\?[A-Za-z0-9._~!$&()*+,;=:@/?%-]*)?$`)

// isCanonical says of some addresses that are their own canonical form that they are. It spares them the parser, which takes
// six times as long. Long ones are not spared it: what the costliest links may cost is measured by them.
func isCanonical(address string) bool {
	return len(address) <= 256 && plainURL.MatchString(address) && !strings.Contains(address, "xn--")
}

// segments is how many segments the path of a special URL has as written: dots are not resolved.
func segments(afterScheme string) int {
	path := strings.TrimLeft(afterScheme, `/\`)
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	return strings.Count(path, "/") + strings.Count(path, `\`)
}

// cutCredentials takes user and password, as written, out of what follows the scheme. The parser would find them itself,
// in a time that grows with the square of their length: 0.4 s for a link full of "@".
func cutCredentials(afterScheme string) (user, password, rest string) {
	start := len(afterScheme) - len(strings.TrimLeft(afterScheme, `/\`))
	end := start + strings.IndexAny(afterScheme[start:]+"/", `/\?#`)
	at := strings.LastIndexByte(afterScheme[start:end], '@')
	if at < 0 {
		return "", "", afterScheme
	}
	if start+at+1 == end {
		return "", "", "" // no host
	}
	user, password, _ = strings.Cut(afterScheme[start:start+at], ":")
	return user, password, afterScheme[:start] + afterScheme[start+at+1:]
}
