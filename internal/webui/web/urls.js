// urls reads URLs that people type, paste and share. Each function runs in time
// linear in its input.
const urls = (() => {
  function parse(text) {
    try {
      return new URL(text);
    } catch {
      return null;
    }
  }

  // withScheme adds https:// if the text starts with a host.
  function withScheme(text) {
    const trimmed = text.trim();
    const host = /^[^\s:/?#@,()[\]]*/.exec(trimmed)[0];
    const hasDot = host.slice(1, -1).includes(".");
    return hasDot && /^(:\d+)?([/?#]|$)/.test(trimmed.slice(host.length)) ? `https://${trimmed}` : text;
  }

  const isURL = (text) => /^\s*https?:\/\//i.test(withScheme(text));

  // isAddress reports whether a search looks up the text: it has a scheme, or a path
  // after a host. A host alone is a word.
  const isAddress = (text) => !/\s/.test(text) && text.includes("/") && isURL(text) && parse(withScheme(text)) !== null;

  // trim removes surrounding ASCII white space, as the service does.
  function trim(text) {
    let [from, to] = [0, text.length];
    while (from < to && "\t\n\f\r ".includes(text[from])) from++;
    while (from < to && "\t\n\f\r ".includes(text[to - 1])) to--;
    return text.slice(from, to);
  }

  // hostRange returns the range [from, to] of the host in a link, as it is
  // written. It returns null if a browser reads another host.
  function hostRange(link, url) {
    const [before, authority] = /^[^:]*:[\\/]*([^\\/?#]*)/.exec(link) ?? ["", ""];
    const from = before.length - authority.length + authority.lastIndexOf("@") + 1;
    const host = link.slice(from, before.length);
    return parse(`${url.protocol}//${host}`)?.host === url.host ? [from, before.length] : null;
  }

  // decode replaces the escapes of readable characters.
  const decode = (text) =>
    text.replace(/%[c-f][0-9a-f](?:%[89ab][0-9a-f]){1,3}|%[2-7][0-9a-f]/gi, (escaped) => {
      try {
        const decoded = decodeURI(escaped);
        return /[\p{C}\p{Z}]/u.test(decoded) ? escaped : decoded;
      } catch {
        return escaped;
      }
    });

  // readable splits a link into the parts [before, host, after] to show.
  function readable(link, url) {
    const range = url && hostRange(link, url);
    if (!range) return ["", url?.host ?? "", ` ${link}`];
    const after = link.slice(range[1]);
    const before = link.slice(0, range[0]).replace(/^https:\/\//i, "");
    return [before, link.slice(...range).toLowerCase(), after === "/" ? "" : decode(after)];
  }

  // nameOf returns the title of a link, or else its readable URL.
  const nameOf = ({ link, title }) => title ?? readable(link, parse(link)).join("");

  // shortNameOf returns the start of the name, for messages.
  const shortNameOf = (link) => formats.truncate(nameOf(link), 100);

  const afterListed = /[,;|)\]}]/;
  const afterInText = /[\p{Ps}\p{Pe}\p{Pi}\p{Pf}'.,;:!?*|]/u;

  // The forms of a URL in a text: with http or https, with another scheme, or with www. or
  // a path after the host.
  const forms = [/https?:\/\/.*/i, /[a-z][a-z0-9+.-]{1,30}:\/\/.+/i, /^[^\p{L}\d]*(www\..+|[\p{L}\d][\p{L}\d.-]*\.(?!js)\p{L}{2,}(?::\d+)?\/.*)(?<!\]\()$/u];

  // trimEnd removes the characters that follow a URL, but not a bracket that closes
  // one in the URL.
  function trimEnd(text, after) {
    let end = text.length;
    let open = 0;
    while (end > 0 && after.test(text[end - 1])) end--;
    for (const character of text.slice(0, end)) open += "([{".includes(character) - ")]}".includes(character);
    while (open-- > 0 && /[)\]}]/.test(text[end])) end++;
    return text.slice(0, end);
  }

  // written returns the URLs in a text as they are written: all of its words, if each is
  // one, or else the words that contain one with a scheme, preferably http or https, or
  // that are a host with a path or with www.
  function written(text) {
    const split = text.split(/[\s<>"\x60、。，]+|\),?(?=\[)|(?<=[[({'|,;])(?=https?:\/\/)/i);
    // In a URL without a scheme, a comma before a host ends the path.
    const words = split.flatMap((word) => (/:\/\/|\?/.test(word) ? word : word.split(/^[^/]*,/.test(word) ? "," : /,(?=[\w-]+\.[\w.-]+\/)/)));
    const listed = words.map((word) => trimEnd(word, afterListed)).filter(Boolean);
    if (listed.every(isURL)) return listed;
    // The text of a link is often its URL, also without the scheme.
    return words
      .flatMap((word) => forms.map((form) => form.exec(word)?.at(-1)).find(Boolean) ?? [])
      .map((url) => trimEnd(url, afterInText))
      .filter((url, i, all) => !`//${all[i - 1]}`.endsWith(`//${url}`));
  }

  // findAll returns the URLs in a text.
  const findAll = (text) => written(text).map(withScheme);

  // extract returns the first http or https URL in a text and the remaining text, if it
  // contains words. all are the URLs in the text as they are written.
  function extract(text, all = written(text)) {
    const found = /[([<]?https?:\/\/\S+/i.exec(text)?.[0] ?? "";
    const link = found && all.find((url) => /^https?:\/\//i.test(url));
    // The markers of a list item and the delimiter of the URL are not a part of the title.
    const around = text.replace(link ? found : "", " ").replace(/\s+/g, " ");
    const rest = around.replace(/^([ |*+–—·-]|\d+[.)] |\[[ x]] )+|(?<![ |:–—·-])[ |:–—·-]+$/g, "");
    return { link, rest: /[\p{L}\p{N}]/u.test(rest) ? rest.replace(/^\[(.*)\]$/, "$1") : "" };
  }

  // findTitled returns the URLs in a text. If only one has a scheme, it returns that one
  // and the text around it as its title. The name of a value and the fields of CSV are not
  // titles.
  function findTitled(text) {
    const all = written(text);
    const { link, rest } = extract(text, all);
    const isOnly = !all[1] || (all.filter((url) => url.includes("://")).length === 1 && !rest.split(/[\s,;]+/).every(isURL));
    const isValue = /["=]http/i.test(text);
    return link && isOnly && !isValue ? [[link], rest] : [all.map(withScheme), ""];
  }

  return { parse, withScheme, isURL, isAddress, trim, readable, nameOf, shortNameOf, findAll, findTitled, extract };
})();
