// editor is the form that changes the title, the tags and the note of a link.
const editor = (() => {
  // open returns a form. It calls save with a patch of the changed members, which resolves
  // to an error to show, if any, and close if the user cancels.
  function open(link, { save, close }) {
    const form = byId("editor").content.firstElementChild.cloneNode(true);
    const field = (name) => form.elements.namedItem(name);
    const before = { title: link.title ?? "", tags: (link.tags ?? []).join(", "), note: link.note ?? "" };
    for (const [name, text] of Object.entries(before)) field(name).value = text;
    tags.complete(field("tags"));

    async function submit() {
      const patch = {};
      if (field("title").value !== before.title) patch.title = field("title").value || null;
      if (field("tags").value !== before.tags) patch.tags = tags.parse(field("tags").value);
      if (field("note").value !== before.note) patch.note = field("note").value || null;
      for (const name of Object.keys(before)) field(name).removeAttribute("aria-invalid");
      const error = await save(patch);
      showMessage(form.querySelector(".editor-error"), error?.message ?? "", true);
      if (!error || !(error.field in before)) return;
      field(error.field).setAttribute("aria-invalid", "true");
      field(error.field).focus();
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    form.querySelector(".cancel").addEventListener("click", close);
    return form;
  }

  return { open };
})();
