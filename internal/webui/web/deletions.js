// deletions hides links and deletes them when the time for undo is over. Storing a
// deleted link again would lose what was stored elsewhere in the meantime.
const deletions = (() => {
  const maxConcurrent = 6;
  let pending; // the action that can be undone, with its links
  const queue = []; // links to delete
  const inFlight = new Set(); // promises

  const describe = (links) => (links.length === 1 ? `Deleted “${urls.shortNameOf(links[0])}”.` : `${pluralize(links.length, "link")} deleted.`);

  // start hides links. While an earlier deletion can be undone, it is extended.
  function start(links) {
    if (!toast.includes(pending)) pending = { links: [], undo: restore, end: send };
    pending.links.push(...links);
    pending.text = describe(pending.links);
    list.setHidden(links, true);
    toast.show(pending);
  }

  function restore(action) {
    const links = action.links.splice(0);
    list.setHidden(links, false);
    list.highlight(links[0]);
    list.focus(links[0].link_id);
  }

  // remove deletes a link. If that fails, the link reappears with the reason.
  async function remove(link) {
    try {
      await api.remove(link.link_id);
    } catch (error) {
      if (error.status !== 404) {
        list.setHidden([link], false);
        return list.showError(link, error.message);
      }
    }
    return list.forget(link.link_id);
  }

  // empty deletes what is in the queue, several links at a time.
  function empty(concurrent) {
    const work = async () => {
      for (let link; (link = queue.shift()); ) await remove(link);
    };
    const sent = Promise.all(Array.from({ length: concurrent }, work));
    inFlight.add(sent);
    sent.finally(() => inFlight.delete(sent));
  }

  function send(action) {
    queue.push(...action.links.splice(0));
    empty(maxConcurrent);
  }

  // flush sends pending deletions, all of them if the document is closed, and resolves
  // when they are complete.
  async function flush(isClosed = false) {
    if (toast.includes(pending)) toast.close();
    if (isClosed) empty(queue.length);
    await Promise.all(inFlight);
  }

  function cancel() {
    if (toast.includes(pending)) list.setHidden(pending.links.splice(0), false);
  }

  // cancelOne cancels the deletion of one link, or waits for it if it was sent.
  async function cancelOne(link) {
    const href = urls.parse(link)?.href;
    const found = pending?.links.find((other) => urls.parse(other.link)?.href === href);
    if (found) {
      pending.links = pending.links.filter((other) => other !== found);
      list.setHidden([found], false);
      pending.text = describe(pending.links);
      if (pending.links.length) toast.show(pending);
      else toast.close();
    }
    await Promise.all(inFlight);
  }

  return { start, flush, cancel, cancelOne };
})();
