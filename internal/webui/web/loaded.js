"use strict";

// loaded contains the links loaded so far, newest first, and those of them that
// match every word of the query.
const loaded = (() => {
  const byLinkID = new Map();
  const state = { all: [], matches: [], words: [], searchText, setAll, append, setQuery, get: (id) => byLinkID.get(id) };

  // searchText returns the text to search: the title, the link as written, and its
  // host as the browser writes it.
  function searchText({ title, link }) {
    const text = `${title ?? ""} ${link}`.toLowerCase();
    const host = urls.parse(link)?.host ?? "";
    return text.includes(host) ? text : `${text} ${host}`;
  }

  const filter = (links) => links.filter(({ text }) => state.words.every((word) => text.includes(word)));

  function setAll(links) {
    state.all = links;
    state.matches = filter(links);
    byLinkID.clear();
    for (const link of links) byLinkID.set(link.link_id, link);
  }

  function append(older) {
    state.all.push(...older);
    state.matches.push(...filter(older));
    for (const link of older) byLinkID.set(link.link_id, link);
  }

  function setQuery(text) {
    const before = state.words;
    state.words = [...new Set(text.toLowerCase().split(/\s+/).filter(Boolean))];
    // If each word is longer than before, only the former matches can match.
    const isNarrower = before.length && before.every((word, i) => state.words[i]?.startsWith(word));
    state.matches = filter(isNarrower ? state.matches : state.all);
  }

  return state;
})();
