// formats parses files of links. A parsed link is { link, title, tags, note, rawDate,
// lost }, in which each text may be empty. lost names what Links cannot store.
const formats = (() => {
  const maxTitleBytes = 2000;

  // collapse replaces white space with single spaces.
  const collapse = (text) => text.replace(/[\t\n\f\r ]+/g, " ");

  // singleLine replaces control characters with spaces, and removes half characters.
  const singleLine = (text) => urls.trim(text.replace(/\p{Surrogate}/gu, "").replace(/[\x00-\x1f\x7f]/g, " "));

  // truncate shortens a text to maxBytes of UTF-8, between characters.
  function truncate(text, maxBytes = maxTitleBytes) {
    if (text.length * 3 <= maxBytes) return text;
    const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
    return urls.trim(text.slice(0, read));
  }

  // joinTexts joins different texts, with an empty line between them.
  const joinTexts = (texts) => [...new Set(texts.map(urls.trim).filter(Boolean))].join("\n\n");

  // cleanTitle returns the title of a link, or "" if it repeats the URL.
  const cleanTitle = (title, link) => (title.trim() === link.trim() ? "" : title.trim().replace(/\s+/g, " "));

  // splitTags returns the tags of a list with a separator. Without one, the text is a
  // JSON array, or a list separated by commas, or else by bars or semicolons.
  function splitTags(text, separator) {
    try {
      if (!separator && text.startsWith("[")) return JSON.parse(text).map(urls.trim);
    } catch {
      // It is a list.
    }
    const by = separator || (text.includes(",") ? "," : /[|;]/);
    return text.split(by).map(urls.trim).filter(Boolean);
  }

  // parseDate returns milliseconds since 1970, or NaN. It accepts ISO 8601, in UTC if
  // it names no zone, and numbers: seconds, milliseconds or microseconds since 1970, or
  // microseconds since 1601, as in Chrome.
  function parseDate(rawDate) {
    const text = String(rawDate ?? "").trim();
    if (/^[\d.]+$/.test(text)) {
      const number = Number(text);
      if (number < 1e11) return number * 1000 || NaN; // 0 means none
      if (number < 1e14) return number;
      return Math.floor(number / 1000) - (number < 1e16 ? 0 : 11_644_473_600_000);
    }
    // Chromium reads February 30 as March 1.
    const day = text.slice(0, 10);
    if (!new Date(day).toJSON()?.startsWith(day)) return NaN;
    const iso = text.replace(/^(.{10}) /, "$1T").replace(" UTC", "Z");
    return Date.parse(/T[\d:.]+$/.test(iso) ? `${iso}Z` : iso);
  }

  // --- Records: rows of CSV and objects of JSON ---

  const words = (text) => text.split(" ");
  // The names of each member, in lower case and without punctuation.
  const names = {
    link: words("link url uri href address givenurl"),
    title: words("title name"),
    date: words("added timeadded dateadded adddate created createdat savedat saveddate timestamp date time"),
    tags: words("tags tag tagnames documenttags labels keywords category"),
    folder: words("folder folderpath collection"),
    notes: words("note notes extended description excerpt selection summary comment comments"),
  };
  // The names of members that Links cannot store.
  const lostNames = {
    "read state": words("status state toread unread isarchived archived archive"),
    favorite: words("favorite favorited isfavorite isstarred starred"),
    highlights: words("highlights annotations"),
    privacy: words("private"),
    keyword: words("keyword"),
  };
  // The folders of Raindrop and Linkwarden for links that are in no folder.
  const isNoFolder = (name) => /^(unsorted|unorganized)$/i.test(name);
  const normalize = (name) => name.toLowerCase().replace(/[^a-z]/g, "");
  const isMarked = (value) => !/^(0|false|no|unread|\[\])?$/i.test(value);

  const nameOf = (tag) => tag?.name ?? tag?.title ?? tag?.label ?? tag;

  // toEntry converts a record, a Map with normalized names.
  function toEntry(record, folders = []) {
    const find = (all) => all.map((name) => record.get(name)).find(Boolean) ?? "";
    const get = (field) => find(names[field]);
    const text = (value) => (typeof value === "string" ? value : "");
    const link = urls.withScheme(String(get("link")));
    const isPinboard = record.has("href") && record.has("extended");
    let title = text(isPinboard ? record.get("description") : get("title"));
    // The titles of an export of Links are exact.
    if (!record.has("linkid")) title = cleanTitle(title, link);
    const tags = get("tags");
    const listed = Array.isArray(tags) ? tags.map(nameOf) : splitTags(text(tags), isPinboard && /\s+/);
    const folder = text(get("folder"));
    // The states of Instapaper are folders.
    const isState = record.has("selection") && /^(unread|archive|starred)$/i.test(folder);
    if (isState && folder !== "Unread") record.set(normalize(folder), folder);
    if (record.get("shared") === "no") record.set("private", "yes");
    const path = isState || isNoFolder(folder) ? "" : folder.split("/").map(urls.trim).filter(Boolean).join("/");
    const described = record.get("annos")?.find?.(({ name }) => name === "bookmarkProperties/description");
    const noteNames = names.notes.filter((name) => !(isPinboard && name === "description"));
    return {
      link,
      title,
      tags: [[...folders, path].filter(Boolean).join("/"), ...listed].filter((tag) => typeof tag === "string" && tag),
      note: joinTexts([...noteNames.map((name) => record.get(name)), described?.value].map(text)),
      rawDate: get("date"),
      lost: Object.keys(lostNames).filter((what) => isMarked(find(lostNames[what]))),
    };
  }

  // --- JSON ---

  // parseJSON returns the links in a value: each object with a URL, at any depth. The
  // objects around it are folders if they have children or links. An object without a
  // URL describes the objects in its members, except in arrays.
  async function parseJSON(text) {
    const entries = [];
    await pause(); // The text was joined in the same task.
    async function add(value, folders, outer) {
      await pause();
      if (typeof value !== "object" || value === null) return;
      if (Array.isArray(value)) {
        for (const item of value) await add(item, folders, []);
        return;
      }
      const members = Object.entries(value).map(([name, member]) => [normalize(name), member]);
      if (members.some(([name, member]) => names.link.includes(name) && typeof member === "string")) {
        entries.push(toEntry(new Map([...outer, ...members]), folders));
        return add(value.children, folders, []);
      }
      const title = Array.isArray(value.children ?? value.links) ? collapse(String(value.title ?? value.name ?? "")) : "";
      // The roots of Firefox have a member root, those of Chrome are the members of roots.
      // Vivaldi keeps deleted bookmarks in the root trash.
      const isRoot = value.root || (value.links && isNoFolder(title));
      const path = isRoot || !title ? folders : [...folders, title];
      const own = members.filter(([, member]) => typeof member !== "object" || member?.map);
      for (const [name, member] of Object.entries(value)) {
        const isRoots = name === "roots";
        for (const item of isRoots ? Object.values({ ...member, trash: null }) : [member]) await add(isRoots ? { ...item, root: true } : item, path, own);
      }
    }
    let parsed;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw new Error("This JSON file is damaged or incomplete.");
    }
    await add(parsed, [], []);
    return entries;
  }

  // --- CSV ---

  // rowsOf yields the fields of each row of a CSV file (RFC 4180) that is not
  // empty, and whether the last field is quoted and its end is missing.
  async function* rowsOf(text, parts, separator) {
    let fields = [];
    let isOpen = false;
    let start = 0; // of the row
    const delimiters = new RegExp(`[${separator}\\r\\n]`, "g");
    for (let at = 0; ; at++) {
      let field = "";
      // Within quotes, a quote is doubled.
      while (text[at] === '"') {
        const close = text.indexOf('"', at + 1);
        isOpen = close < 0;
        const end = isOpen ? text.length : close;
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] === '"') field += '"';
      }
      delimiters.lastIndex = at;
      const end = delimiters.exec(text)?.index ?? text.length;
      if (end === text.length) {
        // Read the row again, with twice as much text, so that its cost is linear.
        const row = text.slice(start);
        let read = row;
        for (let part; read.length <= 2 * row.length && (part = (await parts.next()).value); ) read += part;
        if (read !== row) {
          text = read;
          [fields, start, at] = [[], 0, -1];
          continue;
        }
      }
      fields.push(field + text.slice(at, end));
      at = text.startsWith("\r\n", end) ? end + 1 : end;
      if (text[end] !== separator) {
        if (fields.join("").trim()) yield { fields, isOpen };
        fields = [];
        start = at + 1;
      }
      if (end === text.length) return;
    }
  }

  // namesURL reports whether the first row contains the name of a column of URLs.
  const namesURL = (text, separator) => /.*/.exec(text)[0].split(separator).some((name) => names.link.includes(normalize(name)));

  async function parseCSV(text, parts, separator) {
    const rows = rowsOf(text, parts, separator);
    const columns = (await rows.next()).value.fields.map(normalize);
    const entries = [];
    let isTruncated = false;
    let width = 0; // of the row before
    for await (const { fields, isOpen } of rows) {
      await pause();
      // Nothing separates the URLs in a single column.
      const values = columns.length > 1 ? fields : [fields.join(separator)];
      entries.push(toEntry(new Map(columns.map((name, i) => [name, values[i] ?? ""]))));
      isTruncated = isOpen || values.length < width;
      width = values.length;
    }
    return { entries, isTruncated };
  }

  // --- Lists ---

  // parseList returns the URLs in a text, with the text around the only one in a line as
  // its title. A line that is a single word is a URL too.
  async function parseList(first, parts) {
    const entries = [];
    for (let text = first; text; { value: text } = await parts.next()) {
      for (const line of text.split(/[\r\n]+/)) {
        await pause();
        const [found, title] = urls.findTitled(line);
        for (const link of found.length ? found : (/^\s*(?=.*\w)(\S+)\s*$/.exec(line)?.slice(1) ?? [])) {
          entries.push({ link, title: cleanTitle(title, link), tags: [], note: "", rawDate: "", lost: [] });
        }
      }
    }
    return entries.some(({ link }) => urls.isURL(link)) ? entries : [];
  }

  async function parseParts(parts, name) {
    const { value = "" } = await parts.next();
    const first = value.replace(/^sep=.\s+/, ""); // Excel
    const start = first.replace(/^[\s,;]+/, "");
    if (start.startsWith("<")) return netscape.parse(first, parts);
    // JSON starts with brackets and a string. "[ ]" starts a task in a list of tasks.
    const isJSON = /^[[{][[{}\],\s]*("|$)/.test(start);
    if (!isJSON) {
      const separator = [",", ";", "\t"].find((candidate) => namesURL(start, candidate));
      if (separator) return parseCSV(first, parts, separator);
      if (/\.csv$/i.test(name) && /^[^"\n]*[,;]/.test(start)) throw new Error("No column is named url.");
      return { entries: await parseList(first, parts) };
    }
    const texts = [first];
    for await (const part of parts) texts.push(part);
    const text = texts.join("");
    const entries = await parseJSON(text);
    return { entries: entries.length ? entries : await parseList(text, parts) };
  }

  // parse resolves to the links of a file in the order of the file, and whether its end
  // is missing. It throws an error with the reason if the file contains none, and the
  // reason of the signal if that is aborted.
  async function parse(file, signal) {
    const parsed = await parseParts(reading.parts(file, signal), file.name);
    if (parsed.entries.length === 0) throw new Error("No links found in this file.");
    for (const entry of parsed.entries) entry.added = parseDate(entry.rawDate);
    return parsed;
  }

  // toJSON writes a valid body of POST /link.
  const toJSON = (links) => `[${links.map((link) => JSON.stringify(link)).join(",\n ")}]\n`;

  return { maxTitleBytes, collapse, singleLine, truncate, joinTexts, cleanTitle, splitTags, parse, toJSON };
})();
