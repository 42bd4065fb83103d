package api

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"links/internal/link"
)

const (
	maxQueryBytes = 200 // of q
	maxQueryWords = 10
	maxQueryTags  = 5
	// maxExaminedLinks and maxExaminedBytes limit what one response to a search
	// examines: the number of links, and the size of their URLs, titles, tags and
	// notes.
	maxExaminedLinks = 10_000
	maxExaminedBytes = 4_000_000
)

// A search selects links by words and tags. All text in it is case-folded. It is
// not safe for concurrent use.
type search struct {
	words    *wordSet // nil if there are none
	tags     []tagPattern
	untagged bool   // selects only links without tags
	text     []byte // of the current link

	examinedLinks, examinedBytes int
}

// A tagPattern selects the links that have a tag, or a tag below it. The tags of
// such a link, each between two line feeds, contain itself or below.
type tagPattern struct{ itself, below []byte }

// parseSearch returns the search of the parameters q and tag, or nil if there are
// none.
func parseSearch(values url.Values) (*search, error) {
	if !values.Has("q") && !values.Has("tag") {
		return nil, nil
	}
	s := new(search)
	if err := checkNotRepeated(values, "q"); err != nil {
		return nil, err
	}
	if values.Has("q") {
		words, ok := parseWords(values.Get("q"))
		if !ok {
			return nil, invalidField("q", fmt.Errorf("expected 1 to %d words of at most %d bytes of UTF-8 in total",
				maxQueryWords, maxQueryBytes))
		}
		s.words = new(newWordSet(words))
	}
	if len(values["tag"]) > maxQueryTags {
		return nil, invalidField("tag", fmt.Errorf("send the parameter at most %d times", maxQueryTags))
	}
	for _, value := range values["tag"] {
		if value == "" {
			s.untagged = true
			continue
		}
		tag, err := link.ParseTag(value)
		if err != nil {
			return nil, invalidField("tag", err)
		}
		start := link.AppendFold([]byte{'\n'}, tag)
		s.tags = append(s.tags, tagPattern{append(bytes.Clone(start), '\n'), append(bytes.Clone(start), '/')})
	}
	return s, nil
}

// parseWords returns the case-folded words of q and reports whether q is valid.
func parseWords(q string) (words [][]byte, ok bool) {
	q = strings.Trim(q, link.ASCIISpace)
	fields := strings.FieldsFunc(q, func(r rune) bool { return strings.ContainsRune(link.ASCIISpace, r) })
	if len(q) > maxQueryBytes || !utf8.ValidString(q) || len(fields) == 0 || len(fields) > maxQueryWords {
		return nil, false
	}
	for _, word := range fields {
		words = append(words, link.AppendFold(nil, word))
	}
	return words, true
}

// mayExamine counts the link and reports whether one response may examine it too.
func (s *search) mayExamine(l link.Link) bool {
	s.examinedLinks++
	s.examinedBytes += len(l.URL) + len(l.Title) + len(l.Tags) + len(l.Note)
	return s.examinedLinks <= maxExaminedLinks && s.examinedBytes <= maxExaminedBytes
}

// matches reports whether the search selects the link.
//
// It searches the text of the link for the words. The parts of the text are
// separated by line feeds, which no word and no tag contains.
func (s *search) matches(l link.Link) bool {
	if s.untagged && l.Tags != "" {
		return false
	}
	s.text = append(append(append(s.text[:0], '\n'), l.Tags...), '\n')
	for i, c := range s.text {
		if c == ',' {
			s.text[i] = '\n'
		}
	}
	s.text = link.Fold(s.text)
	for _, tag := range s.tags {
		if !bytes.Contains(s.text, tag.itself) && !bytes.Contains(s.text, tag.below) {
			return false
		}
	}
	if s.words == nil {
		return true
	}
	tags := len(s.text)
	s.text = append(append(s.text, l.Title...), '\n')
	s.text = append(append(s.text, l.Note...), '\n')
	s.text = appendDecoded(append(append(s.text, l.URL...), '\n'), l.URL)
	s.text = s.text[:tags+len(link.Fold(s.text[tags:]))]
	return s.words.allIn(s.text)
}

// appendDecoded appends the URL, percent-decoded once, if it contains escapes. It
// appends nothing if an escape is malformed or the result is not valid UTF-8.
//
// It takes a quarter of the time of url.PathUnescape and does not allocate.
func appendDecoded(dst []byte, rawURL string) []byte {
	start := len(dst)
	for {
		before, after, found := strings.Cut(rawURL, "%")
		if !found && len(dst) == start {
			return dst
		}
		dst = append(dst, before...)
		if !found {
			break
		}
		if len(after) < 2 {
			return dst[:start]
		}
		dst = append(dst, after[:2]...)
		escape := dst[len(dst)-2:]
		if _, err := hex.Decode(escape, escape); err != nil {
			return dst[:start]
		}
		dst, rawURL = dst[:len(dst)-1], after[2:]
	}
	if !utf8.Valid(dst[start:]) {
		return dst[:start]
	}
	return dst
}
