"use strict";

// Finding: words in what is loaded, more of the list until they are found, and an address in the whole list.
(() => {
  const sought = byId("sought");
  const lookUp = byId("look-up");
  const message = byId("find-message");

  function seek() {
    list.clearFound();
    list.filter(sought.value);
    const isAddress = address.isOne(sought.value);
    lookUp.textContent = isAddress ? "Look up" : "Search older";
    lookUp.hidden = sought.value.trim() === "" || (!isAddress && !list.hasMore());
  }
  sought.addEventListener("input", seek);

  byId("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = sought.value;
    if (address.isOne(text)) {
      try {
        const [there] = await api.lookUp(address.whole(text));
        if (there) list.show(there);
        say(message, there ? "Found." : "This address is not in your list.");
      } catch (failed) {
        say(message, failed.message, true);
      }
      return;
    }
    if (text.trim() === "") return;
    const before = list.found();
    while (list.found() === before && sought.value === text && (await list.load(1000)));
    lookUp.hidden = !list.hasMore();
    if (lookUp.hidden) sought.focus();
  });
})();
