package api

import "net/http"

// ownOrigin lets through what a page of this service or of the configured origin sends, and everything that no browser
// sends. Where any origin is configured it lets everything through.
func (a *api) ownOrigin() (func(http.Handler) http.Handler, error) {
	if a.origin == "*" {
		return func(next http.Handler) http.Handler { return next }, nil
	}
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(a.origin); err != nil {
		return nil, err
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
