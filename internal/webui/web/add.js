"use strict";

// The form that stores links: typed, pasted, shared, or passed by the bookmarklet.
(() => {
  const linkField = byId("link");
  const titleField = byId("title");
  const message = byId("message");

  async function add(link, title) {
    await list.cancelPendingDelete(link);
    const existing = await find(link);
    if (existing && (existing.title || !title)) {
      list.highlight(existing);
      return "Already in your list.";
    }
    const stored = { link: urls.trim(link), ...(title && { title }) };
    const { link_id } = await api.store(stored);
    if (existing) {
      list.highlight({ ...existing, title });
      return "Already in your list; title added.";
    }
    const added = { link_id, ...stored, added: new Date().toISOString() };
    list.prepend(added);
    list.highlight(added);
    return "Saved.";
  }

  // find resolves to the stored link, if any. It ignores errors, for example of a
  // link too long for a query, because storing the link reports them.
  async function find(link) {
    if (!urls.isURL(link)) return undefined;
    try {
      return (await api.lookUp(link))[0];
    } catch (error) {
      if (error.status === 401) throw error;
      return undefined;
    }
  }

  async function addAll(links) {
    await api.store(links.map((link) => ({ link })));
    await list.reload();
    return `${pluralize(links.length, "link")} saved.`;
  }

  byId("add").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = linkField.value;
    linkField.focus();
    // The next paste replaces the text, even before the response arrives.
    linkField.select();
    if (text.trim() === "") return showMessage(message, "Paste a link first.");
    showMessage(message, "Saving…");
    try {
      const links = text.trim().split(/\s+/);
      const isMany = links.length > 1 && links.every((link) => /^https?:\/\//i.test(link));
      const title = formats.truncate(formats.singleLine(titleField.value));
      showMessage(message, await (isMany ? addAll(links) : add(urls.withScheme(text), title)));
      if (linkField.value === text) fill("", "");
    } catch (error) {
      showMessage(message, error.message, true);
      linkField.setAttribute("aria-invalid", "true");
    }
  });

  linkField.addEventListener("input", () => {
    linkField.removeAttribute("aria-invalid");
    showMessage(message, "");
    // A title that was passed with a link belongs to that link.
    if (linkField.value === "") fill("", "");
  });

  // A single-line field would join pasted lines into one invalid link.
  linkField.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!/[\r\n]/.test(pasted)) return;
    event.preventDefault();
    linkField.setRangeText(pasted.split(/\s+/).join(" "), linkField.selectionStart, linkField.selectionEnd, "end");
  });

  function fill(link, title) {
    linkField.value = link;
    titleField.value = title;
    byId("title-field").hidden = title === "";
  }

  // The bookmarklet passes link and title in the fragment, which browsers do not
  // send to servers. A phone shares them in the query, and some in the text.
  function fillFromLocation() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const query = new URLSearchParams(location.search);
    const get = (name) => query.get(name)?.trim() ?? "";
    const inText = urls.extract(get("text"));
    const inTitle = urls.extract(get("title"));
    let link = fragment.get("add") ?? (get("url") || inText.link || inTitle.link);
    let title = fragment.get("title") ?? (inTitle.rest || inText.rest);
    if (!link && !title) return;
    history.replaceState(null, "", api.base);
    if (!link) [link, title] = [title, ""];
    fill(link, formats.truncate(formats.singleLine(title)));
    linkField.focus();
    showMessage(message, "Press Enter to save.");
  }

  addEventListener("hashchange", fillFromLocation);
  linkField.focus();
  fillFromLocation();
})();
