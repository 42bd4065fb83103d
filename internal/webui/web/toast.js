// toast shows the last action at the bottom of the window, with Undo. An action is
// { text, undo, end }: end, if any, is called when it can no longer be undone.
const toast = (() => {
  const seconds = 8;
  const maxSeconds = 32;
  const element = byId("toast");
  const undoButton = byId("toast-undo");
  let current = null;
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

  // show replaces the current action. Showing the same action again restarts its time.
  function show(action) {
    if (current !== action) close();
    current = action;
    showMessage(byId("toast-text"), action.text, action.isError);
    undoButton.hidden = !action.undo;
    element.hidden = false;
    startTimer();
  }

  // close resolves when the current action is complete.
  function close() {
    const closed = current;
    clearTimeout(timer);
    current = null;
    if (element.contains(document.activeElement)) list.focus();
    element.hidden = true;
    return closed?.end?.();
  }

  // undo reverts the current action.
  async function undo() {
    const { undo: revert } = current ?? {};
    if (!revert) return;
    current = null;
    close();
    try {
      await revert();
      show({ text: "Undone." });
    } catch (error) {
      show({ text: error.message, isError: true, undo: revert });
    }
  }

  // copy copies a text, and shows whether that worked.
  async function copy(text, done = "Copied.") {
    show((await copyText(text)) ? { text: done } : { text: "Not copied.", isError: true });
  }

  undoButton.addEventListener("click", undo);
  byId("toast-close").addEventListener("click", close);
  return { show, copy, undo, close, isShown: (action) => current === action, canUndo: () => current?.undo };
})();
