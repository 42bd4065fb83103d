package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"links/internal/store"
)

const maxBody = 1 << 20 // bytes of a request's body

const (
	// maxBodyMemory is how many bytes the long bodies of requests under way take together. Without a bound, 300 clients that
	// send all but the end of a body of maxBody made the server take 400 MB, and 100 that send arrays of maxBody at once got
	// nothing but 504: they shared the processors, and none was done within its deadline.
	maxBodyMemory = 16 << 20
	// shortBody is the length from which a body is long. The longest link with the longest title is shorter, written
	// without escapes, so storing one and changing a title need no room.
	shortBody = 16 << 10
	// maxBodyWait is how long a long body waits for room, while what it consists of stays with the client.
	maxBodyWait = 5 * time.Second
)

var errNoBodyRoom = httpError{http.StatusServiceUnavailable, "There is no room for another long body now; try again in a second, or send bodies of less than 16384 bytes."}

// readBody reads the body of a request whole. What it takes of bodyMemory is given back by release, which is never nil.
func (a *api) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	release = func() {}
	var read bytes.Buffer
	from := http.MaxBytesReader(w, r.Body, maxBody)
	_, err = io.CopyN(&read, from, shortBody)
	if err == nil { // there may be more
		release, err = a.readLongBody(r, &read, from)
	}
	switch {
	case err == nil, err == io.EOF:
		return read.Bytes(), release, nil
	case errors.Is(err, errNoBodyRoom), errors.As(err, new(*http.MaxBytesError)):
		return nil, release, err
	default:
		return nil, release, badRequest("The body did not arrive whole; send it again.")
	}
}

// readLongBody reads what is left of a body, when there is room for it.
func (a *api) readLongBody(r *http.Request, read *bytes.Buffer, from io.Reader) (release func(), err error) {
	size := r.ContentLength
	if size < 0 { // not known
		size = maxBody
	}
	if size <= maxBody {
		ctx, cancel := context.WithTimeout(r.Context(), maxBodyWait)
		defer cancel()
		if a.bodyMemory.Acquire(ctx, size) == nil {
			read.Grow(int(size) - shortBody + bytes.MinRead) // so that it is not copied again
			_, err = read.ReadFrom(from)
			return func() { a.bodyMemory.Release(size) }, err
		}
	}
	// Many clients look for an answer only when they have sent all.
	if _, err = io.Copy(io.Discard, from); err == nil {
		err = errNoBodyRoom
	}
	return func() {}, err
}

// decodeInTurn decodes the body of a POST. Long ones keep at most half of the processors busy: with arrays of 1 MiB of 16
// clients under way, all at once, others waited 10 ms for what takes 0.4 ms.
func (a *api) decodeInTurn(ctx context.Context, body []byte) (links []store.Link, isArray bool, err error) {
	if len(body) >= shortBody {
		if err := a.decoding.Acquire(ctx, 1); err != nil {
			return nil, false, err
		}
		defer a.decoding.Release(1)
	}
	return decodeLinks(ctx, body)
}

// decoder reads the JSON values of a body.
type decoder struct {
	*jsontext.Decoder
	body    []byte
	example string // of a right body
}

func newDecoder(body []byte, example string) decoder {
	// A field given twice counts as given last, as in most readers of JSON.
	return decoder{jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)), body, example}
}

// syntaxError says where the body is not JSON: where err does, or behind what was read of it.
func (d decoder) syntaxError(err error) error {
	at := d.InputOffset()
	if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	return badRequest("The body must be one JSON value in UTF-8, such as %s; at byte %d it is not.", d.example, at)
}

// value reads the next value, which is a part of the body.
func (d decoder) value() (jsontext.Value, error) {
	value, err := d.ReadValue()
	if err != nil {
		return nil, d.syntaxError(err)
	}
	end := d.InputOffset()
	return d.body[end-int64(len(value)) : end], nil
}

// token reads a bracket.
func (d decoder) token() error {
	if _, err := d.ReadToken(); err != nil {
		return d.syntaxError(err)
	}
	return nil
}

// fields reads an object and calls field for each of its fields.
func (d decoder) fields(field func(name []byte, value jsontext.Value)) error {
	if err := d.token(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.value()
		if err != nil {
			return err
		}
		value, err := d.value()
		if err != nil {
			return err
		}
		field(unquote(name), value)
	}
	return d.token()
}

// end makes sure that nothing but white space follows.
func (d decoder) end() error {
	if _, err := d.ReadToken(); err != io.EOF {
		return d.syntaxError(err)
	}
	return nil
}

// unquote returns the text of a JSON string.
func unquote(value jsontext.Value) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, value) // it was read, so it is valid
	return text
}
