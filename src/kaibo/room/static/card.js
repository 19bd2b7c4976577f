// The product card: what it is, what it costs, how many are left, and one button that always says what it will do.
import { clock, labelled, t, yuan } from "./words.js";

const $ = (id) => document.getElementById(id);
const FEW_PERCENT = 10;
const MOST_UNITS = 9;

export function paintPicture(box, item) {
  if (box.dataset.of === `${item.item} ${item.image_url}`) return;
  box.dataset.of = `${item.item} ${item.image_url}`;
  box.replaceChildren(item.title.slice(0, 1));
  if (!item.image_url) return;
  const image = new Image();
  image.alt = "";
  image.onload = () => box.replaceChildren(image);
  image.src = item.image_url;
}

export class Card {
  constructor({ onBuy, onClick }) {
    this.quantity = 1;
    this.step = { step: "idle" };
    $("less").onclick = () => this.#count(-1);
    $("more").onclick = () => this.#count(1);
    $("buy").onclick = () => { if (this.#canBuy()) onBuy(this.item.item, this.quantity); };
    $("card-picture").onclick = () => onClick(this.item.item);
    setInterval(() => this.#tick(), 1000);
  }

  paint(item) {
    if (this.item?.item !== item?.item) { this.quantity = 1; this.step = { step: "idle" }; }
    this.item = item;
    $("card").hidden = !item;
    if (!item) return;
    paintPicture($("card-picture"), item);
    $("card-title").textContent = item.title;
    $("card-price").textContent = yuan(item.price_fen);
    const was = $("card-was");
    was.hidden = !(item.reference_price_fen > item.price_fen);
    if (!was.hidden) {
      const struck = document.createElement("s");
      struck.textContent = yuan(item.reference_price_fen);
      was.replaceChildren(struck, t("lowest", yuan(item.reference_price_fen)));
    }
    $("card-labels").textContent = (item.labels ?? []).map(labelled).join(" · ");
    $("card-labels").hidden = !item.labels?.length;
    this.#stock(item);
    $("card-limit").textContent = item.limit_per_visitor ? t("limit", item.limit_per_visitor) : "";
    this.#count(0);
    this.#button();
  }

  show(step) {
    if (step.ask && this.item && step.ask.item !== this.item.item && step.step !== "got") return;
    this.step = step;
    this.#button();
    this.#say();
  }

  #stock(item) {
    const bar = $("card-bar");
    const percent = item.stock ? Math.round((100 * item.left) / item.stock) : 0;
    bar.setAttribute("aria-valuemax", item.stock);
    bar.setAttribute("aria-valuenow", item.left);
    bar.setAttribute("aria-valuetext", t("left", item.left, item.stock));
    bar.style.setProperty("--share", percent);
    const few = item.left > 0 && percent <= FEW_PERCENT;
    $("card-left").textContent = item.left === 0 ? t("sold_out") : few ? t("few", item.left) : t("left", item.left, item.stock);
    $("card-left").className = few ? "few" : "";
  }

  #most() {
    const item = this.item;
    return Math.max(1, Math.min(MOST_UNITS, item?.limit_per_visitor ?? MOST_UNITS, item?.left || 1));
  }

  #count(by) {
    this.quantity = Math.min(Math.max(this.quantity + by, 1), this.#most());
    $("quantity").textContent = this.quantity;
    $("less").disabled = this.quantity <= 1;
    $("more").disabled = this.quantity >= this.#most();
  }

  #canBuy() {
    return this.item?.state === "on_sale" && this.item.left > 0 && !["busy", "lost", "again", "slow"].includes(this.step.step);
  }

  #button() {
    const buy = $("buy");
    const item = this.item;
    const [words, look] = ["busy", "again"].includes(this.step.step) ? [t("buying"), "busy"]
      : this.step.step === "lost" ? [t("retrying"), "busy"]
      : item.state === "closed" ? [t("closed"), "quiet"]
      : item.state !== "on_sale" ? [t("not_on_sale"), "quiet"]
      : item.left === 0 ? [t("sold_out"), "quiet"]
      : [t("buy"), this.step.step === "slow" ? "quiet" : "ready"];
    buy.textContent = words;
    buy.dataset.look = look;
    buy.setAttribute("aria-disabled", String(look !== "ready"));
    buy.setAttribute("aria-busy", String(look === "busy"));
  }

  #say() {
    const { step, got, refusal, seconds } = this.step;
    const box = $("answer");
    const set = (kind, text) => { box.hidden = !text; box.dataset.kind = kind; box.textContent = text ?? ""; };
    if (step === "got") return set("good", `✓ ${t("got", got.quantity, yuan(got.amount_fen), clock(got.pay_by))}${payLeft(got.pay_by)}`);
    if (step === "lost") return set("wait", `… ${t("a_lost")}`);
    if (step === "unknown") return set("bad", `! ${t("a_unknown")}`);
    if (step === "again") return set("wait", `… ${refusal.code === "queue_full" ? t("a_queue_full", Math.ceil(seconds)) : t("a_ledger_away")}`);
    if (step === "slow") return set("wait", `… ${t("a_too_fast", Math.max(1, Math.ceil((this.step.until - Date.now()) / 1000)))}`);
    if (step === "refused") {
      if (refusal.code === "too_fast") { this.step = { step: "slow", until: Date.now() + 1000 * refusal.retryAfterSeconds }; this.#button(); return this.#say(); }
      return set("bad", `! ${t(`a_${refusal.code}`) ?? t("a_other", refusal.message)}`);
    }
    return set("", "");
  }

  #tick() {
    const { step, until, got } = this.step;
    if (step === "slow") {
      if (Date.now() >= until) { this.step = { step: "idle" }; this.#button(); }
      this.#say();
    } else if (step === "got") {
      // the seconds change for the eye only; a screen reader heard the time once
      const box = $("answer");
      box.setAttribute("aria-live", "off");
      box.textContent = `✓ ${t("got", got.quantity, yuan(got.amount_fen), clock(got.pay_by))}${payLeft(got.pay_by)}`;
    } else {
      $("answer").setAttribute("aria-live", "assertive");
    }
  }
}

export function payLeft(payBy) {
  const seconds = Math.floor((new Date(payBy) - Date.now()) / 1000);
  return seconds > 0 ? t("pay_left", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`) : "";
}
