"use strict";

// The token, and the page's life.
(() => {
  const dialog = byId("ask");
  const token = byId("token");
  const wrong = byId("ask-wrong");

  api.onAsk((sentence, refused) => {
    byId("ask-why").textContent = sentence;
    wrong.textContent = refused ? "The token that this browser had was refused." : "";
    token.value = dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = token.value.trim();
    // Anything else cannot be sent in a header.
    if (/^[ -~]+$/.test(given)) dialog.close(given);
    else wrong.textContent = given ? "A token has letters without accents, digits, signs and spaces only." : "Paste the token here first.";
  });
  byId("ask-cancel").addEventListener("click", () => dialog.close(""));

  const showTool = () => (byId("token-tool").hidden = !api.token.get());
  document.addEventListener("token", showTool);
  showTool();
  byId("forget").addEventListener("click", () => {
    list.settle();
    api.token.forget();
    byId("more").focus();
  });
  document.addEventListener("forgotten", () => {
    list.forget();
    say(byId("news"), "The token is forgotten.");
  });

  // The manifest's references are relative to the URL with a slash at its end.
  if (!location.pathname.endsWith("/")) history.replaceState(null, "", api.base + location.search + location.hash);
  const manifest = document.createElement("link");
  manifest.rel = "manifest";
  manifest.href = `${api.base}manifest.webmanifest`;
  document.head.append(manifest);

  addEventListener("pagehide", () => list.settle(true));
  document.addEventListener("visibilitychange", () => document.hidden || list.refresh());
  list.start();
})();
