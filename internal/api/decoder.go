package api

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// A decoder reads the JSON values of a request body.
type decoder struct {
	*jsontext.Decoder
	body    []byte
	example string // a valid body
}

func newDecoder(body []byte, example string) decoder {
	// Of duplicate members the last one counts, as in most JSON decoders.
	return decoder{jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)), body, example}
}

// syntaxError returns the error of a body that is not one JSON value. The position
// is that of err, or the end of the last value read.
func (d decoder) syntaxError(err error) error {
	at := d.InputOffset()
	if syntax := (*jsontext.SyntacticError)(nil); errors.As(err, &syntax) {
		at = syntax.ByteOffset
	}
	return badRequest("Invalid JSON at byte %d: expected one JSON value in UTF-8, such as %s.", at, d.example)
}

// value reads the next value. The result refers to the body.
func (d decoder) value() (jsontext.Value, error) {
	value, err := d.ReadValue()
	if err != nil {
		return nil, d.syntaxError(err)
	}
	end := d.InputOffset()
	return d.body[end-int64(len(value)) : end], nil
}

// readDelim reads a bracket or a brace.
func (d decoder) readDelim() error {
	if _, err := d.ReadToken(); err != nil {
		return d.syntaxError(err)
	}
	return nil
}

// members reads an object and calls member for each of its members.
func (d decoder) members(member func(name []byte, value jsontext.Value)) error {
	if err := d.readDelim(); err != nil {
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
		member(unquote(name), value)
	}
	return d.readDelim()
}

// end returns an error if anything but white space follows.
func (d decoder) end() error {
	if _, err := d.ReadToken(); err != io.EOF {
		return d.syntaxError(err)
	}
	return nil
}

// unquote returns the text of a valid JSON string.
func unquote(value jsontext.Value) []byte {
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1]
	}
	text, _ := jsontext.AppendUnquote(nil, value)
	return text
}
