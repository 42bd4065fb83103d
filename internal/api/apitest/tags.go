package apitest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

var tagCases = []testCase{
	{"POST with tags stores them in order, as the member after the title", Service{}, tagsShown},
	{"POST trims ASCII white space around each tag and nothing else", Service{}, tagsTrim},
	{"POST with an empty array or null as tags stores none", Service{}, tagsNone},
	{"POST keeps the first of tags that are equal except for case", Service{}, tagsFold},
	{"POST accepts a tag of 100 bytes and rejects 101", Service{}, tagLength},
	{"POST accepts 50 tags and rejects 51, not counting equal ones", Service{}, tagCount},
	{"POST accepts tags of 2,000 bytes in total and rejects more", Service{}, tagsLength},
	{"POST rejects invalid tags", Service{}, tagsBad},
	{"POST again adds the tags that the link does not have, behind its own", Service{}, tagsAgain},
	{"POST again stops at the first tag that would exceed a limit", Service{}, tagsAgainLimit},
	{"POST of an array stores a repeat with all tags given", Service{}, tagsRepeats},
	{"concurrent POSTs of one link with different tags lose none", Service{}, tagsRace},
	{"deleting a link deletes its tags", withToken, tagsDeleted},
	{"the ETag of a link and of lists changes with its tags", withToken, tagsETag},
}

// tagged returns a body of POST for a link with tags.
func tagged(link string, tags ...string) string {
	return string(mustMarshal(map[string]any{"link": link, "tags": tags}))
}

// wantTags expects a link to have these tags.
func (c *client) wantTags(t *testing.T, link string, want ...string) {
	t.Helper()
	a := c.do(t, "GET", "/link?link="+url.QueryEscape(link), "", authorized)
	if shown := a.shown(t); len(shown) != 1 || !slices.Equal(shown[0].Tags, want) {
		t.Errorf("%s: got %.300s, want tags %.300q", link, a.body, want)
	}
}

func tagsShown(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"note": "N", "tags": ["z \"<b>\"\\", "Recipes\/Soups", "日本語😀", "a b", "\u2028"],
		"title": "T", "link": "https://www.google.com"}`).wantBody(t, `{"link_id":"`+googleID+`"}`)
	c.do(t, "POST", "/link", `{"link": "https://example.com/", "tags": ["one"]}`).wantStatus(t, http.StatusOK)
	shown := `{"link_id":"` + googleID + `","link":"https://www.google.com","title":"T",` +
		`"tags":["z \"<b>\"\\","Recipes/Soups","日本語😀","a b","` + "\u2028" + `"],"note":"N"`
	c.do(t, "GET", "/link", "").
		wantBody(t, `[{"link_id":"`+exampleID+`","link":"https://example.com/","tags":["one"]},`+shown+"}]")
	c.do(t, "GET", "/link?link=https://www.google.com", "").wantBody(t, "["+shown+"}]")
	dated := c.do(t, "GET", "/link?added=true", "").shown(t)[1].Added
	c.do(t, "GET", "/link/"+googleID, "").wantBody(t, shown+`,"added":"`+dated+`"}`)
}

func tagsTrim(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"link":"https://a.example","tags":["\t\r\n\f A  b \f\n\r\t","\u00a0B\u00a0"," a  B"]}`).
		wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://a.example", "A  b", "\u00a0B\u00a0")
}

func tagsNone(t *testing.T, c *client) {
	for _, none := range []string{"null", "[]", " [ ] "} {
		c.do(t, "POST", "/link", `{"link":"https://www.google.com","tags":`+none+`}`).wantStatus(t, http.StatusOK)
		c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
	}
}

func tagsFold(t *testing.T, c *client) {
	for i, tc := range []struct{ tags, want []string }{
		{[]string{"Go", "go", "gO", "other", "GO"}, []string{"Go", "other"}},
		{[]string{"éTÉ", "ÉTé", "ete"}, []string{"éTÉ", "ete"}},
		{[]string{"σας", "ΣΑΣ", "σασ"}, []string{"σας"}},
		{[]string{"\u212a", "k", "K"}, []string{"\u212a"}},             // the Kelvin sign
		{[]string{"ſ", "S", "s"}, []string{"ſ"}},                       // the long s
		{[]string{"straße", "STRASSE"}, []string{"straße", "STRASSE"}}, // full case folding makes them equal
		{[]string{"İ", "i", "ı", "I"}, []string{"İ", "i", "ı"}},
		{[]string{"e\u0301", "é"}, []string{"e\u0301", "é"}}, // no normalization
		{[]string{"a/B", "A/b", "a", "a/"}, []string{"a/B", "a", "a/"}},
	} {
		link := fmt.Sprintf("https://example.com/%d", i)
		c.do(t, "POST", "/link", tagged(link, tc.tags...)).wantStatus(t, http.StatusOK)
		c.wantTags(t, link, tc.want...)
	}
}

func tagLength(t *testing.T, c *client) {
	for i, letter := range []string{"a", "é", "日", "😀"} {
		tag := strings.Repeat(letter, 100/len(letter))
		tag += strings.Repeat("x", 100-len(tag))
		link := fmt.Sprintf("https://example.com/%d", i)
		c.do(t, "POST", "/link", tagged(link, tag+"x")).wantInvalid(t, `"Field":"tags"`, "100 bytes")
		c.do(t, "POST", "/link", tagged(link, " "+tag+" ")).wantStatus(t, http.StatusOK)
		c.wantTags(t, link, tag)
	}
}

func tagCount(t *testing.T, c *client) {
	tags := numberedTags(51)
	c.do(t, "POST", "/link", tagged("https://a.example", tags...)).wantInvalid(t, `"Field":"tags"`, "50 tags")
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	repeated := append(slices.Clone(tags[:50]), "TAG 0", "tag 49")
	c.do(t, "POST", "/link", tagged("https://a.example", repeated...)).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://a.example", tags[:50]...)
	many := slices.Repeat([]string{"Tag", "tAg", "other"}, 1000)
	c.do(t, "POST", "/link", tagged("https://b.example", many...)).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://b.example", "Tag", "other")
}

// numberedTags returns n different tags.
func numberedTags(n int) []string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf("tag %d", i)
	}
	return tags
}

// longTags returns n different tags of 100 bytes.
func longTags(n int) []string {
	tags := numberedTags(n)
	for i, tag := range tags {
		tags[i] += strings.Repeat("é", (100-len(tag))/2)
		tags[i] += strings.Repeat("x", 100-len(tags[i]))
	}
	return tags
}

func tagsLength(t *testing.T, c *client) {
	tags := longTags(20)
	c.do(t, "POST", "/link", tagged("https://a.example", append(tags, "x")...)).
		wantInvalid(t, `"Field":"tags"`, "2000 bytes")
	c.do(t, "POST", "/link", tagged("https://a.example", append(tags, strings.ToUpper(tags[3]))...)).
		wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://a.example", tags...)
}

// badTags maps invalid tags, as JSON, to a part of their error message.
var badTags = map[string]string{
	`7`:                 "an array of strings",
	`true`:              "an array of strings",
	`{}`:                "an array of strings",
	`"a"`:               "an array of strings",
	`""`:                "an array of strings",
	`[7]`:               "an array of strings",
	`["a",["b"]]`:       "an array of strings",
	`[{"a":1,"a":2}]`:   "an array of strings",
	`["a",null]`:        "",
	`[""]`:              "empty",
	`["a"," \t\r\n\f"]`: "empty",
	`["a,b"]`:           "comma",
	`["a","b",","]`:     "comma",
	`["a\tb"]`:          "control characters",
	`["a\nb"]`:          "control characters",
	`["a\u0000"]`:       "control characters",
	`["\u007fa"]`:       "control characters",
	`["\u000ba"]`:       "control characters",
}

func tagsBad(t *testing.T, c *client) {
	for tags, hint := range badTags {
		bad := `{"link":"https://example.com","tags":` + tags + `}`
		c.do(t, "POST", "/link", bad).wantInvalid(t, `"Field":"tags"`, hint)
		a := c.do(t, "POST", "/link", `[{"link":"https://a.example","tags":["fine"]},`+bad+`]`)
		a.wantInvalid(t, `"Index":1,"Field":"tags"`, "Element 1 ")
		a.wantInvalid(t, `"Index":1,"Field":"tags"`, hint)
	}
	for _, tags := range []string{`["\ud800"]`, "[\"\xff\"]", `['a']`, `["a",]`, `["a"`} {
		c.do(t, "POST", "/link", `{"link":"https://example.com","tags":`+tags+`}`).
			wantError(t, http.StatusBadRequest, "JSON value in UTF-8")
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	c.do(t, "POST", "/link",
		`{"tags":7,"tags":["first"],"link":"https://www.google.com","t\u0061gs":["last"],"Tags":7,"tag":7}`).
		wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://www.google.com", "last")
	c.do(t, "POST", "/link", `{"tags":["first"],"link":"https://example.com","tags":null}`).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://example.com")
}

func tagsAgain(t *testing.T, c *client) {
	c.post(t, "https://Google.com", "https://b.example")
	for _, step := range []struct{ sent, want []string }{
		{nil, nil},
		{[]string{"b", "A"}, []string{"b", "A"}},
		{[]string{"a", "c", "B", "0"}, []string{"b", "A", "c", "0"}},
		{[]string{}, []string{"b", "A", "c", "0"}},
		{[]string{"0"}, []string{"b", "A", "c", "0"}},
		{nil, []string{"b", "A", "c", "0"}},
	} {
		c.do(t, "POST", "/link", tagged("https://google.com/", step.sent...)).wantStatus(t, http.StatusOK)
		c.wantTags(t, "https://google.com", step.want...)
	}
	c.wantListed(t, "https://Google.com", "https://b.example")
}

func tagsAgainLimit(t *testing.T, c *client) {
	tags := numberedTags(60)
	c.do(t, "POST", "/link", tagged("https://count.example", tags[:48]...)).wantStatus(t, http.StatusOK)
	c.do(t, "POST", "/link", tagged("https://count.example", tags[46:]...)).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://count.example", tags[:50]...)
	c.do(t, "POST", "/link", tagged("https://count.example", "new")).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://count.example", tags[:50]...)

	long := longTags(20)
	c.do(t, "POST", "/link", tagged("https://bytes.example", append(long[:19:19], "x")...)).wantStatus(t, http.StatusOK)
	c.do(t, "POST", "/link", tagged("https://bytes.example", long[0], "y", long[19], "z")).wantStatus(t, http.StatusOK)
	c.wantTags(t, "https://bytes.example", append(long[:19:19], "x", "y")...)
	c.do(t, "POST", "/link", tagged("https://bytes.example", append(long, "y")...)).
		wantInvalid(t, `"Field":"tags"`, "2000 bytes")
}

func tagsRepeats(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `[
		{"link":"https://a.example","note":"first","tags":["b"]},
		{"link":"https://b.example"},
		{"link":"https://A.example","title":"given","note":"second","tags":["a","B"]},
		{"link":"https://a.example/","title":"second","tags":["c","A"]}
	]`).wantStatus(t, http.StatusOK)
	shown := c.do(t, "GET", "/link", "").shown(t)
	if len(shown) != 2 || shown[0].Link != "https://a.example" || shown[0].Title != "given" ||
		shown[0].Note != "first" || !slices.Equal(shown[0].Tags, []string{"b", "a", "c"}) {
		t.Errorf("GET /link: got %+v, want the first link with title given, note first and tags b, a, c", shown)
	}
}

func tagsRace(t *testing.T, c *client) {
	for _, existing := range []bool{false, true} {
		link := fmt.Sprintf("https://example.com/%t", existing)
		if existing {
			c.post(t, link)
		}
		tags := numberedTags(8)
		done := make(chan error)
		for _, tag := range tags {
			go func() {
				a, err := c.try("POST", c.base+"/link", tagged(link, tag, "all"), authorized)
				if err == nil && a.status != http.StatusOK {
					err = fmt.Errorf("status %d: %s", a.status, a.body)
				}
				done <- err
			}()
		}
		for range tags {
			if err := <-done; err != nil {
				t.Errorf("POST: got %v", err)
			}
		}
		shown := c.do(t, "GET", "/link?link="+link, "").shown(t)
		if len(shown) != 1 {
			t.Fatalf("%s: got %v, want one link", link, shown)
		}
		got := slices.Sorted(slices.Values(shown[0].Tags))
		if want := append([]string{"all"}, tags...); !slices.Equal(got, want) {
			t.Errorf("%s: tags: got %q, want %q in any order", link, got, want)
		}
	}
}

func tagsDeleted(t *testing.T, c *client) {
	c.do(t, "POST", "/link", `{"link":"https://www.google.com","tags":["old"],"note":"old"}`, authorized).
		wantStatus(t, http.StatusOK)
	c.deleteLink(t, googleID, authorized)
	c.post(t, "https://www.google.com")
	c.do(t, "GET", "/link", "").wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
}

// tagsETag expects different ETags of links whose title, tags and note consist of
// the same text.
func tagsETag(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	paths := []string{"/link", "/link?limit=1", "/link?link=https://www.google.com", "/link/" + googleID}
	seen := map[string]string{}
	for _, patch := range []string{
		`{"title":null,"tags":null,"note":null}`,
		`{"title":"a","tags":null,"note":null}`,
		`{"title":null,"tags":["a"],"note":null}`,
		`{"title":null,"tags":null,"note":"a"}`,
		`{"title":null,"tags":["a"],"note":"b"}`,
		`{"title":"a","tags":["b"],"note":null}`,
		`{"title":"a","tags":null,"note":"b"}`,
		`{"title":"ab","tags":null,"note":null}`,
		`{"title":null,"tags":["ab"],"note":null}`,
		`{"title":null,"tags":["a","b"],"note":null}`,
		`{"title":null,"tags":["b","a"],"note":null}`,
		`{"title":null,"tags":["A","b"],"note":null}`,
		`{"title":null,"tags":null,"note":"a,b"}`,
		`{"title":null,"tags":null,"note":"a\nb"}`,
		`{"title":null,"tags":null,"note":"a\tb"}`,
		`{"title":"a,b","tags":null,"note":null}`,
	} {
		c.patch(t, googleID, patch).wantStatus(t, http.StatusOK)
		for _, path := range paths {
			a := c.do(t, "GET", path, "", authorized)
			key := path + " " + a.header.Get("ETag")
			if other, ok := seen[key]; ok {
				t.Errorf("%s: ETag after PATCH with %s: got the same as after %s", path, patch, other)
			}
			seen[key] = patch
		}
	}
	for _, path := range paths {
		c.wantConditional(t, path)
	}
}
