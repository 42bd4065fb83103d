// transfer imports and exports links in bulk, and reverts imports.
const transfer = (() => {
  // Batches are smaller than the service allows, so that the progress bar moves. A
  // character has at most three bytes in UTF-8, and two if JSON escapes it.
  const maxBatchLinks = 500;
  const maxBatchLength = 300_000;
  const maxLinkBytes = 8000;
  const maxNoteBytes = 4000;
  const maxTagBytes = 100;
  const maxTags = 50;
  const maxTagsBytes = 2000;
  const maxConcurrent = 6;

  const encoder = new TextEncoder();
  const byteLength = (text) => encoder.encode(text).length;

  // --- Preparation ---

  // invalidReason returns why a link cannot be stored, or "".
  function invalidReason(link, url) {
    if (!/^https?:$/.test(url?.protocol) || !link.isWellFormed()) return "not a web address";
    return link.length * 3 > maxLinkBytes && byteLength(link) > maxLinkBytes ? `longer than ${formatNumber(maxLinkBytes)} bytes` : "";
  }

  // cleanTags returns the tags that the service accepts. It calls onCut with what was
  // changed.
  function cleanTags(tags, onCut) {
    const kept = new Map();
    let size = 0;
    let omitted = 0;
    for (const raw of tags) {
      const line = formats.singleLine(raw);
      const whole = line.split(",").map(urls.trim).filter(Boolean).join(" ");
      const tag = formats.truncate(whole, maxTagBytes);
      if (tag === "" || kept.has(fold(tag))) continue;
      if (whole !== line) onCut(`comma removed from the tag “${tag}”`);
      if (tag !== whole) onCut(`tag “${tag}” shortened to ${maxTagBytes} bytes`);
      const bytes = byteLength(tag);
      if (kept.size === maxTags || size + bytes > maxTagsBytes) {
        omitted++;
      } else {
        kept.set(fold(tag), tag);
        size += bytes;
      }
    }
    if (omitted) onCut(`${pluralize(omitted, "tag")} left out: too many`);
    return [...kept.values()];
  }

  function cleanNote(note) {
    const lines = note.replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "");
    return urls.trim(lines.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, " "));
  }

  // clean returns an entry as the service accepts it. It calls onCut with what was
  // changed.
  function clean({ link, title, tags, note, added }, onCut) {
    const cleaned = { link };
    const shorten = (name, text, maxBytes) => {
      const shortened = formats.truncate(text, maxBytes);
      if (shortened !== text) onCut(`${name} shortened to ${formatNumber(maxBytes)} bytes`);
      if (shortened) cleaned[name] = shortened;
    };
    shorten("title", formats.singleLine(title), formats.maxTitleBytes);
    const keptTags = cleanTags(tags, onCut);
    if (keptTags.length) cleaned.tags = keptTags;
    shorten("note", cleanNote(note), maxNoteBytes);
    if (added >= 0) cleaned.added = new Date(added).toISOString();
    return cleaned;
  }

  const count = (counts, what) => (counts[what] = (counts[what] ?? 0) + 1);

  // countOther counts a text that is not stored because another one is.
  const countOther = (lost, name, stored, other) => stored && other && stored !== other && count(lost, `different ${name}`);

  // prepare separates the entries to send, by canonical URL, from the invalid ones. The
  // result also reports what is lost: skipped, and later cut, are [{ link, why }], and
  // lost counts links by what is lost. It changes the entries.
  async function prepare(entries) {
    const result = { links: new Map(), skipped: [], cut: [], duplicates: 0, badDates: 0, lost: {} };
    const now = Date.now();
    for (const entry of entries) {
      await pause();
      const { link, rawDate, added } = entry;
      const url = urls.parse(link);
      const why = invalidReason(link, url);
      if (why) {
        result.skipped.push({ link: link || entry.title, why });
        continue;
      }
      const isUsable = added >= 0 && added <= now;
      if (!isUsable && !["", "0"].includes(String(rawDate ?? ""))) result.badDates++;
      for (const what of entry.lost) count(result.lost, what);
      const known = result.links.get(url.href);
      if (known) {
        result.duplicates++;
        countOther(result.lost, "title", known.title, entry.title);
        known.title ||= entry.title;
        const isMissing = known.note.length <= maxNoteBytes && !known.note.includes(entry.note);
        if (isMissing) known.note = formats.joinTexts([known.note, entry.note]);
        known.tags.push(...entry.tags);
        if (isUsable) known.added ??= added;
      } else {
        if (!isUsable) entry.added = undefined;
        result.links.set(url.href, entry);
      }
    }
    return result;
  }

  // retrying returns a function that sends requests and retries them until the signal
  // is aborted.
  const retrying = (signal) => (path, options) => {
    signal.throwIfAborted();
    return api.callWithRetry(path, { ...options, signal });
  };

  // findStored resolves to the stored links whose canonical URLs are keys of wanted, by
  // ID.
  async function findStored(wanted, signal) {
    const found = new Map();
    for (let next = "link"; next; ) {
      const page = await api.page(next, 1000, retrying(signal));
      for (const link of page.links) {
        await pause();
        if (wanted.has(urls.parse(link.link)?.href)) found.set(link.link_id, link);
      }
      next = page.next;
    }
    return found;
  }

  // --- Import ---

  // send stores a batch and passes the links stored, with their IDs, to onStored. If a
  // member is rejected, the link is stored without it; if a link is rejected, it is
  // skipped. If a batch is rejected, its later half is sent first, to keep the order.
  async function send(batch, result, onStored, call) {
    for (let rest = batch; rest.length > 0; ) {
      const isOne = rest.length === 1;
      try {
        const stored = await api.store(isOne ? rest[0] : rest, call);
        onStored([stored].flat().map(({ link_id }, i) => ({ ...rest[i], link_id })));
        return;
      } catch (error) {
        if (error.status !== 400 && error.status !== 413) throw error;
        const index = isOne ? 0 : error.index;
        if (!(index in rest)) {
          const half = Math.ceil(rest.length / 2);
          await send(rest.slice(half), result, onStored, call);
          rest = rest.slice(0, half);
          continue;
        }
        const { [error.field]: rejected, ...remaining } = rest[index];
        const { link } = rest[index];
        if ("link" in remaining && rejected) {
          result.cut.push({ link, why: `${error.field === "added" ? "date" : error.field} left out: not accepted` });
          rest = rest.with(index, remaining);
        } else {
          // The message about a single link contains no index.
          if (isOne) result.skipped.push({ link, why: error.message });
          else await send([rest[index]], result, onStored, call);
          rest = rest.toSpliced(index, 1);
        }
      }
    }
  }

  // importAll stores the links of a result, the last batch first, so that links without a
  // date, or with the same one, keep their order. Two batches are in flight if they have
  // no date in common. It adds to result.stored what was stored: { sent, before }, where
  // before is the link as it was, if it existed. It is safe to repeat.
  async function importAll(result, signal, onProgress) {
    result.stored = [];
    const existing = await findStored(result.links, signal);
    const entries = [...result.links.values()];
    function add(sent) {
      for (const link of sent) {
        const before = existing.get(link.link_id);
        result.stored.push({ sent: link, before });
        for (const name of ["title", "note"]) countOther(result.lost, name, before?.[name], link[name]);
        // The service stores no more tags than its limits allow.
        cleanTags([before, link].flatMap((one) => one?.tags ?? []), () => count(result.lost, "tags"));
      }
    }
    let previous; // resolves when the batch in flight is stored, or failed
    let datesInFlight = new Set();
    let done = 0;
    let failure;
    for (let end = entries.length; end > 0 && !failure; ) {
      let size = 0;
      let start = end;
      while (start > 0 && end - start < maxBatchLinks) {
        const { link, title, note, tags } = entries[start - 1];
        size += `${link}${title}${note}${tags}`.length + 100;
        if (size > maxBatchLength && start < end) break;
        start--;
      }
      const cut = [];
      const batch = entries.slice(start, end).map((entry) => clean(entry, (why) => cut.push({ link: entry.link, why })));
      result.cut = [...cut, ...result.cut];
      end = start;
      const dates = new Set(batch.map(({ added }) => added));
      if (!dates.isDisjointFrom(datesInFlight)) await previous;
      if (failure) break;
      const sent = send(batch, result, add, retrying(signal)).then(
        () => onProgress((done += batch.length)),
        (error) => (failure ??= error),
      );
      await previous;
      previous = sent;
      datesInFlight = dates;
    }
    await previous;
    if (failure) throw failure;
  }

  // --- Undo ---

  // additionsOf returns what an import added to a link that existed, or null.
  function additionsOf({ sent, before }) {
    const had = new Set(before.tags?.map(fold));
    const tags = new Set(sent.tags?.map(fold).filter((tag) => !had.has(tag)));
    const texts = ["title", "note"].filter((name) => sent[name] && !before[name]);
    return tags.size + texts.length > 0 ? { tags, texts } : null;
  }

  // revert removes a link that an import added, or what it added to a link, and shows
  // the result. Later changes stay.
  async function revert(one, call) {
    const path = `link/${one.sent.link_id}`;
    if (!one.before) return call(path, { method: "DELETE" });
    const { tags, texts } = additionsOf(one);
    const now = await call(path).then((response) => response.json());
    const body = {};
    for (const name of texts) if (now[name] === one.sent[name]) body[name] = null;
    if (tags.size) body.tags = (now.tags ?? []).filter((tag) => !tags.has(fold(tag)));
    if (Object.keys(body).length) list.replace(await (await call(path, { method: "PATCH", body })).json());
  }

  // undo reverts what importAll stored. What is reverted is removed from stored.
  async function undo(stored, signal, onProgress) {
    const total = stored.length;
    let failure;
    async function work() {
      for (let one; !failure && (one = stored.pop()); ) {
        try {
          await revert(one, retrying(signal));
        } catch (error) {
          if (error.status !== 404) {
            failure ??= error;
            stored.push(one);
          }
        }
        onProgress(total - stored.length);
      }
    }
    await Promise.all(Array.from({ length: maxConcurrent }, work));
    if (failure) throw failure;
  }

  // --- Export ---

  async function exportAll(signal, onProgress) {
    const links = [];
    for (let next = "link"; next; ) {
      const page = await api.page(next, 1000, retrying(signal));
      links.push(...page.links);
      next = page.next;
      onProgress(links.length);
    }
    return links;
  }

  return { prepare, clean, cleanNote, importAll, additionsOf, undo, exportAll };
})();
