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

// response is a response as openapi.json describes it.
type response struct {
	headers map[string]header             // by canonical name
	content map[string]*jsonschema.Schema // by media type; empty: no body
}

type header struct {
	required  bool
	isInteger bool
	schema    *jsonschema.Schema
}

// undescribedHeaders belong to HTTP, not to the API. OpenAPI describes
// Content-Type with the body.
var undescribedHeaders = []string{"Connection", "Content-Length", "Content-Type", "Date", "Transfer-Encoding"}

func (r response) headerProblems(got http.Header) []string {
	var problems []string
	for name, h := range r.headers {
		values := got.Values(name)
		if len(values) == 0 {
			if h.required {
				problems = append(problems, "missing header "+name)
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
		if _, ok := r.headers[name]; !ok && !slices.Contains(undescribedHeaders, name) {
			problems = append(problems, "unexpected header "+name)
		}
	}
	return problems
}

// bodyProblem describes how a body and its media type differ from the
// description. If they do not differ, it returns "". A response to HEAD contains
// only the media type.
func (r response) bodyProblem(method, contentType string, body []byte) string {
	if len(r.content) == 0 {
		if contentType != "" || len(body) > 0 {
			return fmt.Sprintf("unexpected Content-Type %q with the body %.300q; want no body", contentType, body)
		}
		return ""
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	schema, ok := r.content[mediaType]
	switch {
	case err != nil || !ok:
		return fmt.Sprintf("unexpected Content-Type %q with the body %.300q", contentType, body)
	case method == http.MethodHead && len(body) > 0:
		return fmt.Sprintf("unexpected body %.300q", body)
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
