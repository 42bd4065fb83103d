package apitest

import (
	"net/http"
	"testing"
)

var authCases = []testCase{
	{"without a configured token everyone stores and lists, and nobody changes or deletes", Service{}, openToAll},
	{"with a configured token POST, PATCH and DELETE require it and GET does not", withToken, tokenToWrite},
	{"a private service requires the token for reading too", Service{TokenSHA256: tokenSHA256, Private: true}, private},
	{"each of several tokens is accepted, with a name or without", Service{TokenSHA256: severalSHA256}, severalTokens},
}

// severalSHA256 configures the tokens "first", bearerToken and "last".
const severalSHA256 = "phone=a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e," + tokenSHA256 +
	",laptop=3547cb112ac4489af2310c0626cdba6f3097a2ad5a3b42ddd3b59c76c7a079a3"

func severalTokens(t *testing.T, c *client) {
	c.wantTokenNeeded(t, "POST", "/link", objectBody("https://www.google.com"))
	c.wantTokenNeeded(t, "DELETE", "/link/"+googleID, "")
	for _, sent := range []string{"first", bearerToken, "last"} {
		authorization := "Authorization: Bearer " + sent
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorization).wantStatus(t, http.StatusOK)
		c.do(t, "PATCH", "/link/"+googleID, `{"title":"x"}`, authorization).wantStatus(t, http.StatusOK)
		c.deleteLink(t, googleID, authorization)
	}
	for _, sent := range []string{"phone", "phone=first", "first,last", "first last"} {
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), "Authorization: Bearer "+sent).
			wantError(t, http.StatusUnauthorized, "Authorization: Bearer")
	}
}

func severalHeaders(t *testing.T, c *client) {
	c.post(t, "https://www.google.com")
	for _, headers := range [][]string{
		{authorized, authorized},
		{authorized, "Authorization: Bearer wrong"},
		{"Authorization: Bearer wrong", authorized},
		{authorized, "Authorization: Bearer first"},
		{authorized, "Authorization: "},
		{"Authorization: Basic Zm9vOmJhcg==", authorized},
		{authorized, authorized, authorized},
	} {
		for _, w := range []struct{ method, path, body string }{
			{"GET", "/link", ""},
			{"GET", "/link/" + googleID, ""},
			{"POST", "/link", objectBody("https://example.com")},
			{"PATCH", "/link/" + googleID, `{"title":"x"}`},
			{"DELETE", "/link/" + googleID, ""},
		} {
			a := c.do(t, w.method, w.path, w.body, headers...)
			a.wantError(t, http.StatusUnauthorized, "one header Authorization: Bearer")
			a.wantHeader(t, "WWW-Authenticate", "Bearer")
		}
	}
	c.do(t, "GET", "/link", "", authorized).wantBody(t, `[{"link_id":"`+googleID+`","link":"https://www.google.com"}]`)
}

func openToAll(t *testing.T, c *client) {
	c.do(t, "POST", "/link", objectBody("https://www.google.com")).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link", "").wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link", "", authorized).wantStatus(t, http.StatusOK)
	for _, id := range []string{googleID, unknownID, "x"} {
		c.do(t, "PATCH", "/link/"+id, `{"title":"x"}`).wantError(t, http.StatusForbidden, "no token is configured")
		c.do(t, "PATCH", "/link/"+id, "nonsense", authorized).
			wantError(t, http.StatusForbidden, "no token is configured")
		c.do(t, "DELETE", "/link/"+id, "").wantError(t, http.StatusForbidden, "no token is configured")
		c.do(t, "DELETE", "/link/"+id, "", authorized).wantError(t, http.StatusForbidden, "no token is configured")
	}
	c.do(t, "GET", "/link/"+googleID, "").wantStatus(t, http.StatusOK)
}

// wantTokenNeeded expects a request to be rejected without the right token.
func (c *client) wantTokenNeeded(t *testing.T, method, path, body string) {
	t.Helper()
	for _, header := range []string{
		"X: y", "Authorization: ", "Authorization: Bearer", "Authorization: Bearer ", "Authorization: Bearer   ",
		"Authorization: Bearer wrong", "Authorization: Bearer " + tokenSHA256,
		"Authorization: Bearer " + bearerToken + "x", "Authorization: Basic " + bearerToken,
		"Authorization: " + bearerToken, "X-Api-Key: " + bearerToken,
	} {
		a := c.do(t, method, path, body, header)
		a.wantHeader(t, "WWW-Authenticate", "Bearer")
		if method == "HEAD" {
			a.wantStatus(t, http.StatusUnauthorized)
		} else {
			a.wantError(t, http.StatusUnauthorized, "Authorization: Bearer")
		}
	}
}

func tokenToWrite(t *testing.T, c *client) {
	c.wantTokenNeeded(t, "POST", "/link", objectBody("https://www.google.com"))
	c.wantTokenNeeded(t, "POST", "/link", "nonsense")
	for _, id := range []string{googleID, "x"} {
		c.wantTokenNeeded(t, "PATCH", "/link/"+id, `{"title":"x"}`)
		c.wantTokenNeeded(t, "PATCH", "/link/"+id, "nonsense")
		c.wantTokenNeeded(t, "DELETE", "/link/"+id, "")
	}
	c.do(t, "GET", "/link", "").wantBody(t, "[]")
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		c.do(t, "POST", "/link", objectBody("https://www.google.com"), "Authorization: "+scheme+" "+bearerToken).
			wantStatus(t, http.StatusOK)
	}
	c.do(t, "GET", "/link/"+googleID, "").wantStatus(t, http.StatusOK)
	c.do(t, "PATCH", "/link/"+googleID, `{"title":"x"}`, authorized).wantStatus(t, http.StatusOK)
	c.deleteLink(t, googleID, authorized)
}

func private(t *testing.T, c *client) {
	c.do(t, "POST", "/link", objectBody("https://www.google.com"), authorized).wantStatus(t, http.StatusOK)
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range []string{
			"/link", "/link?limit=0", "/link?q=google", "/link?tag=", "/link/" + googleID, "/link/" + unknownID,
			"/link/x",
		} {
			c.wantTokenNeeded(t, method, path, "")
		}
	}
	c.do(t, "GET", "/link", "", authorized).wantStatus(t, http.StatusOK)
	c.do(t, "GET", "/link/"+googleID, "", authorized).wantStatus(t, http.StatusOK)
	for _, path := range []string{"/", "/manifest.webmanifest", "/openapi.json", "/healthz", "/readyz"} {
		c.do(t, "GET", path, "").wantStatus(t, http.StatusOK)
	}
}
