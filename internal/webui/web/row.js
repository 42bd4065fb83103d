"use strict";

// Row shows one link, changes its title, and deletes it with a way back. While its deletion can be undone it is
// "offered", and "leaving" once that was sent.
const Row = (() => {
  const graceSeconds = 5;
  const longestGraceSeconds = 20;
  const impossible = "00000000-0000-0000-0000-000000000000";
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

  return class {
    state = "there";
    editing = false;

    // link is an object which row and list share. The list hears when its title was changed and when it is gone.
    constructor(link, { changed, gone }) {
      this.link = link;
      this.changed = changed;
      this.gone = gone;
      this.url = address.parse(link.link);
      this.element = byId("row").content.firstElementChild.cloneNode(true);
      if (/^https?:$/.test(this.url?.protocol)) this.part("link").href = link.link;
      for (const [name, label, act] of [
        ["copy", "Copy", () => this.copy()],
        ["edit", "Edit the title of", () => this.edit()],
        ["delete", "Delete", () => this.offer()],
        ["undo", "Undo the deletion of", () => this.undo()],
      ]) {
        const button = this.part(name);
        button.setAttribute("aria-label", `${label} ${link.link}`);
        button.addEventListener("click", act);
      }
      this.part("new-title").setAttribute("aria-label", `Title of ${link.link}`);
      this.part("editor").addEventListener("submit", (event) => {
        event.preventDefault();
        this.retitle(this.part("new-title").value);
      });
      this.part("editor").addEventListener("keydown", (event) => event.key === "Escape" && this.endEdit());
      this.part("cancel").addEventListener("click", () => this.endEdit());
      this.paint();
    }

    part(name) {
      return this.element.querySelector(`.${name}`);
    }

    // paint shows what is known of the link: its title, with the address beneath in which the host stands out, or the
    // host as it is written, with the whole address beneath.
    paint() {
      const { link, title, added } = this.link;
      const at = address.writtenHost(link, this.url);
      const host = at ? link.slice(...at) : (this.url?.host ?? link);
      this.name = title ?? host.toLowerCase();
      this.part("name").textContent = this.name;
      const strong = document.createElement("b");
      strong.textContent = host;
      const parts = at ? [link.slice(0, at[0]), strong, link.slice(at[1])] : [strong, ` ${link}`];
      this.part("address").replaceChildren(...(title ? parts : [link]));
      const when = new Date(added ?? NaN);
      this.part("day").hidden = isNaN(when);
      if (isNaN(when)) return;
      this.part("day").dateTime = added;
      this.part("day").textContent = day.format(when);
    }

    async copy() {
      await copy(this.link.link);
      this.part("copy").classList.add("done");
      setTimeout(() => this.part("copy").classList.remove("done"), 1500);
    }

    note(sentence) {
      this.part("note").textContent = sentence;
      this.part("note").hidden = sentence === "";
      say(byId("news"), sentence);
    }

    // mayChange asks for a missing token early, by a request about an id that no link has.
    async mayChange() {
      if (this.state !== "there") return false;
      this.state = "asking";
      this.note("");
      try {
        if (!api.token.get()) await api.remove(impossible);
      } catch (failed) {
        if (failed.status !== 404) this.note(failed.message);
        return failed.status === 404;
      } finally {
        this.state = "there";
      }
      return true;
    }

    // --- The title ---

    async edit() {
      if (!(await this.mayChange())) return;
      this.editing = true;
      this.part("new-title").value = this.link.title ?? "";
      this.dress("there");
      this.part("new-title").focus();
      this.part("new-title").select();
    }

    endEdit() {
      this.editing = false;
      this.note("");
      this.dress("there");
      this.part("edit").focus();
    }

    async retitle(title) {
      try {
        const { title: kept } = await api.retitle(this.link.link_id, title || null);
        this.link.title = kept;
        this.paint();
        this.endEdit();
        this.changed(this);
        say(byId("news"), kept ? `The title is ${kept}.` : "The title is taken away.");
      } catch (failed) {
        if (failed.status !== 404) return this.note(failed.message);
        this.gone(this);
        say(byId("news"), "This link was deleted elsewhere.");
      }
    }

    // --- Deletion ---

    // offer takes the link out of sight at once and deletes it only when the time for undo has passed, since a
    // link that is stored again would have lost its place.
    async offer() {
      if (!(await this.mayChange())) return;
      this.dress("offered");
      this.part("undo").focus();
      say(byId("news"), `Deleted ${this.name}. Undo is offered.`);
      this.wait();
    }

    // Who reaches for Undo, with the pointer or by keyboard, gets more time.
    wait(seconds = graceSeconds) {
      this.timer = setTimeout(() => {
        const reached = document.hasFocus() && this.part("undo").matches(":focus-visible, :hover");
        if (reached && seconds < longestGraceSeconds) this.wait(seconds + graceSeconds);
        else this.leave();
      }, 1000 * graceSeconds);
    }

    stay() {
      clearTimeout(this.timer);
      this.dress("there");
    }

    undo() {
      this.stay();
      this.part("delete").focus();
      say(byId("news"), `${this.name} is back.`);
    }

    // leave sends the deletion. If it fails the link comes back in its place, with the reason.
    leave(keepalive = false) {
      clearTimeout(this.timer);
      this.dress("leaving");
      this.left = (async () => {
        try {
          await api.remove(this.link.link_id, keepalive);
        } catch (failed) {
          if (failed.status !== 404) {
            this.dress("there");
            this.note(failed.message);
            return;
          }
        }
        this.gone(this);
      })();
      return this.left;
    }

    dress(state) {
      this.state = state;
      const there = state === "there";
      this.element.classList.toggle("editing", this.editing);
      this.part("link").hidden = !there;
      this.part("editor").hidden = !there || !this.editing;
      this.part("actions").hidden = !there || this.editing;
      this.part("day").hidden = !there || this.editing || !this.part("day").textContent;
      this.part("deleted").hidden = there;
      this.part("deleted").firstElementChild.textContent = `Deleted ${this.name}`;
      this.part("undo").hidden = state !== "offered";
    }
  };
})();
