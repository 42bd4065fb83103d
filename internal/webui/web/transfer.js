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

  // rejection resolves to the reason why the service rejects a link.
  const rejection = (link) => api.store(link, api.patiently).then(() => "", (failed) => failed.message);

  // send stores a batch and resolves to the links that were stored. A link whose title
  // or date is rejected is stored without it; a link that is rejected goes to skip.
  // Of a batch rejected as a whole the later half is stored first, so that the order
  // is preserved.
  async function send(batch, skip) {
    for (let rest = batch; rest.length > 0; ) {
      const isOne = rest.length === 1;
      try {
        await api.store(isOne ? rest[0] : rest, api.patiently);
        return rest;
      } catch (failed) {
        if (failed.status !== 400 && failed.status !== 413) throw failed;
        const index = isOne ? 0 : failed.index;
        if (!(index in rest)) {
          const half = Math.ceil(rest.length / 2);
          const later = await send(rest.slice(half), skip);
          return [...(await send(rest.slice(0, half), skip)), ...later];
        }
        const { [failed.field]: rejected, ...remaining } = rest[index];
        if ("link" in remaining && rejected) {
          rest = rest.with(index, remaining);
        } else {
          const { link } = rest[index];
          skip({ link, why: isOne ? failed.message : await rejection({ link }) });
          rest = rest.toSpliced(index, 1);
        }
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
