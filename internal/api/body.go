package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"
)

const maxBody = 1 << 20 // bytes of a request's body

// readBody reads the body of a request whole.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); err != nil && !errors.As(err, &tooLarge) {
		return nil, badRequest("The body did not arrive whole; send it again.")
	}
	return body, err
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
