// toast shows the last actions at the bottom of the window, with Undo for the newest that
// has it. An action is { text, undo, end }, in which undo and end are functions of the action,
// if any. end is called when the action can no longer be undone.
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

  // show adds an action, or makes it the newest again. It restarts the time of all.
  function show(action) {
    actions = [...actions.filter((other) => other !== action && other.undo), action];
    showMessage(byId("toast-text"), actions.map(({ text }) => text).join(" "), action.isError);
    undoButton.hidden = !canUndo();
    element.hidden = false;
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

  // undo reverts the newest action.
  async function undo() {
    const action = actions.findLast((one) => one.undo);
    if (!action) return;
    actions = hide().filter((one) => one !== action);
    try {
      await action.undo(action);
      show({ text: "Undone." });
    } catch (error) {
      show({ ...action, text: error.message, isError: true });
    }
  }

  // copy copies a text, and shows whether that worked.
  async function copy(text, done = "Copied.") {
    show((await copyText(text)) ? { text: done } : { text: "Not copied.", isError: true });
  }

  undoButton.addEventListener("click", undo);
  byId("toast-close").addEventListener("click", close);
  return { show, copy, undo, close, canUndo, includes: (action) => actions.includes(action) };
})();
