// netscape parses and writes bookmarks files (Netscape format) and parses the HTML of
// Pocket.
const netscape = (() => {
  const escaped = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escapeHTML = (text) => text.replace(/[&<>"]/g, (character) => escaped[character]);
  // escapeLine also preserves consecutive spaces.
  const escapeLine = (text) => escapeHTML(text).replace(/(?<= ) /g, "&#32;");

  // decode replaces character references, which end with a semicolon.
  const references = new Map();
  function decodeReference(reference) {
    const code = Number(reference.replace(/^&#(x?)(.*);$/i, (_, x, digits) => (x ? `0x${digits}` : digits)));
    // Some files contain the two surrogates of a character as two references.
    if (code > 0 && code <= 0x10ffff && !(code >= 0x80 && code < 0xa0)) return String.fromCodePoint(code);
    return new DOMParser().parseFromString(`<p>-${reference}`, "text/html").body.textContent.slice(1);
  }
  const decode = (text) =>
    text.replace(/&(#\d+|#x[\da-f]+|[a-z][a-z\d]*);/gi, (reference) => {
      if (!references.has(reference)) references.set(reference, decodeReference(reference));
      return references.get(reference);
    });

  // isRoot reports whether a folder exists in every browser or service and is not one of
  // the user. Most browsers mark their own folders; Safari does not.
  const isRoot = (name) =>
    /^(((other|mobile|weitere) )?(bookmarks|lesezeichen|favou?ri\w+) ?(bar|menu|toolbar|leiste|menü)?|unsorted|unorganized)$/i.test(name);

  const attribute = /[\s/]*([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y;

  // readAttributes returns the attributes of a tag and the position after the tag.
  function readAttributes(text, from) {
    const attributes = {};
    attribute.lastIndex = from;
    let at = from;
    for (let match; (match = attribute.exec(text)); at = attribute.lastIndex) {
      const value = match[2] ?? match[3] ?? match[4] ?? "";
      attributes[match[1].toLowerCase()] ??= value.includes("&") ? decode(value) : value;
    }
    const end = text.indexOf(">", at);
    return [attributes, end < 0 ? text.length : end + 1];
  }

  function toEntry(attributes, folders, isArchived) {
    const { href, tags = "", added, add_date, time_added, position } = attributes;
    const path = folders.filter(Boolean).join("/");
    const isOn = (value) => /^(1|true)$/i.test(value);
    return {
      link: href,
      title: "",
      tags: [path, ...formats.splitTags(tags, time_added === undefined && ",")].filter(Boolean),
      note: "",
      rawDate: added ?? add_date ?? time_added,
      position: Number(position ?? 0),
      isOwn: position !== undefined,
      lost: [
        (isOn(attributes.toread) || isArchived) && "read state",
        isOn(attributes.private) && "privacy",
        isOn(attributes["data-important"]) && "favorite",
        attributes.shortcuturl && "keyword",
      ].filter(Boolean),
    };
  }

  // parse resolves to the links of a file, and whether its end is missing. parts yields
  // the text after the first part. parse reads tags itself, because DOMParser blocks the
  // browser while it parses a large file.
  async function parse(first, parts) {
    const entries = [];
    const folders = []; // the name of each open list, "" for a root, null without a name
    let folder = null; // the name of the list that comes next
    let isArchived = false;
    let last = null; // the link that a description belongs to
    let use = null; // receives the text that is being read
    let read = "";
    const finish = () => {
      use?.(read);
      use = null;
      read = "";
    };
    const line = (raw) => urls.trim(decode(formats.collapse(raw)));
    const handlers = {
      a(attributes) {
        last = null;
        if (attributes.href === undefined) return;
        const entry = toEntry(attributes, folders, isArchived);
        entries.push(entry);
        last = entry;
        use = (raw) => {
          const title = line(raw);
          if (!entry.isOwn) entry.title = formats.cleanTitle(title, entry.link);
          else if (attributes.untitled === undefined) entry.title = title;
        };
      },
      h3(attributes) {
        last = null;
        const isMarked = attributes.personal_toolbar_folder || attributes.unfiled_bookmarks_folder;
        use = (raw) => {
          const name = line(raw);
          folder = folders.every((outer) => outer === null) && (isMarked || isRoot(name)) ? "" : name;
        };
      },
      h1() {
        use = (raw) => (isArchived = line(raw) === "Read Archive");
      },
      dl() {
        folders.push(folder);
        folder = null;
      },
      dd() {
        const entry = last;
        use = (raw) => entry && (entry.note = formats.joinTexts(decode(raw).split(entry.isOwn ? /$^/ : /\[\/?linkding-notes\]/)));
      },
      "/dl"() {
        folders.pop();
        last = null;
      },
      "/a"() {},
      "/h1"() {},
      "/h3"() {},
    };
    const tag = /<(?:!--|(\/?[a-z][a-z\d]*))/gi;
    // add continues with a text that ends before a tag.
    async function add(text) {
      for (let at = 0, count = 0; at < text.length; ) {
        if (++count % 100 === 0) await pause();
        tag.lastIndex = at;
        const match = tag.exec(text);
        if (use) read += text.slice(at, match?.index);
        if (!match) break;
        const name = match[1]?.toLowerCase();
        const handle = Object.hasOwn(handlers, name) ? handlers[name] : null;
        if (handle) finish();
        if (name === "a" || name === "h3") {
          const [attributes, end] = readAttributes(text, tag.lastIndex);
          handle(attributes);
          at = end;
        } else {
          if (/^(br|p|li)$/.test(name)) read += "\n";
          handle?.();
          const close = name ? ">" : "-->";
          const end = text.indexOf(close, tag.lastIndex);
          at = end < 0 ? text.length : end + close.length;
        }
      }
    }
    let rest = first;
    for await (const part of parts) {
      const end = Math.max(part.lastIndexOf("<DT"), part.lastIndexOf("<dt"), part.lastIndexOf("<li"), 0);
      if (end) await add(rest + part.slice(0, end));
      rest = (end ? "" : rest) + part.slice(end);
    }
    await add(rest);
    finish();
    entries.sort((a, b) => a.position - b.position);
    return { entries, isTruncated: folders.length > 0 };
  }

  // --- Writing ---

  // folderOf returns the folders of a link: the levels of its first tag. It returns []
  // if parse would read another tag.
  function folderOf([first = ""] = []) {
    const levels = first.split("/");
    const isExact = levels.every((level) => level && urls.trim(level) === level);
    return isExact && !isRoot(levels[0]) ? levels : [];
  }

  // write returns a file that every browser imports. The attributes POSITION, ADDED and
  // UNTITLED are for parse: folders change the order, and browsers read whole seconds.
  function write(links) {
    const root = { folders: new Map(), lines: [] };
    links.forEach((link, position) => {
      const levels = folderOf(link.tags);
      let folder = root;
      for (const level of levels) {
        if (!folder.folders.has(level)) folder.folders.set(level, { folders: new Map(), lines: [] });
        folder = folder.folders.get(level);
      }
      const tags = (link.tags ?? []).slice(levels.length ? 1 : 0).join(",");
      const attributes = [
        `HREF="${escapeHTML(link.link)}"`,
        `ADD_DATE="${Math.floor(Date.parse(link.added) / 1000)}"`,
        tags && `TAGS="${escapeHTML(tags)}"`,
        `ADDED="${link.added}"`,
        `POSITION="${position}"`,
        !link.title && "UNTITLED",
      ];
      folder.lines.push(`<DT><A ${attributes.filter(Boolean).join(" ")}>${escapeLine(link.title ?? link.link)}</A>`);
      if (link.note) folder.lines.push(`<DD>${escapeHTML(link.note)}`);
    });
    const lines = [
      "<!DOCTYPE NETSCAPE-Bookmark-file-1>",
      '<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">',
      "<TITLE>Bookmarks</TITLE>",
      "<H1>Bookmarks</H1>",
    ];
    const writeFolder = ({ folders, lines: own }) => {
      lines.push("<DL><p>", ...own);
      for (const [name, folder] of folders) {
        lines.push(`<DT><H3>${escapeLine(name)}</H3>`);
        writeFolder(folder);
      }
      lines.push("</DL><p>");
    };
    writeFolder(root);
    return `${lines.join("\n")}\n`;
  }

  return { parse, write };
})();
