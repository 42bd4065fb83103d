"use strict";

// api speaks to the service which this page belongs to, wherever that is mounted.
const api = (() => {
  const base = location.origin + location.pathname.replace(/\/?$/, "/");
  const tokenKey = `links token ${base}`;
  const busy = new Set([429, 503, 504]);

  // A Failure is an error response, or no response (status 0). Its message is meant for the user. index is the
  // element of the array that caused it, and field the member; both may be undefined.
  class Failure extends Error {
    constructor(message, status, retryAfter, { Index: index, Field: field } = {}) {
      super(message);
      Object.assign(this, { status, retryAfter, index, field });
    }
  }

  async function failure(answer) {
    const body = await answer.json().catch(() => null);
    let message = body?.Error ?? `The service answered ${answer.status} and gave no reason.`;
    if (answer.status >= 500 && body?.Reference) message += ` (Reference: ${body.Reference})`;
    return new Failure(message, answer.status, Number(answer.headers.get("Retry-After")) || 1, body ?? {});
  }

  // The token is in the browser's storage. Where that is full or switched off it lives as long as the page.
  // Every page of this service in the browser hears when it is forgotten.
  const pages = new BroadcastChannel(tokenKey);
  const token = {
    unstored: "",
    get() {
      try {
        return this.unstored || (localStorage.getItem(tokenKey) ?? "");
      } catch {
        return this.unstored;
      }
    },
    set(value) {
      this.unstored = value;
      try {
        localStorage.removeItem(tokenKey);
        if (value) localStorage.setItem(tokenKey, value);
        this.unstored = "";
      } catch {
        // It is in unstored.
      }
      document.dispatchEvent(new Event("token"));
    },
    forget() {
      pages.postMessage("forget");
      this.forgotten();
    },
    forgotten() {
      this.set("");
      document.dispatchEvent(new Event("forgotten"));
    },
  };
  pages.addEventListener("message", () => token.forgotten());

  // The page sets ask: it gets the service's sentence and whether a token was refused, and resolves to the
  // token that the person gave, or "" for none. However many requests need one, the person is asked once.
  let ask = async () => "";
  let asking = null;
  async function renewed(refused, sentence) {
    if (token.get() !== refused) return true;
    if (refused) token.set("");
    asking ??= ask(sentence, refused !== "").finally(() => (asking = null));
    const given = await asking;
    if (given) token.set(given);
    return given !== "";
  }

  // call resolves to the Response of a 2xx and throws a Failure for everything else. path is relative to the
  // place where the service is mounted, or whole. A quiet call never asks for a token.
  async function call(path, { method = "GET", body, keepalive = false, quiet = false } = {}) {
    for (;;) {
      const sent = token.get();
      const headers = {};
      if (sent) headers.Authorization = `Bearer ${sent}`;
      if (body !== undefined) headers["Content-Type"] = "application/json";
      let answer;
      try {
        answer = await fetch(new URL(path, base), { method, headers, body: JSON.stringify(body), keepalive });
      } catch {
        throw new Failure("The service does not answer. Is it running, and is this computer online?", 0, 1);
      }
      if (answer.ok) return answer;
      const failed = await failure(answer);
      if (answer.status !== 401 || quiet || !(await renewed(sent, failed.message))) throw failed;
    }
  }

  const quietly = (path) => call(path, { quiet: true });

  // patiently is call for long work that nobody watches: it waits and tries again when the service is busy.
  async function patiently(path, options) {
    for (let tries = 1; ; tries++) {
      try {
        return await call(path, options);
      } catch (failed) {
        if (!busy.has(failed.status) || tries === 6) throw failed;
        await new Promise((resolve) => setTimeout(resolve, 1000 * Math.min(failed.retryAfter, 30)));
      }
    }
  }

  // page resolves to { links, next }: at most limit links with their dates, and the address of the page after it
  // or null.
  async function page(from, limit, get = call) {
    const address = new URL(from, base);
    address.searchParams.set("limit", limit);
    address.searchParams.set("added", "true");
    const answer = await get(address);
    const reference = /<([^>]*)>\s*;[^,]*\brel="?next\b/.exec(answer.headers.get("Link") ?? "");
    return { links: await answer.json(), next: reference && new URL(reference[1], answer.url).href };
  }

  const json = (answer) => answer.json();
  return {
    base,
    token,
    call,
    quietly,
    patiently,
    page,
    onAsk: (asker) => (ask = asker),
    store: (links, send = call) => send("link", { method: "POST", body: links }).then(json),
    lookUp: (link) => call(`link?added=true&link=${encodeURIComponent(link)}`).then(json),
    get: (id) => quietly(`link/${id}`).then(json),
    retitle: (id, title) => call(`link/${id}`, { method: "PATCH", body: { title } }).then(json),
    remove: (id, keepalive) => call(`link/${id}`, { method: "DELETE", keepalive }),
  };
})();
