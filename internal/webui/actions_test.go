package webui_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// open loads a URL and waits until the list is loaded.
func (b *tab) open(address string) {
	b.t.Helper()
	b.navigate(address)
	b.waitLoaded()
}

// openFresh loads a URL. Unlike open, it loads the document again if only the
// fragment differs.
func (b *tab) openFresh(address string) {
	b.t.Helper()
	b.navigate("about:blank")
	b.open(address)
}

func (b *tab) waitLoaded() {
	b.t.Helper()
	b.waitFor(`document.readyState === "complete" && byId("list-message").textContent !== "Loading…"`)
}

// revisiting is what happens when the user returns to the tab.
const revisiting = `document.dispatchEvent(new Event("visibilitychange"))`

// leaving is what happens when the user closes the document.
const leaving = `dispatchEvent(new Event("pagehide"))`

// revisit simulates that the user returns to the tab.
func (b *tab) revisit() {
	b.t.Helper()
	b.run(revisiting)
}

// settle runs JavaScript and waits until the responses to all requests that it caused are
// processed.
func (b *tab) settle(code string) {
	b.t.Helper()
	b.run(settled(code))
}

// settled returns a JavaScript expression, a promise that resolves as settle returns.
func settled(code string) string {
	return `(async () => {
		const send = fetch;
		const responses = [];
		window.fetch = (...args) => {
			const response = send(...args);
			responses.push(response.then((received) => received.clone().text()).catch(() => {}));
			return response;
		};
		` + code + `;
		for (let seen = -1; seen < responses.length; ) {
			seen = responses.length;
			await Promise.all(responses);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		window.fetch = send;
	})()`
}

// shown returns the URLs in the list, from the top.
func (b *tab) shown() []string {
	b.t.Helper()
	return eval[[]string](b,
		`Array.from(document.querySelectorAll("#links .link"), (a) => a.getAttribute("href"))`)
}

// url returns the URL of the first link that a selector matches, or "".
func (b *tab) url(selector string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.getAttribute("href") ?? ""`, selector))
}

// edit opens the editor of a row, counted from 1.
func (b *tab) edit(row int) {
	b.t.Helper()
	b.act(row, "edit")
	b.waitFor(`document.activeElement.name === "title"`)
}

// remove deletes a row, counted from 1.
func (b *tab) remove(row int) {
	b.t.Helper()
	number := eval[int](b, `document.querySelectorAll("#links > li").length`)
	b.act(row, "delete")
	b.waitShown(number - 1)
}

// act clicks a button of a row, counted from 1. A narrow window has a menu for them.
func (b *tab) act(row int, button string) {
	b.t.Helper()
	item := fmt.Sprintf("#links li:nth-child(%d) ", row)
	if b.isVisible(item + ".menu") {
		b.click(item + ".menu")
	}
	b.click(item + "." + button)
}

// undo presses the keys for Undo outside of a field.
func (b *tab) undo() {
	b.t.Helper()
	b.press(ctrl + "z")
}

func (b *tab) waitShown(number int) {
	b.t.Helper()
	b.waitFor(fmt.Sprintf(`document.querySelectorAll("#links > li").length === %d`, number))
}

// enterToken enters a token into the token dialog.
func (b *tab) enterToken(token string) {
	b.t.Helper()
	b.waitFor(`byId("token-dialog").open`)
	b.insert(token)
	b.press(kb.Enter)
}

// save pastes a link, presses Enter and returns the message.
func (b *tab) save(link string) string {
	b.t.Helper()
	b.fill("#link", link)
	b.press(kb.Enter)
	b.waitFor(`!["", "Saving…"].includes(byId("message").textContent)`)
	return b.text("#message")
}

// openTools opens the part of the document with import and export.
func (b *tab) openTools() {
	b.t.Helper()
	if b.text("#tools") == "" {
		b.click("#tools-button")
	}
}

// startImport starts the import of a file.
func (b *tab) startImport(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.openTools()
	b.must(b.driver.chooseFile("#file", path))
}

// importFile imports a file and waits for the report.
func (b *tab) importFile(name, content string) {
	b.t.Helper()
	b.startImport(name, content)
	b.waitFor(`byId("report").textContent !== "" && !byId("file").disabled`)
	b.waitLoaded()
}

// download clicks an export button and returns the content of the file.
func (b *tab) download(selector, suffix string) string {
	b.t.Helper()
	b.openTools()
	b.click(selector)
	for deadline := time.Now().Add(maxWait); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		// The file is empty until it is complete.
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
	b.t.Fatalf("timeout after %s: no file *%s was downloaded", maxWait, suffix)
	return ""
}
