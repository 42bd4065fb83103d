package webui_test

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/coder/websocket"
)

// TestFirefox runs in Firefox what may differ from Chromium: the decoding of files, and the
// cases marked inFirefox.
func TestFirefox(t *testing.T) {
	t.Parallel()
	f := startFirefox(t)
	t.Run("Files are parsed as in Chromium", func(t *testing.T) {
		b := f.newTab(t)
		b.open(newSite(t, "", false).url + "/")
		b.loadScripts()
		for _, c := range append(exporterCases(t), encodingCases()...) {
			t.Run(c.name, func(t *testing.T) { wantParsed(t, b.parse(c.content), c.want) })
		}
	})
	for _, c := range allCases() {
		if c.inFirefox {
			t.Run(c.name, func(t *testing.T) { c.run(t, newSite(t, c.token, false), f.newTab(t)) })
		}
	}
}

// startFirefox starts a Firefox that runs until the test ends. Without Firefox, it skips
// the test, or fails it if REQUIRE_FIREFOX is 1.
func startFirefox(t *testing.T) *firefox {
	t.Helper()
	path, err := exec.LookPath("firefox")
	if err != nil {
		skipOrFail(t, "REQUIRE_FIREFOX", "no Firefox found: install firefox-esr (apt-get install firefox-esr)")
	}
	profile, err := os.MkdirTemp("", "firefox")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(profile) })
	// Otherwise an element is still moving when its position is read, and a download
	// takes the focus.
	const preferences = `user_pref("general.smoothScroll", false);
		user_pref("browser.download.alwaysOpenPanel", false);`
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0")
	output, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
	})
	connection, _, err := websocket.Dial(t.Context(), readListenURL(t, command, output)+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	connection.SetReadLimit(-1)
	f := &firefox{ctx: t.Context(), connection: connection, onLog: func(logEntry) {}}
	capabilities := object{"alwaysMatch": object{"unhandledPromptBehavior": object{"default": "accept"}}}
	if err := f.call("session.new", object{"capabilities": capabilities}, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.call("session.subscribe", object{"events": []string{"log.entryAdded"}}, nil); err != nil {
		t.Fatal(err)
	}
	return f
}

// readListenURL reads from the output of Firefox the URL that it listens on.
func readListenURL(t *testing.T, command *exec.Cmd, output io.Reader) string {
	t.Helper()
	defer time.AfterFunc(maxWait, func() { command.Process.Kill() }).Stop()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); found {
			go io.Copy(io.Discard, output) // Firefox waits if nothing reads its output.
			return url
		}
	}
	t.Fatalf("Firefox does not listen: %v", lines.Err())
	return ""
}

// newTab opens a window of 900 by 800 pixels with its own storage.
func (f *firefox) newTab(t *testing.T) *tab {
	t.Helper()
	b := &tab{t: t, downloads: t.TempDir()}
	var user struct{ UserContext string }
	var opened struct{ Context string }
	b.must(f.call("browser.createUserContext", object{}, &user))
	t.Cleanup(func() {
		if err := f.call("browser.removeUserContext", object{"userContext": user.UserContext}, nil); err != nil {
			t.Error(err)
		}
	})
	b.must(f.call("browser.setDownloadBehavior", object{
		"downloadBehavior": object{"type": "allowed", "destinationFolder": b.downloads},
		"userContexts":     []string{user.UserContext},
	}, nil))
	b.must(f.call("browsingContext.create", object{"type": "window", "userContext": user.UserContext}, &opened))
	f.onLog = func(entry logEntry) {
		isMeant := entry.Type == "console" && b.isExpected(entry.Text)
		if entry.Source.Context == opened.Context && !isMeant {
			t.Errorf("unexpected log entry: %s: %s", entry.Type, entry.Text)
		}
	}
	b.driver = firefoxWindow{f, opened.Context}
	b.resize(900, 800)
	return b
}

// A firefoxWindow is a window of Firefox.
type firefoxWindow struct {
	*firefox
	context string
}

// callHere sends a command for the window.
func (w firefoxWindow) callHere(method string, params object, result any) error {
	params["context"] = w.context
	return w.call(method, params, result)
}

func (w firefoxWindow) navigate(url string) error {
	return w.callHere("browsingContext.navigate", object{"url": url, "wait": "complete"}, nil)
}

func (w firefoxWindow) back() error {
	return w.callHere("browsingContext.traverseHistory", object{"delta": -1}, nil)
}

func (w firefoxWindow) resize(width, height int64) error {
	return w.callHere("browsingContext.setViewport", object{"viewport": object{"width": width, "height": height}}, nil)
}

// evaluateRemote returns the value of a JavaScript expression. It awaits promises.
func (w firefoxWindow) evaluateRemote(expression string) (remoteValue, error) {
	var evaluated struct {
		Result           remoteValue
		ExceptionDetails struct{ Text string }
	}
	err := w.call("script.evaluate", object{
		"expression": expression, "target": object{"context": w.context}, "awaitPromise": true, "userActivation": true,
	}, &evaluated)
	if err == nil && evaluated.ExceptionDetails.Text != "" {
		err = errors.New(evaluated.ExceptionDetails.Text)
	}
	return evaluated.Result, err
}

func (w firefoxWindow) evaluate(expression string) ([]byte, error) {
	value, err := w.evaluateRemote(expression)
	if err != nil {
		return nil, err
	}
	decoded, err := value.decode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(decoded)
}

// keyCodes are the code points of keys in WebDriver
// (https://www.w3.org/TR/webdriver2/#keyboard-actions).
var keyCodes = map[string]string{
	kb.Enter: "\ue007", kb.Tab: "\ue004", kb.Escape: "\ue00c", kb.Backspace: "\ue003", kb.Delete: "\ue017",
	kb.End: "\ue010", kb.Home: "\ue011", ctrl: "\ue009", shift: "\ue008",
	kb.ArrowLeft: "\ue012", kb.ArrowUp: "\ue013", kb.ArrowRight: "\ue014", kb.ArrowDown: "\ue015",
}

func (w firefoxWindow) press(key string, modifiers ...string) error {
	var pressed []string
	for _, name := range append(modifiers, key) {
		pressed = append(pressed, cmp.Or(keyCodes[name], name))
	}
	var actions []object
	for _, value := range pressed {
		actions = append(actions, object{"type": "keyDown", "value": value})
	}
	for _, value := range slices.Backward(pressed) {
		actions = append(actions, object{"type": "keyUp", "value": value})
	}
	return w.perform(object{"type": "key", "id": "keyboard", "actions": actions})
}

func (w firefoxWindow) perform(sources ...object) error {
	return w.callHere("input.performActions", object{"actions": sources}, nil)
}

func (w firefoxWindow) insert(text string) error {
	_, err := w.evaluate(`document.execCommand("insertText", false, ` + quote(text) + `)`)
	return err
}

func (w firefoxWindow) paste(text string) error {
	if _, err := w.evaluate(`navigator.clipboard.writeText(` + quote(text) + `)`); err != nil {
		return err
	}
	return w.press("v", ctrl)
}

func (w firefoxWindow) click(x, y float64, isShift bool) error {
	mouse := object{"type": "pointer", "id": "mouse", "actions": []object{
		{"type": "pause"}, // the tick in which Shift is pressed
		{"type": "pointerMove", "x": int(x), "y": int(y)},
		{"type": "pointerDown", "button": 0},
		{"type": "pointerUp", "button": 0},
	}}
	if !isShift {
		return w.perform(mouse)
	}
	return w.perform(mouse, object{"type": "key", "id": "keyboard", "actions": []object{
		{"type": "keyDown", "value": keyCodes[shift]},
		{"type": "pause"}, {"type": "pause"}, {"type": "pause"},
		{"type": "keyUp", "value": keyCodes[shift]},
	}})
}

func (w firefoxWindow) chooseFile(selector, path string) error {
	element, err := w.evaluateRemote(`document.querySelector(` + quote(selector) + `)`)
	if err != nil {
		return err
	}
	return w.callHere("input.setFiles", object{
		"element": object{"sharedId": element.SharedID}, "files": []string{path},
	}, nil)
}
