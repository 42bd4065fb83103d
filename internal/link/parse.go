package link

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
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

// maxSegments is how many segments the path of a link may contain as written.
const maxSegments = 1000

var errTooManySegments = fmt.Errorf("a link's path must have at most %d segments", maxSegments)

var errNotAbsolute = errors.New("a link must be an absolute http or https URL with a valid host, such as https://www.example.com/page")

// canonicalForm returns the serialization of an http or https URL by the WHATWG URL
// standard (https://url.spec.whatwg.org), a browser's new URL(address).href. Each
// part of the URL takes a time that is linear in its length.
func canonicalForm(address string) (string, error) {
	scheme, rest, _ := strings.Cut(address, ":")
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
	canonical := make([]byte, 0, 2*len(address))
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
