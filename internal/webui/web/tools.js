"use strict";

// The tools: import and export, the bookmarklet, and the curl command.
(() => {
  const tools = byId("tools");
  const file = byId("file");
  const progress = byId("progress");
  const report = byId("report");
  const skippedBox = byId("skipped");

  function setToolsOpen(isOpen) {
    tools.hidden = !isOpen;
    byId("tools-button").setAttribute("aria-expanded", String(isOpen));
  }

  function showSkipped(skipped) {
    const maxLines = 500;
    const lines = skipped.slice(0, maxLines).map(({ link, why }) => `${link.slice(0, 300)}: ${why}`);
    if (skipped.length > maxLines) lines.push(`and ${skipped.length - maxLines} more`);
    skippedBox.hidden = skipped.length === 0;
    skippedBox.querySelector("summary").textContent = pluralize(skipped.length, "skipped link");
    skippedBox.querySelector("ul").replaceChildren(
      ...lines.map((line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
  }

  // runJob runs an import or an export and reports the text that it resolves to.
  async function runJob(label, job) {
    const controls = [file, byId("export-html"), byId("export-json")];
    for (const control of controls) control.disabled = true;
    byId("job").hidden = false;
    byId("job-label").textContent = label;
    progress.removeAttribute("value");
    progress.hidden = false;
    showSkipped([]);
    showMessage(report, "");
    byId("job").scrollIntoView({ block: "nearest" });
    try {
      await list.flushDeletes();
      showMessage(report, await job());
    } catch (error) {
      showMessage(report, error.message, true);
    }
    progress.hidden = true;
    for (const control of controls) control.disabled = false;
  }

  async function importFile(chosen) {
    let parsed;
    try {
      parsed = formats.parse(await chosen.text());
    } catch {
      throw new Error("Can’t read this file. Choose a bookmarks file, a JSON export, or CSV with a column named url.");
    }
    const prepared = await transfer.prepare(parsed.links);
    const { links, skipped } = prepared;
    progress.max = Math.max(links.length, 1);
    progress.value = 0;
    let done = 0;
    try {
      const stored = await transfer.importAll(links, (link) => skipped.push(link), (number) => (progress.value = done = number));
      return parsed.links.length ? importSummary(stored, parsed, prepared) : "No links found in this file.";
    } catch (error) {
      throw new Error(`Stopped after ${done} of ${links.length} links. ${error.message} Choose the file again to continue; links already imported are skipped.`);
    } finally {
      showSkipped(skipped);
      list.reload();
    }
  }

  function importSummary(stored, { folders, tags }, { skipped, duplicates, truncated, badDates }) {
    return [
      `${pluralize(stored.links, "link")} imported: ${formatNumber(stored.titles)} with a title, ${formatNumber(stored.dates)} with a date.`,
      duplicates && `${pluralize(duplicates, "duplicate")} ignored.`,
      skipped.length && `${pluralize(skipped.length, "link")} skipped.`,
      truncated && `${pluralize(truncated, "title")} truncated to 2,000 bytes.`,
      badDates && `${pluralize(badDates, "date")} ignored: in the future or invalid.`,
      folders + tags && `Not imported: ${pluralize(folders, "folder")} and ${pluralize(tags, "tag")}.`,
    ].filter(Boolean).join(" ");
  }

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    await runJob(`Importing ${chosen.name}`, () => importFile(chosen));
    // Without this, choosing the same file again would not be a change.
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
    ["html", formats.toNetscape, "text/html"],
    ["json", formats.toJSON, "application/json"],
  ]) {
    byId(`export-${kind}`).addEventListener("click", async (event) => {
      await runJob("Exporting", async () => {
        const links = await transfer.exportAll((number) => (byId("job-label").textContent = `Exporting: ${pluralize(number, "link")}`));
        download(`links-${new Date().toISOString().slice(0, 10)}.${kind}`, type, format(links));
        byId("job-label").textContent = "Export";
        return `${pluralize(links.length, "link")} exported.`;
      });
      event.target.focus({ preventScroll: true });
    });
  }

  byId("tools-button").addEventListener("click", () => setToolsOpen(tools.hidden));
  byId("empty-import").addEventListener("click", () => {
    setToolsOpen(true);
    file.click();
  });

  // --- Bookmarklet and curl command ---

  const script = `void window.open(${JSON.stringify(`${api.base}#add=`)}+encodeURIComponent(location.href)+"&title="+encodeURIComponent(document.title),"_blank","noopener")`;
  const bookmarklet = byId("bookmarklet");
  bookmarklet.href = `javascript:${encodeURIComponent(script)}`;
  bookmarklet.addEventListener("click", (event) => {
    event.preventDefault();
    showMessage(byId("bookmarklet-hint"), "Drag this to your bookmarks bar, or copy it as the URL of a new bookmark.");
  });
  byId("bookmarklet-copy").addEventListener("click", () => copyText(bookmarklet.href));
  byId("description").href = `${api.base}openapi.json`;

  function curlCommand() {
    const token = api.token.get() ? ` -H 'Authorization: Bearer YOUR-TOKEN'` : "";
    return `curl -d '{"link": "https://www.google.com"}'${token} '${api.base.replaceAll("'", "%27")}link'`;
  }
  byId("curl-copy").addEventListener("click", () => copyText(curlCommand()));

  function showCurlCommand() {
    for (const code of document.querySelectorAll(".curl")) code.textContent = curlCommand();
  }
  document.addEventListener("tokenchange", showCurlCommand);
  showCurlCommand();
})();
