package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"links/internal/link"
)

const maxArray = 1000 // links of one request

// Examples of valid bodies, for error messages.
const (
	linkExample  = `{"link": "https://www.example.com"}`
	patchExample = `{"title": "A page"}`
)

// decodeLimited calls decode, which decodes the body. At most GOMAXPROCS/2 large
// bodies are decoded concurrently, so that other requests find a free processor.
func (a *api) decodeLimited(ctx context.Context, body []byte, decode func() error) error {
	if len(body) >= smallBody {
		if err := a.decoding.Acquire(ctx, 1); err != nil {
			return err
		}
		defer a.decoding.Release(1)
	}
	return decode()
}

// decodeLinks decodes the body of a POST: one link or an array of links. It returns
// ctx.Err() if ctx ends while it decodes an array.
func decodeLinks(ctx context.Context, body []byte) (links []link.Link, isArray bool, err error) {
	d := newDecoder(body, linkExample)
	switch d.PeekKind() {
	case '[':
		isArray = true
		links, err = d.array(ctx)
	case '{', jsontext.KindInvalid:
		links, err = d.object()
	default:
		err = badRequest("Invalid body: expected an object such as %s, or an array of such objects.", linkExample)
	}
	if err != nil {
		return nil, isArray, err
	}
	return links, isArray, d.end()
}

func (d decoder) object() ([]link.Link, error) {
	l, invalid, err := d.link()
	if err != nil {
		return nil, err
	}
	if invalid != nil {
		return nil, invalidField(invalid.field, invalid)
	}
	return []link.Link{l}, nil
}

// array reads an array up to its first invalid element.
func (d decoder) array(ctx context.Context) ([]link.Link, error) {
	if err := d.readDelim(); err != nil {
		return nil, err
	}
	links := []link.Link{}
	for d.PeekKind() != ']' {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(links) == maxArray {
			return nil, httpError{
				status: http.StatusRequestEntityTooLarge,
				message: fmt.Sprintf("The array contains more than %d links; split it into several requests.",
					maxArray),
			}
		}
		l, invalid, err := d.link()
		if err != nil {
			return nil, err
		}
		if invalid != nil {
			index := len(links)
			return nil, httpError{
				status:  http.StatusBadRequest,
				message: fmt.Sprintf("Element %d is invalid, and nothing was stored: %v.", index, invalid),
				index:   &index,
				field:   invalid.field,
			}
		}
		links = append(links, l)
	}
	return links, d.readDelim()
}

// These errors complete messages such as "Invalid title: …" and "Element 2 is
// invalid, and nothing was stored: …".
var (
	errNotLink    = errors.New(`expected an object with a string "link", such as ` + linkExample)
	errTitleType  = errors.New("a title must be a string, or null for no title")
	errTagsType   = errors.New("tags must be an array of strings, or null for no tags")
	errNoteType   = errors.New("a note must be a string, or null for no note")
	errDateFormat = errors.New(
		`"added" must be an RFC 3339 date-time such as 2026-11-24T06:20:43.123Z, or null for the current time`,
	)
	errDateTooEarly = errors.New(`"added" must not be before 1970`)
	errDateTooLate  = errors.New(`"added" must not be in the future`)
)

// A linkError states why a JSON value is not a valid link.
type linkError struct {
	field string // the invalid member; empty if the value is not an object
	error
}

// link reads the next value. If it is JSON but not a valid link, link returns a
// linkError.
func (d decoder) link() (l link.Link, invalid *linkError, err error) {
	if kind := d.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		_, err := d.value()
		return l, &linkError{"", errNotLink}, err
	}
	var url, title, tags, note, added jsontext.Value
	err = d.members(func(name []byte, value jsontext.Value) {
		switch string(name) {
		case "link":
			url = value
		case "title":
			title = value
		case "tags":
			tags = value
		case "note":
			note = value
		case "added":
			added = value
		}
	})
	if err != nil {
		return l, nil, err
	}
	if url.Kind() != '"' {
		return l, &linkError{"link", errNotLink}, nil
	}
	if l, err = link.Parse(string(unquote(url))); err != nil {
		return l, &linkError{"link", err}, nil
	}
	if l.Title, err = parseTitle(title); err != nil {
		return l, &linkError{"title", err}, nil
	}
	if l.Tags, err = parseTags(tags); err != nil {
		return l, &linkError{"tags", err}, nil
	}
	if l.Note, err = parseNote(note); err != nil {
		return l, &linkError{"note", err}, nil
	}
	if l.Added, err = parseAdded(added); err != nil {
		return l, &linkError{"added", err}, nil
	}
	return l, nil, nil
}

// The functions parseTitle, parseTags, parseNote and parseAdded parse a member of
// a link. If it is absent or null, they return the zero value.

func parseTitle(value jsontext.Value) (string, error) {
	return parseString(value, link.ParseTitle, errTitleType)
}

func parseTags(value jsontext.Value) (link.Tags, error) {
	if value == nil {
		return "", nil
	}
	var tags []string
	if err := json.Unmarshal(value, &tags); err != nil {
		return "", errTagsType
	}
	return link.ParseTags(tags)
}

func parseNote(value jsontext.Value) (string, error) {
	return parseString(value, link.ParseNote, errNoteType)
}

func parseAdded(value jsontext.Value) (link.Timestamp, error) {
	return parseString(value, parseDate, errDateFormat)
}

// parseString parses a member whose value is a string. If it is absent or null,
// parseString returns the zero value. For a value of another type it returns errType.
func parseString[T any](value jsontext.Value, parse func(string) (T, error), errType error) (parsed T, err error) {
	switch value.Kind() {
	case jsontext.KindInvalid, 'n':
		return parsed, nil
	case '"':
		return parse(string(unquote(value)))
	default:
		return parsed, errType
	}
}

// parseDate accepts a time up to a minute in the future, because clocks differ. The
// store replaces it by the current time.
func parseDate(text string) (link.Timestamp, error) {
	t, ok := parseDateTime(text)
	switch {
	case !ok:
		return link.Timestamp{}, errDateFormat
	case t.Before(time.UnixMilli(0)):
		return link.Timestamp{}, errDateTooEarly
	case time.Until(t) > time.Minute:
		return link.Timestamp{}, errDateTooLate
	}
	return link.TimestampAt(t), nil
}

// decodePatch decodes the body of a PATCH: a JSON merge patch (RFC 7396) of the
// title, the tags and the note.
func decodePatch(body []byte) (changes link.Changes, err error) {
	invalid := httpError{
		status: http.StatusBadRequest,
		message: "Invalid patch: expected a JSON merge patch of title, tags and note only, such as " + patchExample +
			", in which null removes a member.",
	}
	d := newDecoder(body, patchExample)
	if kind := d.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		return changes, invalid
	}
	var title, tags, note jsontext.Value
	other, hasOther := "", false
	err = d.members(func(name []byte, value jsontext.Value) {
		switch string(name) {
		case "title":
			title = value
		case "tags":
			tags = value
		case "note":
			note = value
		default:
			if !hasOther {
				other, hasOther = string(name), true
			}
		}
	})
	if err == nil {
		err = d.end()
	}
	switch {
	case err != nil:
		return changes, err
	case hasOther:
		if isField(other) {
			invalid.field = other
		}
		return changes, invalid
	case title == nil && tags == nil && note == nil:
		return changes, invalid
	}
	if changes.Title, err = parseChange(title, parseTitle); err != nil {
		return changes, invalidField("title", err)
	}
	if changes.Tags, err = parseChange(tags, parseTags); err != nil {
		return changes, invalidField("tags", err)
	}
	if changes.Note, err = parseChange(note, parseNote); err != nil {
		return changes, invalidField("note", err)
	}
	return changes, nil
}

// parseChange parses a member of a patch. If it is absent, parseChange returns nil.
func parseChange[T any](value jsontext.Value, parse func(jsontext.Value) (T, error)) (*T, error) {
	if value == nil {
		return nil, nil
	}
	parsed, err := parse(value)
	return &parsed, err
}
