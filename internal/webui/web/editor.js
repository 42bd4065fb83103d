// editor is the form that changes the title, the tags and the note of a link.
const editor = (() => {
  // open returns a form. It calls save with a patch of the changed members, which resolves
  // to an error to show, if any, and close if the user cancels.
  function open(link, { save, close }) {
    const form = byId("editor").content.firstElementChild.cloneNode(true);
    const { elements } = form;
    const before = { title: link.title ?? "", tags: (link.tags ?? []).join(", "), note: link.note ?? "" };
    for (const [name, text] of Object.entries(before)) elements[name].value = text;
    elements.title.placeholder = link.link;
    tags.complete(elements.tags);

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const patch = {};
      for (const [name, text] of Object.entries(before)) {
        const { value } = elements[name];
        elements[name].removeAttribute("aria-invalid");
        elements[name].readOnly = true;
        if (value !== text) patch[name] = name === "tags" ? tags.parse(value) : value;
      }
      const error = await save(patch);
      for (const name in before) elements[name].readOnly = false;
      showMessage(form.querySelector(".editor-error"), error?.message, true);
      const field = elements[error?.field];
      field?.setAttribute("aria-invalid", "true");
      field?.focus();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      close();
      event.preventDefault();
      event.stopPropagation();
    });
    form.querySelector(".cancel").addEventListener("click", close);
    return form;
  }

  return { open };
})();
