// The token dialog, and the life cycle of the document.
{
  const dialog = byId("token-dialog");
  const field = byId("token");
  const errorMessage = byId("token-error");

  api.setPrompt((isRejected) => {
    errorMessage.textContent = isRejected ? "That token was not accepted." : "";
    field.value = dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const token = field.value.trim();
    // A header can contain no other characters.
    if (/^[ -~]+$/.test(token)) dialog.close(token);
    else errorMessage.textContent = token ? "This token contains invalid characters." : "Paste the token first.";
  });
  byId("token-cancel").addEventListener("click", () => dialog.close());

  const showTool = () => (byId("token-tool").hidden = !api.token.get());
  document.addEventListener("tokenchange", showTool);
  showTool();
  byId("remove-token").addEventListener("click", () => {
    // All deletions are sent before the token is removed.
    deletions.flush(true);
    api.token.remove();
    byId("tools-button").focus();
  });
  document.addEventListener("tokenremove", () => {
    list.reset();
    announce("Token removed.");
  });

  // References in the manifest are relative to a URL with a trailing slash.
  if (!location.pathname.endsWith("/")) history.replaceState(null, "", api.base + location.search + location.hash);
  document.head.append(create("link", { rel: "manifest", href: `${api.base}manifest.webmanifest` }));

  // drawIcon draws the icon for tabs and home screens from the mark in the heading.
  function drawIcon() {
    const canvas = create("canvas", { width: 180, height: 180 });
    const pen = canvas.getContext("2d");
    Object.assign(pen, { fillStyle: "#0c6a5c", strokeStyle: "#fff", lineWidth: 2.4, lineCap: "round" });
    pen.fillRect(0, 0, 180, 180);
    pen.setTransform(5, 0, 0, 5, 30, 30);
    pen.stroke(new Path2D(document.querySelector(".mark path").getAttribute("d")));
    const icon = document.querySelector("link[rel=icon]");
    icon.href = canvas.toDataURL();
    document.head.append(create("link", { rel: "apple-touch-icon", href: icon.href }));
  }
  setTimeout(drawIcon, 500); // after the first links are shown

  addEventListener("pagehide", () => deletions.flush(true));
  document.addEventListener("visibilitychange", () => document.hidden || list.refresh());
}
