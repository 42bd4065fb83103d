// importer runs imports, exports and their reversal, one at a time, and reports them.
const importer = (() => {
  const file = byId("file");
  const label = byId("job-label");
  const progress = byId("progress");
  const report = byId("report");
  const cancelButton = byId("job-cancel");
  const undoButton = byId("undo-import");
  const controls = [file, byId("export-html"), byId("export-json"), undoButton];
  const canceled = new Error("Canceled.");
  let controller = null; // of the running job

  function setToolsOpen(isOpen) {
    byId("tools").hidden = !isOpen;
    byId("tools-button").ariaExpanded = String(isOpen);
  }

  const listItem = (text) => create("li", { textContent: text });

  // showDetails shows lines of [{ link, why }] in a box that can be opened.
  function showDetails(id, summary, lines) {
    const maxLines = 500;
    const shown = lines.slice(0, maxLines).map(({ link, why }) => `${link.slice(0, 300)}: ${why}`);
    if (lines.length > maxLines) shown.push(`and ${formatNumber(lines.length - maxLines)} more`);
    byId(id).hidden = lines.length === 0;
    byId(id).querySelector("summary").textContent = summary;
    byId(id).querySelector("ul").replaceChildren(...shown.map(listItem));
  }

  // showReport shows a text, the details of an import, and what can be undone.
  function showReport(text, isError, notes = [], { skipped = [], cut = [], stored = [] } = {}) {
    showMessage(report, text, isError);
    byId("report-notes").replaceChildren(...notes.filter(Boolean).map(listItem));
    showDetails("skipped", `${pluralize(skipped.length, "link")} skipped`, skipped);
    showDetails("cut", `${pluralize(cut.length, "change")} to fit the limits`, cut);
    undoButton.hidden = stored.length === 0 || document.documentElement.dataset.edit === "off";
  }

  const confirmLeaving = (event) => event.preventDefault();

  // run runs a job, unless another one is running. A job receives a signal for Cancel
  // and a function that shows its progress, and shows a report. run resolves to the
  // result of the job, or to undefined if it did not run or failed.
  async function run(title, job) {
    if (controller) return showMessage(report, "Wait until this is complete.", true);
    controller = new AbortController();
    const focused = document.activeElement;
    for (const control of controls) control.disabled = true;
    setToolsOpen(true);
    showReport("", false);
    byId("job").hidden = false;
    label.textContent = title;
    progress.removeAttribute("value");
    progress.hidden = label.hidden = cancelButton.hidden = false;
    if (focused.disabled) cancelButton.focus({ preventScroll: true });
    byId("job").scrollIntoView({ block: "nearest" });
    addEventListener("beforeunload", confirmLeaving);
    const show = (done, total) => {
      if (total) [progress.value, progress.max] = [done, total];
      label.textContent = `${title}: ${formatNumber(done)}${total ? ` of ${formatNumber(total)}` : ""}`;
    };
    try {
      await deletions.flush();
      return await job(controller.signal, show);
    } catch (error) {
      showReport(error.message, error !== canceled);
    } finally {
      removeEventListener("beforeunload", confirmLeaving);
      const hadFocus = document.activeElement === cancelButton;
      progress.hidden = label.hidden = cancelButton.hidden = true;
      for (const control of controls) control.disabled = false;
      controller = null;
      // The button that was used can be hidden now.
      if (hadFocus) for (const control of [file, focused]) control.focus({ preventScroll: true });
    }
  }

  cancelButton.addEventListener("click", () => controller?.abort(canceled));

  // --- Import ---

  // importEntries stores parsed links and reports what was stored, skipped, cut and
  // lost. It resolves to whether the import is complete. isTruncated means that the file
  // ended early.
  async function importEntries({ entries, isTruncated }, signal, show) {
    const result = await transfer.prepare(entries);
    const total = result.links.size;
    signal.throwIfAborted();
    show(0, Math.max(total, 1));
    let failure = null;
    try {
      await transfer.importAll(result, signal, (done) => show(done, total));
    } catch (error) {
      failure = error;
    }
    const { stored, skipped, cut } = result;
    const lost = Object.entries(result.lost).map(([what, number]) => `${what} of ${pluralize(number, "link")}`).join(", ");
    const numbers = `${pluralize(stored.length, "link")} (${formatNumber(stored.filter(({ before }) => !before).length)} new)`;
    undoable = stored.filter((one) => !one.before || transfer.additionsOf(one));
    const notes = [
      isTruncated && "The file ends early. Links may be missing.",
      result.duplicates && `${pluralize(result.duplicates, "duplicate")} combined.`,
      result.badDates && `${pluralize(result.badDates, "date")} ignored: invalid or in the future.`,
      lost && `Not stored: ${lost}.`,
      failure && stored.length < total && "Import again to continue.",
    ];
    showReport(failure ? `${failure.message} Imported ${numbers} of ${formatNumber(total)}.` : `Imported ${numbers}.`, failure && failure !== canceled, notes, {
      skipped,
      cut,
      stored: undoable,
    });
    list.reload();
    return !failure;
  }

  const importFile = (chosen) =>
    run(`Importing ${chosen.name}`, async (signal, show) => importEntries(await formats.parse(chosen), signal, show));

  // importLinks imports URLs with tags and a note. A title is that of the first URL. It
  // resolves to true if the import is complete.
  const importLinks = (links, { title = "", tags = [], note = "" }) =>
    run("Saving links", (signal, show) => {
      const entries = links.map((link, i) => ({ link, title: i ? "" : title, tags: [...tags], note, lost: [] }));
      return importEntries({ entries }, signal, show);
    });

  let undoable = []; // what the last import stored
  undoButton.addEventListener("click", () => {
    const stored = undoable;
    const total = stored.length;
    run("Undoing the import", async (signal, show) => {
      let failure = null;
      try {
        await transfer.undo(stored, signal, (done) => show(done, total));
      } catch (error) {
        failure = error;
      }
      list.reload();
      const done = `Undone for ${pluralize(total - stored.length, "link")}`;
      showReport(failure ? `${failure.message} ${done} of ${formatNumber(total)}.` : `${done}.`, failure && failure !== canceled, [], { stored });
    });
  });

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    await importFile(chosen);
    // Without this, choosing the same file again would not be a change.
    file.value = "";
  });

  // --- Export ---

  function download(name, type, text) {
    const href = URL.createObjectURL(new Blob([text], { type }));
    create("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  for (const [kind, write, type] of [
    ["html", netscape.write, "text/html"],
    ["json", formats.toJSON, "application/json"],
  ]) {
    byId(`export-${kind}`).addEventListener("click", () =>
      run("Exporting", async (signal, show) => {
        const links = await transfer.exportAll(signal, show);
        download(`links-${new Date().toISOString().slice(0, 10)}.${kind}`, type, write(links));
        showReport(`Exported ${pluralize(links.length, "link")}.`, false);
      }),
    );
  }

  return { setToolsOpen, importFile, importLinks };
})();
