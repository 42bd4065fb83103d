// The tests run the web UI in Chromium, against the service on the embedded store.
package webui_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// maxWait is how long a test waits before it fails. It is larger than any passing
// test needs, even on a busy machine.
const maxWait = 2 * time.Minute

// TestMain closes the browser that the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}

// closeBrowser closes the browser if a test has started it.
var closeBrowser = func() {}

// launchBrowser starts the browser once. Its context is that of the browser.
var launchBrowser = sync.OnceValues(func() (context.Context, error) {
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(browserPath()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP evil.example 127.0.0.1"),
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(maxWait))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	closeBrowser = func() {
		if err := chromedp.Cancel(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "close the browser:", err)
		}
		cancel()
		stop()
		os.RemoveAll(profile)
	}
	return ctx, chromedp.Do(ctx)
})

// startBrowser returns the context of the browser that all tests share. Without
// Chromium it skips the test, or fails it if REQUIRE_BROWSER is 1.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if browserPath() == "" {
		skipOrFail(t, "REQUIRE_BROWSER",
			"no Chromium found: install chromium (apt-get install chromium), or name one in CHROMIUM")
	}
	ctx, err := launchBrowser()
	if err != nil {
		t.Fatalf("start %s: %v", browserPath(), err)
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

// skipOrFail skips the test because something is not installed, or fails it if the
// environment variable required is 1.
func skipOrFail(t *testing.T, required, what string) {
	t.Helper()
	if os.Getenv(required) == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// newTab opens a window of 900 by 800 pixels with its own storage.
func newTab(t *testing.T, shared context.Context) *tab {
	t.Helper()
	return openTab(t, shared, chromedp.WithNewBrowserContext())
}

// another opens a window that shares the storage of b.
func (b *tab) another() *tab {
	b.t.Helper()
	return openTab(b.t, b.devTools())
}

// newForeignTab opens a window with its own storage for documents of other origins.
// Its console entries do not fail the test.
func newForeignTab(t *testing.T, shared context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*maxWait)
	t.Cleanup(cancel)
	return &tab{t: t, window: chromium{ctx}}
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, downloads: t.TempDir()}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.onEvent))...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*maxWait)
	t.Cleanup(cancel)
	b.window = chromium{ctx}
	b.resize(900, 800)
	b.call(func() error {
		params := emulation.SetFocusEmulationEnabledParams{Enabled: true}
		_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, params)
		return err
	})
	b.call(func() error {
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior:         browser.SetDownloadBehaviorBehaviorAllow,
			DownloadPath:     b.downloads,
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return err
	})
	return b
}

// devTools returns the context for commands that only Chromium has.
func (b *tab) devTools() context.Context { return b.window.(chromium).ctx }

// A chromium is a window of Chromium.
type chromium struct{ ctx context.Context }

func (c chromium) goTo(url string) error { return chromedp.Do(c.ctx, chromedp.Navigate(url)) }
func (c chromium) goBack() error         { return chromedp.Do(c.ctx, chromedp.NavigateBack()) }

func (c chromium) evaluate(expression string) ([]byte, error) {
	return chromedp.Run(c.ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
}

func (c chromium) pressKey(key string) error {
	var modifiers []chromedp.Modifier
	for prefix, modifier := range map[string]chromedp.Modifier{ctrl: kb.ModifierCtrl, shift: kb.ModifierShift} {
		if name, found := strings.CutPrefix(key, prefix); found {
			key = name
			modifiers = append(modifiers, modifier)
		}
	}
	// An event that the document cancels types nothing.
	likeUser := func(event *input.DispatchKeyEventParams) {
		if event.Type == kb.KeyDown {
			event.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	}
	return chromedp.Do(c.ctx, chromedp.KeyEvent(key, likeUser, chromedp.KeyModifiers(modifiers...)))
}

func (c chromium) insertText(text string) error {
	_, err := chromedp.Call(c.ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// paste does without the clipboard, which the windows share.
func (c chromium) paste(text string) error {
	_, err := c.evaluate(`{
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", ` + quote(text) + `);
		const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
		if (document.activeElement.dispatchEvent(event)) document.execCommand("insertText", false, ` + quote(text) + `);
	}`)
	return err
}

func (c chromium) clickAt(x, y float64, isShift bool) error {
	var options []chromedp.MouseOption
	if isShift {
		options = append(options, chromedp.ButtonModifiers(chromedp.ModifierShift))
	}
	return chromedp.Do(c.ctx, chromedp.MouseClickXY(x, y, options...))
}

func (c chromium) setSize(width, height int64) error {
	return chromedp.Do(c.ctx, chromedp.EmulateViewport(width, height))
}

func (c chromium) chooseFile(selector, path string) error {
	return chromedp.Do(c.ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

// onEvent fails the test on an exception, a call of the console, or an unexpected
// log entry of the browser. It confirms that the tab leaves a document.
func (b *tab) onEvent(event any) {
	switch event := event.(type) {
	case *page.EventJavascriptDialogOpening:
		go func() { // The browser accepts no command of a listener that has not returned.
			accept := page.HandleJavaScriptDialogParams{Accept: true}
			_, err := chromedp.Call(b.devTools(), page.HandleJavaScriptDialog, accept)
			if err != nil {
				b.t.Logf("confirm %s: %v", event.Type, err)
			}
		}()
	case *runtime.EventExceptionThrown:
		text := event.ExceptionDetails.Text
		if event.ExceptionDetails.Exception != nil {
			text += " " + event.ExceptionDetails.Exception.Description
		}
		b.t.Errorf("exception: %s", text)
	case *runtime.EventConsoleAPICalled:
		b.t.Errorf("unexpected call of console.%s", event.Type)
	case *log.EventEntryAdded:
		entry := event.Entry
		b.mu.Lock()
		defer b.mu.Unlock()
		meant := entry.Source == log.EntrySourceNetwork && slices.ContainsFunc(b.expected, func(note string) bool {
			return strings.Contains(entry.Text, note)
		})
		if !meant && entry.Level != log.EntryLevelVerbose {
			b.t.Errorf("unexpected log entry: %s %s: %s", entry.Level, entry.URL, entry.Text)
		}
	}
}
