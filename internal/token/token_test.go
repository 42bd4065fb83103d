package token

import (
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// The hashes of the tokens "a" and "b".
const (
	hashA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	hashB = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
)

func TestParse_ValidSettings(t *testing.T) {
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	longest := strings.Repeat("x", 64)
	for setting, want := range map[string][]Token{
		hashA:                               {{"", a}},
		strings.ToUpper(hashA):              {{"", a}},
		"phone=" + hashA:                    {{"phone", a}},
		hashA + "," + hashB:                 {{"", a}, {"", b}},
		hashA + ",A-z_0.9=" + hashB:         {{"", a}, {"A-z_0.9", b}},
		longest + "=" + hashB + "," + hashA: {{longest, b}, {"", a}},
	} {
		if got, err := Parse(setting); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Parse(%q): got %v, %v, want %v", setting, got, err, want)
		}
	}
}

func TestParse_ErrorNamesTheEntryOnly(t *testing.T) {
	for setting, hints := range map[string][]string{
		"secret":                               {"entry 1", "64 hexadecimal digits", "NAME="},
		"secret=":                              {"entry 1", "64 hexadecimal digits"},
		"secret=secret":                        {"entry 1", "64 hexadecimal digits"},
		hashA[:62]:                             {"entry 1", "64 hexadecimal digits"},
		hashA + "," + hashB + ",":              {"entry 3", "64 hexadecimal digits"},
		hashA + ", " + hashB:                   {"entry 2", "64 hexadecimal digits"},
		"," + hashA + ",secret":                {"entry 1", "entry 3"},
		"=" + hashA:                            {"entry 1", "1 to 64"},
		"secret phone=" + hashA:                {"entry 1", "1 to 64"},
		strings.Repeat("x", 65) + "=" + hashA:  {"entry 1", "1 to 64"},
		"phoöne=" + hashA:                      {"entry 1", "1 to 64"},
		"phone=" + hashA + ",phone=" + hashB:   {"entry 2", "phone", "of entry 1"},
		"phone=" + hashA + ",laptop=" + hashA:  {"entry 2", "hash of entry 1"},
		hashB + "," + hashOf("") + "," + hashA: {"entry 2", "empty token", "-new-token"},
		"phone=" + hashOf("\n"):                {"entry 1", "empty token"},
		hashOf("\r\n"):                         {"entry 1", "empty token"},
	} {
		_, err := Parse(setting)
		if err == nil {
			t.Errorf("Parse(%q): got no error", setting)
			continue
		}
		for _, hint := range hints {
			if !strings.Contains(err.Error(), hint) {
				t.Errorf("Parse(%q): got error %q, want one that contains %q", setting, err, hint)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("Parse(%q): the error contains the entry: %q", setting, err)
		}
	}
}

func hashOf(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }

func TestNew_PreservesCurrentTokens(t *testing.T) {
	token, setting, err := New("phone", "")
	if err != nil || setting != "phone="+hashOf(token) || len(token) < 26 {
		t.Fatalf("New(phone, empty): got %q, %q, %v, want a token and its hash", token, setting, err)
	}
	other, both, err := New("laptop", setting)
	if err != nil || both != setting+",laptop="+hashOf(other) || other == token {
		t.Errorf("New(laptop, %q): got %q, %q, %v, want another token and both hashes", setting, other, both, err)
	}
	for name, current := range map[string]string{"phone": setting, "": "", "a b": "", "tablet": "x"} {
		if token, _, err := New(name, current); err == nil || token != "" {
			t.Errorf("New(%q, %q): got token %q, %v, want an error", name, current, token, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	hash := strings.Repeat("ab", 32)
	for _, setting := range []string{
		"", hash, "phone=" + hash, hash + ",laptop=" + strings.Repeat("cd", 32), "=" + hash, "a=b=" + hash, hash + ",",
		strings.Repeat("0", 64) + "," + strings.Repeat("0", 64),
	} {
		f.Add(setting)
	}
	f.Fuzz(func(t *testing.T, setting string) {
		tokens, err := Parse(setting)
		if err != nil {
			if strings.Contains(err.Error(), setting) && len(setting) > 20 {
				t.Errorf("Parse(%q): the error contains the setting: %v", setting, err)
			}
			return
		}
		names, hashes := map[string]bool{}, map[[32]byte]bool{}
		for _, token := range tokens {
			if token.Name != "" && (names[token.Name] || CheckName(token.Name) != nil) {
				t.Errorf("Parse(%q): got an invalid or duplicate name %q", setting, token.Name)
			}
			if hashes[token.Hash] {
				t.Errorf("Parse(%q): got a duplicate hash", setting)
			}
			names[token.Name], hashes[token.Hash] = true, true
		}
	})
}
