package webui_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// maxWait is how long a test waits before it fails. It is larger than any passing
// test needs, even on a busy machine.
const maxWait = 2 * time.Minute

// A tab is a window of a browser in a test. Errors fail the test. Anything written to the
// console fails it, too, except the browser's own entries that the test expects.
type tab struct {
	t         *testing.T
	driver    driver
	downloads string

	mu       sync.Mutex
	expected []string
}

// A driver controls one window of a browser.
type driver interface {
	navigate(url string) error
	back() error
	// evaluate returns the value of a JavaScript expression as JSON, or null if it is
	// undefined. It awaits promises.
	evaluate(expression string) ([]byte, error)
	// press presses a key of package kb while modifiers are pressed.
	press(key string, modifiers ...string) error
	// insert inserts text into the focused element.
	insert(text string) error
	// paste pastes text into the focused element. The document receives the paste event.
	paste(text string) error
	click(x, y float64, isShift bool) error
	resize(width, height int64) error
	// chooseFile chooses a file for an input element.
	chooseFile(selector, path string) error
}

// Prefixes of keys: the modifier is pressed, too.
const (
	ctrl  = "Ctrl+"
	shift = "Shift+"
)

// must fails the test if err is not nil.
func (b *tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// expectLog allows console entries of the browser that contain one of the notes: about
// failed requests in Chromium, and about its viewer of JSON in Firefox.
func (b *tab) expectLog(notes ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, notes...)
}

// isExpected reports whether the test expects a console entry of the browser.
func (b *tab) isExpected(entry string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.ContainsFunc(b.expected, func(note string) bool { return strings.Contains(entry, note) })
}

// navigate loads a URL.
func (b *tab) navigate(url string) {
	b.t.Helper()
	b.must(b.driver.navigate(url))
}

func (b *tab) back() {
	b.t.Helper()
	b.must(b.driver.back())
}

func (b *tab) resize(width, height int64) {
	b.t.Helper()
	b.must(b.driver.resize(width, height))
}

// stopClock replaces timers of a second and more until the document is loaded again.
// They fire only in pass.
func (b *tab) stopClock() {
	b.t.Helper()
	b.run(`{
		const [set, clear] = [setTimeout, clearTimeout];
		const waiting = new Map(); // from ID to { run, at }
		let now = 0;
		let lastID = 0; // negative, unlike those of the browser
		window.setTimeout = (run, delay = 0) => {
			if (delay < 1000) return set(run, delay);
			waiting.set(--lastID, { run, at: now + delay });
			return lastID;
		};
		window.clearTimeout = (id) => waiting.delete(id) || clear(id);
		window.pass = (time) => {
			const end = now + time;
			for (;;) {
				const [id, next] = [...waiting].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
				now = Math.min(next?.at ?? end, end);
				if (!next || next.at > end) return;
				waiting.delete(id);
				next.run();
			}
		};
	}`)
}

// pass advances the stopped clock and runs the timers that are due.
func (b *tab) pass(d time.Duration) {
	b.t.Helper()
	b.run(fmt.Sprintf(`pass(%d)`, d.Milliseconds()))
}

// evaluate returns the value of a JavaScript expression, which may call byId, as JSON.
func (b *tab) evaluate(expression string) ([]byte, error) {
	return b.driver.evaluate(`void (globalThis.byId = (id) => document.getElementById(id)); ` + expression)
}

// eval returns the value of a JavaScript expression. It awaits promises.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	encoded, err := b.evaluate(expression)
	if err == nil && string(encoded) == "null" {
		err = errors.New("the value is null or undefined")
	}
	var value T
	if err == nil {
		err = json.Unmarshal(encoded, &value)
	}
	if err != nil {
		b.t.Fatalf("%.300s: %v", expression, err)
	}
	return value
}

// run runs JavaScript. It awaits a promise.
func (b *tab) run(code string) {
	b.t.Helper()
	if _, err := b.evaluate(code); err != nil {
		b.t.Fatalf("%.300s: %v", code, err)
	}
}

// waitFor waits until a JavaScript expression is true.
func (b *tab) waitFor(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(maxWait)
	for !eval[bool](b, `Boolean(`+expression+`)`) {
		if time.Now().After(deadline) {
			b.t.Fatalf("timeout after %s: want %s; the document contains:\n%s",
				maxWait, expression, eval[string](b, `document.body.innerText`))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// text returns the text of the first element that a selector matches, or "" if it is
// hidden or does not exist.
func (b *tab) text(selector string) string {
	b.t.Helper()
	const visibleText = `((e) => e?.checkVisibility() ? e.innerText : "")(document.querySelector(%q))`
	return eval[string](b, fmt.Sprintf(visibleText, selector))
}

// waitText waits until the text of an element equals want.
func (b *tab) waitText(selector, want string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.querySelector(%q)?.innerText === %s`, selector, quote(want)))
}

func (b *tab) isVisible(selector string) bool {
	b.t.Helper()
	return eval[bool](b, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() ?? false`, selector))
}

// click clicks the center of the first element that a selector matches.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.querySelector(%q)?.checkVisibility()`, selector))
	at := eval[[2]float64](b, fmt.Sprintf(`{
		const element = document.querySelector(%q);
		const center = () => {
			const { x, y, width, height } = element.getBoundingClientRect();
			return [x + width / 2, y + height / 2];
		};
		const isCovered = !element.contains(document.elementFromPoint(...center()));
		if (isCovered) element.scrollIntoView({ block: "center" });
		center();
	}`, selector))
	b.must(b.driver.click(at[0], at[1], false))
}

// insert inserts text into the focused element.
func (b *tab) insert(text string) {
	b.t.Helper()
	b.must(b.driver.insert(text))
}

// fill replaces the value of a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`document.querySelector(%q).focus(); document.activeElement.select()`, selector))
	b.insert(text)
}

// press presses keys sequentially. A key may follow ctrl, shift, or both in this order.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		var modifiers []string
		for _, prefix := range []string{ctrl, shift} {
			if name, found := strings.CutPrefix(key, prefix); found {
				modifiers = append(modifiers, prefix)
				key = name
			}
		}
		b.must(b.driver.press(key, modifiers...))
	}
}

// typeText presses the key of each character.
func (b *tab) typeText(text string) {
	b.t.Helper()
	b.press(strings.Split(text, "")...)
}

// skipOrFail skips the test because something is not installed, or fails it if the
// environment variable required is 1.
func skipOrFail(t *testing.T, required, what string) {
	t.Helper()
	if os.Getenv(required) == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
