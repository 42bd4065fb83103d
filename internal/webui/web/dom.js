// canEdit reports whether the service allows to edit and delete links.
const canEdit = document.documentElement.dataset.edit !== "off";
const byId = (id) => document.getElementById(id);

// showMessage sets the text of a live region.
function showMessage(element, text, isError = false) {
  element.textContent = text;
  element.classList.toggle("error", isError);
}

// fold returns a tag in lower case, because tags are compared regardless of case.
const fold = (tag) => tag.toLowerCase();

// announce is for screen readers only.
const announce = (text) => showMessage(byId("announcement"), text);

// create returns a new element with properties and children.
function create(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// copyText resolves to whether the text was copied. It falls back to execCommand,
// since browsers offer the clipboard API on https and localhost only.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const area = document.body.appendChild(create("textarea", { value: text }));
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    focused?.focus();
    return isCopied;
  }
}

const formatNumber = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, ",");
const pluralize = (number, noun) => `${formatNumber(number)} ${noun}${number === 1 ? "" : "s"}`;

// pause lets the browser paint and handle input if it has not for a while. Unlike a
// timer, a message is not delayed in a hidden tab.
const pause = (() => {
  const maxTime = 20; // milliseconds
  const { port1, port2 } = new MessageChannel();
  const waiting = [];
  let since = 0;
  port1.onmessage = () => {
    since = performance.now();
    for (const resume of waiting.splice(0)) resume();
  };
  return () =>
    performance.now() - since < maxTime ||
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(null);
    });
})();

// saveKey returns the key with which a bookmarklet of this browser saves a link
// without a question, or "" if nothing can be stored.
function saveKey() {
  const name = `links key ${location.pathname}`;
  try {
    localStorage[name] ??= crypto.getRandomValues(new Uint32Array(4)).join("");
    return localStorage[name];
  } catch {
    return "";
  }
}
