package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"links/internal/link"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxBody = 1 << 20 // bytes of a request body
	// smallBody is the size, in bytes, from which a request body is large. The
	// largest link with all its members is smaller, so storing one link and
	// changing one need no shared memory.
	smallBody = 32 << 10
	// maxBodyStall is how long each further smallBody bytes of a large body may
	// take to arrive.
	maxBodyStall = 5 * time.Second
)

// readBody reads the complete body of a request. The caller calls release, which
// is never nil, when it no longer needs the body.
func (a *api) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	reserved := &bodyReservation{bodyMemory: a.bodyMemory}
	from := &bodyReader{body: http.MaxBytesReader(w, r.Body, maxBody), connection: http.NewResponseController(w)}
	if r.ContentLength > maxBody {
		if r.Header.Get("Expect") == "" { // else the client sends the body only after a 100 Continue
			_ = discard(from)
		}
		return nil, reserved.release, &http.MaxBytesError{Limit: maxBody}
	}
	body = make([]byte, 0, 512)
	for {
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, reserved.release, nil
		case err != nil:
			return nil, reserved.release, err
		case len(body) < cap(body):
			continue
		}
		grown := min(2*cap(body), maxBody+1) // one byte more, to read the end
		if grown > smallBody {
			if err := reserved.grow(r.Context(), grown-cap(body)); err != nil {
				reserved.release()
				return nil, reserved.release, cmp.Or(discard(from), err)
			}
		}
		body = append(make([]byte, 0, grown), body...)
	}
}

// discard reads the rest of a body, because many clients read the response only
// when they have sent all of it.
func discard(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// A bodyReader reads a request body. A small body has the time that the server
// gives a request. A large body may take longer as long as it makes progress.
type bodyReader struct {
	body       io.Reader
	connection *http.ResponseController
	arrived    int // bytes
	due        int // bytes that must arrive before the deadline moves; 0: smallBody
}

// Read fails with a *http.MaxBytesError if the body is too large, and with an
// httpError if it is truncated or late.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.due = cmp.Or(b.due, smallBody); b.arrived >= b.due {
		b.due = b.arrived + smallBody
		// On Lambda there is no connection to wait for.
		_ = b.connection.SetReadDeadline(time.Now().Add(maxBodyStall))
	}
	n, err := b.body.Read(p)
	b.arrived += n
	if err != nil && err != io.EOF && !errors.As(err, new(*http.MaxBytesError)) {
		err = badRequest("The body is truncated or arrived too slowly; send it again.")
	}
	return n, err
}

// decodeInTurn decodes the body of a POST. Long ones keep at most half of the processors busy: with arrays of 1 MiB of 16
// clients under way, all at once, others waited 10 ms for what takes 0.4 ms.
func (a *api) decodeInTurn(ctx context.Context, body []byte) (links []link.Link, isArray bool, err error) {
	if len(body) >= smallBody {
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
