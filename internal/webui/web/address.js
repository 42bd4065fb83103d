"use strict";

// address reads what people type, paste and share. Each function takes time in proportion to its text.
const address = (() => {
  function parse(text) {
    try {
      return new URL(text);
    } catch {
      return null;
    }
  }

  // whole gives an address the https:// that people leave out.
  function whole(text) {
    const trimmed = text.trim();
    const host = /^[^\s:/?#@]*/.exec(trimmed)[0];
    const dotted = host.slice(1, -1).includes(".");
    return dotted && /^(:\d+)?([/?#]|$)/.test(trimmed.slice(host.length)) ? `https://${trimmed}` : text;
  }

  const isOne = (text) => /^\s*https?:\/\//i.test(whole(text));

  // trimmed is an address as the service keeps it, without ASCII white space around it and no other taken away.
  function trimmed(text) {
    let [from, to] = [0, text.length];
    while (from < to && "\t\n\f\r ".includes(text[from])) from++;
    while (from < to && "\t\n\f\r ".includes(text[to - 1])) to--;
    return text.slice(from, to);
  }

  // writtenHost is where the host stands in a link, [from, to], so that an international name can be read as it was
  // written; null when a browser takes something else for the host.
  function writtenHost(link, url) {
    const [before, written] = /^[^:]*:[\\/]*([^\\/?#]*)/.exec(link) ?? ["", ""];
    const from = before.length - written.length + written.lastIndexOf("@") + 1;
    const host = link.slice(from, before.length);
    return url && parse(`${url.protocol}//${host}`)?.host === url.host ? [from, before.length] : null;
  }

  // within gives the first http or https address in a text, without the signs that end a sentence or close a
  // bracket around it, and the rest of the text.
  function within(text) {
    const found = /https?:\/\/\S+/i.exec(text)?.[0] ?? "";
    let end = found.length;
    while (end > 0 && (".,;:!?'\"”’»>".includes(found[end - 1]) || (found[end - 1] === ")" && !found.includes("(")))) end--;
    const words = text.replace(found, () => " ").split(/\s+/).filter(Boolean);
    return { link: found.slice(0, end), rest: words.join(" ") };
  }

  return { parse, whole, isOne, trimmed, writtenHost, within };
})();
