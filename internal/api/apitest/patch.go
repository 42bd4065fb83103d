package apitest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

var patchCases = []testCase{
	{"PATCH sets, changes and removes a title, and returns the link", withToken, patchTitle},
	{"PATCH changes the ETag and preserves the position and the date", withToken, patchKeeps},
	{"PATCH of an unknown link is 404 and stores nothing", withToken, patchUnknown},
	{"PATCH rejects any member except the title, and no members", withToken, patchOtherFields},
	{"PATCH rejects an invalid title", withToken, patchBadTitle},
	{"PATCH rejects bodies that are not one JSON object", withToken, patchNotJSON},
	{"PATCH accepts duplicate titles, of which the last counts", withToken, patchDuplicates},
	{"PATCH accepts any Content-Type", withToken, patchContentType},
	{"PATCH ignores If-None-Match", withToken, patchIfNoneMatch},
	{"the last of several PATCH requests wins", withToken, patchLastWins},
}

func (c *client) patch(t *testing.T, id, body string, headers ...string) response {
	t.Helper()
	return c.do(t, "PATCH", "/link/"+id, body,
		append(headers, authorized, "Content-Type: application/merge-patch+json")...)
}

func patchTitle(t *testing.T, c *client) {
	before := time.Now()
	c.post(t, "https://www.google.com")
	for _, step := range [][2]string{
		{`{"title":"Google"}`, `,"title":"Google"`},
		{`{"title":"\t A \"page\" 日本語\n"}`, `,"title":"A \"page\" 日本語"`},
		{`{"title":"A \"page\" 日本語"}`, `,"title":"A \"page\" 日本語"`},
		{`{"title":null}`, ""},
		{`{"title":null}`, ""},
		{`{"title":"x"}`, `,"title":"x"`},
		{`{"title":""}`, ""},
		{`{"title":"y"}`, `,"title":"y"`},
		{`{"title":" "}`, ""},
		{`{"title":"` + strings.Repeat("é", 1000) + `"}`, `,"title":"` + strings.Repeat("é", 1000) + `"`},
	} {
		a := c.patch(t, googleID, step[0])
		a.wantShown(t, googleID, `"link":"https://www.google.com"`+step[1], before, time.Now())
		get := c.do(t, "GET", "/link/"+googleID, "")
		get.wantBody(t, a.body)
		get.wantHeader(t, "ETag", a.header.Get("ETag"))
		c.do(t, "GET", "/link", "").
			wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"`+step[1]+`}]`)
	}
	c.patch(t, strings.ToUpper(googleID)+"/", `{"title":"z"}`).
		wantShown(t, googleID, `"link":"https://www.google.com","title":"z"`, before, time.Now())
}

func patchKeeps(t *testing.T, c *client) {
	c.do(t, "POST", "/link", dated("https://www.google.com", "2001-02-03T04:05:06.789Z"), authorized).
		wantStatus(t, http.StatusOK)
	c.post(t, "https://example.com")
	before, list := c.do(t, "GET", "/link/"+googleID, ""), c.do(t, "GET", "/link", "")
	c.patch(t, googleID, `{"title":"Google"}`).wantBody(t, `{"link_id":"`+googleID+
		`","link":"https://www.google.com","title":"Google","added":"2001-02-03T04:05:06.789Z"}`)
	c.wantTitled(t, "https://example.com ", "https://www.google.com Google")
	for path, old := range map[string]response{"/link/" + googleID: before, "/link": list} {
		c.do(t, "GET", path, "", "If-None-Match: "+old.header.Get("ETag")).wantStatus(t, http.StatusOK)
	}
}

func patchUnknown(t *testing.T, c *client) {
	for _, id := range []string{googleID, unknownID} {
		for _, body := range []string{`{"title":"x"}`, `{"title":null}`} {
			c.patch(t, id, body).wantError(t, http.StatusNotFound, "no link")
		}
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
}

// wantUnchanged expects a body of PATCH to be rejected.
func (c *client) wantUnchanged(t *testing.T, body, hint string) {
	t.Helper()
	c.patch(t, googleID, body).wantError(t, http.StatusBadRequest, hint)
}

func patchOtherFields(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, body := range []string{
		`{}`, `{"Title":"x"}`, `{"title":"x","TITLE":"x"}`, `{"title":"x","link":"https://www.google.com"}`,
		`{"title":"x","added":"2001-02-03T04:05:06Z"}`, `{"link_id":"` + googleID + `","title":"x"}`,
		`{"title":"x","other":null}`, `{"other":null}`,
	} {
		c.wantUnchanged(t, body, "of title, tags and note only")
	}
	c.wantTitled(t, "https://www.google.com ")
}

func patchBadTitle(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for title, hint := range badTitles {
		c.patch(t, googleID, `{"title":`+title+`}`).wantInvalid(t, `"Field":"title"`, hint)
	}
	c.patch(t, googleID, `{"title":"`+strings.Repeat("x", 2001)+`"}`).wantInvalid(t, `"Field":"title"`, "2000 bytes")
	c.wantTitled(t, "https://www.google.com ")
}

func patchNotJSON(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, body := range []string{`null`, `7`, `"x"`, `[]`, `[{"title":"x"}]`} {
		c.wantUnchanged(t, body, "of title, tags and note only")
	}
	for _, body := range []string{
		"", " ", "nonsense", "{", `{"title"`, `{"title":"x"`, `{"title":"x",}`, `{"title":"x"} {}`, `{"title":"x"} x`,
		"\ufeff" + `{"title":"x"}`, "{\"title\":\"\xff\"}", `{"title":"\ud800"}`,
	} {
		c.wantUnchanged(t, body, `such as {"title": "A page"}`)
	}
	c.wantTitled(t, "https://www.google.com ")
}

func patchDuplicates(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	c.patch(t, googleID, `{"title":7,"title":"first","t\u0069tle":"last"}`).wantStatus(t, http.StatusOK)
	c.wantTitled(t, "https://www.google.com last")
}

func patchContentType(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, contentType := range []string{
		"application/json", "application/x-www-form-urlencoded", "image/png", "nonsense",
	} {
		body := string(mustMarshal(map[string]string{"title": contentType}))
		c.do(t, "PATCH", "/link/"+googleID, body, authorized, "Content-Type: "+contentType).wantStatus(t, http.StatusOK)
		c.wantTitled(t, "https://www.google.com "+contentType)
	}
	c.do(t, "PATCH", "/link/"+googleID, `{"title":"none"}`, authorized).wantStatus(t, http.StatusOK)
}

func patchIfNoneMatch(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, tag := range []string{"*", c.do(t, "GET", "/link/"+googleID, "").header.Get("ETag")} {
		body := string(mustMarshal(map[string]string{"title": tag}))
		c.patch(t, googleID, body, "If-None-Match: "+tag).wantStatus(t, http.StatusOK)
		c.wantTitled(t, "https://www.google.com "+tag)
		c.patch(t, googleID, `{"title":null}`).wantStatus(t, http.StatusOK)
	}
}

func patchLastWins(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	titles := make(chan string)
	for i := range 8 {
		title := string(rune('a' + i))
		go func() {
			a, err := c.try("PATCH", c.base+"/link/"+googleID, `{"title":"`+title+`"}`, authorized)
			if err != nil || a.status != http.StatusOK {
				t.Errorf("PATCH: got status %d, %v", a.status, err)
			}
			titles <- title
		}()
	}
	var given []string
	for range 8 {
		given = append(given, "https://www.google.com "+<-titles)
	}
	if got := c.do(t, "GET", "/link", "").titled(t); len(got) != 1 || !slices.Contains(given, got[0]) {
		t.Errorf("list: got %q, want the link with one of the titles sent", got)
	}
	c.patch(t, googleID, `{"title":"last"}`).wantStatus(t, http.StatusOK)
	c.wantTitled(t, "https://www.google.com last")
}
