package config

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

func TestTokensAreOneOrSeveralEachWithANameOrNone(t *testing.T) {
	a, b := sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b"))
	longest := strings.Repeat("x", 64)
	for value, want := range map[string][]Token{
		hashA:                               {{"", a}},
		strings.ToUpper(hashA):              {{"", a}},
		"phone=" + hashA:                    {{"phone", a}},
		hashA + "," + hashB:                 {{"", a}, {"", b}},
		hashA + ",A-z_0.9=" + hashB:         {{"", a}, {"A-z_0.9", b}},
		longest + "=" + hashB + "," + hashA: {{longest, b}, {"", a}},
	} {
		if got, err := ParseTokens(value); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v, want %v", value, got, err, want)
		}
	}
}

func TestABadTokenIsToldByItsEntryAndNeverRepeated(t *testing.T) {
	for value, hints := range map[string][]string{
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
		_, err := ParseTokens(value)
		if err == nil {
			t.Errorf("%s is taken", value)
			continue
		}
		for _, hint := range hints {
			if !strings.Contains(err.Error(), hint) {
				t.Errorf("%s: the error is %q, without %q", value, err, hint)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error repeats it: %q", value, err)
		}
	}
}

func hashOf(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }

func TestANewTokenIsTakenBesideThePresentOnes(t *testing.T) {
	token, value, err := NewToken("phone", "")
	if err != nil || value != "phone="+hashOf(token) || len(token) < 26 {
		t.Fatalf("%q, %q, %v", token, value, err)
	}
	other, both, err := NewToken("laptop", value)
	if err != nil || both != value+",laptop="+hashOf(other) || other == token {
		t.Errorf("%q, %q, %v", other, both, err)
	}
	for name, present := range map[string]string{"phone": value, "": "", "a b": "", "tablet": "x"} {
		if token, _, err := NewToken(name, present); err == nil || token != "" {
			t.Errorf("the name %q beside %q gives %q, %v", name, present, token, err)
		}
	}
}

func FuzzParseTokens(f *testing.F) {
	hash := strings.Repeat("ab", 32)
	for _, value := range []string{"", hash, "phone=" + hash, hash + ",laptop=" + strings.Repeat("cd", 32), "=" + hash, "a=b=" + hash, hash + ",", strings.Repeat("0", 64) + "," + strings.Repeat("0", 64)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		tokens, err := ParseTokens(value)
		if err != nil {
			if strings.Contains(err.Error(), value) && len(value) > 20 {
				t.Errorf("the error shows the value, which may be a token: %v", err)
			}
			return
		}
		names, hashes := map[string]bool{}, map[[32]byte]bool{}
		for _, token := range tokens {
			if token.Name != "" && (names[token.Name] || CheckTokenName(token.Name) != nil) {
				t.Errorf("%q has the name %q", value, token.Name)
			}
			if hashes[token.Hash] {
				t.Errorf("%q has a hash twice", value)
			}
			names[token.Name], hashes[token.Hash] = true, true
		}
	})
}
