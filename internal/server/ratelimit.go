package server

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// newRateLimit returns a function that reports whether a client may send another
// request, and counts the request if so. An IPv6 client is the /64 of its IP
// address, because that is what providers assign to one customer. The function is
// safe for concurrent use.
func newRateLimit(perSecond int) func(clientIP string) bool {
	limiter := httprate.NewRateLimiter(perSecond, time.Second, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	// Without response headers, OnLimit uses the writer for errors only, and the
	// counters in memory return none. From the request it reads only the context.
	request := new(http.Request)
	return func(clientIP string) bool {
		return !limiter.OnLimit(nil, request, httprate.CanonicalizeIP(clientIP))
	}
}
