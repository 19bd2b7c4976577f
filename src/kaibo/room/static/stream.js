// The room's stream: comes back by itself with the last number it has, and says when it is away.
const KINDS = ["item", "stock", "price", "notice", "state", "draw", "poll", "coupon", "answer", "moderation", "chat", "likes", "figures"];
const TELL_AFTER_MS = 1500;

export class Stream {
  constructor(base, { onEvent, onReset, onTrouble }) {
    Object.assign(this, { base, onEvent, onReset, onTrouble });
    this.after = 0;
    this.wait = 1000;
  }

  open(after) {
    this.after = after;
    this.source?.close();
    const source = new EventSource(`${this.base}/stream?after=${after}`);
    this.source = source;
    source.onopen = () => { this.wait = 1000; this.#calm(); };
    source.onerror = () => this.#lost(source);
    for (const kind of KINDS) source.addEventListener(kind, (event) => this.#hear(kind, event));
    source.addEventListener("reset", () => this.onReset());
    source.addEventListener("resume", () => this.open(this.after));
  }

  #hear(kind, event) {
    const number = event.lastEventId && kind !== "chat" && kind !== "likes" && kind !== "figures" ? Number(event.lastEventId) : 0;
    if (number) {
      if (number <= this.after) return;
      this.after = number;
    }
    this.onEvent(kind, JSON.parse(event.data));
  }

  #lost(source) {
    this.trouble ??= setTimeout(() => this.onTrouble(true), TELL_AFTER_MS);
    if (source.readyState !== EventSource.CLOSED || source !== this.source) return;
    setTimeout(() => { if (source === this.source) this.open(this.after); }, this.wait * (0.7 + Math.random() * 0.6));
    this.wait = Math.min(this.wait * 2, 15000);
  }

  #calm() {
    clearTimeout(this.trouble);
    this.trouble = undefined;
    this.onTrouble(false);
  }
}
