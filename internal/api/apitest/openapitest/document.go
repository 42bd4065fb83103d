package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"links/internal/api"
)

// document is openapi.json with its schemas compiled.
type document struct {
	paths     map[string]map[string]operation // by path and method
	elsewhere operation                       // of all other paths
}

// otherMethods is the key of the operation of all methods that a path does not
// support.
const otherMethods = ""

// operation describes a method of a path.
type operation struct {
	responses map[int]response   // by status
	body      *jsonschema.Schema // of the request; nil: anything
}

// operation returns the operation of a decoded path without the base path.
func (d *document) operation(method, path string) operation {
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for template, methods := range d.paths {
		if matches(template, path) {
			if o, ok := methods[method]; ok {
				return o
			}
			return methods[otherMethods]
		}
	}
	return d.elsewhere
}

// matches reports whether path matches template, in which {…} stands for any
// segment that is not empty.
func matches(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return path == "" && template == "/"
	}
	for i, segment := range want {
		if strings.HasPrefix(segment, "{") && got[i] != "" {
			continue
		}
		if segment != got[i] {
			return false
		}
	}
	return true
}

// source is the part of openapi.json that is compared. Responses and headers are
// always references to components.
type source struct {
	Paths map[string]map[string]struct {
		RequestBody struct{ Content map[string]struct{} }
		Responses   map[string]reference
	}
	Components struct {
		Headers   map[string]sourceHeader
		Responses map[string]struct {
			Headers map[string]reference
			Content map[string]struct{}
		}
	}
}

type sourceHeader struct {
	Required bool
	Schema   struct{ Type string }
}

type reference struct {
	Ref string `json:"$ref"`
}

func (r reference) to(section string) (string, error) {
	name, ok := strings.CutPrefix(r.Ref, "#/components/"+section+"/")
	if !ok {
		return "", fmt.Errorf("%q is not a reference to components/%s", r.Ref, section)
	}
	return name, nil
}

// load reads openapi.json from the handler that serves it, once a process.
var load = sync.OnceValues(func() (*document, error) {
	handler, err := api.New(api.Config{})
	if err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	d, err := compile(recorder.Body.Bytes())
	if err != nil {
		return nil, fmt.Errorf("openapi.json: %w", err)
	}
	return d, nil
})

func compile(text []byte) (*document, error) {
	var src source
	if err := json.Unmarshal(text, &src); err != nil {
		return nil, err
	}
	schemas, err := newSchemas(text)
	if err != nil {
		return nil, err
	}
	responses := map[string]response{}
	for name, r := range src.Components.Responses {
		described := response{headers: map[string]header{}, content: map[string]*jsonschema.Schema{}}
		for mediaType := range r.Content {
			described.content[mediaType] = schemas.at("components", "responses", name, "content", mediaType, "schema")
		}
		for field, ref := range r.Headers {
			component, err := ref.to("headers")
			if err != nil {
				return nil, fmt.Errorf("response %s, header %s: %w", name, field, err)
			}
			h := src.Components.Headers[component]
			described.headers[http.CanonicalHeaderKey(field)] = header{
				required:  h.Required,
				isInteger: h.Schema.Type == "integer",
				schema:    schemas.at("components", "headers", component, "schema"),
			}
		}
		responses[name] = described
	}
	d := &document{
		paths: map[string]map[string]operation{},
		elsewhere: operation{responses: map[int]response{
			http.StatusNotFound:            responses["UnknownPath"],
			http.StatusMisdirectedRequest:  responses["Misdirected"],
			http.StatusTooManyRequests:     responses["TooManyRequests"],
			http.StatusInternalServerError: responses["InternalError"],
		}},
	}
	for path, methods := range src.Paths {
		d.paths[path] = map[string]operation{}
		for method, m := range methods {
			o := operation{responses: map[int]response{}}
			for status, ref := range m.Responses {
				name, err := ref.to("responses")
				code, codeErr := strconv.Atoi(status)
				if err := errors.Join(err, codeErr); err != nil {
					return nil, fmt.Errorf("%s %s, response %s: %w", method, path, status, err)
				}
				o.responses[code] = responses[name]
			}
			for mediaType := range m.RequestBody.Content { // exactly one; the service ignores Content-Type
				o.body = schemas.at("paths", path, method, "requestBody", "content", mediaType, "schema")
			}
			d.paths[path][strings.ToUpper(method)] = o
		}
		d.addUndescribed(path, responses)
	}
	return d, schemas.err
}

// addUndescribed adds the operations that the description states once, in prose,
// for all paths: HEAD, OPTIONS and the methods that the path does not support.
func (d *document) addUndescribed(path string, responses map[string]response) {
	get := d.paths[path]["GET"]
	with := func(status int, r response) operation {
		o := operation{responses: map[int]response{
			status:                         r,
			http.StatusInternalServerError: responses["InternalError"],
		}}
		for _, status := range []int{http.StatusMisdirectedRequest, http.StatusTooManyRequests} {
			if r, ok := get.responses[status]; ok {
				o.responses[status] = r
			}
		}
		return o
	}
	d.paths[path]["HEAD"] = get
	d.paths[path]["OPTIONS"] = with(http.StatusOK, responses["Allowed"])
	d.paths[path][otherMethods] = with(http.StatusMethodNotAllowed, responses["MethodNotAllowed"])
}

// schemas compiles the schemas of openapi.json.
type schemas struct {
	compiler *jsonschema.Compiler
	err      error // the first one
}

const documentURL = "links:openapi.json"

func newSchemas(text []byte) (*schemas, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	return &schemas{compiler: c}, c.AddResource(documentURL, value)
}

// at compiles the schema with the given path in openapi.json.
func (s *schemas) at(path ...string) *jsonschema.Schema {
	pointer := "#"
	for _, name := range path {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	}
	schema, err := s.compiler.Compile(documentURL + pointer)
	if err != nil && s.err == nil {
		s.err = err
	}
	return schema
}
