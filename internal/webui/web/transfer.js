"use strict";

// transfer sends links to the service in bulk, and fetches all of them.
const transfer = (() => {
  // A batch is small beside what the service takes (1,000 links, 1 MiB), so that the progress moves.
  const batchLinks = 250;
  const batchBytes = 400_000;
  const longest = 8000;
  const bytes = (text) => new TextEncoder().encode(text).length;
  const isLong = (text) => text.length * 3 > longest && bytes(text) > longest;

  // prepare tells the links to send, as the service takes them, from those to skip, [{ link, why }]. It counts the
  // repeats, the titles that were cut and the dates that could not be used. It makes way for the page now and then.
  async function prepare(entries) {
    const links = new Map();
    const result = { skipped: [], repeats: 0, cut: 0, undated: 0 };
    const now = Date.now();
    for (const [i, { link, title, written, added }] of entries.entries()) {
      if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
      const url = address.parse(link);
      if (!url || !link.isWellFormed()) result.skipped.push({ link, why: "not a whole address" });
      else if (!/^https?:$/.test(url.protocol)) result.skipped.push({ link, why: `${url.protocol} is not http or https` });
      else if (isLong(link)) result.skipped.push({ link, why: `longer than ${longest} bytes` });
      else {
        const taken = { link };
        const line = formats.line(title);
        const short = formats.short(line);
        const usable = added > 0 && added <= now;
        if (short) taken.title = short;
        if (usable) taken.added = new Date(added).toISOString();
        if (links.has(url.href)) {
          result.repeats++;
          links.set(url.href, { ...taken, ...links.get(url.href) });
        } else {
          if (short !== line) result.cut++;
          if ((written ?? "") !== "" && !usable) result.undated++;
          links.set(url.href, taken);
        }
      }
    }
    return { links: [...links.values()], ...result };
  }

  function batches(links) {
    const cut = [[]];
    let size = 0;
    for (const link of links) {
      const more = bytes(JSON.stringify(link)) + 1;
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

  // send stores a batch; a link that the service refuses goes to skip, the others are stored, and it resolves to
  // these. The later half goes first, because what is stored last is the newest.
  async function send(batch, skip) {
    for (let rest = batch; rest.length > 0; ) {
      try {
        await api.store(rest, api.patiently);
        return rest;
      } catch (failed) {
        if (failed.status !== 400 && failed.status !== 413) throw failed;
        const index = failed.status === 400 || rest.length === 1 ? culprit(failed.message, rest) : -1;
        if (index < 0) {
          const half = Math.ceil(rest.length / 2);
          const later = await send(rest.slice(half), skip);
          return [...(await send(rest.slice(0, half), skip)), ...later];
        }
        const refused = { ...rest[index] };
        const why = failed.message.slice(failed.message.indexOf(":") + 1).trim();
        // A title or a date that is good here and not there, as for a service whose clock is behind, loses no link.
        const field = /^(?:a |")(title|added)\b/.exec(why)?.[1];
        const without = field in refused && delete refused[field];
        if (!without) skip({ link: refused.link, why });
        rest = rest.toSpliced(index, 1, ...(without ? [refused] : []));
      }
    }
    return [];
  }

  // importAll stores the links so that those of one moment, and those without a date, keep their order: the last batch
  // goes first. After each batch it calls progress with how many links are done. It resolves to how many were stored,
  // and how many of them with a title and with a date. It can be repeated at any time.
  async function importAll(links, skip, progress) {
    let done = 0;
    const stored = { links: 0, titles: 0, dates: 0 };
    for (const batch of batches(links).reverse()) {
      for (const { title, added } of await send(batch, skip)) {
        stored.links++;
        if (title) stored.titles++;
        if (added) stored.dates++;
      }
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

  return { prepare, importAll, exportAll };
})();
