// Keyboard shortcuts. Except for Undo, they are single keys that work outside of fields
// and of editors.
{
  const sheet = byId("keys");

  const onRow = (action) => {
    const row = list.rowAt(document.activeElement);
    if (row) action(row);
  };

  const keys = {
    "/": () => {
      byId("query").focus();
      byId("query").select();
    },
    j: () => list.focusNext(1),
    k: () => list.focusNext(-1),
    x: () => onRow((row) => selection.toggle(row)),
    c: () => (selection.isEmpty() ? onRow((row) => row.copy()) : selection.copy()),
    e: () => canEdit && onRow((row) => row.edit()),
    Delete: () => canEdit && (selection.isEmpty() ? onRow((row) => row.part("delete").click()) : selection.remove()),
    "?": () => sheet.showModal(),
    Escape: () => selection.clear(),
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const key = event.key === "Backspace" ? "Delete" : event.key; // one key on a Mac
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    // No URL starts with one of these.
    const isShortcut = /[/?]/.test(key) && target.id === "link" && !target.value;
    const isField = target.matches("textarea, input:not([type=checkbox], [type=file]), .editor *");
    if (event.ctrlKey || event.metaKey) {
      if (key === "Enter" && isField) target.form.requestSubmit();
      else if (key === "z" && (!isField || (target.id === "link" && !target.value && toast.canUndo()))) toast.undo();
      else return;
      event.preventDefault();
    } else if (isField && !isShortcut) {
      // From a field, Escape and the arrow lead to the list.
      const leaves = key === "Escape" ? target.value === "" || target.id !== "query" : key === "ArrowDown" && target.id === "query";
      if (!leaves) return;
      event.preventDefault();
      list.focusNext(0);
    } else if (keys[key]) {
      event.preventDefault();
      keys[key]();
    }
  });
  byId("keys-button").addEventListener("click", () => sheet.showModal());
}
