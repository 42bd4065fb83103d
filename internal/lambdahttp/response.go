package lambdahttp

import (
	"maps"
	"net/http"
)

// gatewayHeaders are for the gateway to set; a REST API shows them renamed when a function does.
var gatewayHeaders = []string{"Connection", "Content-Length", "Date", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade"}

// sniffLen is how much of a body tells its type.
const sniffLen = 512

// response holds a handler to the rules of net/http on the way to the adapter's writer, which has none: it lets the last
// status count, and informational ones, makes an error of no status at all, and sends headers that are set too late and
// bodies where there can be none.
type response struct {
	to     http.ResponseWriter
	method string
	header http.Header
	status int            // 0: none yet
	sniff  bool           // no type was given: the body tells it
	typed  bool           // a type was given and sent
	begin  [sniffLen]byte // the first bytes of the body
	length int            // of begin
}

func newResponse(to http.ResponseWriter, method string) *response {
	return &response{to: to, method: method, header: http.Header{}}
}

func (w *response) Header() http.Header { return w.header }

// WriteHeader sends the headers as they are now with the first final status, and does nothing after that.
func (w *response) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status = status
	sent := w.to.Header()
	maps.Copy(sent, w.header.Clone())
	for _, name := range gatewayHeaders {
		sent.Del(name)
	}
	if status == http.StatusNotModified {
		sent.Del("Content-Type")
	}
	_, given := w.header["Content-Type"]
	w.sniff = !given && w.header.Get("Content-Encoding") == ""
	w.typed = sent.Get("Content-Type") != ""
	w.to.WriteHeader(status)
}

func (w *response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	w.length += copy(w.begin[w.length:], p)
	if w.method == http.MethodHead {
		return len(p), nil
	}
	return w.to.Write(p)
}

// finish ends the answer: a handler that returned without a word has said 200.
func (w *response) finish() {
	w.WriteHeader(http.StatusOK)
	// The adapter guesses the type from the first write alone, also of what is encoded and where the handler wants none.
	switch {
	case w.sniff && w.length > 0:
		w.to.Header().Set("Content-Type", http.DetectContentType(w.begin[:w.length]))
	case !w.typed:
		w.to.Header().Del("Content-Type")
	}
}
