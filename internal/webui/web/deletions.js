// deletions hides links and deletes them when they can no longer be restored. Storing a
// deleted link again would lose what was stored elsewhere in the meantime.
const deletions = (() => {
  const maxConcurrent = 6;
  let pending; // the action that can be undone, with its links
  const queue = []; // links to delete
  const inFlight = new Set(); // promises

  // start hides links. While an earlier deletion can be undone, it is extended.
  function start(links) {
    if (!toast.includes(pending)) {
      pending = {
        links: [],
        undo: restore,
        end: send,
        get text() {
          const { length } = this.links;
          return length === 1 ? `Deleted “${urls.shortNameOf(this.links[0])}”.` : length && `${pluralize(length, "link")} deleted.`;
        },
      };
    }
    pending.links.push(...links);
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

  // sendQueue deletes what is in the queue, several links at a time.
  function sendQueue(concurrent) {
    const work = async () => {
      for (let link; (link = queue.shift()); ) await remove(link);
    };
    const sent = Promise.all(Array.from({ length: concurrent }, work));
    inFlight.add(sent);
    sent.finally(() => inFlight.delete(sent));
  }

  function send(action) {
    queue.push(...action.links.splice(0));
    sendQueue(maxConcurrent);
  }

  // flush sends pending deletions and resolves when they are complete. If isImmediate, it
  // sends all of them before it returns.
  async function flush(isImmediate = false) {
    if (toast.includes(pending)) toast.close();
    if (isImmediate) sendQueue(queue.length);
    await Promise.all(inFlight);
  }

  function cancel() {
    if (toast.includes(pending)) list.setHidden(pending.links.splice(0), false);
  }

  // cancelOne cancels the deletion of one link, or waits for it if it was sent.
  async function cancelOne(link) {
    const href = urls.parse(link)?.href;
    const index = pending?.links.findIndex((other) => urls.parse(other.link)?.href === href);
    if (index >= 0) {
      list.setHidden(pending.links.splice(index, 1), false);
      toast.refresh();
    }
    await Promise.all(inFlight);
  }

  return { start, flush, cancel, cancelOne };
})();
