"use strict";

const byId = (id) => document.getElementById(id);

// say writes into an element that a screen reader follows.
function say(element, text, isError = false) {
  element.textContent = text;
  element.classList.toggle("error", isError);
}

// copy works without the clipboard API too, which a browser offers on https and localhost only.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const before = document.activeElement;
    const area = document.body.appendChild(document.createElement("textarea"));
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  }
  say(byId("news"), "Copied.");
}

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
