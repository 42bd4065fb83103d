package link

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxNoteBytes is the maximum length of a note.
const MaxNoteBytes = 4000

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// ParseNote returns the note with LF as the line ending, trimmed of surrounding
// ASCII white space. The result is at most MaxNoteBytes of UTF-8 without ASCII
// control characters except LF and TAB.
//
// Errors are clauses that the API shows to its clients.
func ParseNote(note string) (string, error) {
	note = strings.Trim(lineEnds.Replace(note), ASCIISpace)
	isInvalid := func(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }
	switch {
	case !utf8.ValidString(note):
		return "", errors.New("a note must be valid UTF-8")
	case len(note) > MaxNoteBytes:
		return "", fmt.Errorf("a note must be at most %d bytes, not %d", MaxNoteBytes, len(note))
	case strings.ContainsFunc(note, isInvalid):
		return "", errors.New("a note must not contain control characters except line breaks and tabs")
	}
	return note, nil
}
