package link

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxTitleBytes is the maximum length of a title.
const MaxTitleBytes = 2000

// ParseTitle returns the title, trimmed of surrounding ASCII white space. The
// result is at most MaxTitleBytes of UTF-8 without ASCII control characters.
//
// Errors are clauses that the API shows to its clients.
func ParseTitle(title string) (string, error) {
	title = strings.Trim(title, ASCIISpace)
	switch {
	case !utf8.ValidString(title):
		return "", errors.New("a title must be valid UTF-8")
	case len(title) > MaxTitleBytes:
		return "", fmt.Errorf("a title must be at most %d bytes, not %d", MaxTitleBytes, len(title))
	case strings.ContainsFunc(title, isControl):
		return "", errors.New("a title must not contain control characters, such as line breaks or tabs")
	}
	return title, nil
}
