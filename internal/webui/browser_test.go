// The tests of this package try the web page as a person meets it: in a real browser, against the real service on the
// embedded store, over a real listener.
package webui_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a test waits for the page before it fails. No passing test
// waits that long, even on a busy machine.
const patience = 2 * time.Minute

// startBrowser starts the one browser that all cases share. Without a browser on this machine the test is
// skipped, or fails when REQUIRE_BROWSER is 1.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	path := browserPath()
	if path == "" {
		missing(t, "no Chromium found: install chromium (apt-get install chromium), or name one in CHROMIUM")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP evil.example 127.0.0.1"),
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(patience))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("close the browser: %v", err)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

func browserPath() string {
	names := []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
	if named := os.Getenv("CHROMIUM"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// missing ends a test for want of something on this machine.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("REQUIRE_BROWSER") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// tab is a browser window. Whatever a page in it writes to the console fails the
// test, but for the browser's notes on the answers that the test provokes on purpose.
type tab struct {
	t         *testing.T
	ctx       context.Context
	downloads string

	mu       sync.Mutex
	provoked []string
}

// newTab opens a window of 900 by 800 pixels, with storage of its own.
func newTab(t *testing.T, shared context.Context) *tab {
	t.Helper()
	return openTab(t, shared, chromedp.WithNewBrowserContext())
}

// another opens a window that shares the storage of this one.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.t, b.ctx)
}

// newForeignTab opens a window for pages of other origins, with storage of its own. What they write to the console does not
// fail the test.
func newForeignTab(t *testing.T, shared context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*patience)
	t.Cleanup(cancel)
	return &tab{t: t, ctx: ctx}
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, downloads: t.TempDir()}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.heard))...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*patience)
	t.Cleanup(cancel)
	b.ctx = ctx
	b.do(chromedp.EmulateViewport(900, 800))
	b.call(func() error {
		_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})
	b.call(func() error {
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: b.downloads, BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	})
	return b
}

// heard fails the test on an exception, on any call of the console and on every warning of the browser itself.
func (b *tab) heard(event any) {
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		text := event.ExceptionDetails.Text
		if event.ExceptionDetails.Exception != nil {
			text += " " + event.ExceptionDetails.Exception.Description
		}
		b.t.Errorf("the page threw: %s", text)
	case *runtime.EventConsoleAPICalled:
		b.t.Errorf("the page wrote to the console: %s", event.Type)
	case *log.EventEntryAdded:
		entry := event.Entry
		b.mu.Lock()
		defer b.mu.Unlock()
		meant := entry.Source == log.EntrySourceNetwork && slices.ContainsFunc(b.provoked, func(note string) bool {
			return strings.Contains(entry.Text, note)
		})
		if !meant && entry.Level != log.EntryLevelVerbose {
			b.t.Errorf("the browser noted: %s %s: %s", entry.Level, entry.URL, entry.Text)
		}
	}
}

// provokes names the failures of requests that the test causes on purpose, by a part of the browser's note on them.
func (b *tab) provokes(notes ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.provoked = append(b.provoked, notes...)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.call(func() error { return chromedp.Do(b.ctx, steps...) })
}

func (b *tab) call(f func() error) {
	b.t.Helper()
	if err := f(); err != nil {
		b.t.Fatal(err)
	}
}

// open loads an address and waits until the page has its list.
func (b *tab) open(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
	b.settled()
}

func (b *tab) settled() {
	b.t.Helper()
	b.waitFor(`document.readyState === "complete" && document.querySelector("#list-message").textContent !== "Loading…"`)
}

// look is what happens when one comes back to the page from elsewhere.
func (b *tab) look() {
	b.t.Helper()
	eval[chromedp.Void](b, `document.dispatchEvent(new Event("visibilitychange"))`)
}

// stopClock replaces the page's timers of a second and more until it is loaded
// again: they fire only in pass.
func (b *tab) stopClock() {
	b.t.Helper()
	eval[chromedp.Void](b, `{
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
	eval[chromedp.Void](b, fmt.Sprintf(`pass(%d)`, d.Milliseconds()))
}

// eval gives the value of a JavaScript expression, a promise's too.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.300s: %v", expression, err)
	}
	return value
}

// waitFor waits until a JavaScript expression is true.
func (b *tab) waitFor(expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !eval[bool](b, `Boolean(`+expression+`)`) {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited %s in vain for %s; the page shows:\n%s", patience, expression, eval[string](b, `document.body.innerText`))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// text gives the text of the first element that a selector finds, and "" when it is hidden or not there.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`((e) => e?.checkVisibility() ? e.innerText : "")(document.querySelector(%q))`, selector))
}

// waitText waits until an element shows exactly this text.
func (b *tab) waitText(selector, want string) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.querySelector(%q)?.innerText === %s`, selector, quote(want)))
}

// shown gives the addresses in the list, from the top.
func (b *tab) shown() []string {
	b.t.Helper()
	return eval[[]string](b, `Array.from(document.querySelectorAll("#links > li:not([hidden]) .address"), (a) => a.textContent)`)
}

func (b *tab) waitShown(number int) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.querySelectorAll("#links > li:not([hidden])").length === %d`, number))
}

// click clicks the middle of the first element that a selector finds.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// paste puts text where the focus is, at once.
func (b *tab) paste(text string) {
	b.t.Helper()
	b.call(func() error {
		_, err := chromedp.Call(b.ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// fill replaces what a field holds.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	eval[chromedp.Void](b, fmt.Sprintf(`document.querySelector(%q).focus(); document.activeElement.select()`, selector))
	b.paste(text)
}

// press presses keys, one after the other.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// giveToken answers the page's question for a token.
func (b *tab) giveToken(token string) {
	b.t.Helper()
	b.waitFor(`document.querySelector("#ask").open`)
	b.paste(token)
	b.press(kb.Enter)
}

// save pastes an address into the field and presses Enter, and waits for the answer.
func (b *tab) save(link string) string {
	b.t.Helper()
	b.fill("#link", link)
	b.press(kb.Enter)
	b.waitFor(`!["", "Saving…"].includes(document.querySelector("#message").textContent)`)
	return b.text("#message")
}

// choose gives a file to the import.
func (b *tab) choose(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	if b.text("#tools") == "" {
		b.click("#more")
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	b.waitFor(`document.querySelector("#report").textContent !== "" && !document.querySelector("#file").disabled`)
	b.settled()
}

// download clicks an export and gives the file that the browser saved.
func (b *tab) download(selector, suffix string) string {
	b.t.Helper()
	if b.text("#tools") == "" {
		b.click("#more")
	}
	b.click(selector)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// Its name is taken by an empty file until it is whole.
		found, err := filepath.Glob(filepath.Join(b.downloads, "links-*"+suffix))
		if err != nil {
			b.t.Fatal(err)
		}
		if info, err := os.Stat(strings.Join(found, "")); err == nil && info.Size() > 0 {
			content, err := os.ReadFile(found[0])
			if err == nil {
				err = os.Remove(found[0])
			}
			if err != nil {
				b.t.Fatal(err)
			}
			return string(content)
		}
	}
	b.t.Fatal("the browser saved no file")
	return ""
}
