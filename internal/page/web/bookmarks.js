"use strict";

// bookmarks reads and writes files of links, and sends and fetches them in bulk.
const bookmarks = (() => {
  // A batch is small beside what the service takes (1,000 links, 1 MiB), so that the progress moves.
  const batchLinks = 250;
  const batchBytes = 400_000;
  const longest = 8000;
  const bytes = (text) => new TextEncoder().encode(text).length;

  // parse gives the addresses in a bookmarks file (Netscape format) or in a JSON export, in the file's order.
  function parse(text) {
    if (/^\s*\[/.test(text)) return JSON.parse(text).map((entry) => String(entry?.link));
    const parsed = new DOMParser().parseFromString(text, "text/html");
    return Array.from(parsed.querySelectorAll("a[href]"), (a) => a.getAttribute("href"));
  }

  // sort tells the links to send from the addresses to skip, [{ link, why }], and counts the repeats.
  function sort(addresses) {
    const links = new Map();
    const skipped = [];
    let repeats = 0;
    for (const link of addresses) {
      const url = parseURL(link);
      if (!url || !link.isWellFormed()) skipped.push({ link, why: "not a whole address" });
      else if (!/^https?:$/.test(url.protocol)) skipped.push({ link, why: `${url.protocol} is not http or https` });
      else if (bytes(link) > longest) skipped.push({ link, why: `longer than ${longest} bytes` });
      else if (links.has(url.href)) repeats++;
      else links.set(url.href, link);
    }
    return { links: [...links.values()], skipped, repeats };
  }

  function parseURL(text) {
    try {
      return new URL(text);
    } catch {
      return null;
    }
  }

  function batches(links) {
    const cut = [[]];
    let size = 0;
    for (const link of links) {
      const more = bytes(JSON.stringify({ link })) + 1;
      if (cut.at(-1).length === batchLinks || size + more > batchBytes) {
        cut.push([]);
        size = 0;
      }
      cut.at(-1).push(link);
      size += more;
    }
    return cut;
  }

  // culprit is the place of the link that a refusal of the whole batch names ("Element 3 of…"), or -1.
  function culprit(sentence, batch) {
    if (batch.length === 1) return 0;
    const index = Number(/^\w+ (\d+)\b/.exec(sentence)?.[1] ?? -1);
    return index < batch.length ? index : -1;
  }

  // send stores a batch; a link that the service refuses goes to skip, the others are stored. It resolves to
  // how many were stored. The later half goes first, because what is stored last is the newest.
  async function send(batch, skip) {
    for (let rest = batch; rest.length > 0; ) {
      try {
        return (await api.store(rest.map((link) => ({ link })), api.patiently)).length;
      } catch (failed) {
        if (failed.status !== 400 && failed.status !== 413) throw failed;
        const index = failed.status === 400 || rest.length === 1 ? culprit(failed.message, rest) : -1;
        if (index < 0) {
          const half = Math.ceil(rest.length / 2);
          const later = await send(rest.slice(half), skip);
          return later + (await send(rest.slice(0, half), skip));
        }
        skip({ link: rest[index], why: failed.message.replace(/^[^:]*\d+[^:]*:\s*/, "") });
        rest = rest.toSpliced(index, 1);
      }
    }
    return 0;
  }

  // importAll stores the links so that the list shows them in their order: the last batch goes first. After
  // each batch it calls progress with how many links are done. It can be repeated at any time.
  async function importAll(links, skip, progress) {
    let done = 0;
    let stored = 0;
    for (const batch of batches(links).reverse()) {
      stored += await send(batch, skip);
      done += batch.length;
      progress(done);
    }
    return stored;
  }

  // exportAll resolves to every link of the list, page after page.
  async function exportAll(progress) {
    const all = [];
    for (let next = "link"; next; ) {
      const page = await api.page(next, 1000, api.patiently);
      all.push(...page.links);
      next = page.next;
      progress(all.length);
    }
    return all;
  }

  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => entities[sign]);

  // netscape is the format that every browser imports.
  const netscape = (links) =>
    `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
${links.map(({ link }) => `    <DT><A HREF="${escaped(link)}">${escaped(link)}</A>\n`).join("")}</DL><p>
`;

  // json is what the service lists, so it can be stored again as it is.
  const json = (links) => `[${links.map((link) => JSON.stringify(link)).join(",\n ")}]\n`;

  return { parse, sort, importAll, exportAll, netscape, json, parseURL };
})();
