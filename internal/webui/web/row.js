// A Row displays one link. Tab reaches one of its controls; the arrow keys reach the
// others.
const Row = (() => {
  // mark shows a text in which the matches of a pattern are highlighted.
  function mark(element, text, pattern) {
    const parts = pattern ? text.split(pattern) : [text];
    element.replaceChildren(...parts.map((part, i) => (i % 2 ? create("mark", { textContent: part }) : part)));
  }

  // hueOf returns the color of a host.
  const hueOf = (host) => [...host].reduce((hue, character) => (hue * 31 + character.codePointAt(0)) % 360, 0);

  return class {
    // The handlers are mayChange, pick, remove and save. Each receives the row. update
    // shows the link.
    constructor(handlers) {
      this.handlers = handlers;
      this.element = byId("row").content.firstElementChild.cloneNode(true);
      this.editor = null;
      const on = (name, run) => this.part(name).addEventListener("click", run);
      on("edit", () => this.edit());
      on("copy", () => this.copy());
      on("delete", () => handlers.remove(this));
      // Firefox ignores a click with Shift on the label of a checkbox, and Chromium
      // ignores that Shift is pressed.
      on("pick", (event) => {
        this.part("checkbox").focus();
        handlers.pick(this, event.shiftKey);
      });
      on("more", () => this.unfold(this.part("more").ariaExpanded !== "true"));
      on("menu", () => (this.part("menu").ariaExpanded = this.part("item").classList.toggle("open")));
      this.element.addEventListener("focusin", (event) => this.setTabStop(event.target));
      this.element.addEventListener("focusout", (event) => {
        if (!this.element.contains(event.relatedTarget)) this.setTabStop(this.part("link"));
      });
      this.element.addEventListener("keydown", (event) => this.onKey(event));
    }

    part(name) {
      return this.element.querySelector(`.${name}`);
    }

    // update shows a link, with the matches of a pattern, if any, highlighted.
    update(link, pattern) {
      const isSame = pattern === this.pattern && JSON.stringify(link) === JSON.stringify(this.link);
      this.link = link;
      if (isSame) return;
      this.pattern = pattern;
      this.url = urls.parse(link.link);
      const [before, host, after] = urls.readable(link.link, this.url);
      const address = before + host + after;
      this.name = link.title ?? address;
      if (/^https?:$/.test(this.url?.protocol)) this.part("link").href = link.link;
      mark(this.part("name"), this.name, pattern);
      mark(this.part("url"), link.title ? address : "", pattern);
      this.part("url").hidden = !link.title;
      const site = host.replace(/^www\./, "");
      this.part("monogram").textContent = (/[\p{L}\p{N}]/u.exec(site)?.[0] ?? "•").toUpperCase();
      this.part("monogram").style.setProperty("--hue", hueOf(site));
      this.part("tags").replaceChildren(...(link.tags ?? []).map((tag) => this.chip(tag)));
      this.part("details").hidden = !link.title && !link.tags;
      mark(this.part("note"), link.note ?? "", pattern);
      this.part("note").hidden = !link.note;
      // A match in a short note is always visible.
      this.unfold(link.note?.length < 300 && pattern?.test(link.note));
      for (const [name, label] of [["edit", "Edit"], ["copy", "Copy"], ["delete", "Delete"], ["checkbox", "Select"], ["menu", "Actions for"]]) {
        this.label(name, label);
      }
      this.setTabStop(this.part("link"));
    }

    chip(tag) {
      const chip = create("a", { className: "chip", href: `#${new URLSearchParams({ tag })}` });
      mark(chip, tag, this.pattern);
      return chip;
    }

    // setDay shows a heading above the row, or none.
    setDay(text) {
      this.part("day").hidden = text === "";
      this.part("time").textContent = text;
      this.part("time").dateTime = this.link.added;
    }

    // label names a control by the link.
    label(name, label) {
      this.part(name).ariaLabel = `${label} ${formats.truncate(this.name, 200)}`;
    }

    // unfold shows the entire note, or two lines of it.
    unfold(isOpen = false) {
      const button = this.part("more");
      this.part("note").classList.toggle("open", isOpen);
      button.ariaExpanded = String(isOpen);
      button.textContent = isOpen ? "Less" : "More";
      this.label("more", `${button.textContent} of`);
      this.measure();
    }

    // measure shows the button that unfolds the note if it has more than two lines.
    measure() {
      const note = this.part("note");
      this.part("more").hidden = note.hidden || note.scrollHeight < 2.5 * parseFloat(getComputedStyle(note).lineHeight);
    }

    // --- Keyboard ---

    controls() {
      return [...this.element.querySelectorAll(".item :is(a, button, input)")];
    }

    setTabStop(control) {
      for (const other of this.controls()) other.tabIndex = other === control ? 0 : -1;
    }

    onKey(event) {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step || this.editor || event.altKey || event.ctrlKey || event.metaKey) return;
      const controls = this.controls().filter((control) => control.checkVisibility());
      controls[controls.indexOf(event.target) + step]?.focus();
      event.preventDefault();
    }

    focus() {
      (this.editor?.querySelector("input") ?? this.part("link")).focus();
    }

    // --- Actions ---

    async copy() {
      const isCopied = await copyText(this.link.link);
      this.showError(isCopied ? "" : "Not copied.");
      if (isCopied) announce("Copied.");
      this.part("copy").classList.toggle("done", isCopied);
      setTimeout(() => this.part("copy").classList.remove("done"), 1500);
    }

    showError(text) {
      this.part("row-error").textContent = text;
      this.part("row-error").hidden = text === "";
      announce(text);
    }

    async edit() {
      if (this.editor) return this.focus();
      if (!(await this.handlers.mayChange(this)) || this.editor) return;
      this.editor = editor.open(this.link, { save: (patch) => this.save(patch), close: () => this.endEdit() });
      this.part("item").after(this.editor);
      this.part("item").hidden = true;
      this.focus();
      this.editor.elements.title.select();
    }

    // endEdit closes the editor, unless it was closed in the meantime.
    endEdit(form = this.editor) {
      if (form !== this.editor) return;
      this.editor.remove();
      this.editor = null;
      this.part("item").hidden = false;
      this.measure(); // a hidden note has no height
      this.showError("");
      this.part("link").focus();
    }

    // save resolves to the error to show in the editor, if any.
    async save(patch) {
      const form = this.editor;
      this.showError("");
      try {
        if (Object.keys(patch).length) await this.handlers.save(this, patch);
        this.endEdit(form);
      } catch (error) {
        if (form !== this.editor) this.showError(error.message);
        return error;
      }
    }
  };
})();
