package link

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the tags of a link.
const (
	MaxTags      = 50
	MaxTagBytes  = 100  // of one tag
	MaxTagsBytes = 2000 // of all tags together
)

// Tags are the tags of a link, in order, as ParseTags returned them: separated
// by commas, which no tag contains. Empty Tags contain no tag.
type Tags string

// ParseTag returns the tag, trimmed of surrounding ASCII white space. The
// result is 1 to MaxTagBytes of UTF-8 without commas and ASCII control
// characters.
//
// Errors are clauses that the API shows to its clients.
func ParseTag(tag string) (string, error) {
	tag = strings.Trim(tag, ASCIISpace)
	switch {
	case tag == "":
		return "", errors.New("a tag must not be empty")
	case !utf8.ValidString(tag):
		return "", errors.New("a tag must be valid UTF-8")
	case len(tag) > MaxTagBytes:
		return "", fmt.Errorf("a tag must be at most %d bytes, not %d", MaxTagBytes, len(tag))
	case strings.Contains(tag, ","):
		return "", errors.New("a tag must not contain a comma")
	case strings.ContainsFunc(tag, isControl):
		return "", errors.New("a tag must not contain control characters, such as line breaks or tabs")
	}
	return tag, nil
}

// ParseTags returns the tags as ParseTag returns each of them. Of tags that are
// equal except for case, the result contains only the first. It contains at
// most MaxTags tags of MaxTagsBytes.
//
// Errors are clauses that the API shows to its clients.
func ParseTags(tags []string) (Tags, error) {
	set := newTagSet(len(tags))
	for _, tag := range tags {
		tag, err := ParseTag(tag)
		if err != nil {
			return "", err
		}
		if !set.add(tag) {
			return "", fmt.Errorf("a link must have at most %d tags of %d bytes in total", MaxTags, MaxTagsBytes)
		}
	}
	return Tags(set.tags), nil
}

// All returns an iterator over the tags.
func (t Tags) All() iter.Seq[string] {
	if t == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(string(t), ",")
}

// Add returns t followed by the tags of others that t does not contain. Tags
// are compared regardless of case. Add stops at the first tag that would exceed
// MaxTags or MaxTagsBytes.
func (t Tags) Add(others Tags) Tags {
	if t == "" || others == "" {
		return t + others
	}
	set := newTagSet(MaxTags)
	for tag := range t.All() {
		set.add(tag)
	}
	for tag := range others.All() {
		if !set.add(tag) {
			break
		}
	}
	return Tags(set.tags)
}

// A tagSet collects distinct tags.
type tagSet struct {
	tags   []byte   // with a comma between two
	folded [][]byte // each tag as AppendFold returns it
	buffer []byte   // contains folded
}

// newTagSet returns an empty set for about n tags.
func newTagSet(n int) *tagSet {
	return &tagSet{folded: make([][]byte, 0, min(n, MaxTags))}
}

// add adds a valid tag, unless the set contains it. It returns false if the tag
// would exceed a limit.
func (s *tagSet) add(tag string) bool {
	start := len(s.buffer)
	s.buffer = AppendFold(s.buffer, tag)
	folded := s.buffer[start:]
	// A search in so few tags takes less time than a map.
	if slices.ContainsFunc(s.folded, func(other []byte) bool { return bytes.Equal(other, folded) }) {
		s.buffer = s.buffer[:start]
		return true
	}
	commas := max(len(s.folded)-1, 0)
	if len(s.folded) == MaxTags || len(s.tags)-commas+len(tag) > MaxTagsBytes {
		return false
	}
	if len(s.folded) > 0 {
		s.tags = append(s.tags, ',')
	}
	s.folded = append(s.folded, folded)
	s.tags = append(s.tags, tag...)
	return true
}
