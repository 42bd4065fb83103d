"use strict";

// The tools: the bookmarklet, the curl command, and opening and closing.
(() => {
  const tools = byId("tools");

  byId("tools-button").addEventListener("click", () => importer.setToolsOpen(tools.hidden));
  byId("empty-import").addEventListener("click", () => {
    importer.setToolsOpen(true);
    byId("file").click();
  });

  // --- Bookmarklet and curl command ---

  const script = `void window.open(${JSON.stringify(`${api.base}#add=`)}+encodeURIComponent(location.href)+"&title="+encodeURIComponent(document.title),"_blank","noopener")`;
  const bookmarklet = byId("bookmarklet");
  bookmarklet.href = `javascript:${encodeURIComponent(script)}`;
  bookmarklet.addEventListener("click", (event) => {
    event.preventDefault();
    showMessage(byId("bookmarklet-hint"), "Drag this to your bookmarks bar, or copy it as the URL of a new bookmark.");
  });
  byId("bookmarklet-copy").addEventListener("click", () => copyText(bookmarklet.href));
  byId("description").href = `${api.base}openapi.json`;

  function curlCommand() {
    const token = api.token.get() ? ` -H 'Authorization: Bearer YOUR-TOKEN'` : "";
    return `curl -d '{"link": "https://www.google.com"}'${token} '${api.base.replaceAll("'", "%27")}link'`;
  }
  byId("curl-copy").addEventListener("click", () => copyText(curlCommand()));

  function showCurlCommand() {
    for (const code of document.querySelectorAll(".curl")) code.textContent = curlCommand();
  }
  document.addEventListener("tokenchange", showCurlCommand);
  showCurlCommand();
})();
