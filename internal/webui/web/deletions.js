// deletions hides links and deletes them when the time for undo is over. Storing a
// deleted link again would lose what was stored elsewhere in the meantime.
const deletions = (() => {
  const maxConcurrent = 6;
  let pending; // the action of the toast, with its links
  const inFlight = new Set(); // promises

  const describe = (links) => (links.length === 1 ? `Deleted “${urls.shortNameOf(links[0])}”.` : `${pluralize(links.length, "link")} deleted.`);

  // start hides links. While the toast of an earlier deletion is shown, it is extended.
  function start(links) {
    if (!toast.isShown(pending)) {
      const mine = { links: [], undo: () => restore(mine), end: () => send(mine) };
      pending = mine;
    }
    pending.links.push(...links);
    pending.text = describe(pending.links);
    list.setHidden(links, true);
    toast.show(pending);
  }

  function restore(action) {
    const { links } = action;
    action.links = [];
    list.setHidden(links, false);
    list.highlight(links[0]);
    list.focus(links[0].link_id);
  }

  // remove deletes a link. If that fails, the link reappears with the reason.
  async function remove(link, keepalive) {
    try {
      await api.remove(link.link_id, keepalive);
    } catch (error) {
      if (error.status !== 404) {
        list.setHidden([link], false);
        return list.showError(link, error.message);
      }
    }
    return list.forget(link.link_id);
  }

  // send deletes the links of an action, several at a time.
  function send(action, keepalive = false) {
    const { links } = action;
    action.links = [];
    const work = async () => {
      for (let link; (link = links.shift()); ) await remove(link, keepalive);
    };
    const sent = Promise.all(Array.from({ length: keepalive ? links.length : maxConcurrent }, work));
    inFlight.add(sent);
    return sent.finally(() => inFlight.delete(sent));
  }

  // flush sends pending deletions and resolves when all are complete.
  async function flush(keepalive = false) {
    if (toast.isShown(pending)) {
      const action = pending;
      action.end = () => send(action, keepalive);
      toast.close();
    }
    await Promise.all(inFlight);
  }

  function cancel() {
    if (toast.isShown(pending)) list.setHidden(pending.links.splice(0), false);
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
