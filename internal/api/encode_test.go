package api

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestAStringIsQuotedWhateverByteIsWherever(t *testing.T) {
	for b := range 256 {
		for length := range 18 {
			for at := range length {
				s := strings.Repeat("~", at) + string([]byte{byte(b)}) + strings.Repeat(" ", length-at-1)
				want, _ := jsontext.AppendQuote(nil, s)
				if got := appendString(nil, s); string(got) != string(want) {
					t.Fatalf("%q becomes %s, want %s", s, got, want)
				}
			}
		}
	}
}
