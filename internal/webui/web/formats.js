"use strict";

// formats reads and writes files of links. A link in a file is { link, title, added, tags }: title is "" for none, added
// is in milliseconds and NaN for none, or for one that cannot be read.
const formats = (() => {
  const longestTitle = 2000;
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => entities[sign]);

  // line makes one line of any text: control characters become spaces.
  const line = (text) => address.trimmed(text.toWellFormed().replace(/[\x00-\x1f\x7f]/g, " "));

  // short cuts a line that is longer than 2,000 bytes, at a character.
  function short(line) {
    if (line.length * 3 <= longestTitle) return line;
    const { read } = new TextEncoder().encodeInto(line, new Uint8Array(longestTitle));
    return address.trimmed(line.slice(0, read));
  }

  // moment reads a date: seconds, milliseconds or microseconds since 1970, which are told apart by their size, or a
  // date in ISO 8601, in UTC when it names no zone.
  function moment(written) {
    const text = String(written ?? "").trim();
    if (/^\d+$/.test(text)) {
      const number = Number(text);
      return number < 1e11 ? number * 1000 : number < 1e14 ? number : Math.floor(number / 1000);
    }
    if (!/^\d{4}-\d\d-\d\d/.test(text)) return NaN;
    const iso = text.replace(/^(.{10}) /, "$1T");
    return Date.parse(/T[\d:.]+$/.test(iso) ? `${iso}Z` : iso);
  }

  // --- Reading ---

  // Where there is no title, files have the address in its place.
  const named = (text, link) => (text.trim() === link.trim() ? "" : text);

  function fromHTML(text) {
    const parsed = new DOMParser().parseFromString(text, "text/html");
    const links = Array.from(parsed.querySelectorAll("a[href]"), (a) => {
      const link = a.getAttribute("href");
      const written = a.getAttribute("add_date") ?? a.getAttribute("time_added");
      return { link, title: named(a.textContent, link), written, tags: a.getAttribute("tags") };
    });
    return { links, folders: parsed.querySelectorAll("dt > h3").length };
  }

  function fromJSON(text) {
    const links = JSON.parse(text).map((one) => ({
      link: String(one?.link),
      title: typeof one?.title === "string" ? one.title : "",
      written: one?.added,
    }));
    return { links, folders: 0 };
  }

  // rows gives the fields of each line of a CSV file (RFC 4180).
  function rows(text) {
    const lines = [[]];
    const ends = /[,\r\n]/g;
    for (let at = 0; ; at++) {
      let field = "";
      // A sign of quotation within quotes is written twice.
      while (text[at] === '"') {
        const close = text.indexOf('"', at + 1);
        const end = close < 0 ? text.length : close;
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] === '"') field += '"';
      }
      ends.lastIndex = at;
      const end = ends.exec(text)?.index ?? text.length;
      lines.at(-1).push(field + text.slice(at, end));
      if (end >= text.length) return lines;
      at = text.startsWith("\r\n", end) ? end + 1 : end;
      if (text[end] !== ",") lines.push([]);
    }
  }

  const columns = {
    link: ["url", "link", "href"],
    title: ["title", "name"],
    written: ["time_added", "created", "timestamp", "added", "add_date", "created_at", "date", "time"],
    tags: ["tags", "tag", "labels"],
    folder: ["folder", "collection"],
  };

  // fromCSV gives null when the first line names no column of addresses.
  function fromCSV(text) {
    const [header, ...lines] = rows(text);
    const names = header.map((name) => name.trim().toLowerCase());
    const place = {};
    for (const [field, usual] of Object.entries(columns)) place[field] = names.indexOf(usual.find((name) => names.includes(name)));
    if (place.link < 0) return null;
    const folders = new Set();
    const links = [];
    for (const line of lines) {
      const get = (field) => line[place[field]] ?? "";
      if (line.length === 1 && line[0] === "") continue;
      if (get("folder")) folders.add(get("folder"));
      links.push({ link: get("link"), title: named(get("title"), get("link")), written: get("written"), tags: get("tags") });
    }
    return { links, folders: folders.size };
  }

  // parse reads a bookmarks file (Netscape format), a JSON export or CSV. It gives the links in the file's order, and
  // how many folders and different tags there are.
  function parse(text) {
    const start = text.trimStart().slice(0, 1);
    const { links, folders } = start === "[" ? fromJSON(text) : ((start !== "<" && fromCSV(text)) || fromHTML(text));
    const tags = new Set();
    for (const one of links) {
      for (const tag of one.tags?.replace(/[[\]"]/g, "").split(/[,|]/) ?? []) if (tag.trim()) tags.add(tag.trim());
      one.added = moment(one.written);
    }
    return { links, folders, tags: tags.size };
  }

  // --- Writing ---

  const seconds = (added) => Math.floor(Date.parse(added) / 1000);

  // netscape is the format that every browser imports. Where there is no title the address stands for it.
  const netscape = (links) =>
    `<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
${links.map(({ link, title, added }) => `    <DT><A HREF="${escaped(link)}" ADD_DATE="${seconds(added)}">${escaped(title ?? link)}</A>\n`).join("")}</DL><p>
`;

  // json is what the service lists, so it can be stored again as it is.
  const json = (links) => `[${links.map((link) => JSON.stringify(link)).join(",\n ")}]\n`;

  return { line, short, parse, netscape, json };
})();
