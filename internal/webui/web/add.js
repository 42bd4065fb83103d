// The form that stores links: typed, pasted, dropped, shared, or passed by a
// bookmarklet.
{
  const linkField = byId("link");
  const titleField = byId("title");
  const tagsField = byId("tags");
  const noteField = byId("note");
  const message = byId("message");
  const isWeb = (link) => /^https?:$/.test(urls.parse(link)?.protocol);

  const fields = [linkField, titleField, noteField, tagsField];
  let only = ""; // a URL that is not split at its commas
  let lastSave = 0; // number of saves

  const read = () => fields.map(({ value }) => value);
  const findAll = (text) => (text && text === only ? [text] : urls.findAll(text));

  // details returns the members that were entered. The service rejects what is too long.
  function details(title, note, tagText) {
    const entered = { title: formats.singleLine(title), note: note.trim(), tags: tags.parse(tagText) };
    return Object.fromEntries(Object.entries(entered).filter(([, value]) => value.length));
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
      const other = entered.title && entered.title !== now.title ? ", with another title" : "";
      return `Already in your list${other}.${JSON.stringify(now) === JSON.stringify(existing) ? "" : " Details added."}`;
    }
    const { link_id } = await api.store(stored);
    const added = { link_id, ...stored, added: new Date().toISOString() };
    list.prepend(added);
    list.highlight(added);
    return "Saved.";
  }

  // find resolves to the stored link, if any. It ignores most errors, because storing the
  // link reports them.
  async function find(link) {
    try {
      return (await api.lookUp(link))[0];
    } catch (error) {
      if (error.status === 401) throw error;
    }
  }

  // save stores a link, or what is in the fields, and resolves to true if it was stored.
  // The fields are emptied for the next link. A link that cannot be stored is filled in
  // again. If the fields are in use, the message contains it.
  async function save(link, title) {
    const isForm = title === undefined;
    const values = isForm ? read() : [link, title, "", ""];
    const [text, ...others] = values;
    if (isForm) linkField.focus();
    if (text.trim() === "") return isForm && showMessage(message, "Paste a link first.");
    const links = findAll(text);
    others[0] ||= parse(text)[1];
    const entered = details(...others);
    const mine = ++lastSave;
    if (isForm) fill("");
    showMessage(message, "Saving…");
    try {
      const one = (/\s/.test(text.trim()) ? links : [text, ...links]).find(isWeb);
      if (!one) throw new Error("This is not a web address. Try something like https://example.com/page");
      let done = "";
      if (links.length < 2) done = await add(one, entered);
      else if (!(await importer.importLinks(links, entered))) throw new Error("Not all links were saved.");
      if (mine === lastSave) showMessage(message, done);
      return true;
    } catch (error) {
      lastSave++;
      if (read().join("")) return showMessage(message, `“${values.join(" ").trim()}” was not saved. ${error.message}`, true);
      fill(...values);
      linkField.setSelectionRange(0, -1); // unlike select, it does not focus the field
      const field = byId(error.field ?? "link");
      showMessage(message, error.message, true);
      field.setAttribute("aria-invalid", "true");
      return document.activeElement === linkField && field.focus();
    }
  }

  byId("add").addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });

  // update shows how many addresses were found, and the other fields for one address.
  function update() {
    const { length } = findAll(linkField.value);
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
  function fill(link, title = "", note = "", tagText = "") {
    linkField.value = link;
    titleField.value = formats.truncate(formats.singleLine(title));
    noteField.value = note;
    tagsField.value = tagText;
    showDetails(note + tagText !== "");
    update();
  }

  // parse returns [addresses, title]: the addresses in a text, joined by spaces, and the
  // text around the only one.
  function parse(text) {
    const links = findAll(text);
    return [links.join(" ") || text.trim(), links[1] ? "" : urls.findTitled(text)[1]];
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

  // A single-line field would join pasted lines, and a URL with the one before it. With
  // execCommand, the browser can undo the paste.
  linkField.addEventListener("paste", (event) => {
    const pasted = event.clipboardData.getData("text/plain");
    const { selectionStart: from, selectionEnd: to, value } = linkField;
    const [links, title] = parse(pasted);
    const isNew = to - from === value.length;
    if (isNew ? urls.findAll(pasted).length === 0 : to > from || !/:\/\/./.test(pasted)) return;
    event.preventDefault();
    if (isNew) fill(value, title);
    document.execCommand("insertText", false, isNew ? links : ` ${links} `);
  });

  // --- Drop ---

  let isOwn = false; // the drag started in this document
  addEventListener("dragstart", () => (isOwn = true));
  addEventListener("dragend", () => (isOwn = false));
  const accepts = ({ target, dataTransfer: { types } }) =>
    !isOwn && (/Files/.test(types) || (/text/.test(types) && !target.matches?.(/uri/.test(types) ? "#link" : "input, textarea")));
  addEventListener("dragover", (event) => accepts(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!accepts(event)) return;
    event.preventDefault();
    const link = event.dataTransfer.getData("text/uri-list");
    const [file, another] = event.dataTransfer.files;
    if (another) return showMessage(message, "Drop one file at a time.", true);
    // A picture of a web page is dropped as a file and as a link.
    if (file && !urls.isURL(link)) return importer.importFile(file);
    save(...parse(link || event.dataTransfer.getData("text/plain")));
  });

  // --- Parameters ---

  // A bookmarklet passes link, title and note in the fragment, which browsers do not
  // send to servers. Other programs may pass the same names in the query. A phone shares
  // other ones, and some values in the text.
  async function fillFromLocation() {
    const query = new URLSearchParams(location.search);
    const fragment = query.has("add") ? query : new URLSearchParams(location.hash.slice(1));
    const get = (name) => query.get(name)?.trim() ?? "";
    const inText = urls.extract(get("text"));
    const inTitle = urls.extract(get("title"));
    let link = fragment.get("add") ?? (get("url") || inText.link || inTitle.link);
    let title = fragment.get("title") ?? (inTitle.rest || inText.rest);
    const note = fragment.get("note") ?? (inTitle.rest && inText.rest);
    if (!link && !title) return;
    history.replaceState(null, "", api.base);
    only = /\s/.test(link) ? "" : (link = urls.withScheme(link));
    if (!link) [link, title] = [title, ""];
    fill(link, title, formats.truncate(transfer.cleanNote(note), 4000));
    linkField.focus();
    showMessage(message, "Press Enter to save.");
    // Only the bookmarklet of this browser knows the key, so no web site can save.
    const key = fragment.get("key");
    if (key && key === saveKey() && (await save())) close();
  }

  addEventListener("hashchange", fillFromLocation);
  linkField.focus();
  fillFromLocation();
}
