"use strict";

// Adding: what is typed, pasted, and brought along from other pages and from a phone.
(() => {
  const field = byId("link");
  const titleField = byId("title");
  const message = byId("message");

  async function add(link, title) {
    await list.keep(link);
    const there = await find(link);
    if (there && (there.title || !title)) {
      list.show(there);
      return "Already in your list.";
    }
    const stored = { link: address.trimmed(link), ...(title && { title }) };
    const { link_id } = await api.store(stored);
    if (there) {
      list.show({ ...there, title });
      return "Already in your list, now with this title.";
    }
    const shown = { link_id, ...stored, added: new Date().toISOString() };
    list.prepend(shown);
    list.show(shown);
    return "Saved.";
  }

  // find resolves to the link if it is stored already, so that it can be shown in its place. Should the
  // question fail, as for an address too long for a query, storing the link tells what is wrong with it.
  async function find(link) {
    if (!address.isOne(link)) return undefined;
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
      const title = formats.short(formats.line(titleField.value));
      say(message, await (many ? addSeveral(several) : add(address.whole(typed), title)));
      if (field.value === typed) fill("", "");
    } catch (failed) {
      say(message, failed.message, true);
      field.setAttribute("aria-invalid", "true");
    }
  });

  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    say(message, "");
    // A title that was brought along belongs to the address that it came with.
    if (field.value === "") fill("", "");
  });

  // A field of one line would join pasted lines into one wrong address.
  field.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!/[\r\n]/.test(pasted)) return;
    event.preventDefault();
    field.setRangeText(pasted.split(/\s+/).join(" "), field.selectionStart, field.selectionEnd, "end");
  });

  // fill sets both fields; that of the title shows only when there is one.
  function fill(link, title) {
    field.value = link;
    titleField.value = title;
    byId("title-field").hidden = title === "";
  }

  // The bookmarklet hands address and title over in the fragment, which is never sent to a server; a phone shares
  // them in the query, some with the address in the text.
  function takeBrought() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const query = new URLSearchParams(location.search);
    const get = (name) => query.get(name)?.trim() ?? "";
    const text = address.within(get("text"));
    const titled = address.within(get("title"));
    let link = fragment.get("add") ?? (get("url") || text.link || titled.link);
    let title = fragment.get("title") ?? (titled.rest || text.rest);
    if (!link && !title) return;
    history.replaceState(null, "", api.base);
    if (!link) [link, title] = [title, ""];
    fill(link, formats.short(formats.line(title)));
    field.focus();
    say(message, "Press Enter or Save to keep it.");
  }

  addEventListener("hashchange", takeBrought);
  field.focus();
  takeBrought();
})();
