// The tools: the bookmarklet, the curl command, and opening and closing.
{
  const tools = byId("tools");

  byId("tools-button").addEventListener("click", () => importer.setToolsOpen(tools.hidden));
  byId("empty-import").addEventListener("click", () => {
    importer.setToolsOpen(true);
    byId("file").click();
  });

  // --- Bookmarklet and curl command ---

  const encode = "encodeURIComponent";
  for (const [element, more] of [[byId("bookmarklet"), ""], [byId("bookmarklet-close"), `&key=${saveKey()}`]]) {
    const script = `void window.open(${JSON.stringify(`${api.base}#add=`)}+${encode}(location.href)+"&title="+${encode}(document.title)+"&note="+${encode}(getSelection())+"${more}","_blank","noopener")`;
    element.href = `javascript:${encodeURIComponent(script)}`;
    element.addEventListener("click", (event) => {
      event.preventDefault();
      toast.copy(element.href);
    });
  }
  byId("description").href = `${api.base}openapi.json`;

  function curlCommand() {
    const token = api.token.get() ? ` -H 'Authorization: Bearer YOUR-TOKEN'` : "";
    return `curl -d '{"link": "https://www.google.com"}'${token} '${api.base.replaceAll("'", "%27")}link'`;
  }
  byId("curl-copy").addEventListener("click", () => toast.copy(curlCommand()));

  function showCurlCommand() {
    for (const code of document.querySelectorAll(".curl")) code.textContent = curlCommand();
  }
  document.addEventListener("tokenchange", showCurlCommand);
  showCurlCommand();
}
