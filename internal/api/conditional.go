package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// writeTagged answers 200 with the body and the entity tag that is given, or 304 where the request's If-None-Match has that
// tag (RFC 9110, section 13.1.2).
func writeTagged(w http.ResponseWriter, r *http.Request, tag, contentType string, body ...[]byte) {
	w.Header().Set("ETag", tag)
	if matchesAny(r) || matches(ifNoneMatch(r), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeBody(w, http.StatusOK, contentType, body...)
}

// entityTag is a strong tag of a body.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return quoteTag(sum[:])
}

func quoteTag(hash []byte) string { return `"` + hex.EncodeToString(hash[:16]) + `"` }

func ifNoneMatch(r *http.Request) string { return strings.Join(r.Header.Values("If-None-Match"), ",") }

// matchesAny says whether If-None-Match is "*", which matches whatever there is.
func matchesAny(r *http.Request) bool { return strings.TrimSpace(ifNoneMatch(r)) == "*" }

// matches says whether a list of entity tags has the tag, by weak comparison. A tag may have commas in it.
func matches(list, tag string) bool {
	for {
		start := strings.IndexByte(list, '"')
		if start < 0 {
			return false
		}
		length := strings.IndexByte(list[start+1:], '"')
		if length < 0 {
			return false
		}
		end := start + length + 2
		if list[start:end] == tag {
			return true
		}
		list = list[end:]
	}
}
