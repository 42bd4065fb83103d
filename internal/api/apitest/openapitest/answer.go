package openapitest

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// answer is an answer as the description has it.
type answer struct {
	headers map[string]header             // by canonical name
	content map[string]*jsonschema.Schema // by media type; empty: no body
}

type header struct {
	required  bool
	isInteger bool
	schema    *jsonschema.Schema
}

// notDescribed are the headers that are the protocol's business and not the API's. OpenAPI describes Content-Type with
// the body.
var notDescribed = []string{"Connection", "Content-Length", "Content-Type", "Date", "Transfer-Encoding"}

func (a answer) headerProblems(got http.Header) []string {
	var problems []string
	for name, h := range a.headers {
		values := got.Values(name)
		if len(values) == 0 {
			if h.required {
				problems = append(problems, "it has no header "+name)
			}
			continue
		}
		text := strings.Join(values, ", ")
		var value any = text
		if n, err := strconv.Atoi(text); err == nil && h.isInteger {
			value = n
		}
		if err := h.schema.Validate(value); err != nil {
			problems = append(problems, fmt.Sprintf("header %s: %q: %v", name, text, err))
		}
	}
	for name := range got {
		if _, ok := a.headers[name]; !ok && !slices.Contains(notDescribed, name) {
			problems = append(problems, "it has a header "+name)
		}
	}
	return problems
}

// bodyProblem tells what is wrong with a body and its type, or returns "". HEAD has the type alone.
func (a answer) bodyProblem(method, contentType string, body []byte) string {
	if len(a.content) == 0 {
		if contentType != "" || len(body) > 0 {
			return fmt.Sprintf("it has Content-Type %q and the body %.300q, where none is described", contentType, body)
		}
		return ""
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	schema, ok := a.content[mediaType]
	switch {
	case err != nil || !ok:
		return fmt.Sprintf("Content-Type %q with the body %.300q", contentType, body)
	case method == http.MethodHead && len(body) > 0:
		return fmt.Sprintf("it has the body %.300q", body)
	case method == http.MethodHead:
		return ""
	case mediaType == "application/json", strings.HasSuffix(mediaType, "+json"):
		return jsonProblem(schema, body)
	}
	if err := schema.Validate(string(body)); err != nil {
		return err.Error()
	}
	return ""
}

func jsonProblem(schema *jsonschema.Schema, body []byte) string {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return fmt.Sprintf("%v in %.300s", err, body)
	}
	return ""
}
