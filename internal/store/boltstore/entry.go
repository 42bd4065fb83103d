package boltstore

import (
	"iter"
	"strings"

	"github.com/google/uuid"

	"links/internal/link"
)

// The value of an entry of by_added. The package documentation describes it.
const (
	titleSeparator  = '\n'
	memberSeparator = '\x1f'

	// names of members
	tagsMember = 't'
	noteMember = 'n'
)

// decode returns a copy of the link in an entry of by_added, and of the members
// that this version does not know.
func decode(key, value []byte) (l link.Link, unknown string) {
	l = link.Link{ID: uuid.UUID(value[:idBytes]), Added: link.Timestamp(key)}
	unknown = decodeText(&l, string(value[idBytes:]))
	return l, unknown
}

// A chunk contains copies of entries of by_added. Links refer to one string, which
// saves allocations.
type chunk struct {
	text string // the key and the value of each entry
	ends []int  // of the entries in text
}

// newChunk returns a chunk of entries with the keys and values, of which size is
// the length in bytes. It panics if an entry is too short, as decode does.
func newChunk(keys, values [][]byte, size int) chunk {
	var text strings.Builder
	text.Grow(size)
	ends := make([]int, len(keys))
	for i, key := range keys {
		added, _ := (*link.Timestamp)(key), (*uuid.UUID)(values[i])
		text.Write(added[:])
		text.Write(values[i])
		ends[i] = text.Len()
	}
	return chunk{text.String(), ends}
}

// links returns the links of the entries.
func (c chunk) links() iter.Seq[link.Link] {
	return func(yield func(link.Link) bool) {
		rest := 0
		for _, end := range c.ends {
			var l link.Link
			rest += copy(l.Added[:], c.text[rest:end])
			rest += copy(l.ID[:], c.text[rest:end])
			decodeText(&l, c.text[rest:end])
			if !yield(l) {
				return
			}
			rest = end
		}
	}
}

// decodeText sets the members of the link that follow the ID in a value. It
// returns the unknown members, each after its separator.
func decodeText(l *link.Link, text string) (unknown string) {
	end := strings.IndexByte(text, memberSeparator)
	if end >= 0 {
		unknown = decodeMembers(l, text[end+1:])
		text = text[:end]
	}
	if end = strings.IndexByte(text, titleSeparator); end >= 0 {
		l.Title = text[end+1:]
		text = text[:end]
	}
	l.URL = text
	return unknown
}

// decodeMembers implements decodeText for the members after the title.
func decodeMembers(l *link.Link, members string) (unknown string) {
	for member := range strings.SplitSeq(members, string(memberSeparator)) {
		switch {
		case member == "":
		case member[0] == tagsMember:
			l.Tags = link.Tags(member[1:])
		case member[0] == noteMember:
			l.Note = member[1:]
		default:
			unknown += string(memberSeparator) + member
		}
	}
	return unknown
}

// encode returns the value of a link in by_added, with the unknown members that
// decode returned for it.
func encode(l link.Link, unknown string) []byte {
	value := make([]byte, 0, idBytes+len(l.URL)+1+len(l.Title)+2+len(l.Tags)+2+len(l.Note)+len(unknown))
	value = append(append(value, l.ID[:]...), l.URL...)
	if l.Title != "" {
		value = append(append(value, titleSeparator), l.Title...)
	}
	if l.Tags != "" {
		value = append(append(value, memberSeparator, tagsMember), l.Tags...)
	}
	if l.Note != "" {
		value = append(append(value, memberSeparator, noteMember), l.Note...)
	}
	return append(value, unknown...)
}
