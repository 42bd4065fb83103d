package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// maxWriteStall is how long a client may take to read a part of a response, which
// is at most maxChunk bytes of a list. It includes the time to read what the
// operating system buffers.
const maxWriteStall = 10 * time.Second

// writeBody responds with a body in one or several parts. If the client does not
// read a part within maxWriteStall, the server closes the connection.
func writeBody(w http.ResponseWriter, status int, contentType string, body ...[]byte) {
	length := 0
	for _, part := range body {
		length += len(part)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(status)
	connection := http.NewResponseController(w)
	for _, part := range body {
		_ = connection.SetWriteDeadline(time.Now().Add(maxWriteStall)) // not supported on Lambda
		if _, err := w.Write(part); err != nil {
			return // the client disconnected
		}
	}
}

// writeJSON responds with the JSON of a value that can always be encoded.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	writeBody(w, status, "application/json", body)
}

// writeTagged responds 200 with the body and its ETag, or 304 if If-None-Match
// matches (RFC 9110, section 13.1.2).
func writeTagged(w http.ResponseWriter, r *http.Request, tag, contentType string, body ...[]byte) {
	w.Header().Set("ETag", tag)
	if matches(strings.Join(r.Header.Values("If-None-Match"), ","), tag) {
		w.Header().Del("Content-Encoding") // describes a body
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writeBody(w, http.StatusOK, contentType, body...)
}

// entityTag returns a strong ETag of a body.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return quoteTag(sum[:])
}

func quoteTag(hash []byte) string { return `"` + hex.EncodeToString(hash[:16]) + `"` }

// matches reports whether an If-None-Match header is "*" or contains the ETag, by
// weak comparison. An ETag in the header may contain commas.
func matches(ifNoneMatch, tag string) bool {
	if strings.TrimSpace(ifNoneMatch) == "*" {
		return true
	}
	for {
		start := strings.IndexByte(ifNoneMatch, '"')
		if start < 0 {
			return false
		}
		length := strings.IndexByte(ifNoneMatch[start+1:], '"')
		if length < 0 {
			return false
		}
		end := start + length + 2
		if ifNoneMatch[start:end] == tag {
			return true
		}
		ifNoneMatch = ifNoneMatch[end:]
	}
}

// prefersGzip reports whether a client with this Accept-Encoding header prefers gzip
// to an unencoded body (RFC 9110, section 12.5.3). A client without the header, or
// with an invalid one, may support no encoding.
func prefersGzip(acceptEncoding string) bool {
	const unlisted = -1
	gzip, identity, others := float64(unlisted), float64(unlisted), float64(unlisted)
	for member := range strings.SplitSeq(acceptEncoding, ",") {
		coding, parameter, _ := strings.Cut(member, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			gzip = weightOf(parameter)
		case "identity":
			identity = weightOf(parameter)
		case "*":
			others = weightOf(parameter)
		}
	}
	if gzip == unlisted {
		gzip = others
	}
	if identity == unlisted {
		identity = others
	}
	return gzip > 0 && gzip >= identity
}

// weightOf returns the value of the parameter q, 1 without a parameter, and 0 if the
// parameter is invalid.
func weightOf(parameter string) float64 {
	parameter = strings.ToLower(strings.TrimSpace(parameter))
	if parameter == "" {
		return 1
	}
	value, ok := strings.CutPrefix(parameter, "q=")
	weight, err := strconv.ParseFloat(value, 64)
	if ok && err == nil && weight >= 0 && weight <= 1 {
		return weight
	}
	return 0
}
