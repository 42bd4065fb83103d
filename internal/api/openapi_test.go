package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"

	"links/internal/api"
)

// loadDescription loads openapi.json. It fails the test if a reference does not
// resolve within the document.
func loadDescription(t *testing.T) *openapi3.T {
	t.Helper()
	d, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDescription_IsValidOpenAPI(t *testing.T) {
	d := loadDescription(t)
	if err := d.Validate(t.Context()); err != nil { // including the examples of parameters and bodies
		t.Error(err)
	}
	operations := map[string]bool{}
	for _, item := range d.Paths.Map() {
		for _, operation := range item.Operations() {
			operations[operation.OperationID] = true
		}
	}
	for name, response := range d.Components.Responses {
		for link, l := range response.Value.Links {
			if !operations[l.Value.OperationID] {
				t.Errorf("link %s of response %s: got unknown operation %q", link, name, l.Value.OperationID)
			}
		}
	}
}

func TestDescription_SuitsCodeGenerators(t *testing.T) {
	d := loadDescription(t)
	// oapi-codegen creates one Go type for each component, whatever its section, and
	// openapi-generator a function New… for each schema.
	seen := map[string]string{}
	add := func(section, name string) {
		key := strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
		if other, ok := seen[key]; ok {
			t.Errorf("names of %s/%s and %s: got a difference only in case and punctuation", section, name, other)
		}
		seen[key] = section + "/" + name
	}
	for name := range d.Components.Schemas {
		add("schemas", name)
		if without, ok := strings.CutPrefix(name, "New"); ok {
			t.Errorf("schema %s: got the name of the constructor of a schema %s", name, without)
		}
	}
	for name := range d.Components.Parameters {
		add("parameters", name)
	}
	for name := range d.Components.Responses {
		add("responses", name)
	}
	err := d.WalkSchemas(func(place string, schema *openapi3.SchemaRef) error {
		// The Python client of openapi-generator matches the pattern against an
		// object of type UUID or datetime, which fails.
		if s := schema.Value; s.Pattern != "" && (s.Format == "uuid" || s.Format == "date-time") {
			t.Errorf("%s: got format %s and a pattern, want only one", place, s.Format)
		}
		if len(schema.Value.OneOf) > 0 && schema.Ref == "" && !strings.HasPrefix(place, "/components/schemas/") {
			t.Errorf("%s: got oneOf without a name, want a component", place)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDescription_MatchesTheRouter(t *testing.T) {
	handler, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	routed := map[string]bool{}
	type middleware = func(http.Handler) http.Handler
	err = chi.Walk(handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...middleware) error {
		routed[method+" "+route] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for path, item := range loadDescription(t).Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	if !maps.Equal(described, routed) {
		t.Errorf("described operations: got %q, want %q", slices.Sorted(maps.Keys(described)),
			slices.Sorted(maps.Keys(routed)))
	}
}

func TestDescription_ServerIsTheBaseURL(t *testing.T) {
	server := loadDescription(t).Servers[0].URL
	for _, base := range []string{"https://links.example", "https://abc.execute-api.us-east-1.amazonaws.com/prod"} {
		document, err := url.Parse(base + "/openapi.json")
		if err != nil {
			t.Fatal(err)
		}
		resolved, err := document.Parse(server)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(resolved.String(), "/"); got != base {
			t.Errorf("server of %s: got %s, want %s", document, got, base)
		}
	}
}

func TestDescription_ExamplesMatchSchemas(t *testing.T) {
	d := loadDescription(t)
	err := d.WalkSchemas(func(place string, schema *openapi3.SchemaRef) error {
		for _, example := range schema.Value.Examples {
			if err := schema.Value.VisitJSON(example, openapi3.EnableJSONSchema2020()); err != nil {
				t.Errorf("%s: %v", place, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range d.Components.Headers {
		if example := header.Value.Example; example != nil {
			if err := header.Value.Schema.Value.VisitJSON(example, openapi3.EnableJSONSchema2020()); err != nil {
				t.Errorf("header %s: %v", name, err)
			}
		}
	}
}

// It contains no value that exceeds a limit in bytes, which a schema cannot express.
func TestDescription_QueryParameters(t *testing.T) {
	handler := open(t, api.Config{})
	list := loadDescription(t).Paths.Find("/link").Get
	for name, values := range map[string][]any{
		"limit":  {0.0, 1.0, 1000.0, 1001.0, 1.5, -1.0},
		"cursor": {"", "019a8f5e-2c41-7d3a-9b60-5f1c4e8a7d02"},
		"added":  {"", "true", "false", "True", "1"},
		"link": {
			"", "https://www.google.com", " HTTP://www.google.com\n", "ftp://example.com", "https:", "https://a\tb",
		},
		"q": {
			"", " ", "a", "\t\n\f\r a ", "\u00a0", "a,\x00", strings.Repeat("a ", 10), strings.Repeat(" a", 11),
			strings.Repeat("é", 100),
		},
		"tag": {
			[]any{}, []any{""}, []any{" "}, []any{" a b "}, []any{"a/b", ""}, []any{"a,b"}, []any{"a\tb"},
			[]any{"\u00a0"}, []any{"\vb"}, []any{"a", "b", "c", "d", "e"}, []any{"a", "b", "c", "d", "e", "f"},
			[]any{"", "", "", "", "", ""},
		},
	} {
		schema := list.Parameters.GetByInAndName("query", name).Schema.Value
		for _, value := range values {
			query := url.Values{}
			if all, ok := value.([]any); ok {
				for _, one := range all {
					query.Add(name, fmt.Sprint(one))
				}
			} else {
				query.Set(name, fmt.Sprint(value))
			}
			described := schema.VisitJSON(value, openapi3.EnableJSONSchema2020()) == nil
			w := serve(handler, "GET", "/link?"+query.Encode(), "")
			if accepted := w.Code == http.StatusOK; accepted != described {
				t.Errorf("GET /link?%s: got status %d, want 200: %t, as in openapi.json: %s", query.Encode(), w.Code,
					described, w.Body)
			}
		}
	}
	if described := len(list.Parameters); described != 7 { // If-None-Match, and those above
		t.Errorf("parameters of GET /link: got %d, want 7", described)
	}
}
