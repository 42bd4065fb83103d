package api

import (
	"crypto/sha256"
	"fmt"
	"hash"

	"links/internal/link"
)

// listForm is part of the entity tag of every list. It changes with the form in which lists are written.
const listForm = "1"

// A listHash is the entity tag of a list while it grows. Each time that a link is stored it has another Added, and then only
// its title can change: so these stand for the list's body, of which they are a third.
type listHash struct {
	hash hash.Hash
	text []byte // of the link that is being added
}

func (h *listHash) begin() {
	if h.hash == nil {
		h.hash = sha256.New()
	}
	h.hash.Reset()
}

func (h *listHash) add(l link.Link) {
	h.text = append(append(append(h.text[:0], l.Added[:]...), l.Title...), '\n')
	h.hash.Write(h.text)
}

// tag is a strong entity tag of the list as it is shown, and of the Link header that it comes with.
func (h *listHash) tag(withAdded bool, next string) string {
	fmt.Fprintf(h.hash, "%s %t %s", listForm, withAdded, next)
	return quoteTag(h.hash.Sum(nil))
}
