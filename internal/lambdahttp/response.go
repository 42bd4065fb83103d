package lambdahttp

import (
	"maps"
	"net/http"
)

// gatewayHeaders are set by the gateway. A REST API renames them if a function sets
// them.
var gatewayHeaders = []string{
	"Connection", "Content-Length", "Date", "Keep-Alive", "Trailer", "Transfer-Encoding", "Upgrade",
}

// sniffLen is the number of bytes that http.DetectContentType considers.
const sniffLen = 512

// A responseWriter enforces the rules of net/http in front of the adapter's
// ResponseWriter. Without it the last status counts, including informational ones,
// no status is an error, and late headers and forbidden bodies are sent.
type responseWriter struct {
	to     http.ResponseWriter
	method string
	header http.Header
	status int            // 0: not yet written
	sniff  bool           // the content type is detected from the body
	typed  bool           // the handler set a content type
	begin  [sniffLen]byte // the first bytes of the body
	length int            // length of begin
}

func newResponseWriter(to http.ResponseWriter, method string) *responseWriter {
	return &responseWriter{to: to, method: method, header: http.Header{}}
}

func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader sends the first final status with the current headers. Later calls
// have no effect.
func (w *responseWriter) WriteHeader(status int) {
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

func (w *responseWriter) Write(p []byte) (int, error) {
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

// finish completes the response. If the handler wrote nothing, the status is 200.
func (w *responseWriter) finish() {
	w.WriteHeader(http.StatusOK)
	// The adapter detects the type from the first write only, even for encoded bodies
	// and if the handler set none on purpose.
	switch {
	case w.sniff && w.length > 0:
		w.to.Header().Set("Content-Type", http.DetectContentType(w.begin[:w.length]))
	case !w.typed:
		w.to.Header().Del("Content-Type")
	}
}
