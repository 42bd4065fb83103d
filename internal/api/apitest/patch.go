package apitest

import (
	"fmt"
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
	{"PATCH replaces and removes tags, and sets, changes and removes a note", withToken, patchTagsAndNote},
	{"PATCH changes several members completely or not at all", withToken, patchAtomic},
	{"PATCH rejects any member except title, tags and note, and no members", withToken, patchOtherFields},
	{"PATCH rejects an invalid title, and invalid tags and notes", withToken, patchInvalid},
	{"PATCH rejects bodies that are not one JSON object", withToken, patchNotJSON},
	{"PATCH accepts duplicate members, of which the last counts", withToken, patchDuplicates},
	{"PATCH accepts any Content-Type", withToken, patchContentType},
	{"PATCH ignores If-None-Match", withToken, patchIfNoneMatch},
	{"the last of several PATCH requests wins", withToken, patchLastWins},
	{"concurrent PATCH requests of different members lose nothing", withToken, patchMembers},
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

func patchTagsAndNote(t *testing.T, c *client) {
	before := time.Now()
	c.post(t, "https://www.google.com")
	for _, step := range [][2]string{
		{`{"tags":["b","A"]}`, `,"tags":["b","A"]`},
		{`{"note":" one\r\ntwo\t3 "}`, `,"tags":["b","A"],"note":"one\ntwo\t3"`},
		{`{"tags":[" c ","C","a/b"]}`, `,"tags":["c","a/b"],"note":"one\ntwo\t3"`},
		{`{"title":"T"}`, `,"title":"T","tags":["c","a/b"],"note":"one\ntwo\t3"`},
		{`{"tags":null}`, `,"title":"T","note":"one\ntwo\t3"`},
		{`{"tags":[]}`, `,"title":"T","note":"one\ntwo\t3"`},
		{`{"note":"x","tags":["d"],"title":null}`, `,"tags":["d"],"note":"x"`},
		{`{"note":"x","tags":["d"]}`, `,"tags":["d"],"note":"x"`},
		{`{"tags":[]}`, `,"note":"x"`},
		{`{"note":null}`, ""},
		{`{"note":"y"}`, `,"note":"y"`},
		{`{"note":""}`, ""},
		{`{"note":"z","tags":["e"]}`, `,"tags":["e"],"note":"z"`},
		{`{"note":" \r\n","tags":null,"title":""}`, ""},
	} {
		a := c.patch(t, googleID, step[0])
		a.wantShown(t, googleID, `"link":"https://www.google.com"`+step[1], before, time.Now())
		get := c.do(t, "GET", "/link/"+googleID, "")
		get.wantBody(t, a.body)
		get.wantHeader(t, "ETag", a.header.Get("ETag"))
		c.do(t, "GET", "/link", "").
			wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"`+step[1]+`}]`)
	}
}

func patchAtomic(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","title":"T","tags":["a"],"note":"N"}`, authorized).
		wantStatus(t, http.StatusOK)
	for body, field := range map[string]string{
		`{"title":"x","tags":["x"],"note":7}`:            "note",
		`{"title":"x","tags":["x,y"],"note":"x"}`:        "tags",
		`{"title":"x\ny","tags":["x"],"note":"x"}`:       "title",
		`{"title":"x","tags":null,"link":"https://x.y"}`: "link",
	} {
		c.patch(t, googleID, body).wantInvalid(t, `"Field":"`+field+`"`, "")
	}
	c.do(t, "GET", "/link", "").wantBody(t,
		`[{"link_id":"`+googleID+`","link":"https://www.google.com","title":"T","tags":["a"],"note":"N"}]`)
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
		for _, body := range []string{`{"title":"x"}`, `{"title":null}`, `{"tags":["x"]}`, `{"note":null}`} {
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
	const hint = "of title, tags and note only"
	for _, body := range []string{
		`{}`, `{"Title":"x"}`, `{"title":"x","TITLE":"x"}`, `{"Tags":[]}`, `{"NOTE":null}`,
		`{"title":"x","other":null}`, `{"other":null}`, `{"":null}`, `{"link_id":"` + googleID + `","title":"x"}`,
	} {
		c.wantUnchanged(t, body, hint)
	}
	for _, field := range []string{"link", "added", "limit", "cursor", "q", "tag"} {
		for _, value := range []string{`null`, `"https://www.google.com"`} {
			c.patch(t, googleID, `{"title":"x","`+field+`":`+value+`}`).wantInvalid(t, `"Field":"`+field+`"`, hint)
			c.patch(t, googleID, `{"`+field+`":`+value+`,"tags":7}`).wantInvalid(t, `"Field":"`+field+`"`, hint)
		}
	}
	c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
}

func patchInvalid(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for field, values := range map[string]map[string]string{"title": badTitles, "tags": badTags, "note": badNotes} {
		for value, hint := range values {
			c.patch(t, googleID, `{"`+field+`":`+value+`}`).wantInvalid(t, `"Field":"`+field+`"`, hint)
		}
	}
	for _, tc := range []struct {
		field, hint string
		value       any
	}{
		{"title", "2000 bytes", strings.Repeat("x", 2001)},
		{"tags", "100 bytes", []string{strings.Repeat("x", 101)}},
		{"tags", "50 tags", numberedTags(51)},
		{"tags", "2000 bytes", append(longTags(20), "x")},
		{"note", "4000 bytes", strings.Repeat("x", 4001)},
	} {
		c.patch(t, googleID, string(mustMarshal(map[string]any{tc.field: tc.value}))).
			wantInvalid(t, `"Field":"`+tc.field+`"`, tc.hint)
	}
	c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
	c.patch(t, googleID, string(mustMarshal(map[string]any{
		"title": strings.Repeat("x", 2000), "tags": longTags(20), "note": strings.Repeat("x", 4000),
	}))).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://www.google.com", longTags(20)...)
	c.wantNote(t, "https://www.google.com", strings.Repeat("x", 4000))
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
	c.patch(t, googleID, `{"tags":7,"note":7,"tags":["first"],"note":"first","t\u0061gs":["last"],"n\u006fte":"last"}`).
		wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://www.google.com", "last")
	c.wantNote(t, "https://www.google.com", "last")
	c.patch(t, googleID, `{"tags":["x"],"note":7,"note":null,"tags":null}`).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link", "").
		wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com","title":"last"}]`)
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
				t.Errorf("PATCH: got status %d, %v, want 200", a.status, err)
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

func patchMembers(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for round := range 5 {
		value := string(rune('a' + round))
		patches := []string{`{"title":"` + value + `"}`, `{"tags":["` + value + `"]}`, `{"note":"` + value + `"}`}
		failures := make(chan error)
		for _, patch := range patches {
			go func() {
				a, err := c.try("PATCH", c.base+"/link/"+googleID, patch, authorized)
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("status %d: %s", a.status, a.body)
				}
				failures <- err
			}()
		}
		for range patches {
			if err := <-failures; err != nil {
				t.Errorf("PATCH: got %v", err)
			}
		}
		c.do(t, "GET", "/link?link=https://www.google.com", "").wantBody(t, `[{"link_id":"`+googleID+
			`","link":"https://www.google.com","title":"`+value+`","tags":["`+value+`"],"note":"`+value+`"}]`)
	}
}
