package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
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

func TestDescriptionShowsTheErrorsThatAreGiven(t *testing.T) {
	withToken := api.Config{Tokens: tokens}
	otherToken := api.Config{Tokens: []token.Token{{Hash: sha256.Sum256([]byte("another"))}}}
	failing := func(err error) api.Config { return api.Config{Store: brokenGet{fail: func() error { return err }}} }
	element := `{"link": "https://example.com"}`
	given := map[string]struct {
		config             api.Config
		method, path, body string
	}{
		"BadQuery/limit":       {api.Config{}, "GET", "/link?limit=0", ""},
		"BadQuery/cursor":      {api.Config{}, "GET", "/link?cursor=x", ""},
		"BadQuery/added":       {api.Config{}, "GET", "/link?added=1", ""},
		"BadQuery/link":        {api.Config{}, "GET", "/link?link=x", ""},
		"BadQuery/malformed":   {api.Config{}, "GET", "/link?x=%", ""},
		"BadBody/notJSON":      {api.Config{}, "POST", "/link", `{"link": 'https://example.com'}`},
		"BadBody/neither":      {api.Config{}, "POST", "/link", `"https://example.com"`},
		"BadBody/invalid":      {api.Config{}, "POST", "/link", `{"link": "example.com"}`},
		"BadBody/element":      {api.Config{}, "POST", "/link", "[" + element + "," + element + ",{}]"},
		"BadBody/title":        {api.Config{}, "POST", "/link", `{"link": "https://example.com", "title": 7}`},
		"BadBody/date":         {api.Config{}, "POST", "/link", `{"link": "https://example.com", "added": "yesterday"}`},
		"BadBody/late":         {api.Config{}, "POST", "/link", `{"link": "https://example.com", "added": "9999-01-01T00:00:00Z"}`},
		"BadPatch/id":          {withToken, "PATCH", "/link/1", `{"title": "x"}`},
		"BadPatch/notJSON":     {withToken, "PATCH", "/link/" + uuid.Nil.String(), `{"title": 'x'}`},
		"BadPatch/other":       {withToken, "PATCH", "/link/" + uuid.Nil.String(), "{}"},
		"BadPatch/invalid":     {withToken, "PATCH", "/link/" + uuid.Nil.String(), `{"title": "a\tb"}`},
		"BadId/id":             {api.Config{}, "GET", "/link/1", ""},
		"Unauthorized/token":   {otherToken, "POST", "/link", element},
		"Forbidden/off":        {api.Config{}, "DELETE", "/link/" + uuid.Nil.String(), ""},
		"Forbidden/origin":     {api.Config{CORSOrigin: "https://links.example.com"}, "POST", "/link", element},
		"NoSuchLink/unknown":   {failing(store.ErrNotFound), "GET", "/link/" + uuid.Nil.String(), ""},
		"UnknownPath/unknown":  {api.Config{}, "GET", "/nothing", ""},
		"MethodNotAllowed/put": {api.Config{}, "PUT", "/link", element},
		"TooLarge/body":        {api.Config{}, "POST", "/link", strings.Repeat(" ", 1<<20+1)},
		"TooLarge/array":       {api.Config{}, "POST", "/link", "[" + strings.Repeat(element+",", 1000) + element + "]"},
		"Misdirected/host":     {api.Config{Local: true}, "GET", "/link", ""},
		"TooManyRequests/rate": {api.Config{Allow: func(string) bool { return false }}, "GET", "/nothing", ""},
		"InternalError/fault":  {failing(errors.New("secret")), "GET", "/link/" + uuid.Nil.String(), ""},
		"Unavailable/away":     {failing(store.ErrUnavailable), "GET", "/link/" + uuid.Nil.String(), ""},
		"Unavailable/room":     {failing(api.ErrNoListMemory), "GET", "/link/" + uuid.Nil.String(), ""},
		"TimedOut/late":        {failing(context.DeadlineExceeded), "GET", "/link/" + uuid.Nil.String(), ""},
	}
	for name, response := range loadDescription(t).Components.Responses {
		content := response.Value.Content.Get("application/json")
		if content == nil || content.Schema.Ref != "#/components/schemas/Error" {
			continue
		}
		for example, shown := range content.Examples {
			request, ok := given[name+"/"+example]
			if !ok {
				t.Errorf("no request is known to be answered with the example %s of %s", example, name)
				continue
			}
			handler, err := api.New(request.config)
			if err != nil {
				t.Fatal(err)
			}
			answer := serve(handler, request.method, request.path, request.body)
			var got map[string]any
			if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
				t.Error(err)
			}
			want := shown.Value.Value.(map[string]any)
			got["Reference"] = want["Reference"]
			if !reflect.DeepEqual(got, want) {
				t.Errorf("example %s of %s: the handler returns %v, the description shows %v", example, name, got, want)
			}
		}
	}
}

func TestDescriptionShowsTheAnswersThatAreGiven(t *testing.T) {
	links := bolttest.Open(t)
	handler, err := api.New(api.Config{Store: links, Tokens: tokens})
	if err != nil {
		t.Fatal(err)
	}
	d := loadDescription(t)
	requests := d.Paths.Find("/link").Post.RequestBody.Value.Content.Get("application/json").Examples
	shown := func(response, example string) any {
		return d.Components.Responses[response].Value.Content.Get("application/json").Examples[example].Value.Value
	}
	wantJSON := func(answer *httptest.ResponseRecorder, want any) {
		t.Helper()
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(got); err != nil || !bytes.Equal(again, text) {
			t.Errorf("answered %s, the description shows %s", answer.Body, text)
		}
	}
	wantStatus := func(answer *httptest.ResponseRecorder, want int) {
		t.Helper()
		if answer.Code != want {
			t.Errorf("answered %d, want %d: %s", answer.Code, want, answer.Body)
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
	wantJSON(serve(handler, "GET", "/link", ""), shown("LinkListResponse", "none"))
	wantJSON(serve(handler, "POST", "/link", "[]"), shown("StoredResponse", "none"))
	post("export")
	wantJSON(serve(handler, "GET", "/link", ""), shown("LinkListResponse", "several"))
	wantJSON(post("one"), shown("StoredResponse", "one"))
	wantJSON(post("several"), shown("StoredResponse", "several"))
	google := "/link/" + shown("LinkResponse", "link").(map[string]any)["link_id"].(string)
	wantStatus(serve(handler, "DELETE", google, ""), http.StatusNoContent)
	post("whole")
	wantJSON(serve(handler, "GET", google, ""), shown("LinkResponse", "link"))
	for _, example := range d.Paths.Find("/link/{link_id}").Patch.RequestBody.Value.Content.Get("application/merge-patch+json").Examples {
		body, err := json.Marshal(example.Value.Value)
		if err != nil {
			t.Fatal(err)
		}
		wantStatus(serve(handler, "PATCH", google, string(body)), http.StatusOK)
	}
	wantJSON(serve(handler, "GET", "/healthz", ""), shown("Ok", "ok"))
}

// tokens has the token that serve sends.
var tokens = []token.Token{{Hash: sha256.Sum256([]byte("token"))}}

func serve(handler http.Handler, method, path, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Authorization", "Bearer token")
	request.Header.Set("Origin", "https://elsewhere.example")
	handler.ServeHTTP(answer, request)
	return answer
}
