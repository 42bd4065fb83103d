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
    undoButton.hidden = !canEdit || stored.length === 0;
  }

  const showOutcome = (failure, done, total, ...more) =>
    showReport(failure ? `${failure.message} ${done} of ${formatNumber(total)}.` : `${done}.`, failure && failure !== canceled, ...more);

  const confirmLeaving = (event) => event.preventDefault();

  // run runs a job, unless another one is running. A job receives a signal for Cancel
  // and a function that shows its progress, and shows a report. run resolves to the
  // result of the job, or to undefined if it did not run or failed.
  async function run(title, job) {
    if (controller) return showMessage(report, "Wait until this is complete.", true);
    controller = new AbortController();
    const focused = document.activeElement;
    for (const control of controls) control.disabled = true;
    showReport("", false);
    showMessage(byId("message"), "");
    byId("job").hidden = false;
    label.textContent = title;
    progress.removeAttribute("value");
    progress.hidden = label.hidden = false;
    cancelButton.textContent = "Cancel";
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
      progress.hidden = label.hidden = true;
      cancelButton.textContent = "Close";
      for (const control of controls) control.disabled = false;
      controller = null;
      // From Cancel, the focus returns to the control that was used.
      if (hadFocus) for (const control of [file, focused]) control.focus({ preventScroll: true });
    }
  }

  cancelButton.addEventListener("click", () => {
    if (controller) return controller.abort(canceled);
    byId("job").hidden = true;
    byId("tools-button").focus();
  });

  // --- Import ---

  // importEntries stores parsed links and reports what was stored, skipped, cut and
  // lost. It resolves to whether the import is complete. isTruncated means that the file
  // ended early.
  async function importEntries({ entries, isTruncated }, signal, show) {
    const result = await transfer.prepare(entries);
    const total = result.links.size;
    signal.throwIfAborted();
    show(0, total);
    const failure = await transfer.importAll(result, signal, (done) => show(done, total)).catch((error) => error);
    const stored = result.stored; // The minifier would move a destructuring before the import.
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
    showOutcome(failure, `Imported ${numbers}`, total, notes, { ...result, stored: undoable });
    list.reload();
    return !failure;
  }

  const importFile = (chosen) =>
    run(`Importing ${chosen.name}`, async (signal, show) => importEntries(await formats.parse(chosen, signal), signal, show));

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
      const failure = await transfer.undo(stored, signal, (done) => show(done, total)).catch((error) => error);
      list.reload();
      const done = `Undone for ${pluralize(total - stored.length, "link")}`;
      showOutcome(failure, done, total, [], { stored });
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
