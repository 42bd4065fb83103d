// list shows the links that a query selects, newest first.
const list = (() => {
  const pageSize = 50;
  const examinedPerPage = 10_000; // links that one response to a search examines at most

  const element = byId("links");
  const found = byId("found");
  const message = byId("list-message");
  const summary = byId("summary");
  const olderButton = byId("older");
  const stopButton = byId("stop");
  const rows = new Map(); // by ID: in the document, or being edited
  const rowByElement = new WeakMap();
  const hidden = new Set(); // IDs of links whose deletion is pending or in flight
  const deleted = new Set(); // IDs of links deleted here
  // The view of a newer query replaces it, and later responses to its requests are
  // dropped.
  let view = views.create({ text: "", tags: [] });

  // --- Rows ---

  // dayOf returns the local day of a link. It does not use Intl, which is slow to load.
  function dayOf({ added }) {
    const day = new Date(added).toDateString();
    const [weekday, month, number, year] = day.split(" ");
    return day === new Date().toDateString() ? "Today" : `${weekday}, ${Number(number)} ${month} ${year}`;
  }

  const handlers = {
    mayChange: (row) => mayChange((text) => row.showError(text)),
    pick: (row, isRange) => selection.toggle(row, isRange),
    remove: async (row) => (await handlers.mayChange(row)) && deletions.start([row.link]),
    save: async ({ link }, patch) => {
      const saved = await change(link.link_id, patch);
      const before = Object.fromEntries(Object.keys(patch).map((name) => [name, link[name] ?? null]));
      toast.show({ text: "Saved.", undo: () => change(saved.link_id, before) });
    },
  };

  // mayChange asks for a missing token early: it deletes a link that does not exist.
  // It calls onError if changes are not allowed.
  let isAllowed = false;
  async function mayChange(onError) {
    try {
      if (!isAllowed && !api.token.get()) await api.remove("00000000-0000-0000-0000-000000000000");
    } catch (error) {
      if (error.status !== 404) {
        onError(error.message);
        return false;
      }
    }
    onError("");
    isAllowed = true;
    return true;
  }

  async function change(id, patch) {
    const link = await api.update(id, patch);
    replace(link);
    return link;
  }

  function rowOf(link) {
    let row = rows.get(link.link_id);
    if (!row) {
      row = new Row(handlers);
      rows.set(link.link_id, row);
      rowByElement.set(row.element, row);
    }
    row.update(link, view.pattern);
    return row;
  }

  // replace shows the new content of a link.
  function replace(link) {
    const i = view.links.findIndex(({ link_id }) => link_id === link.link_id);
    if (i >= 0) view.links[i] = link;
    tags.learn([link]);
    rows.get(link.link_id)?.update(link, view.pattern);
  }

  const rowAt = (node) => rowByElement.get(node.closest(".links > li"));
  const shownRows = () => Array.from(document.querySelectorAll(".links > li"), rowAt);

  // focusNext focuses the row that is steps below the focused one, or else the first in
  // the window. Without rows, it focuses the link field.
  function focusNext(steps) {
    const shown = shownRows();
    const at = shown.indexOf(rowAt(document.activeElement));
    const top = byId("bar").getBoundingClientRect().bottom;
    const first = shown.find((row) => row.element.getBoundingClientRect().top >= top) ?? shown[0] ?? byId("link");
    const row = at < 0 ? first : shown[at + steps];
    row?.focus();
    row?.element?.scrollIntoView({ block: "nearest" });
  }

  // render does not move rows that are in the document, so they keep the focus.
  function render() {
    const wanted = view.links.filter(({ link_id }) => !hidden.has(link_id));
    const focused = rowAt(document.activeElement);
    const before = shownRows();
    const ids = new Set(wanted.map(({ link_id }) => link_id));
    for (const row of [...rows.values()]) {
      const { link_id } = row.link;
      if (row.element.parentNode === element ? ids.has(link_id) : !hidden.has(link_id)) continue;
      row.element.remove();
      if (!row.editor) rows.delete(link_id);
    }
    let at = element.firstElementChild;
    let day = "";
    for (const link of wanted) {
      const row = rowOf(link);
      if (row.element === at) at = at.nextElementSibling;
      else element.insertBefore(row.element, at);
      row.setDay(dayOf(link) === day ? "" : dayOf(link));
      day = dayOf(link);
    }
    for (const link of wanted) if (link.note) rows.get(link.link_id).measure();
    if (focused && !focused.element.contains(document.activeElement)) {
      const at = before.indexOf(focused);
      const neighbor = [...before.slice(at), ...before.slice(0, at).reverse()].find((row) => row.element.isConnected);
      if (neighbor) neighbor.focus();
      else focusNext(0);
    }
    found.hidden = found.childElementCount === 0;
    showState(wanted.length);
    selection.update();
  }

  // showState shows the number of links and what can be done next.
  function showState(number) {
    const count = view.words.length === 0 ? pluralize(number, "link") : `${formatNumber(number)} ${number === 1 ? "match" : "matches"}`;
    const isRunning = !stopButton.hidden;
    const isEmpty = !view.isSearch && view.isLoaded && !view.next && view.links.length + found.childElementCount === 0;
    if (isRunning) summary.textContent = `Up to ${formatNumber(view.examined)} links examined… ${count}`;
    else if (!view.isLoaded || (!number && !view.isSearch) || (view.isTooLarge && !view.address)) summary.textContent = "";
    else if (view.next) summary.textContent = view.isSearch && number < pageSize ? `${count} so far` : `Newest ${count}`;
    else summary.textContent = number ? count : view.address ? "This address is not in your list." : "No matches.";
    olderButton.hidden = isRunning || (view.isLoaded && !view.next);
    olderButton.textContent = !view.isLoaded ? "Try again" : view.isSearch ? "Search older links" : "Older links";
    byId("empty").hidden = !isEmpty;
    byId("find").hidden = isEmpty;
    byId("untagged").hidden = isEmpty || !view.isLoaded || view.filters.includes("");
  }

  // highlight scrolls to a link. A link that is not in the list is shown above it.
  function highlight(link) {
    for (const item of document.querySelectorAll("li.highlighted")) item.classList.remove("highlighted");
    clearFound();
    if (view.links.some(({ link_id }) => link_id === link.link_id)) replace(link);
    else found.append(rowOf(link).element);
    render();
    const row = rows.get(link.link_id);
    row.element.classList.add("highlighted");
    row.element.scrollIntoView({ block: "nearest" });
    row.measure();
  }

  function clearFound() {
    for (const row of [...rows.values()]) {
      if (row.element.parentNode !== found) continue;
      row.element.remove();
      if (!row.editor) rows.delete(row.link.link_id);
    }
    found.hidden = true;
  }

  // --- Pages ---

  // enqueue runs jobs of a view sequentially, so that pages are appended in order. It
  // drops the jobs of a view that was replaced.
  function enqueue(job) {
    const mine = view;
    const run = () => mine === view && job(mine);
    return (mine.queue = mine.queue.then(run, run));
  }

  // fill appends links until a page is full or the list ends. Until the first links
  // arrive, those of the former view stay.
  async function fill(mine, send) {
    const { signal } = mine.controller;
    let wanted = pageSize;
    try {
      do {
        const page = await api.page(mine.next ?? views.pathOf(mine), wanted, send, { signal });
        if (mine !== view) return;
        const known = new Set(mine.links.map(({ link_id }) => link_id));
        mine.links.push(...page.links.filter(({ link_id }) => !known.has(link_id)));
        tags.learn(page.links);
        mine.next = page.next;
        mine.isLoaded = true;
        wanted -= page.links.length;
        if (mine.isSearch) mine.examined += examinedPerPage;
        stopButton.hidden = wanted <= 0 || !mine.next || !mine.isSearch;
        showMessage(message, "");
        render();
      } while (mine.next && wanted > 0);
    } catch (error) {
      if (mine !== view) return;
      if (error.name !== "AbortError") showMessage(message, error.message, true);
      mine.controller = new AbortController();
    }
    stopButton.hidden = true;
    element.ariaBusy = "false";
    render();
  }

  // open shows what a query selects, { text, tags }.
  function open(query, send = api.call) {
    view.controller.abort();
    view = views.create(query);
    clearFound();
    selection.clear();
    stopButton.hidden = true;
    element.ariaBusy = "true";
    if (rows.size === 0) showMessage(message, "Loading…");
    const finish = (error, isLoaded = !error) => {
      view.isLoaded = isLoaded;
      element.ariaBusy = "false";
      showMessage(message, error, true);
      render();
    };
    return enqueue(async (mine) => {
      if (mine.address) {
        let error = "";
        try {
          mine.links = await api.lookUp(mine.address, { signal: mine.controller.signal });
        } catch ({ status, message }) {
          if (status !== 400) error = message;
        }
        if (mine !== view) return;
        // A part of an address is searched like a word.
        if (mine.links.length || error || mine.isTooLarge) return finish(error);
      } else if (mine.isTooLarge) {
        return finish("This search is too long.", true);
      }
      await fill(mine, send);
    });
  }

  // clear removes all rows, for example if the links may no longer be read.
  function clear() {
    rows.clear();
    element.replaceChildren();
    found.replaceChildren();
    view.controller.abort();
    view = views.create(view.query);
    render();
  }

  const load = (send) => open(view.query, send);

  async function reload() {
    await deletions.flush();
    await load();
  }

  // reset shows what is visible without a token, and cancels pending deletions.
  function reset() {
    isAllowed = false;
    deletions.cancel();
    toast.close();
    clear();
    olderButton.hidden = true;
    return load(api.callNoPrompt);
  }

  // prepend adds a new link to the list, unless the list shows a search for others.
  function prepend(stored) {
    deleted.delete(stored.link_id);
    tags.learn([stored]);
    if (view.isSearch && urls.parse(view.address)?.href !== urls.parse(stored.link).href) return;
    view.links = [stored, ...view.links.filter(({ link_id }) => link_id !== stored.link_id)];
  }

  // refresh merges changes made elsewhere into the part of the list that is shown.
  const refresh = () =>
    enqueue(async (mine) => {
      if (!mine.isLoaded || mine.address) return;
      try {
        const page = await api.page(views.pathOf(mine), Math.min(Math.max(mine.links.length, pageSize), 1000), api.callNoPrompt);
        // The list may lag behind links deleted and stored here.
        for (const link of page.links) if (deleted.has(link.link_id) && (await exists(link))) deleted.delete(link.link_id);
        const present = page.links.filter(({ link_id }) => !deleted.has(link_id));
        const ids = new Set(present.map(({ link_id }) => link_id));
        const covered = page.next ? mine.links.findLastIndex(({ link_id }) => ids.has(link_id)) + 1 : mine.links.length;
        const missing = mine.links.slice(0, covered).filter(({ link_id }) => !ids.has(link_id));
        if (mine !== view || (mine.isSearch && page.next && covered === 0)) return;
        // Saving reports that the link was deleted, and what was typed stays.
        if (missing.some(({ link_id }) => rows.get(link_id)?.editor)) return;
        if ((page.next && covered === 0) || missing.length > pageSize) return void load(api.callNoPrompt);
        // A link that no longer matches a search is not requested.
        const stillThere = mine.isSearch ? [] : await Promise.all(missing.map(exists));
        if (mine !== view) return;
        // If the page ends below the loaded links, the next page is loaded again.
        const endsBelow = !page.next || !mine.links.some(({ link_id }) => link_id === present.at(-1).link_id);
        const rest = endsBelow ? [] : mine.links.slice(covered);
        if (rest.length === 0) mine.next = page.next;
        mine.links = [...missing.filter((_, i) => stillThere[i]), ...present, ...rest];
        render();
      } catch (error) {
        if (error.status !== 401 || mine !== view) return;
        clear();
        showMessage(message, error.message, true);
      }
    });

  // exists asks for a link by its ID, which never lags behind.
  const exists = ({ link_id }) => api.get(link_id).then(() => true, ({ status }) => status !== 404);

  // --- Deletions ---

  // showError shows why a link could not be deleted, even if its row is not shown.
  function showError(link, text) {
    const row = rows.get(link.link_id);
    if (row) row.showError(`Not deleted. ${text}`);
    else toast.show({ text: `“${urls.shortNameOf(link)}” was not deleted. ${text}`, isError: true });
  }

  // Browsers limit the requests in flight of a closed document, Chromium to about 250. With
  // more deletions, the browser asks before it closes the document.
  addEventListener("beforeunload", (event) => hidden.size > 200 && event.preventDefault());

  // setHidden hides links that are being deleted, or shows them again.
  function setHidden(links, isHidden) {
    for (const { link_id } of links) {
      if (isHidden) hidden.add(link_id);
      else hidden.delete(link_id);
    }
    render();
  }

  // forget removes a link that no longer exists.
  function forget(id) {
    const { length } = view.links;
    deleted.add(id);
    view.links = view.links.filter(({ link_id }) => link_id !== id);
    render();
    hidden.delete(id);
    if (length && !view.links.length && view.next) load(api.callNoPrompt);
  }

  olderButton.addEventListener("click", async () => {
    if (!view.isLoaded) return load().then(() => view.isLoaded && focusNext(0));
    const before = element.childElementCount;
    await enqueue((mine) => fill(mine));
    const added = element.childElementCount - before;
    if (added > 0) rowAt(element.children[before]).focus();
    else if (!view.next) byId("query").focus();
    return announce(`${pluralize(added, "older link")} shown.${view.next ? "" : " End of the list."}`);
  });
  stopButton.addEventListener("click", () => {
    view.controller.abort();
    byId("query").focus();
  });
  addEventListener("resize", () => {
    for (const row of rows.values()) row.measure();
  });

  return {
    open,
    load,
    reload,
    refresh,
    reset,
    prepend,
    replace,
    change,
    highlight,
    setHidden,
    forget,
    mayChange,
    focusNext,
    focus(id) {
      rows.get(id)?.focus();
      focusNext(0);
    },
    rowAt,
    shownRows,
    showError,
  };
})();
