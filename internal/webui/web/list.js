"use strict";

// list shows links as rows. Only the first matches have a row.
const list = (() => {
  const pageSize = 50;

  const links = byId("links");
  const found = byId("found");
  const message = byId("list-message");
  const olderButton = byId("older");
  const rows = new Map(); // by ID: in the document, being edited, or being deleted
  const deleted = new Set(); // IDs of links deleted here
  let maxRows = pageSize;
  let next = null; // URL of the next page
  let isLoaded = false;

  // upsert returns the shared object of a link, with the title that the service returned.
  function upsert(link) {
    const known = loaded.get(link.link_id) ?? rows.get(link.link_id)?.link;
    if (!known) return { ...link, text: loaded.searchText(link) };
    if (known.title !== link.title) {
      known.title = link.title;
      known.text = loaded.searchText(known);
      rows.get(known.link_id)?.render();
    }
    return known;
  }

  // --- Rows ---

  const rowEvents = {
    onChange: ({ link }) => {
      link.text = loaded.searchText(link);
      loaded.setAll(loaded.all);
    },
    onRemove: ({ link, element }) => {
      deleted.add(link.link_id);
      const neighbor = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector(".link:not([hidden])");
      const hadFocus = element.contains(document.activeElement);
      rows.delete(link.link_id);
      element.remove();
      loaded.setAll(loaded.all.filter((other) => other !== link));
      render();
      if (hadFocus) (neighbor ?? byId("link")).focus();
    },
  };

  function rowOf(link) {
    const row = rows.get(link.link_id) ?? new Row(link, rowEvents);
    rows.set(link.link_id, row);
    return row;
  }

  // removeRow discards a row unless it is being edited or deleted.
  function removeRow(row) {
    row.element.remove();
    if (row.state === "idle" && !row.isEditing) rows.delete(row.link.link_id);
  }

  // render does not move rows that are in the document, so they keep the focus.
  function render() {
    const wanted = new Set(loaded.matches.slice(0, maxRows));
    for (const row of [...rows.values()]) {
      if (row.element.parentNode === links && !wanted.has(row.link)) removeRow(row);
    }
    let at = links.firstElementChild;
    for (const link of wanted) {
      const { element } = rowOf(link);
      if (element === at) at = at.nextElementSibling;
      else links.insertBefore(element, at);
    }
    found.hidden = found.childElementCount === 0;
    olderButton.hidden = isLoaded && !next && loaded.matches.length <= maxRows;
    olderButton.textContent = isLoaded ? "Older links" : "Try again";
    byId("empty").hidden = !isLoaded || next !== null || loaded.all.length + found.childElementCount > 0;
    byId("find").hidden = loaded.all.length === 0 && loaded.words.length === 0;
    const matches = formatNumber(loaded.matches.length);
    const summary = `${matches} of ${formatNumber(loaded.all.length)} loaded links ${loaded.matches.length === 1 ? "matches" : "match"}.`;
    showMessage(byId("find-message"), loaded.words.length ? summary + (next ? " Older links not searched." : "") : "");
  }

  function filter(text) {
    loaded.setQuery(text);
    maxRows = pageSize;
    render();
  }

  // highlight scrolls to a link. A link without a row in the list is shown above it.
  function highlight(result) {
    for (const item of document.querySelectorAll("li.highlighted")) item.classList.remove("highlighted");
    clearFound();
    const link = upsert(result);
    if (loaded.words.length && loaded.get(link.link_id) && !loaded.matches.slice(0, maxRows).includes(link)) {
      byId("query").value = "";
      byId("query").dispatchEvent(new Event("input"));
    }
    const { element } = rowOf(link);
    if (element.parentNode !== links) found.append(element);
    render();
    element.classList.add("highlighted");
    element.scrollIntoView({ block: "nearest" });
  }

  function clearFound() {
    for (const row of [...rows.values()]) {
      if (row.element.parentNode !== found) continue;
      if (row.state === "pendingDelete") row.commitDelete();
      removeRow(row);
    }
    found.hidden = true;
  }

  // --- Pages ---

  // enqueue runs jobs sequentially, so that pages are appended in order.
  let queue = Promise.resolve();
  const enqueue = (job) => (queue = queue.then(job, job));

  function clear() {
    rows.clear();
    links.replaceChildren();
    found.replaceChildren();
    next = null;
    isLoaded = false;
    maxRows = pageSize;
    loaded.setAll([]);
    render();
    olderButton.hidden = true;
  }

  const load = (send) =>
    enqueue(async () => {
      clear();
      showMessage(message, "Loading…");
      try {
        const first = await api.page("link", pageSize, send);
        isLoaded = true;
        append(first);
        showMessage(message, "");
      } catch (error) {
        showMessage(message, error.message, true);
        render();
      }
    });

  async function reload() {
    await flushDeletes();
    await load();
  }

  // reset shows what is visible without a token, and cancels pending deletions.
  function reset() {
    for (const row of rows.values()) if (row.state === "pendingDelete") row.cancelDelete();
    clear();
    return load(api.callNoPrompt);
  }

  function append(page) {
    loaded.append(page.links.filter(({ link_id }) => !loaded.get(link_id)).map(upsert));
    next = page.next;
    render();
  }

  // loadMore appends the next page and resolves to whether there was one.
  const loadMore = (limit) =>
    enqueue(async () => {
      if (!next) return false;
      try {
        append(await api.page(next, limit));
        showMessage(message, "");
        return true;
      } catch (error) {
        showMessage(message, error.message, true);
        return false;
      }
    });

  function prepend(stored) {
    deleted.delete(stored.link_id);
    const link = upsert(stored);
    loaded.setAll([link, ...loaded.all.filter((other) => other !== link)]);
    maxRows++;
    render();
  }

  // refresh merges changes made elsewhere into the part of the list that is shown.
  const refresh = () =>
    enqueue(async () => {
      if (!isLoaded) return;
      try {
        const page = await api.page("link", Math.min(Math.max(maxRows, pageSize), 1000), api.callNoPrompt);
        // The list may lag behind links deleted and stored here.
        for (const link of page.links) if (deleted.has(link.link_id) && (await exists(link))) deleted.delete(link.link_id);
        const present = page.links.filter(({ link_id }) => !deleted.has(link_id));
        const ids = new Set(present.map(({ link_id }) => link_id));
        const covered = page.next ? loaded.all.findLastIndex(({ link_id }) => ids.has(link_id)) + 1 : loaded.all.length;
        const missing = loaded.all.slice(0, covered).filter(({ link_id }) => !ids.has(link_id));
        if ((page.next && covered === 0) || missing.length > pageSize) return void reload();
        const areThere = await Promise.all(missing.map(exists));
        // If the page ends below the loaded links, the next page is loaded again.
        const endsBelow = !page.next || !loaded.get(present.at(-1).link_id);
        const rest = endsBelow ? [] : loaded.all.slice(covered);
        if (rest.length === 0) next = page.next;
        const top = [...missing.filter((_, i) => areThere[i]), ...present.map(upsert)];
        maxRows += Math.max(top.length - covered, 0);
        loaded.setAll([...top, ...rest]);
        render();
      } catch (error) {
        if (error.status !== 401) return;
        clear();
        showMessage(message, error.message, true);
        render();
      }
    });

  // exists asks for a link by its ID, which never lags behind.
  const exists = ({ link_id }) => api.get(link_id).then(() => true, ({ status }) => status !== 404);

  // --- Pending deletions ---

  // flushDeletes sends pending deletions and resolves when all are complete.
  const flushDeletes = (keepalive) =>
    Promise.all([...rows.values()].map((row) => (row.state === "pendingDelete" ? row.commitDelete(keepalive) : row.deletion)));

  // cancelPendingDelete cancels the deletion of a link, or waits for it if it was sent.
  async function cancelPendingDelete(link) {
    const href = urls.parse(link)?.href;
    const row = [...rows.values()].find((row) => row.url?.href === href);
    if (row?.state === "pendingDelete") row.cancelDelete();
    await row?.deletion;
  }

  olderButton.addEventListener("click", async () => {
    if (!isLoaded) return load();
    const before = Math.min(maxRows, loaded.matches.length);
    if (loaded.matches.length < maxRows + pageSize && next && !(await loadMore(pageSize)) && loaded.matches.length === before) return;
    maxRows += pageSize;
    render();
    const added = loaded.matches.slice(before, maxRows);
    if (added.length) rows.get(added[0].link_id).part("link").focus();
    else if (!next) byId("query").focus();
    announce(`${pluralize(added.length, "older link")} shown.${olderButton.hidden ? " End of the list." : ""}`);
  });

  return {
    load,
    reload,
    refresh,
    reset,
    loadMore,
    flushDeletes,
    filter,
    prepend,
    highlight,
    clearFound,
    cancelPendingDelete,
    matchCount: () => loaded.matches.length,
    hasMore: () => next !== null,
  };
})();
