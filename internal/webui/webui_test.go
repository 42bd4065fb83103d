// The tests run the web UI in Chromium, and partly in Firefox, against the service on the
// embedded store.
package webui_test

import (
	"slices"
	"testing"
)

// A testCase is a user action. run receives its own service and an empty window.
type testCase struct {
	name  string
	token string
	// isAlone is set if the case cannot run concurrently with others.
	isAlone bool
	// inFirefox is set if the case also runs in Firefox.
	inFirefox bool
	run       func(t *testing.T, s *site, b *tab)
}

func allCases() []testCase {
	return slices.Concat(
		addCases(), saveCases(), pasteCases(), bookmarkletCases(), phoneCases(), findCases(), findRequestCases(),
		listCases(), keyCases(), selectionCases(), deleteCases(), undoCases(), titleCases(),
		importCases(), undoImportCases(), transferCases(),
		tokenCases(), accessCases(), wordsCases(), editingCases(), interruptedCases(), layoutCases(),
	)
}

func TestWebUI(t *testing.T) {
	browser := startChromium(t)
	for _, c := range allCases() {
		t.Run(c.name, func(t *testing.T) {
			if !c.isAlone {
				t.Parallel()
			}
			c.run(t, newSite(t, c.token, false), newTab(t, browser))
		})
	}
}
