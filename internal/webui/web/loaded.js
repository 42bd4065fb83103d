"use strict";

// loaded is what of the list is loaded, newest first, and which of that has all the words that are sought.
const loaded = (() => {
  const byLinkID = new Map();
  const state = { all: [], matches: [], words: [], searchable, hold, add, seek, get: (id) => byLinkID.get(id) };

  // searchable is what finding looks through: the title, the address as written, and the host as a browser writes it.
  function searchable({ title, link }) {
    const written = `${title ?? ""} ${link}`.toLowerCase();
    const host = address.parse(link)?.host ?? "";
    return written.includes(host) ? written : `${written} ${host}`;
  }

  const matching = (links) => links.filter(({ text }) => state.words.every((word) => text.includes(word)));

  // hold makes these links all that is loaded.
  function hold(links) {
    state.all = links;
    state.matches = matching(links);
    byLinkID.clear();
    for (const link of links) byLinkID.set(link.link_id, link);
  }

  function add(older) {
    state.all.push(...older);
    state.matches.push(...matching(older));
    for (const link of older) byLinkID.set(link.link_id, link);
  }

  function seek(text) {
    const before = state.words;
    state.words = [...new Set(text.toLowerCase().split(/\s+/).filter(Boolean))];
    // Where each word only grew, what did not match before does not match now.
    const grew = before.length && before.every((word, i) => state.words[i]?.startsWith(word));
    state.matches = matching(grew ? state.matches : state.all);
  }

  return state;
})();
