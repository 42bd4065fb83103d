package webui_test

import "testing"

// A testCase is a user action. run receives its own service and an empty window.
type testCase struct {
	name  string
	token string
	// isAlone is set if the case cannot run concurrently with others.
	isAlone bool
	run     func(t *testing.T, s *site, b *tab)
}

func TestWebUI(t *testing.T) {
	browser := startBrowser(t)
	for _, cases := range [][]testCase{
		addCases(), saveCases(), pasteCases(), bookmarkletCases(), phoneCases(), findCases(), findRequestCases(),
		listCases(), keyCases(), selectionCases(), deleteCases(), titleCases(), importCases(), undoImportCases(),
		transferCases(), tokenCases(), accessCases(), wordsCases(), editingCases(), interruptedCases(), layoutCases(),
	} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if !c.isAlone {
					t.Parallel()
				}
				c.run(t, newSite(t, c.token, false), newTab(t, browser))
			})
		}
	}
}
