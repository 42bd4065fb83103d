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

// document is the description, ready to hold answers to.
type document struct {
	paths     map[string]map[string]operation // by path and method
	elsewhere operation                       // on paths that are not described
}

// otherMethods is the key of the operation of all methods that a path does not
// support.
const otherMethods = ""

// operation is what a method of a path takes and answers.
type operation struct {
	answers map[int]answer     // by status
	body    *jsonschema.Schema // of the request; nil: none is described
}

// operation finds the operation of a decoded path below the mount.
func (d *document) operation(method, path string) operation {
	if len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	for template, methods := range d.paths {
		if fits(template, path) {
			if o, ok := methods[method]; ok {
				return o
			}
			return methods[otherMethods]
		}
	}
	return d.elsewhere
}

// fits says whether the path is one of the template, in which {…} stands for a segment that is not empty.
func fits(template, path string) bool {
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

// source is the part of openapi.json that answers are held to. Answers and headers are described among the components,
// and referred to.
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
		return "", fmt.Errorf("%q does not refer to one of the components' %s", r.Ref, section)
	}
	return name, nil
}

// load reads the description from the handler that serves it, once for all tests of a process.
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
	answers := map[string]answer{}
	for name, r := range src.Components.Responses {
		a := answer{headers: map[string]header{}, content: map[string]*jsonschema.Schema{}}
		for mediaType := range r.Content {
			a.content[mediaType] = schemas.at("components", "responses", name, "content", mediaType, "schema")
		}
		for field, ref := range r.Headers {
			component, err := ref.to("headers")
			if err != nil {
				return nil, fmt.Errorf("response %s, header %s: %w", name, field, err)
			}
			h := src.Components.Headers[component]
			a.headers[http.CanonicalHeaderKey(field)] = header{h.Required, h.Schema.Type == "integer", schemas.at("components", "headers", component, "schema")}
		}
		answers[name] = a
	}
	d := &document{
		paths: map[string]map[string]operation{},
		elsewhere: operation{answers: map[int]answer{
			http.StatusNotFound:            answers["UnknownPath"],
			http.StatusMisdirectedRequest:  answers["Misdirected"],
			http.StatusTooManyRequests:     answers["TooManyRequests"],
			http.StatusInternalServerError: answers["InternalError"],
		}},
	}
	for path, methods := range src.Paths {
		d.paths[path] = map[string]operation{}
		for method, m := range methods {
			o := operation{answers: map[int]answer{}}
			for status, ref := range m.Responses {
				name, err := ref.to("responses")
				code, codeErr := strconv.Atoi(status)
				if err := errors.Join(err, codeErr); err != nil {
					return nil, fmt.Errorf("%s %s, answer %s: %w", method, path, status, err)
				}
				o.answers[code] = answers[name]
			}
			for mediaType := range m.RequestBody.Content { // one, and the service takes any in its place
				o.body = schemas.at("paths", path, method, "requestBody", "content", mediaType, "schema")
			}
			d.paths[path][strings.ToUpper(method)] = o
		}
		d.addUndescribed(path, answers)
	}
	return d, schemas.err
}

// addUndescribed adds the operations that the description states once, in prose,
// for all paths: HEAD, OPTIONS and the methods that the path does not support.
func (d *document) addUndescribed(path string, answers map[string]answer) {
	get := d.paths[path]["GET"]
	with := func(status int, a answer) operation {
		o := operation{answers: map[int]answer{status: a, http.StatusInternalServerError: answers["InternalError"]}}
		for _, status := range []int{http.StatusMisdirectedRequest, http.StatusTooManyRequests} {
			if a, ok := get.answers[status]; ok {
				o.answers[status] = a
			}
		}
		return o
	}
	d.paths[path]["HEAD"] = get
	d.paths[path]["OPTIONS"] = with(http.StatusOK, answers["Allowed"])
	d.paths[path][otherMethods] = with(http.StatusMethodNotAllowed, answers["MethodNotAllowed"])
}

// schemas compiles the schemas of a document. err is the first error.
type schemas struct {
	compiler *jsonschema.Compiler
	err      error
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

// at compiles the schema at a place in the document.
func (s *schemas) at(place ...string) *jsonschema.Schema {
	pointer := "#"
	for _, token := range place {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(token)
	}
	schema, err := s.compiler.Compile(documentURL + pointer)
	if err != nil && s.err == nil {
		s.err = err
	}
	return schema
}
