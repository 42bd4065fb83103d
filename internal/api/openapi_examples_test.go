package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"links/internal/api"
	"links/internal/store"
	"links/internal/store/boltstore/bolttest"
	"links/internal/token"
)

func TestDescription_ErrorExamples(t *testing.T) {
	withToken := api.Config{Tokens: tokens}
	otherToken := api.Config{Tokens: []token.Token{{Hash: sha256.Sum256([]byte("another"))}}}
	failing := func(err error) api.Config { return api.Config{Store: brokenGet{fail: func() error { return err }}} }
	element := `{"link": "https://example.com"}`
	with := func(name, value string) string {
		return fmt.Sprintf(`{"link": "https://example.com", %q: %q}`, name, value)
	}
	arrayOf := func(n int) string { return "[" + strings.Repeat(element+",", n-1) + element + "]" }
	unknown := "/link/" + uuid.Nil.String()
	requests := map[string]struct {
		config             api.Config
		method, path, body string
	}{
		"BadQuery/limit":          {api.Config{}, "GET", "/link?limit=0", ""},
		"BadQuery/cursor":         {api.Config{}, "GET", "/link?cursor=x", ""},
		"BadQuery/added":          {api.Config{}, "GET", "/link?added=1", ""},
		"BadQuery/link":           {api.Config{}, "GET", "/link?link=x", ""},
		"BadQuery/q":              {api.Config{}, "GET", "/link?q=", ""},
		"BadQuery/tag":            {api.Config{}, "GET", "/link?tag=a,b", ""},
		"BadQuery/malformed":      {api.Config{}, "GET", "/link?x=%", ""},
		"BadBody/notJSON":         {api.Config{}, "POST", "/link", `{"link": 'https://example.com'}`},
		"BadBody/neither":         {api.Config{}, "POST", "/link", `"https://example.com"`},
		"BadBody/invalid":         {api.Config{}, "POST", "/link", `{"link": "example.com"}`},
		"BadBody/element":         {api.Config{}, "POST", "/link", "[" + element + "," + element + ",{}]"},
		"BadBody/title":           {api.Config{}, "POST", "/link", `{"link": "https://example.com", "title": 7}`},
		"BadBody/tags":            {api.Config{}, "POST", "/link", `{"link": "https://example.com", "tags": ["a,b"]}`},
		"BadBody/note":            {api.Config{}, "POST", "/link", `{"link": "https://example.com", "note": 7}`},
		"BadBody/date":            {api.Config{}, "POST", "/link", with("added", "yesterday")},
		"BadBody/late":            {api.Config{}, "POST", "/link", with("added", "9999-01-01T00:00:00Z")},
		"BadPatch/id":             {withToken, "PATCH", "/link/1", `{"title": "x"}`},
		"BadPatch/notJSON":        {withToken, "PATCH", unknown, `{"title": 'x'}`},
		"BadPatch/other":          {withToken, "PATCH", unknown, element},
		"BadPatch/invalid":        {withToken, "PATCH", unknown, `{"title": "a\tb"}`},
		"BadId/id":                {api.Config{}, "GET", "/link/1", ""},
		"Unauthorized/token":      {otherToken, "POST", "/link", element},
		"Forbidden/off":           {api.Config{}, "DELETE", unknown, ""},
		"Forbidden/origin":        {api.Config{CORSOrigin: "https://links.example.com"}, "POST", "/link", element},
		"NoSuchLink/unknown":      {failing(store.ErrNotFound), "GET", unknown, ""},
		"UnknownPath/unknown":     {api.Config{}, "GET", "/nothing", ""},
		"MethodNotAllowed/put":    {api.Config{}, "PUT", "/link", element},
		"TooLarge/body":           {api.Config{}, "POST", "/link", strings.Repeat(" ", 1<<20+1)},
		"TooLarge/array":          {api.Config{}, "POST", "/link", arrayOf(1001)},
		"Misdirected/host":        {api.Config{Local: true}, "GET", "/link", ""},
		"TooManyRequests/rate":    {api.Config{Allow: func(string) bool { return false }}, "GET", "/nothing", ""},
		"InternalError/fault":     {failing(errors.New("secret")), "GET", unknown, ""},
		"Unavailable/unavailable": {failing(store.ErrUnavailable), "GET", unknown, ""},
		"Unavailable/memory":      {failing(api.ErrNoListMemory), "GET", unknown, ""},
		"TimedOut/late":           {failing(context.DeadlineExceeded), "GET", unknown, ""},
	}
	for name, described := range loadDescription(t).Components.Responses {
		content := described.Value.Content.Get("application/json")
		if content == nil || content.Schema.Ref != "#/components/schemas/Error" {
			continue
		}
		for example, documented := range content.Examples {
			request, ok := requests[name+"/"+example]
			if !ok {
				t.Errorf("example %s of %s: no request of this test has this response", example, name)
				continue
			}
			handler, err := api.New(request.config)
			if err != nil {
				t.Fatal(err)
			}
			response := serve(handler, request.method, request.path, request.body)
			var got map[string]any
			if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
				t.Error(err)
			}
			want := documented.Value.Value.(map[string]any)
			got["Reference"] = want["Reference"]
			if !reflect.DeepEqual(got, want) {
				t.Errorf("response of example %s of %s: got %v, want %v", example, name, got, want)
			}
		}
	}
}

func TestDescription_ResponseExamples(t *testing.T) {
	handler, err := api.New(api.Config{Store: bolttest.Open(t), Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	d := loadDescription(t)
	requests := d.Paths.Find("/link").Post.RequestBody.Value.Content.Get("application/json").Examples
	documented := func(response, example string) any {
		return d.Components.Responses[response].Value.Content.Get("application/json").Examples[example].Value.Value
	}
	wantJSON := func(response *httptest.ResponseRecorder, want any) {
		t.Helper()
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(response.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(got); err != nil || !bytes.Equal(again, text) {
			t.Errorf("body: got %s, want %s", response.Body, text)
		}
	}
	wantStatus := func(response *httptest.ResponseRecorder, want int) {
		t.Helper()
		if response.Code != want {
			t.Errorf("got status %d, want %d: %s", response.Code, want, response.Body)
		}
	}
	post := func(example string) *httptest.ResponseRecorder {
		t.Helper()
		body, err := json.Marshal(requests[example].Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		return serve(handler, "POST", "/link", string(body))
	}
	wantJSON(serve(handler, "GET", "/link", ""), documented("LinkListResponse", "none"))
	wantJSON(serve(handler, "POST", "/link", "[]"), documented("StoredResponse", "none"))
	post("export")
	wantJSON(serve(handler, "GET", "/link", ""), documented("LinkListResponse", "several"))
	wantJSON(post("one"), documented("StoredResponse", "one"))
	wantJSON(post("several"), documented("StoredResponse", "several"))
	google := "/link/" + documented("LinkResponse", "link").(map[string]any)["link_id"].(string)
	wantStatus(serve(handler, "DELETE", google, ""), http.StatusNoContent)
	post("complete")
	wantJSON(serve(handler, "GET", google, ""), documented("LinkResponse", "link"))
	patch := d.Paths.Find("/link/{link_id}").Patch.RequestBody.Value
	for _, example := range patch.Content.Get("application/merge-patch+json").Examples {
		body, err := json.Marshal(example.Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(serve(handler, "PATCH", google, string(body)), http.StatusOK)
	}
	wantJSON(serve(handler, "GET", "/healthz", ""), documented("Ok", "ok"))
}

// tokens contains the token that serve sends.
var tokens = []token.Token{{Hash: sha256.Sum256([]byte("token"))}}

// serve sends a request with a token and a foreign origin.
func serve(handler http.Handler, method, path, body string) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer token")
	request.Header.Set("Origin", "https://elsewhere.example")
	handler.ServeHTTP(response, request)
	return response
}
