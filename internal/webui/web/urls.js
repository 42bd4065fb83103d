"use strict";

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
    const host = /^[^\s:/?#@]*/.exec(trimmed)[0];
    const hasDot = host.slice(1, -1).includes(".");
    return hasDot && /^(:\d+)?([/?#]|$)/.test(trimmed.slice(host.length)) ? `https://${trimmed}` : text;
  }

  const isURL = (text) => /^\s*https?:\/\//i.test(withScheme(text));

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
    return url && parse(`${url.protocol}//${host}`)?.host === url.host ? [from, before.length] : null;
  }

  // extract returns the first http or https URL in a text, without the punctuation
  // that follows it, and the remaining text.
  function extract(text) {
    const found = /https?:\/\/\S+/i.exec(text)?.[0] ?? "";
    let end = found.length;
    while (end > 0 && (".,;:!?'\"”’»>".includes(found[end - 1]) || (found[end - 1] === ")" && !found.includes("(")))) end--;
    const words = text.replace(found, () => " ").split(/\s+/).filter(Boolean);
    return { link: found.slice(0, end), rest: words.join(" ") };
  }

  return { parse, withScheme, isURL, trim, hostRange, extract };
})();
