"use strict";

(() => {
  const field = byId("link");
  const message = byId("message");
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const post = `curl -d '{"link": "https://www.google.com"}'`;

  // whole gives an address the https:// that people leave out.
  const whole = (text) => (/^[\t ]*[^\s:/?#@]+\.[^\s:/?#@]+(:\d+)?([/?#]|[\t ]*$)/.test(text) ? `https://${text.trim()}` : text);
  const isAddress = (text) => /^\s*https?:\/\//i.test(whole(text));

  // --- Adding ---

  async function add(link) {
    await list.keep(link);
    const there = await known(link);
    if (there) {
      list.show(there);
      return "Already in your list.";
    }
    const { link_id } = await api.store({ link });
    const stored = { link_id, link: link.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "") };
    list.prepend(stored);
    list.show(stored);
    return "Saved.";
  }

  // known resolves to the link if it is stored already, so that it can be shown in its place. Should the
  // question fail, as for an address too long for a query, storing the link tells what is wrong with it.
  async function known(link) {
    if (!isAddress(link)) return undefined;
    try {
      return (await api.lookUp(link))[0];
    } catch (failed) {
      if (failed.status === 401) throw failed;
      return undefined;
    }
  }

  async function addSeveral(several) {
    await api.store(several.map((link) => ({ link })));
    await list.reload();
    return `${count(several.length, "link")} saved.`;
  }

  byId("add").addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = field.value;
    field.focus();
    // Selected, so that the next paste replaces it even before the answer is there.
    field.select();
    if (typed.trim() === "") return say(message, "Paste the address of a page here first.");
    say(message, "Saving…");
    try {
      const several = typed.trim().split(/\s+/);
      const many = several.length > 1 && several.every((link) => /^https?:\/\//i.test(link));
      say(message, await (many ? addSeveral(several) : add(whole(typed))));
      if (field.value === typed) field.value = "";
    } catch (failed) {
      say(message, failed.message, true);
      field.setAttribute("aria-invalid", "true");
    }
  });

  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    say(message, "");
  });

  // A field of one line would join pasted lines into one wrong address.
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    if (!/\S\s*[\r\n]+\s*\S/.test(pasted)) return;
    event.preventDefault();
    field.setRangeText(pasted.trim().split(/\s+/).join(" "), field.selectionStart, field.selectionEnd, "end");
  });

  // The bookmarklet hands an address over in the fragment, which is never sent to a server.
  function takeFragment() {
    const link = new URLSearchParams(location.hash.slice(1)).get("add");
    if (link === null) return;
    history.replaceState(null, "", location.pathname + location.search);
    field.value = link;
    field.focus();
    say(message, "Press Enter to save it.");
  }

  // --- Finding ---

  const sought = byId("sought");
  const lookUp = byId("look-up");

  function seek() {
    list.clearFound();
    const matches = list.filter(sought.value);
    lookUp.textContent = isAddress(sought.value) ? "Look up" : "Search older";
    lookUp.hidden = sought.value.trim() === "" || (!isAddress(sought.value) && !list.hasMore());
    return matches;
  }
  sought.addEventListener("input", seek);

  byId("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = sought.value;
    if (isAddress(text)) {
      try {
        const [there] = await api.lookUp(whole(text));
        if (there) list.show(there);
        say(byId("find-message"), there ? "Found." : "This address is not in your list.");
      } catch (failed) {
        say(byId("find-message"), failed.message, true);
      }
      return;
    }
    if (text.trim() === "") return;
    let matches = seek();
    const before = matches;
    for (let more = true; more && matches === before && list.hasMore() && sought.value === text; matches = seek()) {
      more = (await list.older(1000)).length > 0;
    }
    if (lookUp.hidden) sought.focus();
  });

  // --- Import and export ---

  const tools = byId("tools");
  const file = byId("file");
  const progress = byId("progress");
  const report = byId("report");
  const skippedBox = byId("skipped");

  function openTools(open) {
    tools.hidden = !open;
    byId("more").setAttribute("aria-expanded", String(open));
  }

  function showSkipped(skipped) {
    const most = 500;
    const lines = skipped.slice(0, most).map(({ link, why }) => `${link.slice(0, 300)}: ${why}`);
    if (skipped.length > most) lines.push(`and ${skipped.length - most} more`);
    skippedBox.hidden = skipped.length === 0;
    skippedBox.querySelector("summary").textContent = `${skipped.length.toLocaleString("en")} skipped, and why`;
    skippedBox.querySelector("ul").replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  }

  // work runs one long job at a time and reports its end, which is the sentence that it resolves to.
  async function work(label, job) {
    const controls = [file, byId("export-html"), byId("export-json")];
    for (const control of controls) control.disabled = true;
    byId("work").hidden = false;
    byId("work-label").textContent = label;
    progress.removeAttribute("value");
    progress.hidden = false;
    showSkipped([]);
    say(report, "");
    byId("work").scrollIntoView({ block: "nearest" });
    try {
      await list.settle();
      say(report, await job());
    } catch (failed) {
      say(report, failed.message, true);
    }
    progress.hidden = true;
    for (const control of controls) control.disabled = false;
  }

  async function importFile(chosen) {
    let addresses;
    try {
      addresses = bookmarks.parse(await chosen.text());
    } catch {
      throw new Error("This file could not be read. Choose a bookmarks file in HTML, or a JSON export.");
    }
    const { links, skipped, repeats } = bookmarks.sort(addresses);
    progress.max = Math.max(links.length, 1);
    progress.value = 0;
    let done = 0;
    try {
      const stored = await bookmarks.importAll(links, (one) => skipped.push(one), (now) => (progress.value = done = now));
      const parts = [addresses.length ? `${count(stored, "link")} of this file ${stored === 1 ? "is" : "are"} in your list.` : "There are no links in this file."];
      if (repeats) parts.push(`${count(repeats, "repeat")} left out.`);
      if (skipped.length) parts.push(`${skipped.length.toLocaleString("en")} skipped.`);
      return parts.join(" ");
    } catch (failed) {
      throw new Error(`Stopped after ${done} of ${links.length}. ${failed.message} Choose the file again to go on: nothing is stored twice.`);
    } finally {
      showSkipped(skipped);
      list.reload();
    }
  }

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    await work(`Import of ${chosen.name}`, () => importFile(chosen));
    // So that choosing the same file again is a change.
    file.value = "";
    file.focus({ preventScroll: true });
  });

  function download(name, type, text) {
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([text], { type }));
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
  }

  for (const [kind, format, type] of [
    ["html", bookmarks.netscape, "text/html"],
    ["json", bookmarks.json, "application/json"],
  ]) {
    byId(`export-${kind}`).addEventListener("click", async (event) => {
      await work("Export", async () => {
        const links = await bookmarks.exportAll((now) => (byId("work-label").textContent = `Export: ${count(now, "link")} so far`));
        download(`links-${new Date().toISOString().slice(0, 10)}.${kind}`, type, format(links));
        byId("work-label").textContent = "Export";
        return `${count(links.length, "link")} exported.`;
      });
      event.target.focus({ preventScroll: true });
    });
  }

  byId("more").addEventListener("click", () => openTools(tools.hidden));
  byId("empty-import").addEventListener("click", () => {
    openTools(true);
    file.click();
  });

  // --- Bookmarklet, curl, token ---

  const opener = `void window.open(${JSON.stringify(`${api.base}#add=`)}+encodeURIComponent(location.href),"_blank","noopener")`;
  const bookmarklet = byId("bookmarklet");
  bookmarklet.href = `javascript:${encodeURIComponent(opener)}`;
  bookmarklet.addEventListener("click", (event) => {
    event.preventDefault();
    say(byId("bookmarklet-hint"), "Drag it to your bookmarks bar, or copy it as text and make it the address of a new bookmark.");
  });
  byId("bookmarklet-copy").addEventListener("click", () => copy(bookmarklet.href));
  byId("description").href = `${api.base}openapi.json`;

  function curl() {
    const token = api.token.get() ? ` -H 'Authorization: Bearer YOUR-TOKEN'` : "";
    return `${post}${token} '${api.base.replaceAll("'", "%27")}link'`;
  }
  byId("curl-copy").addEventListener("click", () => copy(curl()));

  function showToken() {
    byId("token-tool").hidden = !api.token.get();
    for (const code of document.querySelectorAll(".curl")) code.textContent = curl();
  }
  document.addEventListener("token", showToken);
  byId("forget").addEventListener("click", () => {
    api.token.set("");
    say(byId("news"), "The token is forgotten.");
    byId("more").focus();
  });

  const dialog = byId("ask");
  const token = byId("token");
  const wrong = byId("ask-wrong");
  api.onAsk((sentence, refused) => {
    byId("ask-why").textContent = sentence;
    wrong.textContent = refused ? "The token that this browser had was refused." : "";
    token.value = dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = token.value.trim();
    // Anything else cannot be sent in a header.
    if (/^[!-~]+$/.test(given)) dialog.close(given);
    else wrong.textContent = "A token is a word of letters, digits and signs, without spaces.";
  });
  byId("ask-cancel").addEventListener("click", () => dialog.close(""));

  // --- The page's life ---

  addEventListener("pagehide", () => list.settle(true));
  document.addEventListener("visibilitychange", () => document.hidden || list.refresh());
  addEventListener("hashchange", takeFragment);
  showToken();
  field.focus();
  takeFragment();
  list.start();
})();
