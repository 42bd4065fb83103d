package link

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestCanonicalForm_EqualsNodesHref(t *testing.T) {
	// Node.js accepts a label of Arabic digits alone. Go's Bidi rule (RFC 5893,
	// section 2) rejects it.
	rejected := map[string]bool{"https://٠.example/": true}
	for rawURL, href := range nodesHrefs(t) {
		got, err := canonicalForm(strings.TrimRight(rawURL, " ")) // as Parse does
		valid := href != nil && (strings.HasPrefix(*href, "http:") || strings.HasPrefix(*href, "https:"))
		switch {
		case valid && err != nil && !rejected[rawURL]:
			t.Errorf("canonicalForm(%q): got error %v, want %q", rawURL, err, *href)
		case valid && err == nil && got != *href:
			t.Errorf("canonicalForm(%q): got %q, want %q", rawURL, got, *href)
		case !valid && err == nil:
			t.Errorf("canonicalForm(%q): got %q, want an error", rawURL, got)
		}
	}
}

// nodesHrefs returns URLs with the value of href in Node.js. It is nil if
// Node.js rejects the URL.
func nodesHrefs(tb testing.TB) (hrefs map[string]*string) {
	tb.Helper()
	data, err := os.ReadFile("testdata/canonical.json")
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(data, &hrefs); err != nil {
		tb.Fatal(err)
	}
	return hrefs
}

var dotSegment = regexp.MustCompile(`^[^?#]*/\.\.?(/|\?|#|$)`)

// The URLs consist of random parts of the URLs in canonical.json.
func TestCanonicalForm_GeneratedURLs(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node: install Node.js to compare generated URLs with its URL class")
	}
	known := slices.Sorted(maps.Keys(nodesHrefs(t)))
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	part := func() string { // a random substring of a URL
		runes := []rune(known[random.IntN(len(known))])
		from := random.IntN(len(runes) + 1)
		return string(runes[from : from+random.IntN(len(runes)-from+1)])
	}
	urls := make([]string, 20_000)
	for i := range urls {
		switch random.IntN(4) {
		case 0:
			urls[i] = "https://" + part() + part()
		case 1:
			urls[i] = "https://www.example.com/" + part() + "/" + part()
		case 2:
			urls[i] = "http://" + part() + ".example/" + part() + part()
		default:
			urls[i] = known[random.IntN(len(known))] + part()
		}
	}
	input, err := json.Marshal(urls)
	if err != nil {
		t.Fatal(err)
	}
	const program = `const href = (link) => { try { return new URL(link).href } catch { return null } };
		console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(href)))`
	cmd := exec.CommandContext(t.Context(), node, "-e", program)
	cmd.Stdin = bytes.NewReader(input)
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var hrefs []*string
	if err := json.Unmarshal(output, &hrefs); err != nil {
		t.Fatal(err)
	}
	rejected := 0
	for i, rawURL := range urls {
		got, err := canonicalForm(strings.TrimRight(rawURL, " "))
		switch href := hrefs[i]; {
		case err != nil && href != nil:
			rejected++
		case err == nil && href == nil:
			t.Errorf("canonicalForm(%q): got %q, want an error, as in Node.js", rawURL, got)
		// Node.js does not resolve "." and ".." after a segment such as ".a".
		// The URL standard does.
		case err == nil && got != *href && !dotSegment.MatchString(*href):
			t.Errorf("canonicalForm(%q): got %q, want %q, as in Node.js", rawURL, got, *href)
		}
	}
	// URLs of other schemes, and labels that mix writing directions (RFC 5893).
	if rejected > len(urls)/10 {
		t.Errorf("canonicalForm rejects %d of %d URLs that Node.js accepts, want at most a tenth", rejected, len(urls))
	}
	t.Logf("seed %d, %d URLs, %d rejected that Node.js accepts", seed, len(urls), rejected)
}

func TestParse_ValidAndInvalidURLs(t *testing.T) {
	const google = "95555d86-7dd0-51a7-ab15-99805fb8a4e4"
	for rawURL, want := range map[string]Link{
		"https://www.google.com":            {URL: "https://www.google.com"},
		" \t\r\n\fhttps://www.google.com/ ": {URL: "https://www.google.com/"},
		"HTTPS://WWW.Google.com:443":        {URL: "HTTPS://WWW.Google.com:443"},
	} {
		want.ID = uuid.MustParse(google)
		if got, err := Parse(rawURL); err != nil || got != want {
			t.Errorf("Parse(%q): got %v, %v, want %v", rawURL, got, err, want)
		}
	}
	const origin = "https://example.com/"
	for rawURL, hint := range map[string]string{
		"":                                 "absolute http or https URL",
		"example.com":                      "absolute http or https URL",
		"ftp://example.com":                "absolute http or https URL",
		"http://":                          "absolute http or https URL",
		"\u00a0" + origin:                  "absolute http or https URL",
		origin + "\x00":                    "control characters",
		origin + "a\tb":                    "control characters",
		origin + "\x7f":                    "control characters",
		"\v" + origin:                      "control characters",
		origin + "\xff":                    "UTF-8",
		origin + strings.Repeat("é", 3991): "8000 bytes",

		// The canonical form of these is expensive, and they cannot exist in
		// DNS or are of no use.
		"https://" + strings.Repeat("é", 64) + ".example/":      "absolute http or https URL",
		"https://" + strings.Repeat("%C3%A9", 64) + ".example/": "absolute http or https URL",
		"https://é." + strings.Repeat("a", 64) + ".example/":    "absolute http or https URL",
		"https://xn--" + strings.Repeat("a", 60) + ".example/":  "absolute http or https URL",
		"https://é." + strings.Repeat("a.", 122) + "examples/":  "absolute http or https URL",
		"https://xn--/":                                                        "absolute http or https URL",
		"https://www.XN--.example/":                                            "absolute http or https URL",
		"https://www\u3002xn--\uff61example/":                                  "absolute http or https URL",
		"https://example.com" + strings.Repeat("/", 1001):                      "1000 segments",
		"https://example.com" + strings.Repeat(`\`, 1001):                      "1000 segments",
		"https://user@example.com:80" + strings.Repeat("/..", 1001) + "?a#b/c": "1000 segments",
	} {
		if _, err := Parse(rawURL); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("Parse(%.40q): got error %v, want one that contains %q", rawURL, err, hint)
		}
	}
	for name, rawURL := range map[string]string{
		"8,000 bytes":                    origin + strings.Repeat("é", 3990),
		"a label of 63 letters":          "https://" + strings.Repeat("é", 63) + ".example/",
		"253 letters in a host":          "https://é." + strings.Repeat("a.", 122) + "example/",
		"a large label in an ASCII host": "https://" + strings.Repeat("a", 1000) + ".example/",
		"an explicit empty label":        "https://é..example/",
		"1,000 segments": "https://example.com" + strings.Repeat("/", 1000) +
			"?" + strings.Repeat("/", 1000),
	} {
		if _, err := Parse(rawURL); err != nil {
			t.Errorf("Parse of a URL with %s: got error %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for rawURL, href := range nodesHrefs(f) {
		f.Add(rawURL)
		if href != nil {
			f.Add(*href)
		}
	}
	f.Fuzz(func(t *testing.T, rawURL string) {
		l, err := Parse(rawURL)
		if err != nil {
			return
		}
		canonical, err := canonicalForm(l.URL)
		if err != nil {
			t.Fatalf("canonicalForm(%q): got error %v", l.URL, err)
		}
		if again, err := canonicalForm(canonical); err != nil || again != canonical {
			t.Errorf("canonicalForm(%q): got %q, %v, want it unchanged (the form of %q)", canonical, again, err, rawURL)
		}
	})
}
