// tags knows the tags of all links that were loaded, and completes them in fields.
const tags = (() => {
  const maxOptions = 6;
  const known = new Map(); // from the folded tag to { tag, number }
  let lastID = 0;

  function learn(links) {
    for (const link of links) {
      for (const tag of link.tags ?? []) {
        const { number = 0 } = known.get(fold(tag)) ?? {};
        known.set(fold(tag), { tag, number: number + 1 });
      }
    }
  }

  // parse returns the tags of a field, separated by commas.
  function parse(text) {
    const parsed = new Map();
    for (const tag of text.split(",").map(urls.trim)) if (tag && !parsed.has(fold(tag))) parsed.set(fold(tag), tag);
    return [...parsed.values()];
  }

  // merge returns the tags of a link after others were added.
  const merge = (before = [], others) => parse([...before, ...others].join(","));

  // suggest returns known tags of which a level starts with the text.
  function suggest(text, others) {
    const start = fold(urls.trim(text));
    const used = new Set(others.map(fold));
    return [...known]
      .filter(([folded]) => !used.has(folded) && folded !== start && `/${folded}`.includes(`/${start}`))
      .sort(([, a], [, b]) => b.number - a.number)
      .slice(0, maxOptions)
      .map(([, { tag }]) => tag);
  }

  // complete shows suggestions below a field of tags: a combobox whose list box
  // follows the field.
  function complete(field) {
    const box = create("ul", { className: "options", id: `options-${++lastID}`, role: "listbox", ariaLabel: "Suggestions", hidden: true });
    field.after(box);
    Object.assign(field, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: "false" });
    field.setAttribute("aria-controls", box.id);
    let active = -1;

    // The tag being typed is between the commas around the caret.
    function typed() {
      const from = field.value.lastIndexOf(",", field.selectionStart - 1) + 1;
      const end = field.value.indexOf(",", from);
      return [from, end < 0 ? field.value.length : end];
    }

    function show(options) {
      active = -1;
      box.replaceChildren(...options.map((tag, i) => create("li", { id: `${box.id}-${i}`, role: "option", textContent: tag })));
      box.hidden = options.length === 0;
      field.ariaExpanded = String(!box.hidden);
      field.removeAttribute("aria-activedescendant");
    }

    function update() {
      const [from, to] = typed();
      const text = field.value.slice(from, to);
      show(text.trim() ? suggest(text, parse(field.value.slice(0, from) + field.value.slice(to))) : []);
    }

    function move(step) {
      active = (active + step + box.childElementCount) % box.childElementCount;
      for (const [i, option] of [...box.children].entries()) option.ariaSelected = String(i === active);
      field.setAttribute("aria-activedescendant", box.children[active].id);
    }

    function choose(tag) {
      const [from, to] = typed();
      field.setRangeText(`${from ? " " : ""}${tag}, `, from, to, "end");
      show([]);
    }

    field.addEventListener("input", update);
    field.addEventListener("blur", () => show([]));
    field.addEventListener("keydown", (event) => {
      if (box.hidden) return;
      const choice = box.children[active];
      if (event.key === "ArrowDown") move(1);
      else if (event.key === "ArrowUp") move(active < 0 ? 0 : -1);
      else if (event.key === "Escape") show([]);
      else if (event.key === "Enter" && choice) choose(choice.textContent);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    // A click must not take the focus from the field.
    box.addEventListener("mousedown", (event) => {
      event.preventDefault();
      if (event.target.role === "option") choose(event.target.textContent);
    });
  }

  return { learn, parse, merge, complete };
})();
