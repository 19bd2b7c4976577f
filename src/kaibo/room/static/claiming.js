// One claim from the press of the button to its one true answer. The key is kept until there is an answer, so that a
// lost network or a reload asks what became of it instead of claiming again.
import { newId } from "./wire.js";

const TRIES = 12;
const FINAL = new Set([401, 403, 404, 409, 422]);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class Claiming {
  constructor(wire, { onStep }) {
    this.wire = wire;
    this.onStep = onStep;
    this.busy = false;
  }

  get pending() { return this.wire.kept("pending"); }

  async claim(item, quantity) {
    if (this.busy) return;
    const open = this.pending;
    const ask = open && open.item === item ? open : { item, quantity, key: newId() };
    this.wire.keep("pending", ask);
    await this.#ask(ask);
  }

  async resume() {
    const ask = this.pending;
    if (ask && !this.busy) await this.#ask(ask);
  }

  async #ask(ask) {
    this.busy = true;
    this.onStep({ step: "busy", ask });
    try {
      for (let attempt = 1; attempt <= TRIES; attempt += 1) {
        const end = await this.#once(ask, attempt);
        if (end) { this.busy = false; this.onStep({ ...end, ask }); return; }
      }
      this.busy = false;
      this.onStep({ step: "unknown", ask });
    } finally {
      this.busy = false;
    }
  }

  async #once(ask, attempt) {
    try {
      const got = await this.wire.act("/claims", { item: ask.item, quantity: ask.quantity }, { "Idempotency-Key": ask.key });
      this.wire.keep("pending", null);
      this.wire.keep("mine", [got, ...(this.wire.kept("mine") ?? [])].slice(0, 30));
      return { step: "got", got };
    } catch (refusal) {
      if (refusal.code === "too_fast" || FINAL.has(refusal.status)) {
        this.wire.keep("pending", null);
        return { step: "refused", refusal };
      }
      const seconds = refusal.retryAfterSeconds ?? Math.min(0.5 * 2 ** Math.min(attempt, 4), 5);
      this.onStep({ step: refusal.status ? "again" : "lost", refusal, seconds, ask });
      await sleep(seconds * 1000);
      return null;
    }
  }
}
