// api is the client of the service that serves this document.
const api = (() => {
  const base = location.origin + location.pathname.replace(/\/?$/, "/");
  const tokenKey = `links token ${base}`;
  const retryable = new Set([0, 429, 503, 504]); // 0: no response

  // apiError returns an error for an error response, or for none (status 0). The message
  // is for the user. index is the array element that caused it, and field the member.
  // Both may be undefined.
  const apiError = (message, status, retryAfter, { Index: index, Field: field } = {}) =>
    Object.assign(new Error(message), { status, retryAfter, index, field });

  // The service explains most errors to programs. Those below 404 are about values.
  const texts = {
    401: "A token is required.",
    403: "Editing and deleting are off.",
    404: "This link was deleted elsewhere.",
    429: "The service is busy. Try again.",
  };

  async function readError(response) {
    const body = (await response.json().catch(() => null)) ?? {};
    let message = texts[response.status] ?? ((response.status < 404 && body.Error) || "The service is unavailable.");
    if (response.status >= 500 && body.Reference) message += ` (Reference: ${body.Reference})`;
    return apiError(message, response.status, Number(response.headers.get("Retry-After")) || 1, body);
  }

  // The token is in local storage. If that is full or disabled, the token is kept in
  // memory. Removing it is broadcast to all tabs.
  const channel = new BroadcastChannel(tokenKey);
  const token = {
    inMemory: "",
    get() {
      try {
        return this.inMemory || (localStorage.getItem(tokenKey) ?? "");
      } catch {
        return this.inMemory;
      }
    },
    set(value) {
      this.inMemory = value;
      try {
        localStorage.removeItem(tokenKey);
        if (value) localStorage.setItem(tokenKey, value);
        this.inMemory = "";
      } catch {
        // It stays in memory.
      }
      document.dispatchEvent(new Event("tokenchange"));
    },
    remove() {
      channel.postMessage("remove");
      this.removeHere();
    },
    removeHere() {
      this.set("");
      document.dispatchEvent(new Event("tokenremove"));
    },
  };
  channel.addEventListener("message", () => token.removeHere());

  // prompt asks the user for a token. It receives whether one was rejected, and resolves
  // to "" if the user gives none. Concurrent requests share one prompt.
  let prompt = async () => "";
  let pendingPrompt = null;
  async function replaceToken(rejected) {
    if (token.get() !== rejected) return true;
    if (rejected) token.set("");
    pendingPrompt ??= prompt(rejected !== "").finally(() => (pendingPrompt = null));
    const entered = await pendingPrompt;
    if (entered) token.set(entered);
    return entered !== "";
  }

  // call resolves to a Response with a status of 2xx, and throws an apiError for any
  // other. path is absolute, or relative to base.
  // If signal is aborted, it throws the reason.
  async function call(path, { method, body, keepalive, mayPrompt = true, signal } = {}) {
    for (;;) {
      const sent = token.get();
      const headers = {};
      if (sent) headers.Authorization = `Bearer ${sent}`;
      if (body !== undefined) headers["Content-Type"] = "application/json";
      let response;
      try {
        response = await fetch(new URL(path, base), { method, headers, body: JSON.stringify(body), keepalive, signal });
      } catch {
        signal?.throwIfAborted();
        throw apiError("Can’t reach the service. Check that it is running and that you are online.", 0, 1);
      }
      if (response.ok) return response;
      const error = await readError(response);
      if (error.status !== 401 || !mayPrompt || !(await replaceToken(sent))) throw error;
    }
  }

  const callNoPrompt = (path, options) => call(path, { ...options, mayPrompt: false });

  // callWithRetry stops waiting for a retry if the signal is aborted. It completes a
  // request in flight, so that the caller knows what was stored.
  async function callWithRetry(path, { signal, ...options } = {}) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call(path, options);
      } catch (error) {
        if (!retryable.has(error.status) || attempt === 6) throw error;
        signal?.throwIfAborted();
        await new Promise((resolve, reject) => {
          setTimeout(resolve, 1000 * Math.min(error.retryAfter, 30));
          signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
        });
      }
    }
  }

  // page resolves to { links, next }: at most limit links with their dates, and the
  // URL of the next page or null. A page of a search may be shorter than limit.
  async function page(path, limit, send = call, options = {}) {
    const url = new URL(path, base);
    url.searchParams.set("limit", limit);
    url.searchParams.set("added", "true");
    const response = await send(url, options);
    const target = /<([^>]*)>\s*;[^,]*\brel="?next\b/.exec(response.headers.get("Link") ?? "");
    return { links: await response.json(), next: target && new URL(target[1], response.url).href };
  }

  const json = (response) => response.json();
  return {
    base,
    token,
    callNoPrompt,
    callWithRetry,
    page,
    setPrompt: (value) => (prompt = value),
    store: (links, send = call) => send("link", { method: "POST", body: links }).then(json),
    lookUp: (link, options) => call(`link?added=true&link=${encodeURIComponent(link)}`, options).then(json),
    get: (id) => callNoPrompt(`link/${id}`).then(json),
    update: (id, patch) => call(`link/${id}`, { method: "PATCH", body: patch }).then(json),
    remove: (id) => call(`link/${id}`, { method: "DELETE", keepalive: true }),
  };
})();
