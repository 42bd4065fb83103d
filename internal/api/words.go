package api

import "bytes"

// maxSingleWords is the number of words up to which a search looks for each word
// on its own. That is fastest for usual texts, but its time grows with each word.
const maxSingleWords = 2

// wordSet is a set of at most maxQueryWords words of maxQueryBytes together. It is
// the automaton of Aho and Corasick: it finds all words while it reads a text once.
type wordSet struct {
	single [][]byte     // the words, if there are at most maxSingleWords
	next   [][256]uint8 // the next state, by state and byte; the first state is 0
	found  []uint16     // by state, a bit for each word that ends there
	all    uint16       // the bits of all words
}

func newWordSet(words [][]byte) wordSet {
	if len(words) <= maxSingleWords {
		return wordSet{single: words}
	}
	s := wordSet{next: make([][256]uint8, 1), found: make([]uint16, 1)}
	for i, word := range words {
		state := uint8(0)
		for _, c := range word {
			if s.next[state][c] == 0 {
				s.next[state][c] = uint8(len(s.next))
				s.next, s.found = append(s.next, [256]uint8{}), append(s.found, 0)
			}
			state = s.next[state][c]
		}
		s.found[state] |= 1 << i
		s.all |= 1 << i
	}
	s.addFailures()
	return s
}

// addFailures turns the tree of words into an automaton. The transition that a
// state does not have is that of the longest other state that is its suffix.
func (s *wordSet) addFailures() {
	suffix := make([]uint8, len(s.next))
	for queue := []uint8{0}; len(queue) > 0; queue = queue[1:] {
		state := queue[0]
		for c := range 256 {
			child, other := s.next[state][c], uint8(0)
			if state != 0 {
				other = s.next[suffix[state]][c]
			}
			if child == 0 {
				s.next[state][c] = other
				continue
			}
			suffix[child] = other
			s.found[child] |= s.found[other]
			queue = append(queue, child)
		}
	}
}

// allIn reports whether the text contains every word.
func (s *wordSet) allIn(text []byte) bool {
	for _, word := range s.single {
		if !bytes.Contains(text, word) {
			return false
		}
	}
	state, missing := uint8(0), s.all
	for i := 0; i < len(text) && missing != 0; i++ {
		state = s.next[state][text[i]]
		missing &^= s.found[state]
	}
	return missing == 0
}
