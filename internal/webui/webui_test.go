package webui_test

import (
	"testing"
)

// A testCase is a user action. run receives its own service and an empty window.
type testCase struct {
	name  string
	token string
	run   func(t *testing.T, s *site, b *tab)
}

func TestWebUI(t *testing.T) {
	browser := startBrowser(t)
	for _, cases := range [][]testCase{
		addCases(), findCases(), listCases(), keyCases(), selectionCases(), deleteCases(), titleCases(), phoneCases(),
		importCases(), transferCases(), tokenCases(), accessCases(), editingCases(),
	} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				c.run(t, newSite(t, c.token, false), newTab(t, browser))
			})
		}
	}
}
