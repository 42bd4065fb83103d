package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"links/internal/store"
)

const (
	maxBody  = 1 << 20 // bytes of a request's body
	maxBatch = 1000    // links of one request
)

// linkJSON is a link as it is shown.
type linkJSON struct {
	ID   uuid.UUID `json:"link_id"`
	Link string    `json:"link"`
}

// idJSON is a link as the answer to POST names it.
type idJSON struct {
	ID uuid.UUID `json:"link_id"`
}

// A field given twice counts as given last, as in most readers of JSON.
var lenient = jsontext.AllowDuplicateNames(true)

// readLinks reads the body of a POST: one object with a link, or an array of them.
func readLinks(w http.ResponseWriter, r *http.Request) (links []store.Link, isArray bool, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, false, err
	} else if err != nil {
		return nil, false, badRequest("The body did not arrive whole; send it again.")
	}
	values := jsontext.NewDecoder(bytes.NewBuffer(body), lenient)
	isArray = values.PeekKind() == '['
	if isArray {
		links, err = readArray(values)
	} else {
		links, err = readOne(values)
	}
	if err != nil {
		return nil, isArray, err
	}
	if _, err := values.ReadToken(); err != io.EOF {
		return nil, isArray, notJSON(values, err)
	}
	return links, isArray, nil
}

// notJSON tells where the body goes wrong: where err says, or behind what was read of it.
func notJSON(values *jsontext.Decoder, err error) error {
	at := values.InputOffset()
	if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	return badRequest(`The body must be one JSON value in UTF-8, such as {"link": "https://www.example.com"}; at byte %d it is not.`, at)
}

func readOne(values *jsontext.Decoder) ([]store.Link, error) {
	if kind := values.PeekKind(); kind != '{' && kind != jsontext.KindInvalid {
		return nil, badRequest(`The body must be an object such as {"link": "https://www.example.com"}, or an array of such objects.`)
	}
	l, err := readLink(values)
	if told := (refusal{}); errors.As(err, &told) {
		return nil, err
	} else if err != nil {
		return nil, badRequest("The body is refused: %s.", err)
	}
	return []store.Link{l}, nil
}

// readArray reads to the end of the array, or to the first element that is wrong.
func readArray(values *jsontext.Decoder) ([]store.Link, error) {
	if _, err := values.ReadToken(); err != nil {
		return nil, notJSON(values, err)
	}
	links := []store.Link{}
	for values.PeekKind() != ']' {
		if len(links) == maxBatch {
			return nil, refusal{http.StatusRequestEntityTooLarge, "An array must have at most 1000 links; send long lists in several requests."}
		}
		l, err := readLink(values)
		if told := (refusal{}); errors.As(err, &told) {
			return nil, err
		} else if err != nil {
			return nil, badRequest("Element %d of the array is refused, and nothing was stored: %s.", len(links), err)
		}
		links = append(links, l)
	}
	if _, err := values.ReadToken(); err != nil {
		return nil, notJSON(values, err)
	}
	return links, nil
}

var errNoLinkField = errors.New(`it must be an object with a string "link", such as {"link": "https://www.example.com"}`)

// readLink reads the next value. Its error is a refusal when that is no JSON, and otherwise says what is wrong with it.
func readLink(values *jsontext.Decoder) (store.Link, error) {
	value, err := values.ReadValue()
	if err != nil {
		return store.Link{}, notJSON(values, err)
	}
	if value.Kind() != '{' {
		return store.Link{}, errNoLinkField
	}
	var object struct {
		Link jsontext.Value `json:"link"`
	}
	if err := json.Unmarshal(value, &object, lenient); err != nil || object.Link.Kind() != '"' {
		return store.Link{}, errNoLinkField
	}
	var address string
	if err := json.Unmarshal(object.Link, &address); err != nil {
		return store.Link{}, errNoLinkField
	}
	return store.Parse(address)
}

// linkList is the body of a list while it grows.
type linkList struct {
	body    []byte
	escaped int // length of body as escaped into a JSON string, with the closing bracket
	max     int // of escaped
}

func newLinkList(max int) *linkList {
	return &linkList{body: []byte{'['}, escaped: len(`"[]"`), max: max}
}

// add appends the link, unless the list would be larger than it may.
func (b *linkList) add(l store.Link) (bool, error) {
	element, err := json.Marshal(linkJSON{l.ID, l.URL})
	if err != nil {
		return false, err
	}
	if len(b.body) > 1 {
		element = append([]byte{','}, element...)
	}
	grown := b.escaped + escapedLen(element)
	if grown > b.max {
		return false, nil
	}
	b.body, b.escaped = append(b.body, element...), grown
	return true, nil
}

func (b *linkList) bytes() []byte { return append(b.body, ']') }

// escapedLen is the length that the text, itself JSON, has inside a JSON string. Encoders write the quotes, backslashes
// and the line separators U+2028 and U+2029 as escapes; JSON has no raw control characters.
func escapedLen(text []byte) int {
	n := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch r {
		case '"', '\\':
			n += 2
		case '\u2028', '\u2029':
			n += len(`\u2028`)
		default:
			n += size
		}
		i += size
	}
	return n
}

// marshal is JSON of our own types, which always have one.
func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body := marshal(v)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone is told nothing
}
