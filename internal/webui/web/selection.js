// selection is the set of selected links, and the bar that acts on all of them.
const selection = (() => {
  const bar = byId("selection");
  const form = byId("selection-tags");
  const field = byId("selection-tag");
  const ids = new Set();
  let last = null; // the row selected last

  const isSelected = (row) => ids.has(row.link.link_id);
  const selected = () => list.shownRows().filter(isSelected);

  function set(row, isOn) {
    if (isOn) ids.add(row.link.link_id);
    else ids.delete(row.link.link_id);
  }

  // toggle selects a row or not. A range starts at the row selected last.
  function toggle(row, isRange = false) {
    const isOn = !isSelected(row);
    const shown = list.shownRows();
    const [from, to] = [shown.indexOf(last), shown.indexOf(row)].sort((a, b) => a - b);
    if (isRange && from >= 0) for (const other of shown.slice(from, to + 1)) set(other, isOn);
    set(row, isOn);
    last = row;
    update();
  }

  // update shows which rows are selected.
  function update() {
    const shown = list.shownRows();
    const present = new Set(shown.map((row) => row.link.link_id));
    for (const id of ids) if (!present.has(id)) ids.delete(id);
    for (const row of shown) {
      row.part("checkbox").checked = isSelected(row);
      row.element.classList.toggle("selected", isSelected(row));
    }
    const hadFocus = bar.contains(document.activeElement);
    bar.hidden = ids.size === 0;
    byId("status").hidden = !bar.hidden;
    document.body.classList.toggle("selecting", !bar.hidden);
    byId("selected").textContent = `${formatNumber(ids.size)} selected`;
    byId("select-all").hidden = ids.size === shown.length;
    if (!bar.hidden) return;
    form.hidden = true;
    last = null;
    if (hadFocus) list.focus();
  }

  function clear() {
    ids.clear();
    update();
  }

  const showError = (text) => text && toast.show({ text, isError: true });

  async function remove() {
    const links = selected().map(({ link }) => link);
    if (links.length === 0 || !(await list.mayChange(showError))) return;
    ids.clear();
    deletions.start(links);
  }

  function copy() {
    const links = selected().map(({ link }) => link.link);
    toast.copy(links.join("\n"), `${pluralize(links.length, "link")} copied.`);
  }

  // addTags stores links again with the new tags, which preserves tags that others add
  // concurrently. It shows what was stored, even if it fails midway.
  async function addTags(added) {
    const batchSize = 50;
    const links = selected().map(({ link }) => link);
    if (added.length === 0 || !(await list.mayChange(showError))) return;
    const tagged = [];
    let failure;
    try {
      while (tagged.length < links.length) {
        const batch = links.slice(tagged.length, tagged.length + batchSize);
        await api.store(batch.map(({ link_id, ...link }) => ({ ...link, tags: added })));
        tagged.push(...batch);
      }
      clear();
    } catch (error) {
      if (tagged.length === 0) return showError(error.message);
      failure = error;
    }
    for (const link of tagged) list.replace({ ...link, tags: tags.merge(link.tags, added) });
    const done = `Tag added to ${pluralize(tagged.length, "link")}`;
    const changes = tagged.map((before) => ({ sent: { link_id: before.link_id, tags: added }, before })).filter(transfer.additionsOf);
    toast.show({
      text: failure ? `${failure.message} ${done} of ${formatNumber(links.length)}.` : `${done}.`,
      isError: failure,
      undo: () => transfer.undo(changes, new AbortController().signal, () => {}),
    });
  }

  let isStoring = false;
  tags.complete(field);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isStoring) return;
    isStoring = true;
    addTags(tags.parse(field.value)).finally(() => (isStoring = false));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    form.hidden = true;
    byId("selection-add-tag").focus();
  });
  byId("selection-add-tag").addEventListener("click", () => {
    form.hidden = false;
    field.value = "";
    field.focus();
  });
  byId("selection-copy").addEventListener("click", copy);
  byId("selection-delete").addEventListener("click", remove);
  byId("selection-clear").addEventListener("click", clear);
  byId("select-all").addEventListener("click", () => {
    for (const row of list.shownRows()) set(row, true);
    update();
    byId("selection-copy").focus();
  });
  return { toggle, update, clear, remove, copy, isEmpty: () => ids.size === 0 };
})();
