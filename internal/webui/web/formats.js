"use strict";

// formats parses and writes files of links. A parsed link is { link, title, rawDate,
// added, tags }. title is "" if there is none. added is in milliseconds, or NaN if
// rawDate is missing or invalid.
const formats = (() => {
  const maxTitleBytes = 2000;
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escapeHTML = (text) => text.replace(/[&<>"]/g, (character) => entities[character]);

  // singleLine replaces control characters with spaces.
  const singleLine = (text) => urls.trim(text.toWellFormed().replace(/[\x00-\x1f\x7f]/g, " "));

  // truncate shortens a line to maxTitleBytes of UTF-8, between characters.
  function truncate(line) {
    if (line.length * 3 <= maxTitleBytes) return line;
    const { read } = new TextEncoder().encodeInto(line, new Uint8Array(maxTitleBytes));
    return urls.trim(line.slice(0, read));
  }

  // parseDate accepts seconds, milliseconds or microseconds since 1970, told apart by
  // their size, and ISO 8601, in UTC if it names no zone.
  function parseDate(rawDate) {
    const text = String(rawDate ?? "").trim();
    if (/^\d+$/.test(text)) {
      const number = Number(text);
      return number < 1e11 ? number * 1000 : number < 1e14 ? number : Math.floor(number / 1000);
    }
    if (!/^\d{4}-\d\d-\d\d/.test(text)) return NaN;
    const iso = text.replace(/^(.{10}) /, "$1T");
    return Date.parse(/T[\d:.]+$/.test(iso) ? `${iso}Z` : iso);
  }

  // --- Parsing ---

  // Files repeat the URL as the title of a link without one.
  const titleOrEmpty = (text, link) => (text.trim() === link.trim() ? "" : text);

  function parseHTML(text) {
    const parsed = new DOMParser().parseFromString(text, "text/html");
    const links = Array.from(parsed.querySelectorAll("a[href]"), (a) => {
      const link = a.getAttribute("href");
      const rawDate = a.getAttribute("add_date") ?? a.getAttribute("time_added");
      return { link, title: titleOrEmpty(a.textContent, link), rawDate, tags: a.getAttribute("tags") };
    });
    return { links, folders: parsed.querySelectorAll("dt > h3").length };
  }

  function parseJSON(text) {
    const links = JSON.parse(text).map((item) => ({
      link: String(item?.link),
      title: typeof item?.title === "string" ? item.title : "",
      rawDate: item?.added,
    }));
    return { links, folders: 0 };
  }

  // parseRows returns the fields of each row of a CSV file (RFC 4180).
  function parseRows(text) {
    const rows = [[]];
    const delimiters = /[,\r\n]/g;
    for (let at = 0; ; at++) {
      let field = "";
      // Within quotes, a quote is doubled.
      while (text[at] === '"') {
        const close = text.indexOf('"', at + 1);
        const end = close < 0 ? text.length : close;
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] === '"') field += '"';
      }
      delimiters.lastIndex = at;
      const end = delimiters.exec(text)?.index ?? text.length;
      rows.at(-1).push(field + text.slice(at, end));
      if (end >= text.length) return rows;
      at = text.startsWith("\r\n", end) ? end + 1 : end;
      if (text[end] !== ",") rows.push([]);
    }
  }

  const columnNames = {
    link: ["url", "link", "href"],
    title: ["title", "name"],
    rawDate: ["time_added", "created", "timestamp", "added", "add_date", "created_at", "date", "time"],
    tags: ["tags", "tag", "labels"],
    folder: ["folder", "collection"],
  };

  // parseCSV returns null if no column contains URLs.
  function parseCSV(text) {
    const [header, ...rows] = parseRows(text);
    const names = header.map((name) => name.trim().toLowerCase());
    const column = {};
    for (const [field, known] of Object.entries(columnNames)) column[field] = names.indexOf(known.find((name) => names.includes(name)));
    if (column.link < 0) return null;
    const folders = new Set();
    const links = [];
    for (const row of rows) {
      const get = (field) => row[column[field]] ?? "";
      if (row.length === 1 && row[0] === "") continue;
      if (get("folder")) folders.add(get("folder"));
      links.push({ link: get("link"), title: titleOrEmpty(get("title"), get("link")), rawDate: get("rawDate"), tags: get("tags") });
    }
    return { links, folders: folders.size };
  }

  // parse accepts a bookmarks file (Netscape format), a JSON export or CSV. It returns
  // the links in the order of the file, and the numbers of folders and of tags.
  function parse(text) {
    const start = text.trimStart().slice(0, 1);
    const { links, folders } = start === "[" ? parseJSON(text) : ((start !== "<" && parseCSV(text)) || parseHTML(text));
    const tags = new Set();
    for (const link of links) {
      for (const tag of link.tags?.replace(/[[\]"]/g, "").split(/[,|]/) ?? []) if (tag.trim()) tags.add(tag.trim());
      link.added = parseDate(link.rawDate);
    }
    return { links, folders, tags: tags.size };
  }

  // --- Writing ---

  const seconds = (added) => Math.floor(Date.parse(added) / 1000);

  // toNetscape writes the format that every browser imports.
  const toNetscape = (links) =>
    `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
${links.map(({ link, title, added }) => `    <DT><A HREF="${escapeHTML(link)}" ADD_DATE="${seconds(added)}">${escapeHTML(title ?? link)}</A>\n`).join("")}</DL><p>
`;

  // toJSON writes a valid body of POST /link.
  const toJSON = (links) => `[${links.map((link) => JSON.stringify(link)).join(",\n ")}]\n`;

  return { singleLine, truncate, parse, toNetscape, toJSON };
})();
