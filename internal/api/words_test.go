package api

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWordSet_RandomTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(shortest, longest int) []byte {
		b := make([]byte, shortest+random.IntN(longest-shortest+1))
		for i := range b {
			b[i] = "ab\xff"[random.IntN(3)]
		}
		return b
	}
	contained := 0
	for range 20_000 {
		words := make([][]byte, 1+random.IntN(maxQueryWords))
		for i := range words {
			words[i] = text(1, 4)
		}
		searched := text(0, 80)
		set := newWordSet(words)
		want := !slices.ContainsFunc(words, func(word []byte) bool { return !bytes.Contains(searched, word) })
		if got := set.allIn(searched); got != want {
			t.Fatalf("allIn(%q) of %q: got %t, want %t", searched, words, got, want)
		}
		if want {
			contained++
		}
	}
	if contained < 1000 {
		t.Errorf("texts that contain all words: got %d, want at least 1,000", contained)
	}
}

func TestWordSet_LongestWords(t *testing.T) {
	var words [][]byte
	for i := range 4 {
		words = append(words, bytes.Repeat([]byte{byte('a' + i)}, 49))
	}
	set := newWordSet(words)
	text := bytes.Join(words, nil)
	if !set.allIn(text) || set.allIn(text[1:]) || set.allIn(text[:len(text)-1]) {
		t.Error("allIn of words of 49 bytes: got a wrong result, want true only if the text contains all of them")
	}
}
