// toast shows the last actions at the bottom of the window. Undo reverts the newest that
// can be undone. An action is { text, undo, end }. undo and end are optional and receive the
// action. end is called when the action can no longer be undone.
const toast = (() => {
  const seconds = 8;
  const maxSeconds = 32;
  const element = byId("toast");
  const undoButton = byId("toast-undo");
  let actions = []; // the newest last; except for it, only those with Undo
  let timer = 0;

  // startTimer allows more time while the pointer or the focus is on the toast.
  function startTimer(passed = seconds) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const isReached = document.hasFocus() && element.matches(":hover, :has(:focus-visible)");
      if (isReached && passed < maxSeconds) startTimer(passed + seconds);
      else close();
    }, 1000 * seconds);
  }

  // refresh shows the present texts of the actions. An action without a text is removed.
  function refresh() {
    actions = actions.filter(({ text }) => text);
    showMessage(byId("toast-text"), actions.map(({ text }) => text).reverse().join(" "), actions.at(-1)?.isError);
    undoButton.hidden = !canUndo();
    element.hidden = !actions.length;
  }

  // show adds an action, or makes it the newest again. It restarts the time of all.
  function show(action) {
    actions = [...actions.filter((other) => other !== action && other.undo), action];
    refresh();
    startTimer();
  }

  function hide() {
    const hidden = actions;
    clearTimeout(timer);
    actions = [];
    if (element.contains(document.activeElement)) list.focus();
    element.hidden = true;
    return hidden;
  }

  function close() {
    for (const action of hide()) action.end?.(action);
  }

  const canUndo = () => actions.some((one) => one.undo);

  // undo reverts the newest action, one at a time.
  async function undo() {
    const action = actions.findLast((one) => one.undo);
    if (!action || undoButton.disabled) return;
    undoButton.disabled = true;
    actions = hide().filter((one) => one !== action);
    try {
      await action.undo(action);
      show({ text: "Undone." });
    } catch (error) {
      actions.push(action);
      show({ text: error.message, isError: true });
    }
    undoButton.disabled = false;
  }

  // copy copies a text, and shows whether that worked.
  async function copy(text, done = "Copied.") {
    show((await copyText(text)) ? { text: done } : { text: "Not copied.", isError: true });
  }

  undoButton.addEventListener("click", undo);
  byId("toast-close").addEventListener("click", close);
  return { show, refresh, copy, undo, close, canUndo, includes: (action) => actions.includes(action) };
})();
