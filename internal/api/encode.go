package api

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"links/internal/link"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// appendLink appends the JSON of a link as it is shown: with the moment of storing only where that is asked for.
func appendLink(body []byte, l link.Link, withAdded bool) []byte {
	body = append(body, `{"link_id":"`...)
	body = appendUUID(body, l.ID)
	body = append(body, `","link":`...)
	body = appendString(body, l.URL)
	if l.Title != "" {
		body = append(body, `,"title":`...)
		body = appendString(body, l.Title)
	}
	if withAdded {
		body = append(body, `,"added":"`...)
		body = l.Added.Time().AppendFormat(body, showAdded)
		body = append(body, '"')
	}
	return append(body, '}')
}

// appendIDs appends the JSON array of the links' ids.
func appendIDs(body []byte, links []link.Link) []byte {
	body = append(body, '[')
	for i, l := range links {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendID(body, l.ID)
	}
	return append(body, ']')
}

// appendID appends the JSON of a link as the answer to POST names it.
func appendID(body []byte, id uuid.UUID) []byte {
	body = append(body, `{"link_id":"`...)
	body = appendUUID(body, id)
	return append(body, `"}`...)
}

// appendString appends a JSON string. What is not UTF-8, of which a store has nothing, becomes U+FFFD.
func appendString(body []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(body, '"'), s...), '"')
	}
	body, _ = jsontext.AppendQuote(body, s)
	return body
}

// isPlain says whether a JSON string has the text as it is: all is printable ASCII, and nothing a quote or a backslash. Of eight
// bytes at a time it asks whether one has its highest bit set, or gets it when a space is subtracted, or one from what
// differs from a quote or a backslash. This takes an eighth of the time of AppendQuote.
func isPlain(s string) bool {
	const each, highest = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		eight := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		if (eight|(eight-each*' ')|(eight^each*'"'-each)|(eight^each*'\\'-each))&highest != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == '"' || s[i] == '\\' || s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func appendUUID(body []byte, id uuid.UUID) []byte {
	start := 0
	for _, end := range []int{4, 6, 8, 10, 16} {
		if start > 0 {
			body = append(body, '-')
		}
		body = hex.AppendEncode(body, id[start:end])
		start = end
	}
	return body
}

// marshal is JSON of our own types, which always have one.
func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return body
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	writeBody(w, status, "application/json", marshal(v))
}

// maxWriteStall is how long a client may take to read a part of a response, which
// is at most maxChunk bytes of a list. It also gives the client time to read what
// the operating system buffers.
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
		// On Lambda there is no connection to wait for.
		_ = connection.SetWriteDeadline(time.Now().Add(maxWriteStall))
		if _, err := w.Write(part); err != nil {
			return // the client is gone
		}
	}
}
