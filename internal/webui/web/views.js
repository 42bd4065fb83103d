// views describes what queries select.
const views = (() => {
  const maxWords = 10;
  const maxQueryBytes = 200;
  const maxLinkBytes = 8000;

  // patternOf returns an expression that matches each of the words, the longest first.
  // With i and u, case is folded as the service does. The list does not show https://.
  function patternOf(words) {
    const escaped = words.map((word) => word.replace(/^https:\/\/\b/i, "").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return new RegExp(`(${escaped.sort((a, b) => b.length - a.length).join("|")})`, "iu");
  }

  // create returns a view: a query, the links that it selects as far as they are loaded,
  // and the state of the requests for them.
  function create(query) {
    const { text, tags: filters } = query;
    const words = text.split(/\s+/).filter(Boolean);
    const isTooLarge = words.length > maxWords || new TextEncoder().encode(words.join(" ")).length > maxQueryBytes;
    return {
      query,
      words,
      filters,
      address: filters.length === 0 && text.length <= maxLinkBytes && urls.isAddress(text.trim()) ? urls.withScheme(text) : "",
      isTooLarge,
      pattern: words.length && !isTooLarge ? patternOf(words) : undefined,
      isSearch: words.length + filters.length > 0,
      links: [],
      next: null, // URL of the next page
      isLoaded: false,
      examined: 0,
      controller: new AbortController(),
      queue: Promise.resolve(),
    };
  }

  // pathOf returns the URL of the first page.
  function pathOf({ words, filters }) {
    const query = new URLSearchParams(filters.map((tag) => ["tag", tag]));
    if (words.length) query.set("q", words.join(" "));
    return `link?${query}`;
  }

  return { create, pathOf };
})();
