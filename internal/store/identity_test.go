package store

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func TestCanonicalFormIsNodesHref(t *testing.T) {
	data, err := os.ReadFile("testdata/canonical.json")
	if err != nil {
		t.Fatal(err)
	}
	var hrefs map[string]*string
	if err := json.Unmarshal(data, &hrefs); err != nil {
		t.Fatal(err)
	}
	// Node takes a label of Arabic digits alone, which Go's rule on direction refuses (RFC 5893, section 2).
	refused := map[string]bool{"https://٠.example/": true}
	for link, href := range hrefs {
		got, err := canonicalForm(link)
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
	for _, seed := range []string{"https://www.google.com", "http://[::1]:80/a?b#c", "https://my_site.bücher.de/", "http://1.2.3.4", "https://a%41:b@c/%"} {
		f.Add(seed)
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
