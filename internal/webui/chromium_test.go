package webui_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestMain closes the Chromium that the tests share.
func TestMain(m *testing.M) {
	code := m.Run()
	closeChromium()
	os.Exit(code)
}

// closeChromium closes Chromium if a test has started it.
var closeChromium = func() {}

// launchChromium starts Chromium once. Its context is that of the browser.
var launchChromium = sync.OnceValues(func() (context.Context, error) {
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(chromiumPath()), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("host-resolver-rules", "MAP evil.example 127.0.0.1"),
		chromedp.UserDataDir(profile), chromedp.WSURLReadTimeout(maxWait))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	closeChromium = func() {
		if err := chromedp.Cancel(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "close the browser:", err)
		}
		cancel()
		stop()
		os.RemoveAll(profile)
	}
	return ctx, chromedp.Do(ctx)
})

// startChromium returns the context of the Chromium that all tests except TestFirefox share.
// Without Chromium it skips the test, or fails it if REQUIRE_BROWSER is 1.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	if chromiumPath() == "" {
		skipOrFail(t, "REQUIRE_BROWSER",
			"no Chromium found: install chromium (apt-get install chromium), or name one in CHROMIUM")
	}
	ctx, err := launchChromium()
	if err != nil {
		t.Fatalf("start %s: %v", chromiumPath(), err)
	}
	return ctx
}

func chromiumPath() string {
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
	return &tab{t: t, driver: chromiumWindow{ctx}}
}

func openTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	b := &tab{t: t, downloads: t.TempDir()}
	ctx, cancel := chromedp.NewContext(parent, append(options, chromedp.WithListener(b.onEvent))...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*maxWait)
	t.Cleanup(cancel)
	b.driver = chromiumWindow{ctx}
	b.resize(900, 800)
	focus := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, focus)
	b.must(err)
	_, err = chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior:         browser.SetDownloadBehaviorBehaviorAllow,
		DownloadPath:     b.downloads,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
	})
	b.must(err)
	return b
}

// devTools returns the context for commands that only Chromium supports.
func (b *tab) devTools() context.Context { return b.driver.(chromiumWindow).ctx }

// A chromiumWindow is a window of Chromium.
type chromiumWindow struct{ ctx context.Context }

func (w chromiumWindow) navigate(url string) error { return chromedp.Do(w.ctx, chromedp.Navigate(url)) }
func (w chromiumWindow) back() error               { return chromedp.Do(w.ctx, chromedp.NavigateBack()) }

func (w chromiumWindow) evaluate(expression string) ([]byte, error) {
	value, err := chromedp.Run(w.ctx, chromedp.Evaluate[[]byte](expression, chromedp.EvalAwaitPromise))
	if len(value) == 0 {
		value = []byte("null")
	}
	return value, err
}

func (w chromiumWindow) press(key string, modifiers ...string) error {
	// A rawKeyDown types no text, so an event that the document cancels types nothing.
	options := []chromedp.KeyOption{func(event *input.DispatchKeyEventParams) {
		if event.Type == kb.KeyDown {
			event.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	}}
	for _, modifier := range modifiers {
		bit := map[string]chromedp.Modifier{ctrl: kb.ModifierCtrl, shift: kb.ModifierShift}[modifier]
		options = append(options, chromedp.KeyModifiers(bit))
	}
	return chromedp.Do(w.ctx, chromedp.KeyEvent(key, options...))
}

func (w chromiumWindow) insert(text string) error {
	_, err := chromedp.Call(w.ctx, input.InsertText, input.InsertTextParams{Text: text})
	return err
}

// paste dispatches a paste event. It does not use the clipboard, which all windows share.
func (w chromiumWindow) paste(text string) error {
	_, err := w.evaluate(`{
		const clipboardData = new DataTransfer();
		clipboardData.setData("text/plain", ` + quote(text) + `);
		const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
		if (document.activeElement.dispatchEvent(event)) document.execCommand("insertText", false, ` + quote(text) + `);
	}`)
	return err
}

func (w chromiumWindow) click(x, y float64, isShift bool) error {
	var options []chromedp.MouseOption
	if isShift {
		options = append(options, chromedp.ButtonModifiers(chromedp.ModifierShift))
	}
	return chromedp.Do(w.ctx, chromedp.MouseClickXY(x, y, options...))
}

func (w chromiumWindow) resize(width, height int64) error {
	return chromedp.Do(w.ctx, chromedp.EmulateViewport(width, height))
}

func (w chromiumWindow) chooseFile(selector, path string) error {
	return chromedp.Do(w.ctx, chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
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
		meant := entry.Source == log.EntrySourceNetwork && b.isExpected(entry.Text)
		if !meant && entry.Level != log.EntryLevelVerbose {
			b.t.Errorf("unexpected log entry: %s %s: %s", entry.Level, entry.URL, entry.Text)
		}
	}
}
