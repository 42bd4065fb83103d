"use strict";

const byId = (id) => document.getElementById(id);

// say writes into an element that a screen reader follows.
function say(element, text, isError = false) {
  element.textContent = text;
  element.classList.toggle("error", isError);
}

// copy works without the clipboard API too, which a browser offers on https and localhost only.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const before = document.activeElement;
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  }
  say(byId("news"), "Copied.");
}

// list is the list of links: its rows, its pages, finding in it, and deletion with a way back.
const list = (() => {
  const pageSize = 50;
  const graceSeconds = 5;
  const longestGraceSeconds = 20;
  const impossible = "00000000-0000-0000-0000-000000000000";

  const links = byId("links");
  const found = byId("found");
  const olderButton = byId("older");
  const rows = new Map();
  const gone = new Set();
  let next = null;
  let loaded = false;
  let words = "";

  // shownHost is the host as it was written when that names the same host, so that an international name can
  // be read, and as the browser understands it otherwise.
  function shownHost(link, url) {
    const written = /^[^:]*:[\\/]*([^\\/?#]*)/.exec(link)[1].split("@").at(-1);
    return bookmarks.parseURL(`${url.protocol}//${written}`)?.host === url.host ? written.toLowerCase() : url.host;
  }

  // Row is one link. While its deletion can be undone it is "offered", and "leaving" once that was sent.
  class Row {
    state = "there";

    constructor({ link_id, link }) {
      this.id = link_id;
      this.link = link;
      this.url = bookmarks.parseURL(link);
      this.element = byId("row").content.firstElementChild.cloneNode(true);
      this.host = this.url ? shownHost(link, this.url) : link;
      this.text = `${link} ${this.host} ${this.url?.href}`.toLowerCase();
      if (/^https?:$/.test(this.url?.protocol)) this.part("link").href = link;
      this.part("host").textContent = this.host;
      this.part("address").textContent = link;
      for (const [name, act] of Object.entries({ copy: () => this.copy(), delete: () => this.offer(), undo: () => this.undo() })) {
        const button = this.part(name);
        const label = name[0].toUpperCase() + name.slice(1);
        button.setAttribute("aria-label", name === "undo" ? `Undo the deletion of ${link}` : `${label} ${link}`);
        if (name !== "undo") button.title = label;
        button.addEventListener("click", act);
      }
    }

    part(name) {
      return this.element.querySelector(`.${name}`);
    }

    async copy() {
      await copy(this.link);
      this.part("copy").classList.add("done");
      setTimeout(() => this.part("copy").classList.remove("done"), 1500);
    }

    note(sentence) {
      this.part("note").textContent = sentence;
      this.part("note").hidden = sentence === "";
      say(byId("news"), sentence);
    }

    // offer takes the link out of sight at once and deletes it only when the time for undo has passed, since a
    // link that is stored again would have lost its place. Deleting always needs a token: without one the
    // service is asked first, about an id that no link has, so that its no comes now and not after that time.
    async offer() {
      if (this.state !== "there") return;
      this.state = "asking";
      this.note("");
      try {
        if (!api.token.get()) await api.remove(impossible);
      } catch (failed) {
        if (failed.status !== 404) {
          this.state = "there";
          this.note(failed.message);
          return;
        }
      }
      this.dress("offered");
      this.part("undo").focus();
      say(byId("news"), `Deleted ${this.host}. Undo is offered.`);
      this.wait();
    }

    // Who reaches for Undo, with the pointer or by keyboard, gets more time.
    wait(seconds = graceSeconds) {
      this.timer = setTimeout(() => {
        const reached = document.hasFocus() && this.part("undo").matches(":focus-visible, :hover");
        if (reached && seconds < longestGraceSeconds) this.wait(seconds + graceSeconds);
        else this.leave();
      }, 1000 * graceSeconds);
    }

    stay() {
      clearTimeout(this.timer);
      this.dress("there");
    }

    undo() {
      this.stay();
      this.part("delete").focus();
      say(byId("news"), `${this.host} is back.`);
    }

    // leave sends the deletion. If it fails the link comes back in its place, with the reason.
    leave(keepalive = false) {
      clearTimeout(this.timer);
      this.dress("leaving");
      this.left = (async () => {
        try {
          await api.remove(this.id, keepalive);
        } catch (failed) {
          if (failed.status !== 404) {
            this.dress("there");
            this.note(failed.message);
            return;
          }
        }
        gone.add(this.id);
        drop(this);
      })();
      return this.left;
    }

    dress(state) {
      this.state = state;
      const there = state === "there";
      this.part("link").hidden = !there;
      this.part("actions").hidden = !there;
      this.part("deleted").hidden = there;
      this.part("deleted").firstElementChild.textContent = `Deleted ${this.host}`;
      this.part("undo").hidden = state !== "offered";
    }
  }

  function drop(row) {
    rows.delete(row.id);
    row.element.remove();
    update();
  }

  function update() {
    found.hidden = found.childElementCount === 0;
    olderButton.hidden = loaded && !next;
    olderButton.textContent = loaded ? "Older links" : "Try again";
    byId("empty").hidden = !loaded || next !== null || rows.size > 0;
    byId("find").hidden = rows.size === 0 && words === "";
    const shown = [...rows.values()].filter((row) => {
      row.element.hidden = !row.text.includes(words) && row.element.parentNode === links;
      return !row.element.hidden;
    });
    const matches = `${shown.length} of ${rows.size} loaded links ${shown.length === 1 ? "matches" : "match"}.`;
    say(byId("find-message"), words && matches + (next ? " There are older ones." : ""));
    return shown.length;
  }

  // append puts a page below what is there and gives its rows.
  function append(page) {
    const added = page.links.map((link) => {
      const row = rows.get(link.link_id) ?? new Row(link);
      rows.set(row.id, row);
      links.append(row.element);
      return row;
    });
    next = page.next;
    update();
    return added;
  }

  function prepend(link) {
    gone.delete(link.link_id);
    const row = rows.get(link.link_id) ?? new Row(link);
    rows.set(row.id, row);
    links.prepend(row.element);
    update();
    return row;
  }

  // Pages are loaded one after the other, whoever asks for them.
  let turn = Promise.resolve();
  const inTurn = (job) => (turn = turn.then(job, job));

  const start = () =>
    inTurn(async () => {
      say(byId("list-message"), "Loading…");
      olderButton.hidden = true;
      try {
        const first = await api.page("link", pageSize);
        loaded = true;
        append(first);
        say(byId("list-message"), "");
      } catch (failed) {
        say(byId("list-message"), failed.message, true);
        update();
      }
    });

  async function reload() {
    await settle();
    await turn;
    rows.clear();
    links.replaceChildren();
    found.replaceChildren();
    next = null;
    loaded = false;
    await start();
  }

  // older loads the next page and resolves to its rows.
  const older = (limit = pageSize) =>
    inTurn(async () => {
      if (!next) return [];
      try {
        const added = append(await api.page(next, limit));
        say(byId("list-message"), "");
        return added;
      } catch (failed) {
        say(byId("list-message"), failed.message, true);
        return [];
      }
    });

  // refresh shows what was stored elsewhere since the list was loaded.
  const refresh = () =>
    inTurn(async () => {
      const first = loaded && (await api.page("link", pageSize).catch(() => null));
      if (!first) return;
      // A list may lag behind what was deleted and stored here.
      const present = first.links.filter((link) => !gone.has(link.link_id));
      if (present.length === 0) return;
      if (links.childElementCount === 0) return void append({ links: present, next: first.next });
      const known = present.findIndex((link) => rows.get(link.link_id)?.element.parentNode === links);
      if (known < 0) return void reload();
      for (const link of present.slice(0, known).reverse()) prepend(link);
    });

  // settle ends every offer to undo and resolves when the service has answered.
  const settle = (keepalive) =>
    Promise.all([...rows.values()].map((row) => (row.state === "offered" ? row.leave(keepalive) : row.left)));

  function filter(text) {
    words = text.trim().toLowerCase();
    return update();
  }

  // show leads the eye to a link. One which is not loaded yet stands above the list until the next is shown.
  function show(link) {
    for (const lit of document.querySelectorAll("li.lit")) lit.classList.remove("lit");
    clearFound();
    let row = rows.get(link.link_id);
    if (!row) {
      row = new Row(link);
      rows.set(row.id, row);
      found.append(row.element);
    }
    if (row.element.hidden) {
      byId("sought").value = "";
      byId("sought").dispatchEvent(new Event("input"));
    }
    update();
    row.element.classList.add("lit");
    row.element.scrollIntoView({ block: "nearest" });
  }

  function clearFound() {
    for (const row of rows.values()) {
      if (row.element.parentNode !== found) continue;
      if (row.state === "offered") row.leave();
      else if (row.state === "there") drop(row);
    }
  }

  // keep takes a deletion of this address back, or waits for it when it was sent.
  async function keep(link) {
    const href = bookmarks.parseURL(link)?.href;
    const row = [...rows.values()].find((row) => row.url?.href === href);
    if (row?.state === "offered") row.stay();
    await row?.left;
  }

  olderButton.addEventListener("click", async () => {
    if (!loaded) return start();
    const added = await older();
    if (added.length === 0) return;
    const first = added.find((row) => !row.element.hidden);
    if (first) first.part("link").focus();
    else if (!next) byId("sought").focus();
    say(byId("news"), `${added.length} older links loaded.${next ? "" : " These were the last."}`);
  });

  return {
    start,
    reload,
    refresh,
    older,
    settle,
    filter,
    prepend,
    show,
    clearFound,
    keep,
    hasMore: () => next !== null,
  };
})();
