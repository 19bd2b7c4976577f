// Coupons: take one, and pay less with the best one. The room decides what a coupon takes off; here it is only foreseen.
import { language, yuan } from "./words.js";

const $ = (id) => document.getElementById(id);
const zh = {
  off: (t, o) => `满 ${t} 减 ${o}`, percent: (t, p) => `满 ${t} 减 ${p}%`, cap: (c) => `，最多 ${c}`, left: (n) => `剩 ${n} 张`, take: "领取", taken: "已领取", taking: "正在领…",
  gone: "领完了", over: "已过期", withdrawn: "已停领", more: "再领一张", some: "部分商品可用", until: (t) => `${t} 前可用`, none: "不用优惠券", saves: (a) => `减 ${a}`, below: (a) => `还差 ${a} 才到门槛`,
  not_item: "不能用于这件商品", used: "已用过", bound: "已用在另一单未付款上", untaken: "还没领", e_coupons_gone: "来晚一步，已经领完了。", e_coupon_limit_reached: "每人限领的张数已领满。",
  e_coupon_withdrawn: "这张券已停止领取。", e_coupon_over: "这张券已过期。", e_too_fast: "点得太快了，请稍等几秒。", e_other: "没有领到，请再试一次。",
};
const en = {
  off: (t, o) => `${o} off from ${t}`, percent: (t, p) => `${p}% off from ${t}`, cap: (c) => `, at most ${c}`, left: (n) => `${n} left`, take: "Take", taken: "Taken", taking: "Taking…",
  gone: "All taken", over: "Over", withdrawn: "No longer taken", more: "Take another", some: "for some products", until: (t) => `until ${t}`, none: "No coupon", saves: (a) => `${a} off`, below: (a) => `${a} short of the threshold`,
  not_item: "Not for this product", used: "Used", bound: "Used for another unpaid claim", untaken: "Not taken yet", e_coupons_gone: "Too late, all were taken.", e_coupon_limit_reached: "You have as many as one person may take.",
  e_coupon_withdrawn: "This coupon can no longer be taken.", e_coupon_over: "This coupon is over.", e_too_fast: "Too fast; wait a few seconds.", e_other: "That did not work, please try again.",
};
const words = language === "en" ? en : zh;
const c = (name, ...values) => (typeof words[name] === "function" ? words[name](...values) : words[name]);

// The same as the ledger's: a percentage is rounded down to whole fen, then the cap, and one fen is always left to pay.
export function discount(coupon, amount) {
  if (amount < Math.max(coupon.threshold_fen, 1)) return 0;
  const off = coupon.off_fen ?? Math.min(Number(BigInt(amount) * BigInt(coupon.off_bp) / 10000n), coupon.cap_fen ?? Infinity);
  return Math.min(off, amount - 1);
}

export class Coupons {
  constructor(wire, onChange) {
    Object.assign(this, { wire, onChange, all: [], held: [], picked: new Map(), said: "" });
    setInterval(() => this.#strip(), 5000);
  }

  async start() { await this.refresh(); return this; }

  async refresh() {
    try { this.held = (await this.wire.ask("GET", "/coupons")).coupons; } catch { /* asked again with the next change */ }
    this.#strip();
    this.onChange();
  }

  paint(picture) { this.all = picture.coupons; this.#strip(); }

  #name(one) {
    const threshold = yuan(one.threshold_fen);
    if (one.off_fen) return c("off", threshold, yuan(one.off_fen));
    return c("percent", threshold, one.off_bp / 100) + (one.cap_fen ? c("cap", yuan(one.cap_fen)) : "");
  }

  #mine(one) { return this.held.filter((held) => held.coupon === one.coupon); }
  #isOver(one) { return new Date(one.valid_until) <= new Date(); }

  #strip() {
    const shown = this.all.filter((one) => this.#mine(one).some((held) => held.state !== "used") || (one.state === "open" && !this.#isOver(one)));
    const focused = document.activeElement?.dataset?.coupon;
    $("coupons").hidden = !shown.length;
    $("coupons-list").replaceChildren(...shown.map((one) => this.#ticket(one)));
    $("coupons-said").textContent = this.said;
    if (focused) $("coupons-list").querySelector(`[data-coupon="${CSS.escape(focused)}"]`)?.focus();
  }

  #ticket(one) {
    const ticket = document.createElement("li");
    const mine = this.#mine(one).length;
    const name = document.createElement("b");
    name.textContent = this.#name(one);
    const note = document.createElement("small");
    const until = new Date(one.valid_until).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
    note.textContent = [c("left", one.left), c("until", until), one.items ? c("some") : ""].filter(Boolean).join(" · ");
    const button = document.createElement("button");
    const isFull = mine >= one.limit_per_visitor;
    const stopped = this.#isOver(one) ? "over" : isFull ? "taken" : one.state !== "open" ? "withdrawn" : one.left === 0 ? "gone" : "";
    Object.assign(button, { type: "button", disabled: Boolean(stopped), textContent: stopped ? c(stopped) : c(mine ? "more" : "take") });
    button.dataset.coupon = one.coupon;
    button.setAttribute("aria-label", `${button.textContent} ${name.textContent}`);
    button.onclick = () => this.#take(one, button, mine);
    ticket.append(name, note, button);
    return ticket;
  }

  // The key is the number of the coupon this viewer takes: asking twice for the first gives the first.
  async #take(one, button, mine) {
    button.disabled = true;
    button.textContent = c("taking");
    this.said = "";
    try { await this.wire.act(`/coupons/${one.coupon}/take`, {}, { "idempotency-key": String(mine + 1) }); } catch (refusal) { this.said = words[`e_${refusal.code}`] ?? (refusal.message || c("e_other")); }
    await this.refresh();
  }

  // ── at the pay step ──
  #reason(one, claim) {
    const mine = this.#mine(one);
    if (mine.some((held) => held.state === "bound" && held.claim === claim.claim)) return "";
    if (!mine.length) return c("untaken");
    if (one.items && !one.items.includes(claim.item)) return c("not_item");
    if (!discount(one, claim.amount_fen)) return c("below", yuan(Math.max(one.threshold_fen - claim.amount_fen, 0)));
    if (mine.some((held) => held.state === "free")) return this.#isOver(one) ? c("over") : "";
    return mine.some((held) => held.state === "bound") ? c("bound") : c("used");
  }

  // Shows what can be used for a claim, the best one picked unless the viewer chose; gives what is left to pay.
  choose(claim, onPick) {
    const held = this.all.filter((one) => this.#mine(one).length);
    const usable = held.filter((one) => !this.#reason(one, claim));
    const best = [...usable].sort((a, b) => discount(b, claim.amount_fen) - discount(a, claim.amount_fen))[0];
    let picked = this.picked.has(claim.claim) ? this.picked.get(claim.claim) : best?.coupon;
    if (picked && !usable.some((one) => one.coupon === picked)) picked = best?.coupon;
    this.chosen = claim.state === "unpaid" ? picked : undefined;
    $("pay-coupons-box").hidden = claim.state !== "unpaid" || !held.length;
    const focused = document.activeElement?.name === "pay-coupon";
    const rows = [...held, null].map((one) => {
      const label = document.createElement("label");
      const reason = one ? this.#reason(one, claim) : "";
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "pay-coupon", checked: one ? one.coupon === picked : !picked, disabled: Boolean(reason) });
      input.onchange = () => { this.picked.set(claim.claim, one?.coupon ?? null); onPick(); };
      const note = document.createElement("small");
      note.textContent = one ? reason || c("saves", yuan(discount(one, claim.amount_fen))) : "";
      label.append(input, one ? this.#name(one) : c("none"), note);
      return label;
    });
    $("pay-coupons").replaceChildren(...rows);
    if (focused) $("pay-coupons").querySelector("input:checked")?.focus();
    const chosen = this.all.find((one) => one.coupon === this.chosen);
    return claim.amount_fen - (chosen ? discount(chosen, claim.amount_fen) : 0);
  }
}
