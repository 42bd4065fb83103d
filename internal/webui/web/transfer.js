"use strict";

// transfer imports and exports links in bulk.
const transfer = (() => {
  // Batches are smaller than the service allows, so that the progress bar moves.
  const maxBatchLinks = 250;
  const maxBatchBytes = 400_000;
  const maxLinkBytes = 8000;
  const byteLength = (text) => new TextEncoder().encode(text).length;
  const isTooLong = (text) => text.length * 3 > maxLinkBytes && byteLength(text) > maxLinkBytes;

  // prepare separates links to send from invalid ones, [{ link, why }]. It counts
  // duplicates, truncated titles and unusable dates, and yields now and then.
  async function prepare(entries) {
    const links = new Map();
    const result = { skipped: [], duplicates: 0, truncated: 0, badDates: 0 };
    const now = Date.now();
    for (const [i, { link, title, rawDate, added }] of entries.entries()) {
      if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
      const url = urls.parse(link);
      if (!url || !link.isWellFormed()) result.skipped.push({ link, why: "not an absolute URL" });
      else if (!/^https?:$/.test(url.protocol)) result.skipped.push({ link, why: `${url.protocol} is not http or https` });
      else if (isTooLong(link)) result.skipped.push({ link, why: `longer than ${maxLinkBytes} bytes` });
      else {
        const prepared = { link };
        const line = formats.singleLine(title);
        const truncated = formats.truncate(line);
        const isUsable = added > 0 && added <= now;
        if (truncated) prepared.title = truncated;
        if (isUsable) prepared.added = new Date(added).toISOString();
        if (links.has(url.href)) {
          result.duplicates++;
          links.set(url.href, { ...prepared, ...links.get(url.href) });
        } else {
          if (truncated !== line) result.truncated++;
          if ((rawDate ?? "") !== "" && !isUsable) result.badDates++;
          links.set(url.href, prepared);
        }
      }
    }
    return { links: [...links.values()], ...result };
  }

  function split(links) {
    const batches = [[]];
    let size = 0;
    for (const link of links) {
      const added = byteLength(JSON.stringify(link)) + 1;
      if (batches.at(-1).length === maxBatchLinks || size + added > maxBatchBytes) {
        batches.push([]);
        size = 0;
      }
      batches.at(-1).push(link);
      size += added;
    }
    return batches;
  }

  // rejectionReason resolves to the reason why the service rejects a link.
  const rejectionReason = (link) => api.store(link, api.callWithRetry).then(() => "", (error) => error.message);

  // send stores a batch and resolves to the links stored. If a title or a date is
  // rejected, the link is stored without it; if a link is rejected, it is passed to
  // onSkip. If a batch is rejected, its later half is sent first, to keep the order.
  async function send(batch, onSkip) {
    for (let rest = batch; rest.length > 0; ) {
      const isOne = rest.length === 1;
      try {
        await api.store(isOne ? rest[0] : rest, api.callWithRetry);
        return rest;
      } catch (error) {
        if (error.status !== 400 && error.status !== 413) throw error;
        const index = isOne ? 0 : error.index;
        if (!(index in rest)) {
          const half = Math.ceil(rest.length / 2);
          const later = await send(rest.slice(half), onSkip);
          return [...(await send(rest.slice(0, half), onSkip)), ...later];
        }
        const { [error.field]: rejected, ...remaining } = rest[index];
        if ("link" in remaining && rejected) {
          rest = rest.with(index, remaining);
        } else {
          const { link } = rest[index];
          onSkip({ link, why: isOne ? error.message : await rejectionReason({ link }) });
          rest = rest.toSpliced(index, 1);
        }
      }
    }
    return [];
  }

  // importAll stores the last batch first, so that links without a date, or with the
  // same one, keep their order. It is safe to repeat.
  async function importAll(links, onSkip, onProgress) {
    let done = 0;
    const stored = { links: 0, titles: 0, dates: 0 };
    for (const batch of split(links).reverse()) {
      for (const { title, added } of await send(batch, onSkip)) {
        stored.links++;
        if (title) stored.titles++;
        if (added) stored.dates++;
      }
      done += batch.length;
      onProgress(done);
    }
    return stored;
  }

  async function exportAll(onProgress) {
    const links = [];
    for (let next = "link"; next; ) {
      const page = await api.page(next, 1000, api.callWithRetry);
      links.push(...page.links);
      next = page.next;
      onProgress(links.length);
    }
    return links;
  }

  return { prepare, importAll, exportAll };
})();
