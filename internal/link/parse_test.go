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

func TestCanonicalFormIsNodesHref(t *testing.T) {
	// Node takes a label of Arabic digits alone, which Go's rule on direction refuses (RFC 5893, section 2).
	refused := map[string]bool{"https://٠.example/": true}
	for link, href := range nodesHrefs(t) {
		got, err := canonicalForm(strings.TrimRight(link, " ")) // as Parse does
		wanted := href != nil && (strings.HasPrefix(*href, "http:") || strings.HasPrefix(*href, "https:"))
		switch {
		case wanted && err != nil && !refused[link]:
			t.Errorf("%q is refused, want %q", link, *href)
		case wanted && err == nil && got != *href:
			t.Errorf("%q becomes %q, want %q", link, got, *href)
		case !wanted && err == nil:
			t.Errorf("%q becomes %q, want it refused", link, got)
		}
	}
}

// nodesHrefs are addresses and what they become in Node; nil is refused.
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

// Addresses put together from parts of those of canonical.json, others in each run.
func TestGeneratedAddressesAreNodesHref(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node: install Node.js to have generated addresses compared with its URL")
	}
	known := slices.Sorted(maps.Keys(nodesHrefs(t)))
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	part := func() string { // of an address, cut anywhere
		runes := []rune(known[random.IntN(len(known))])
		from := random.IntN(len(runes) + 1)
		return string(runes[from : from+random.IntN(len(runes)-from+1)])
	}
	addresses := make([]string, 20_000)
	for i := range addresses {
		switch random.IntN(4) {
		case 0:
			addresses[i] = "https://" + part() + part()
		case 1:
			addresses[i] = "https://www.example.com/" + part() + "/" + part()
		case 2:
			addresses[i] = "http://" + part() + ".example/" + part() + part()
		default:
			addresses[i] = known[random.IntN(len(known))] + part()
		}
	}
	input, err := json.Marshal(addresses)
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
	refused := 0
	for i, address := range addresses {
		got, err := canonicalForm(strings.TrimRight(address, " "))
		switch href := hrefs[i]; {
		case err != nil && href != nil:
			refused++
		case err == nil && href == nil:
			t.Errorf("%q becomes %q, and Node refuses it", address, got)
		// Node leaves "." and ".." in a path that has a segment such as ".a" before them, which the URL standard does not.
		case err == nil && got != *href && !dotSegment.MatchString(*href):
			t.Errorf("%q becomes %q, and in Node %q", address, got, *href)
		}
	}
	// Those of another scheme, and those with labels that mix writing directions (RFC 5893).
	if refused > len(addresses)/10 {
		t.Errorf("%d of %d addresses are refused that Node takes", refused, len(addresses))
	}
	t.Logf("seed %d, %d addresses, %d refused that Node takes", seed, len(addresses), refused)
}

func TestParse(t *testing.T) {
	const google = "95555d86-7dd0-51a7-ab15-99805fb8a4e4"
	for address, want := range map[string]Link{
		"https://www.google.com":            {URL: "https://www.google.com"},
		" \t\r\n\fhttps://www.google.com/ ": {URL: "https://www.google.com/"},
		"HTTPS://WWW.Google.com:443":        {URL: "HTTPS://WWW.Google.com:443"},
	} {
		want.ID = uuid.MustParse(google)
		if got, err := Parse(address); err != nil || got != want {
			t.Errorf("Parse(%q) = %v, %v, want %v", address, got, err, want)
		}
	}
	const origin = "https://example.com/"
	for address, hint := range map[string]string{
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

		// what would cost much to bring into its canonical form, and cannot be in DNS or is of no use
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
		if _, err := Parse(address); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("Parse(%.40q) = %v, want an error with %q", address, err, hint)
		}
	}
	for name, address := range map[string]string{
		"8,000 bytes":                          origin + strings.Repeat("é", 3990),
		"a label of 63 letters":                "https://" + strings.Repeat("é", 63) + ".example/",
		"253 letters in a host":                "https://é." + strings.Repeat("a.", 122) + "example/",
		"a long label in a host that is ASCII": "https://" + strings.Repeat("a", 1000) + ".example/",
		"an empty label that was written":      "https://é..example/",
		"1,000 segments":                       "https://example.com" + strings.Repeat("/", 1000) + "?" + strings.Repeat("/", 1000),
	} {
		if _, err := Parse(address); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for address, href := range nodesHrefs(f) {
		f.Add(address)
		if href != nil {
			f.Add(*href)
		}
	}
	f.Fuzz(func(t *testing.T, address string) {
		l, err := Parse(address)
		if err != nil {
			return
		}
		canonical, err := canonicalForm(l.URL)
		if err != nil {
			t.Fatalf("%q: %v", address, err)
		}
		if again, err := canonicalForm(canonical); err != nil || again != canonical {
			t.Errorf("the canonical form %q of %q has the canonical form %q, %v", canonical, address, again, err)
		}
	})
}
