// Calls to the room. Who we are travels in a cookie this script cannot read.
import { language, t } from "./words.js";

const memory = window.localStorage;

export class Refusal extends Error {
  constructor(status, code, message, details, retryAfterSeconds) {
    super(message);
    Object.assign(this, { status, code, details: details ?? {}, retryAfterSeconds });
  }
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export class Wire {
  constructor(room) {
    this.room = room;
    this.base = `/rooms/${encodeURIComponent(room)}`;
    this.key = `kaibo.${room}`;
    this.me = read(`${this.key}.me`);
  }

  // The picture the page itself brought, once; a page the browser kept from before is too old to tell.
  given() {
    const now = document.getElementById("now");
    const isOld = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    now?.remove();
    return now && !isOld ? JSON.parse(now.textContent) : null;
  }

  snapshot() { return this.#call("GET", ""); }

  // One visitor a page: a tap while the page still enters must not become a second person.
  enter({ anew = false } = {}) {
    if (this.me && !anew) return Promise.resolve(this.me);
    this.entering ??= this.#enter().finally(() => { this.entering = undefined; });
    return this.entering;
  }

  async #enter() {
    const nickname = this.me?.nickname ?? `${t("guest")}${1000 + Math.floor(Math.random() * 9000)}`;
    const { visitor } = await this.#call("POST", "/visitors", { nickname });
    this.me = { visitor, nickname };
    write(`${this.key}.me`, this.me);
    return this.me;
  }

  // An action of a visitor; when the cookie is gone or too old, enter again and repeat once.
  act(path, body, headers = {}) { return this.ask("POST", path, body, headers); }

  async ask(method, path, body, headers = {}) {
    await this.enter();
    const sent = method === "GET" ? headers : { "content-type": "application/json", ...headers };
    try {
      return await this.#call(method, path, body, sent);
    } catch (refusal) {
      if (refusal.code !== "token_needed") throw refusal;
      await this.enter({ anew: true });
      return this.#call(method, path, body, sent);
    }
  }

  look(path) { return this.#call("GET", path); }

  beacon(body) {
    return navigator.sendBeacon(`${this.base}/events`, new Blob([JSON.stringify(body)], { type: "application/json" }));
  }

  keep(name, value) { write(`${this.key}.${name}`, value); }
  kept(name) { return read(`${this.key}.${name}`); }

  async #call(method, path, body, headers = {}) {
    const answer = await fetch(this.base + path, {
      method, credentials: "same-origin", signal: AbortSignal.timeout(15000),
      headers: { "accept-language": language, ...(body ? { "content-type": "application/json" } : {}), ...headers },
      body: body ? JSON.stringify(body) : undefined,
    });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    throw new Refusal(answer.status, said.code ?? "unreadable", said.message ?? "", said.details, Number(answer.headers.get("retry-after") ?? 1));
  }
}

function read(name) {
  try { return JSON.parse(memory.getItem(name)); } catch { return null; }
}

function write(name, value) {
  try { memory.setItem(name, JSON.stringify(value)); } catch { /* private window or full: the page works without memory */ }
}
