"use strict";

// list is the list of links as it is shown: the document has rows only for what a person asked to see.
const list = (() => {
  const pageSize = 50;

  const links = byId("links");
  const found = byId("found");
  const message = byId("list-message");
  const olderButton = byId("older");
  const rows = new Map(); // by id: what is in the document, and what waits for an answer
  const gone = new Set(); // ids that were deleted here
  let shown = pageSize; // at most so many of the matches have a row
  let next = null;
  let ready = false;

  // learn gives the object that holds a link, up to date with what the service said of it.
  function learn(link) {
    const there = loaded.get(link.link_id) ?? rows.get(link.link_id)?.link;
    if (!there) return { ...link, text: loaded.searchable(link) };
    if (there.title !== link.title) {
      there.title = link.title;
      there.text = loaded.searchable(there);
      rows.get(there.link_id)?.paint();
    }
    return there;
  }

  // --- What is shown ---

  const rowEvents = {
    changed: ({ link }) => {
      link.text = loaded.searchable(link);
      loaded.hold(loaded.all);
    },
    gone: ({ link, element }) => {
      gone.add(link.link_id);
      const beside = (element.nextElementSibling ?? element.previousElementSibling)?.querySelector(".link:not([hidden])");
      const focused = element.contains(document.activeElement);
      rows.delete(link.link_id);
      element.remove();
      loaded.hold(loaded.all.filter((one) => one !== link));
      render();
      if (focused) (beside ?? byId("link")).focus();
    },
  };

  function rowOf(link) {
    const row = rows.get(link.link_id) ?? new Row(link, rowEvents);
    rows.set(link.link_id, row);
    return row;
  }

  // takeOut removes a row from the document. One with a title half written or a deletion under way is kept.
  function takeOut(row) {
    row.element.remove();
    if (row.state === "there" && !row.editing) rows.delete(row.link.link_id);
  }

  // render puts the rows of the first matches into the document. What is there already is not moved, so that it keeps
  // the focus.
  function render() {
    const wanted = new Set(loaded.matches.slice(0, shown));
    for (const row of [...rows.values()]) {
      if (row.element.parentNode === links && !wanted.has(row.link)) takeOut(row);
    }
    let at = links.firstElementChild;
    for (const link of wanted) {
      const { element } = rowOf(link);
      if (element === at) at = at.nextElementSibling;
      else links.insertBefore(element, at);
    }
    found.hidden = found.childElementCount === 0;
    olderButton.hidden = ready && !next && loaded.matches.length <= shown;
    olderButton.textContent = ready ? "Older links" : "Try again";
    byId("empty").hidden = !ready || next !== null || loaded.all.length + found.childElementCount > 0;
    byId("find").hidden = loaded.all.length === 0 && loaded.words.length === 0;
    const number = loaded.matches.length.toLocaleString("en");
    const count = `${number} of ${loaded.all.length.toLocaleString("en")} loaded links ${loaded.matches.length === 1 ? "matches" : "match"}.`;
    say(byId("find-message"), loaded.words.length ? count + (next ? " There are older ones." : "") : "");
  }

  function filter(text) {
    loaded.seek(text);
    shown = pageSize;
    render();
  }

  // show leads the eye to a link. One that has no row in the list stands above it until the next is shown.
  function show(answered) {
    for (const lit of document.querySelectorAll("li.lit")) lit.classList.remove("lit");
    clearFound();
    const link = learn(answered);
    if (loaded.words.length && loaded.get(link.link_id) && !loaded.matches.slice(0, shown).includes(link)) {
      byId("sought").value = "";
      byId("sought").dispatchEvent(new Event("input"));
    }
    const { element } = rowOf(link);
    if (element.parentNode !== links) found.append(element);
    render();
    element.classList.add("lit");
    element.scrollIntoView({ block: "nearest" });
  }

  function clearFound() {
    for (const row of [...rows.values()]) {
      if (row.element.parentNode !== found) continue;
      if (row.state === "offered") row.leave();
      takeOut(row);
    }
    found.hidden = true;
  }

  // --- Pages ---

  // Pages are loaded one after the other, whoever asks for them.
  let turn = Promise.resolve();
  const inTurn = (job) => (turn = turn.then(job, job));

  function clear() {
    rows.clear();
    links.replaceChildren();
    found.replaceChildren();
    next = null;
    ready = false;
    shown = pageSize;
    loaded.hold([]);
    render();
    olderButton.hidden = true;
  }

  const start = (get) =>
    inTurn(async () => {
      clear();
      say(message, "Loading…");
      try {
        const first = await api.page("link", pageSize, get);
        ready = true;
        append(first);
        say(message, "");
      } catch (failed) {
        say(message, failed.message, true);
        render();
      }
    });

  async function reload() {
    await settle();
    await start();
  }

  // forget shows only what everybody may see. A deletion that was not sent yet is not made.
  function forget() {
    for (const row of rows.values()) if (row.state === "offered") row.stay();
    clear();
    return start(api.quietly);
  }

  function append(page) {
    loaded.add(page.links.filter(({ link_id }) => !loaded.get(link_id)).map(learn));
    next = page.next;
    render();
  }

  // load appends the next page and resolves to whether there was one.
  const load = (limit) =>
    inTurn(async () => {
      if (!next) return false;
      try {
        append(await api.page(next, limit));
        say(message, "");
        return true;
      } catch (failed) {
        say(message, failed.message, true);
        return false;
      }
    });

  // prepend puts a link that was just stored at the top.
  function prepend(stored) {
    gone.delete(stored.link_id);
    const link = learn(stored);
    loaded.hold([link, ...loaded.all.filter((one) => one !== link)]);
    shown++;
    render();
  }

  // refresh shows what was stored, changed and deleted elsewhere since the list was loaded, as far down as it is shown.
  const refresh = () =>
    inTurn(async () => {
      if (!ready) return;
      try {
        const page = await api.page("link", Math.min(Math.max(shown, pageSize), 1000), api.quietly);
        // A list may lag behind what was deleted and stored here.
        for (const link of page.links) if (gone.has(link.link_id) && (await isStill(link))) gone.delete(link.link_id);
        const present = page.links.filter(({ link_id }) => !gone.has(link_id));
        const ids = new Set(present.map(({ link_id }) => link_id));
        const covered = page.next ? loaded.all.findLastIndex(({ link_id }) => ids.has(link_id)) + 1 : loaded.all.length;
        const missing = loaded.all.slice(0, covered).filter(({ link_id }) => !ids.has(link_id));
        if ((page.next && covered === 0) || missing.length > pageSize) return void reload();
        const still = await Promise.all(missing.map(isStill));
        // Where the page goes on below what was known of it, the next page is loaded anew.
        const goesOn = !page.next || !loaded.get(present.at(-1).link_id);
        const rest = goesOn ? [] : loaded.all.slice(covered);
        if (rest.length === 0) next = page.next;
        const top = [...missing.filter((_, i) => still[i]), ...present.map(learn)];
        shown += Math.max(top.length - covered, 0);
        loaded.hold([...top, ...rest]);
        render();
      } catch (failed) {
        if (failed.status !== 401) return;
        clear();
        say(message, failed.message, true);
        render();
      }
    });

  // isStill asks for a link by its id, which never lags.
  const isStill = ({ link_id }) => api.get(link_id).then(() => true, ({ status }) => status !== 404);

  // --- Deletions under way ---

  // settle ends every offer to undo and resolves when the service has answered.
  const settle = (keepalive) =>
    Promise.all([...rows.values()].map((row) => (row.state === "offered" ? row.leave(keepalive) : row.left)));

  // keep takes a deletion of this address back, or waits for it when it was sent.
  async function keep(link) {
    const href = address.parse(link)?.href;
    const row = [...rows.values()].find((row) => row.url?.href === href);
    if (row?.state === "offered") row.stay();
    await row?.left;
  }

  olderButton.addEventListener("click", async () => {
    if (!ready) return start();
    const before = Math.min(shown, loaded.matches.length);
    if (loaded.matches.length < shown + pageSize && next && !(await load(pageSize)) && loaded.matches.length === before) return;
    shown += pageSize;
    render();
    const more = loaded.matches.slice(before, shown);
    if (more.length) rows.get(more[0].link_id).part("link").focus();
    else if (!next) byId("sought").focus();
    say(byId("news"), `${more.length} older links.${olderButton.hidden ? " These were the last." : ""}`);
  });

  return {
    start,
    reload,
    refresh,
    forget,
    load,
    settle,
    filter,
    prepend,
    show,
    clearFound,
    keep,
    found: () => loaded.matches.length,
    hasMore: () => next !== null,
  };
})();
