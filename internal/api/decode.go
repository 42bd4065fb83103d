package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"links/internal/link"

	"github.com/go-json-experiment/json/jsontext"
)

const maxBatch = 1000 // links of one request

// Examples of bodies, for those who sent another.
const (
	linkExample  = `{"link": "https://www.example.com"}`
	titleExample = `{"title": "A page"}`
)

// decodeLinks decodes the body of a POST: one object with a link, or an array of them. It stops once ctx is done.
func decodeLinks(ctx context.Context, body []byte) (links []link.Link, isArray bool, err error) {
	d := newDecoder(body, linkExample)
	switch d.PeekKind() {
	case '[':
		isArray = true
		links, err = d.array(ctx)
	case '{', jsontext.KindInvalid:
		links, err = d.object()
	default:
		err = badRequest("The body must be an object such as %s, or an array of such objects.", linkExample)
	}
	if err != nil {
		return nil, isArray, err
	}
	return links, isArray, d.end()
}

func (d decoder) object() ([]link.Link, error) {
	l, problem, err := d.link()
	if err != nil {
		return nil, err
	}
	if problem != nil {
		return nil, badField(problem.field, "The body is refused: %s.", problem)
	}
	return []link.Link{l}, nil
}

// array reads to the end of the array, or to the first element that is wrong.
func (d decoder) array(ctx context.Context) ([]link.Link, error) {
	if err := d.token(); err != nil {
		return nil, err
	}
	links := []link.Link{}
	for d.PeekKind() != ']' {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(links) == maxBatch {
			return nil, httpError{status: http.StatusRequestEntityTooLarge, sentence: "An array must have at most 1000 links; send long lists in several requests."}
		}
		l, problem, err := d.link()
		if err != nil {
			return nil, err
		}
		if problem != nil {
			index := len(links)
			return nil, httpError{
				status:   http.StatusBadRequest,
				sentence: fmt.Sprintf("Element %d of the array is refused, and nothing was stored: %s.", index, problem),
				index:    &index,
				field:    problem.field,
			}
		}
		links = append(links, l)
	}
	return links, d.token()
}

// The clauses that say what is wrong with a link, behind "The body is refused: " or "Element 2 of the array is refused: ".
var (
	errNoLinkField  = errors.New(`it must be an object with a string "link", such as ` + linkExample)
	errTitleKind    = errors.New("a title must be a string, or null for none")
	errDateForm     = errors.New(`"added" must be a date-time as RFC 3339 has it, such as 2026-11-24T06:20:43.123Z, or null for none`)
	errDateTooEarly = errors.New(`"added" must not be before 1970`)
	errDateTooLate  = errors.New(`"added" must not be later than now`)
)

// A linkError states why a JSON value is not a valid link.
type linkError struct {
	field string // the invalid member; empty if the value is not an object
	error
}

// link reads the next value. If the value is JSON and not a valid link, link
// returns a linkError.
func (d decoder) link() (l link.Link, problem *linkError, err error) {
	if kind := d.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		_, err := d.value()
		return l, &linkError{"", errNoLinkField}, err
	}
	var address, title, added jsontext.Value
	err = d.fields(func(name []byte, value jsontext.Value) {
		switch string(name) {
		case "link":
			address = value
		case "title":
			title = value
		case "added":
			added = value
		}
	})
	if err != nil {
		return l, nil, err
	}
	if address.Kind() != '"' {
		return l, &linkError{"link", errNoLinkField}, nil
	}
	if l, err = link.Parse(string(unquote(address))); err != nil {
		return l, &linkError{"link", err}, nil
	}
	if title != nil {
		if l.Title, err = readTitle(title); err != nil {
			return l, &linkError{"title", err}, nil
		}
	}
	if added != nil {
		if l.Added, err = readAdded(added); err != nil {
			return l, &linkError{"added", err}, nil
		}
	}
	return l, nil, nil
}

func readTitle(value jsontext.Value) (string, error) {
	switch value.Kind() {
	case 'n':
		return "", nil
	case '"':
		return link.ParseTitle(string(unquote(value)))
	default:
		return "", errTitleKind
	}
}

// readAdded returns the date that a link is to be stored with, and the zero UUID for null. Clocks differ, so a date may be
// a minute ahead: the store takes it for now.
func readAdded(value jsontext.Value) (link.Timestamp, error) {
	switch value.Kind() {
	case 'n':
		return link.Timestamp{}, nil
	case '"':
	default:
		return link.Timestamp{}, errDateForm
	}
	t, ok := parseDateTime(string(unquote(value)))
	switch {
	case !ok:
		return link.Timestamp{}, errDateForm
	case t.Before(time.UnixMilli(0)):
		return link.Timestamp{}, errDateTooEarly
	case time.Until(t) > time.Minute:
		return link.Timestamp{}, errDateTooLate
	}
	return link.TimestampAt(t), nil
}

// decodeTitlePatch decodes the body of a PATCH: a JSON merge patch (RFC 7396) that changes the title and nothing else.
func decodeTitlePatch(body []byte) (title string, err error) {
	d := newDecoder(body, titleExample)
	if kind := d.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		return "", errTitlePatch
	}
	var value jsontext.Value
	others := false
	err = d.fields(func(name []byte, v jsontext.Value) {
		if string(name) == "title" {
			value = v
		} else {
			others = true
		}
	})
	if err == nil {
		err = d.end()
	}
	switch {
	case err != nil:
		return "", err
	case value == nil || others:
		return "", errTitlePatch
	}
	title, err = readTitle(value)
	if err != nil {
		return "", badField("title", "The body is refused: %s.", err)
	}
	return title, nil
}
