"use strict";

// Tools: import and export, the bookmarklet, and the command line.
(() => {
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
    let parsed;
    try {
      parsed = formats.parse(await chosen.text());
    } catch {
      throw new Error("This file could not be read. Choose a bookmarks file, a JSON export, or CSV with a column named url.");
    }
    const prepared = await transfer.prepare(parsed.links);
    const { links, skipped } = prepared;
    progress.max = Math.max(links.length, 1);
    progress.value = 0;
    let done = 0;
    try {
      const stored = await transfer.importAll(links, (one) => skipped.push(one), (now) => (progress.value = done = now));
      return parsed.links.length ? told(stored, parsed, prepared) : "There are no links in this file.";
    } catch (failed) {
      throw new Error(`Stopped after ${done} of ${links.length}. ${failed.message} Choose the file again to go on: nothing is stored twice.`);
    } finally {
      showSkipped(skipped);
      list.reload();
    }
  }

  // told says what came of an import, and what of the file is not kept.
  function told(stored, { folders, tags }, { skipped, repeats, cut, undated }) {
    const are = (number, noun) => `${count(number, noun)} ${number === 1 ? "is" : "are"}`;
    const number = (one) => one.toLocaleString("en");
    return [
      `${are(stored.links, "link")} in your list. ${number(stored.titles)} came with a title, ${number(stored.dates)} with a date.`,
      repeats && `${count(repeats, "repeat")} left out.`,
      skipped.length && `${number(skipped.length)} skipped.`,
      cut && `${are(cut, "title")} cut to 2,000 bytes.`,
      undated && `${are(undated, "date")} left out: in the future, or not readable.`,
      folders + tags && `Not kept: ${count(folders, "folder")} and ${count(tags, "tag")}.`,
    ].filter(Boolean).join(" ");
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
    ["html", formats.netscape, "text/html"],
    ["json", formats.json, "application/json"],
  ]) {
    byId(`export-${kind}`).addEventListener("click", async (event) => {
      await work("Export", async () => {
        const links = await transfer.exportAll((now) => (byId("work-label").textContent = `Export: ${count(now, "link")} so far`));
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

  // --- Bookmarklet and curl ---

  const opener = `void window.open(${JSON.stringify(`${api.base}#add=`)}+encodeURIComponent(location.href)+"&title="+encodeURIComponent(document.title),"_blank","noopener")`;
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
    return `curl -d '{"link": "https://www.google.com"}'${token} '${api.base.replaceAll("'", "%27")}link'`;
  }
  byId("curl-copy").addEventListener("click", () => copy(curl()));

  function showCurl() {
    for (const code of document.querySelectorAll(".curl")) code.textContent = curl();
  }
  document.addEventListener("token", showCurl);
  showCurl();
})();
