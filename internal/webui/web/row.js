"use strict";

// A Row displays one link. Its state is "idle", "checking" (that changes are
// allowed), "pendingDelete" (can be undone) or "deleting" (the request is sent).
const Row = (() => {
  const undoSeconds = 5;
  const maxUndoSeconds = 20;
  const unknownID = "00000000-0000-0000-0000-000000000000";
  const dateFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

  return class {
    state = "idle";
    isEditing = false;

    // The row and the list share the object link. onChange is called when its title
    // changed, onRemove when the link no longer exists.
    constructor(link, { onChange, onRemove }) {
      this.link = link;
      this.onChange = onChange;
      this.onRemove = onRemove;
      this.url = urls.parse(link.link);
      this.element = byId("row").content.firstElementChild.cloneNode(true);
      if (/^https?:$/.test(this.url?.protocol)) this.part("link").href = link.link;
      for (const [name, label, handler] of [
        ["copy", "Copy", () => this.copy()],
        ["edit", "Edit the title of", () => this.startEdit()],
        ["delete", "Delete", () => this.startDelete()],
        ["undo", "Undo deleting", () => this.undoDelete()],
      ]) {
        const button = this.part(name);
        button.setAttribute("aria-label", `${label} ${link.link}`);
        button.addEventListener("click", handler);
      }
      this.part("new-title").setAttribute("aria-label", `Title of ${link.link}`);
      this.part("editor").addEventListener("submit", (event) => {
        event.preventDefault();
        this.saveTitle(this.part("new-title").value);
      });
      this.part("editor").addEventListener("keydown", (event) => event.key === "Escape" && this.endEdit());
      this.part("cancel").addEventListener("click", () => this.endEdit());
      this.render();
    }

    part(name) {
      return this.element.querySelector(`.${name}`);
    }

    // render shows the title or the host, and below it the link with its host in bold.
    render() {
      const { link, title, added } = this.link;
      const range = urls.hostRange(link, this.url);
      const host = range ? link.slice(...range) : (this.url?.host ?? link);
      this.name = title ?? host.toLowerCase();
      this.part("name").textContent = this.name;
      const bold = document.createElement("b");
      bold.textContent = host;
      const parts = range ? [link.slice(0, range[0]), bold, link.slice(range[1])] : [bold, ` ${link}`];
      this.part("url").replaceChildren(...(title ? parts : [link]));
      const date = new Date(added ?? NaN);
      this.part("date").hidden = isNaN(date);
      if (isNaN(date)) return;
      this.part("date").dateTime = added;
      this.part("date").textContent = dateFormat.format(date);
    }

    async copy() {
      await copyText(this.link.link);
      this.part("copy").classList.add("done");
      setTimeout(() => this.part("copy").classList.remove("done"), 1500);
    }

    showError(text) {
      this.part("row-error").textContent = text;
      this.part("row-error").hidden = text === "";
      announce(text);
    }

    // checkAllowed asks for a missing token early: it deletes a link that does not exist.
    async checkAllowed() {
      if (this.state !== "idle") return false;
      this.state = "checking";
      this.showError("");
      try {
        if (!api.token.get()) await api.remove(unknownID);
      } catch (error) {
        if (error.status !== 404) this.showError(error.message);
        return error.status === 404;
      } finally {
        this.state = "idle";
      }
      return true;
    }

    // --- Title ---

    async startEdit() {
      if (!(await this.checkAllowed())) return;
      this.isEditing = true;
      this.part("new-title").value = this.link.title ?? "";
      this.setState("idle");
      this.part("new-title").focus();
      this.part("new-title").select();
    }

    endEdit() {
      this.isEditing = false;
      this.showError("");
      this.setState("idle");
      this.part("edit").focus();
    }

    async saveTitle(text) {
      try {
        const { title } = await api.setTitle(this.link.link_id, text || null);
        this.link.title = title;
        this.render();
        this.endEdit();
        this.onChange(this);
        announce(title ? `Title saved: ${title}` : "Title removed.");
      } catch (error) {
        if (error.status !== 404) return this.showError(error.message);
        this.onRemove(this);
        announce("This link was deleted elsewhere.");
      }
    }

    // --- Deletion ---

    // startDelete hides the link. The request is sent when the time for undo is over,
    // because storing a deleted link again would change its position.
    async startDelete() {
      if (!(await this.checkAllowed())) return;
      this.setState("pendingDelete");
      this.part("undo").focus();
      announce(`Deleted ${this.name}. Undo available.`);
      this.startTimer();
    }

    // startTimer allows more time while the pointer or the focus is on Undo.
    startTimer(seconds = undoSeconds) {
      this.timer = setTimeout(() => {
        const isReached = document.hasFocus() && this.part("undo").matches(":focus-visible, :hover");
        if (isReached && seconds < maxUndoSeconds) this.startTimer(seconds + undoSeconds);
        else this.commitDelete();
      }, 1000 * undoSeconds);
    }

    cancelDelete() {
      clearTimeout(this.timer);
      this.setState("idle");
    }

    undoDelete() {
      this.cancelDelete();
      this.part("delete").focus();
      announce(`Restored ${this.name}.`);
    }

    // commitDelete sends the request. If it fails, the link reappears with the reason.
    commitDelete(keepalive = false) {
      clearTimeout(this.timer);
      this.setState("deleting");
      this.deletion = (async () => {
        try {
          await api.remove(this.link.link_id, keepalive);
        } catch (error) {
          if (error.status !== 404) {
            this.setState("idle");
            this.showError(error.message);
            return;
          }
        }
        this.onRemove(this);
      })();
      return this.deletion;
    }

    setState(state) {
      this.state = state;
      const isIdle = state === "idle";
      this.element.classList.toggle("editing", this.isEditing);
      this.part("link").hidden = !isIdle;
      this.part("editor").hidden = !isIdle || !this.isEditing;
      this.part("actions").hidden = !isIdle || this.isEditing;
      this.part("date").hidden = !isIdle || this.isEditing || !this.part("date").textContent;
      this.part("deleted").hidden = isIdle;
      this.part("deleted").firstElementChild.textContent = `Deleted ${this.name}`;
      this.part("undo").hidden = state !== "pendingDelete";
    }
  };
})();
