// reading turns files into text.
const reading = (() => {
  const chunkBytes = 1 << 20;
  const headBytes = 4096;

  // The first bytes, as Latin-1, of files that people mistake for bookmarks.
  const kinds = [
    [/^$/, "This file is empty."],
    [/^%PDF/, "This is a PDF."],
    [/^(PK\x03\x04|\x1f\x8b|BZh|7z\xbc\xaf|Rar!)/, "This is a compressed file. Extract it first."],
    [/^(mozLz4|SQLite|bplist)/, "This file is for a browser only. Export bookmarks as HTML instead."],
  ];

  async function bytesOf(file, from, to) {
    try {
      return new Uint8Array(await file.slice(from, to).arrayBuffer());
    } catch {
      throw new Error("Can’t read this file.");
    }
  }

  // utf16Label returns the encoding of UTF-16, which is recognized by its byte order
  // mark or by an ASCII character at the start.
  function utf16Label([a, b]) {
    if ((a === 0xff && b === 0xfe) || (a && b === 0)) return "utf-16le";
    return (a === 0xfe && b === 0xff) || (a === 0 && b) ? "utf-16be" : "";
  }

  // decoderOf returns a function that decodes consecutive chunks, in the declared encoding
  // or in UTF-8. A word that is invalid in both is decoded in Windows-1252.
  function decoderOf(head, latin1) {
    const utf16 = utf16Label(head);
    if (utf16) {
      const decoder = new TextDecoder(utf16);
      return (bytes) => decoder.decode(bytes, { stream: true });
    }
    // Only HTML declares one, and a byte order mark precedes it.
    const declared = /^\s*(?=<)[^]*?<meta\b[^>]*?\bcharset\s*=\s*["']?([\w-]+)/i.exec(latin1)?.[1] ?? "utf-8";
    const labels = /utf|uni|ucs/i.test(declared) ? ["utf-8"] : [declared, "utf-8"];
    const decoders = labels.flatMap((label) => {
      try {
        return new TextDecoder(label, { fatal: true });
      } catch {
        return []; // an unknown encoding
      }
    });
    const windows1252 = new TextDecoder("windows-1252");
    return function decode(bytes, isWord = false) {
      for (const decoder of decoders) {
        try {
          return decoder.decode(bytes);
        } catch {
          // Try the next one.
        }
      }
      const text = windows1252.decode(bytes);
      // Without a sequence of UTF-8, the encodings are not mixed.
      if (isWord || (!labels[1] && !/[Â-ô][^\0-\x7fÀ-ÿ]/.test(text))) return text;
      const words = [];
      for (let rest = bytes; rest.length; ) {
        const end = rest.findIndex((byte) => byte < 0x23) + 1 || rest.length;
        words.push(decode(rest.subarray(0, end), true));
        rest = rest.subarray(end);
      }
      return words.join("");
    };
  }

  // lineEnd returns the end of the last line that is complete. Without one, it returns
  // the end of a word.
  const lineEnd = (bytes) => bytes.lastIndexOf(10) + 1 || bytes.findLastIndex((byte) => byte < 0x23) + 1 || bytes.length;

  // parts yields the text of a file in parts. It throws an error with the reason if the
  // file is not a text file, and the reason of the signal if that is aborted.
  async function* parts(file, signal) {
    const head = await bytesOf(file, 0, headBytes);
    const latin1 = String.fromCharCode(...head);
    const kind = kinds.find(([start]) => start.test(latin1));
    if (kind) throw new Error(kind[1]);
    const decode = decoderOf(head, latin1);
    for (let from = 0; from < file.size; ) {
      signal?.throwIfAborted();
      const bytes = await bytesOf(file, from, from + chunkBytes);
      const end = from + bytes.length < file.size ? lineEnd(bytes) : bytes.length;
      const part = decode(bytes.subarray(0, end));
      if (from === 0 && part.includes("\0")) throw new Error("This is not a text file.");
      from += end;
      if (part) yield part;
    }
  }

  return { parts };
})();
