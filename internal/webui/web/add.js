// The form that stores links: typed, pasted, dropped, shared, or passed by a
// bookmarklet.
(() => {
  const linkField = byId("link");
  const titleField = byId("title");
  const tagsField = byId("tags");
  const noteField = byId("note");
  const message = byId("message");
  const isWeb = (link) => /^https?:$/.test(urls.parse(link)?.protocol);

  // details returns the members that were entered. The service rejects what is too long.
  function details() {
    const title = formats.singleLine(titleField.value);
    const note = noteField.value.trim();
    const entered = tags.parse(tagsField.value);
    return { ...(title && { title }), ...(entered.length && { tags: entered }), ...(note && { note }) };
  }

  async function add(link, entered) {
    await deletions.cancelOne(link);
    const stored = { link: urls.trim(link), ...entered };
    const existing = await find(link);
    if (existing) {
      // The service adds what is missing, and replaces nothing.
      const now = Object.keys(entered).length ? await api.get((await api.store(stored)).link_id) : existing;
      list.highlight(now);
      if (entered.note && entered.note !== now.note) throw { message: "Already in your list, with another note.", field: "note" };
      return `Already in your list.${JSON.stringify(now) === JSON.stringify(existing) ? "" : " Details added."}`;
    }
    const { link_id } = await api.store(stored);
    const added = { link_id, ...stored, added: new Date().toISOString() };
    list.prepend(added);
    list.highlight(added);
    return "Saved.";
  }

  // find resolves to the stored link, if any. It ignores errors, for example of a
  // link too long for a query, because storing the link reports them.
  async function find(link) {
    try {
      return (await api.lookUp(link))[0];
    } catch (error) {
      if (error.status === 401) throw error;
      return undefined;
    }
  }

  // save stores what was entered and resolves to whether it was stored.
  async function save() {
    const text = linkField.value;
    linkField.focus();
    // The next paste replaces the text, even before the response arrives.
    linkField.select();
    update();
    if (text.trim() === "") return showMessage(message, "Paste a link first.");
    showMessage(message, "Saving…");
    const links = urls.findAll(text);
    const link = urls.withScheme(text);
    try {
      if (links.length < 2 && !isWeb(link)) throw new Error("This is not a web address. Try something like https://example.com/page");
      let done = "";
      if (links.length < 2) done = await add(link, details());
      else if (!(await importer.importLinks(links))) throw new Error("Not all links were saved.");
      if (linkField.value === text) fill("");
      showMessage(message, done);
      return true;
    } catch (error) {
      const field = byId(error.field ?? "link");
      showMessage(message, error.message, true);
      field.setAttribute("aria-invalid", "true");
      if (error.field) field.focus();
      return false;
    }
  }

  byId("add").addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });

  // update shows how many addresses were found, and the other fields for one address.
  function update() {
    const { length } = urls.findAll(linkField.value);
    for (const field of byId("add").elements) field.removeAttribute("aria-invalid");
    showMessage(message, length > 1 ? `${formatNumber(length)} addresses found.` : "");
    byId("title-field").hidden = length !== 1;
  }

  function showDetails(isOpen) {
    byId("details").hidden = !isOpen;
    byId("more").ariaExpanded = String(isOpen);
    byId("more").textContent = isOpen ? "Less" : "More";
  }

  // fill replaces the content of all fields.
  function fill(link, title = "", note = "") {
    linkField.value = link;
    titleField.value = formats.truncate(formats.singleLine(title));
    noteField.value = note;
    tagsField.value = "";
    showDetails(note !== "");
    update();
  }

  // fillFromText fills in one address, with the text around it as title, or several.
  function fillFromText(text) {
    const links = urls.findAll(text);
    const { link, rest } = urls.extract(text);
    fill(links.join(" ") || text.trim(), link && links.length === 1 ? rest : "");
  }

  linkField.addEventListener("input", () => {
    // What was entered with a link belongs to that link.
    if (linkField.value === "") fill("");
    else update();
  });
  byId("more").addEventListener("click", () => {
    showDetails(byId("details").hidden);
    if (!byId("details").hidden) tagsField.focus();
  });
  tags.complete(tagsField);

  // A single-line field would join pasted lines.
  linkField.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain");
    const isWhole = linkField.selectionEnd - linkField.selectionStart === linkField.value.length;
    if (urls.findAll(pasted).length === 0 || !isWhole) return;
    event.preventDefault();
    fillFromText(pasted);
  });

  // --- Drop ---

  let isOwn = false; // the drag started in this document
  addEventListener("dragstart", () => (isOwn = true));
  addEventListener("dragend", () => (isOwn = false));
  const accepts = ({ target, dataTransfer: { types } }) =>
    !isOwn && (/Files/.test(types) || (/text/.test(types) && !target.matches?.("input, textarea")));
  addEventListener("dragover", (event) => accepts(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!accepts(event)) return;
    event.preventDefault();
    const link = event.dataTransfer.getData("text/uri-list");
    const [file] = event.dataTransfer.files;
    // A picture of a web page is dropped as a file and as a link.
    if (file && !urls.isURL(link)) return void importer.importFile(file);
    fillFromText(link || event.dataTransfer.getData("text/plain"));
    save();
  });

  // --- Parameters ---

  // A bookmarklet passes link, title and note in the fragment, which browsers do not
  // send to servers. A phone shares them in the query, and some in the text.
  async function fillFromLocation() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const query = new URLSearchParams(location.search);
    const get = (name) => query.get(name)?.trim() ?? "";
    const inText = urls.extract(get("text"));
    const inTitle = urls.extract(get("title"));
    let link = fragment.get("add") ?? (get("url") || inText.link || inTitle.link);
    let title = fragment.get("title") ?? (inTitle.rest || inText.rest);
    const note = fragment.get("note") ?? (inTitle.rest && inText.rest);
    if (!link && !title) return;
    history.replaceState(null, "", api.base);
    if (!link) [link, title] = [title, ""];
    fill(link, title, formats.truncate(note.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, " ").trim(), 4000));
    linkField.focus();
    showMessage(message, "Press Enter to save.");
    // Only the bookmarklet of this browser knows the key, so no web site can save.
    const key = fragment.get("key");
    if (key && key === saveKey() && (await save())) close();
  }

  addEventListener("hashchange", fillFromLocation);
  linkField.focus();
  fillFromLocation();
})();
