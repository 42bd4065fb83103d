package api

import "net/http"

// ownOrigin rejects writes that a browser sends from a foreign origin: one that
// is neither this service's own nor the configured one. If any origin is
// configured, it rejects nothing.
func (a *api) ownOrigin() (func(http.Handler) http.Handler, error) {
	if a.origin == "*" {
		return func(next http.Handler) http.Handler { return next }, nil
	}
	protection := http.NewCrossOriginProtection()
	if a.origin != "" {
		if err := protection.AddTrustedOrigin(a.origin); err != nil {
			return nil, err
		}
	}
	return func(next http.Handler) http.Handler {
		return a.handle(func(w http.ResponseWriter, r *http.Request) error {
			if protection.Check(r) != nil {
				return errForeignOrigin
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}, nil
}
