package webui_test

import (
	"testing"
)

// testCase is one thing that a person does. It gets a service of its own and a window that is not on it yet.
type testCase struct {
	name  string
	token string
	run   func(t *testing.T, s *site, b *tab)
}

func TestPage(t *testing.T) {
	browser := startBrowser(t)
	for _, cases := range [][]testCase{addCases(), listCases(), deleteCases(), titleCases(), phoneCases(), importCases(), transferCases(), tokenCases(), accessCases(), editingCases()} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				c.run(t, newSite(t, c.token, false), newTab(t, browser))
			})
		}
	}
}
