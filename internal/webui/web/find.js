"use strict";

// The search form: it filters the loaded links, loads older ones, and looks up a URL.
(() => {
  const query = byId("query");
  const button = byId("find-button");
  const message = byId("find-message");

  query.addEventListener("input", () => {
    list.clearFound();
    list.filter(query.value);
    const isURL = urls.isURL(query.value);
    button.textContent = isURL ? "Look up" : "Search older";
    button.hidden = query.value.trim() === "" || (!isURL && !list.hasMore());
  });

  byId("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = query.value;
    if (urls.isURL(text)) {
      try {
        const [found] = await api.lookUp(urls.withScheme(text));
        if (found) list.highlight(found);
        showMessage(message, found ? "Found." : "This URL is not in your list.");
      } catch (error) {
        showMessage(message, error.message, true);
      }
      return;
    }
    if (text.trim() === "") return;
    const before = list.matchCount();
    while (list.matchCount() === before && query.value === text && (await list.loadMore(1000)));
    button.hidden = !list.hasMore();
    if (button.hidden) query.focus();
  });
})();
