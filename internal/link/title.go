package link

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxTitleBytes is how long a title may be.
const MaxTitleBytes = 2000

// ParseTitle returns the title with the ASCII white space around it trimmed. What is left must be at most MaxTitleBytes of
// UTF-8 without ASCII control characters. The text of an error is a clause for who sent the title.
func ParseTitle(title string) (string, error) {
	title = strings.Trim(title, asciiSpace)
	switch {
	case !utf8.ValidString(title):
		return "", errors.New("a title must be valid UTF-8")
	case len(title) > MaxTitleBytes:
		return "", fmt.Errorf("a title must have at most %d bytes, this one has %d", MaxTitleBytes, len(title))
	case strings.ContainsFunc(title, isControl):
		return "", errors.New("a title must not contain control characters, such as line breaks or tabs")
	}
	return title, nil
}
