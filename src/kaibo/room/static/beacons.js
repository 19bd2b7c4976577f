// What this viewer did, in small batches. Each event has its own id, so a batch that is sent twice counts once.
import { newId } from "./wire.js";

const FLUSH_MS = 5000;
const HEARTBEAT_MS = 15000;
const MOST_KEPT = 200;

export class Beacons {
  constructor(wire) {
    this.wire = wire;
    this.waiting = [];
    this.shown = new Set();
    this.sending = false;
    this.seenSince = Date.now();
  }

  start() {
    this.note("enter");
    setInterval(() => this.flush(), FLUSH_MS);
    setInterval(() => { if (!document.hidden) this.#heartbeat(); }, HEARTBEAT_MS);
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { this.#heartbeat(); this.#hurry(); } else this.seenSince = Date.now();
    });
    this.flush();
  }

  note(kind, item, value) {
    const event = { id: newId(), kind, at: new Date().toISOString() };
    if (item) event.item = item;
    if (value !== undefined) event.value = value;
    this.waiting.push(event);
    if (this.waiting.length > MOST_KEPT) this.waiting.splice(0, this.waiting.length - MOST_KEPT);
  }

  expose(item) {
    if (this.shown.has(item)) return;
    this.shown.add(item);
    this.note("expose", item);
  }

  async flush() {
    if (this.sending || !this.waiting.length) return;
    this.sending = true;
    const batch = this.waiting.slice(0, MOST_KEPT);
    try {
      await this.wire.act("/events", { events: batch });
      this.#forget(batch);
    } catch (refusal) {
      if (refusal.status === 422) this.#forget(batch);
    } finally {
      this.sending = false;
    }
  }

  #forget(batch) {
    const sent = new Set(batch.map((event) => event.id));
    this.waiting = this.waiting.filter((event) => !sent.has(event.id));
  }

  #heartbeat() {
    const seconds = Math.round((Date.now() - this.seenSince) / 1000);
    this.seenSince = Date.now();
    if (seconds > 0) this.note("heartbeat", undefined, seconds);
  }

  #leave() {
    this.#heartbeat();
    this.note("leave");
    this.#hurry();
  }

  #hurry() {
    const batch = this.waiting.slice(0, MOST_KEPT);
    if (batch.length && this.wire.beacon({ events: batch })) this.#forget(batch);
  }
}
