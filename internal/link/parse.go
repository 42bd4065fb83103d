package link

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
)

// MaxURLBytes is the maximum length of a link. RFC 9110, section 4.1,
// recommends that everyone support at least this length.
const MaxURLBytes = 8000

// ASCIISpace contains the ASCII white space of the WHATWG Infra standard. The
// functions of this package trim no other white space.
const ASCIISpace = "\t\n\f\r "

// Parse returns the link with the given URL, trimmed of surrounding ASCII white
// space, and its ID. The URL must be an absolute http or https URL with a host,
// of at most MaxURLBytes, without ASCII control characters.
//
// Errors are clauses that the API shows to its clients.
func Parse(rawURL string) (Link, error) {
	rawURL = strings.Trim(rawURL, ASCIISpace)
	switch {
	case !utf8.ValidString(rawURL):
		return Link{}, errors.New("a link must be valid UTF-8")
	case len(rawURL) > MaxURLBytes:
		return Link{}, fmt.Errorf("a link must be at most %d bytes, not %d", MaxURLBytes, len(rawURL))
	case strings.ContainsFunc(rawURL, isControl):
		return Link{}, errors.New("a link must not contain control characters, such as line breaks or tabs")
	}
	canonical, err := canonicalForm(rawURL)
	if err != nil {
		return Link{}, err
	}
	return Link{ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte(canonical)), URL: rawURL}, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// maxSegments is the maximum number of segments in the path of a link, as
// written.
const maxSegments = 1000

var errTooManySegments = fmt.Errorf("a link's path must have at most %d segments", maxSegments)

var errNotAbsolute = errors.New(
	"a link must be an absolute http or https URL with a valid host, such as https://www.example.com/page")

// canonicalForm returns the serialization of an http or https URL by the WHATWG
// URL standard (https://url.spec.whatwg.org): the value of new URL(rawURL).href
// in a browser. The time for each part of the URL is linear in its length.
func canonicalForm(rawURL string) (string, error) {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", errNotAbsolute
	}
	rest = strings.TrimLeft(rest, `/\`)
	rest, fragment, hasFragment := strings.Cut(rest, "#")
	rest, query, hasQuery := strings.Cut(rest, "?")
	authority, path := cutAt(rest, strings.IndexAny(rest, `/\`))
	if strings.Count(path, "/")+strings.Count(path, `\`) > maxSegments {
		return "", errTooManySegments
	}
	scheme = strings.ToLower(scheme)
	at := strings.LastIndexByte(authority, '@')
	host, ok := canonicalHost(scheme, authority[at+1:])
	if !ok {
		return "", errNotAbsolute
	}
	canonical := make([]byte, 0, 2*len(rawURL))
	canonical = append(append(canonical, scheme...), "://"...)
	if at >= 0 {
		canonical = appendCredentials(canonical, authority[:at])
	}
	canonical = append(canonical, host...)
	canonical = appendPath(canonical, path)
	if hasQuery {
		canonical = appendEncoded(append(canonical, '?'), query, encodedInQuery)
	}
	if hasFragment {
		canonical = appendEncoded(append(canonical, '#'), fragment, encodedInFragment)
	}
	return string(canonical), nil
}

// cutAt cuts s before the index, or at its end if the index is negative.
func cutAt(s string, index int) (before, after string) {
	if index < 0 {
		return s, ""
	}
	return s[:index], s[index:]
}
