package api_test

import (
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
