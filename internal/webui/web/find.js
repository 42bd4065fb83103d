// The search form. The fragment of the document's URL contains the query: #q=words and
// any number of &tag=tag.
{
  const field = byId("query");
  const filters = byId("filters");
  const delay = 350; // milliseconds without input until a search starts
  let shown = { text: "", tags: [] };
  let timer = 0;

  function read() {
    const fragment = new URLSearchParams(location.hash.slice(1));
    return { text: fragment.get("q") ?? "", tags: fragment.getAll("tag").slice(0, 5) };
  }

  function fragmentOf({ text, tags }) {
    const fragment = new URLSearchParams(text.trim() ? { q: text.trim() } : {});
    for (const tag of tags) fragment.append("tag", tag);
    return fragment.size ? `#${fragment}` : "";
  }

  // show shows the filters and lists the links of a query.
  function show(query) {
    clearTimeout(timer);
    shown = query;
    scrollTo(0, 0);
    if (byId("status").querySelector(":focus-visible")) field.focus();
    filters.replaceChildren(
      ...query.tags.map((tag) => {
        const others = query.tags.filter((other) => other !== tag);
        const name = tag || "untagged";
        const href = fragmentOf({ ...query, tags: others }) || "#";
        return create("a", { className: "chip filter", href, textContent: name, ariaLabel: `Remove filter ${name}` });
      }),
    );
    return list.open(query);
  }

  // search shows what was typed. While the user types, it replaces the entry of the
  // history, so that Back leaves the search.
  function search(isFinal) {
    const query = { ...read(), text: field.value };
    const isTyping = history.state?.isTyping && query.text.startsWith(shown.text);
    if (fragmentOf(query) !== fragmentOf(shown) || isTyping) {
      const method = isTyping ? "replaceState" : "pushState";
      history[method]({ isTyping: !isFinal }, "", api.base + fragmentOf(query));
    }
    return show(query);
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => fragmentOf({ ...shown, text: field.value }) !== fragmentOf(shown) && search(false), delay);
  });
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    search(true);
  });
  function followLocation() {
    const query = read();
    field.value = query.text;
    show(query);
  }
  addEventListener("hashchange", () => fragmentOf(read()) !== fragmentOf(shown) && followLocation());
  followLocation();
}
