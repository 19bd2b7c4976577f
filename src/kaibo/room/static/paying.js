// What follows a claim: pay, give an address, wait in the queue. The room's answer decides; this page only shows it.
import { pt, said } from "./paying_words.js";
import { language, yuan } from "./words.js";

const $ = (id) => document.getElementById(id);
const SOON = 4000, SELDOM = 20000;

export class Paying {
  constructor(wire, { onMine }) {
    for (const node of document.querySelectorAll("[data-pt]")) node.textContent = pt(node.dataset.pt);
    for (const node of document.querySelectorAll("[data-pt-label]")) node.ariaLabel = pt(node.dataset.ptLabel);
    this.wire = wire;
    this.onMine = onMine;
    this.mine = { claims: [], waits: [] };
    this.returned = new URLSearchParams(location.search).get("paid");
    $("pay-go").onclick = () => this.open(this.#unpaid(this.item)?.claim);
    $("wait-go").onclick = () => this.#wait();
    $("wait-leave").onclick = () => this.#leave();
    $("pay-form").onsubmit = (event) => { event.preventDefault(); this.#submit(); };
    $("pay-channels").onchange = () => { this.#code(null, null); this.#dialog(); };
    setInterval(() => this.#tick(), 1000);
    addEventListener("pageshow", (event) => { if (event.persisted) this.refresh(); });
  }

  async start() {
    if (this.returned && (this.wire.kept("language") ?? language) !== language) { // the wallet knows no languages
      location.replace(`${location.pathname}?lang=${this.wire.kept("language")}&paid=${encodeURIComponent(this.returned)}`);
      return;
    }
    await this.refresh();
    if (!this.returned) return;
    const url = new URL(location.href);
    url.searchParams.delete("paid");
    history.replaceState(null, "", url);
    this.open(this.returned);
  }

  // Asks the room; often while something may change by itself, seldom else.
  async refresh() {
    clearTimeout(this.timer);
    let wait = SELDOM;
    try {
      const before = this.mine.claims.length;
      this.mine = await this.wire.ask("GET", "/mine");
      const offer = this.mine.claims.find((one) => one.is_offer && one.state === "unpaid");
      if (offer && before && this.mine.claims.length > before) this.#say(pt("offered"));
      this.onMine(this.mine);
      this.#row();
      this.#dialog();
      if (this.mine.waits.some((one) => one.state === "waiting") || this.mine.claims.some((one) => one.claim === this.shown && one.state === "unpaid" && one.claim === this.returned)) wait = SOON;
      else if (this.mine.claims.some((one) => one.state === "unpaid" && new Date(one.pay_by) - Date.now() < SOON)) wait = SOON;
      else if (!this.mine.claims.some((one) => ["unpaid", "refunding"].includes(one.state))) wait = 0;
    } catch { wait = SELDOM; }
    if (wait) this.timer = setTimeout(() => this.refresh(), wait);
  }

  couponsChanged() { if ($("checkout").open) this.#dialog(); }

  paint(item) {
    this.item = item;
    this.#row();
  }

  #unpaid(item) { return this.mine.claims.find((one) => one.item === item?.item && one.state === "unpaid" && new Date(one.pay_by) > new Date()); }

  #row() {
    const item = this.item;
    const claim = this.#unpaid(item);
    const wait = this.mine.waits.find((one) => one.item === item?.item && one.state === "waiting");
    $("pay-go").hidden = !claim;
    if (claim) $("pay-go").textContent = pt("pay_now", yuan(claim.amount_fen));
    const isGone = item && item.state !== "closed" && item.left === 0;
    $("wait-go").hidden = !isGone || Boolean(wait) || Boolean(claim);
    $("wait-go").textContent = pt("wait");
    $("wait-row").hidden = !wait;
    if (wait) $("wait-place").textContent = pt("waiting", wait.ahead);
    $("wait-leave").textContent = pt("leave");
    $("after").hidden = !(claim || isGone || wait);
  }

  async #wait() {
    $("wait-go").disabled = true;
    try {
      await this.wire.ask("POST", "/waitlist", { item: this.item.item, quantity: Number($("quantity").textContent) || 1 });
      await this.refresh();
      $("wait-leave").focus();
    } catch (refusal) { this.#say(said(refusal)); }
    $("wait-go").disabled = false;
  }

  async #leave() {
    try { await this.wire.ask("DELETE", `/waitlist/${this.item.item}`); await this.refresh(); } catch (refusal) { this.#say(said(refusal)); }
  }

  #say(words) { $("after-said").textContent = words; $("after-said").hidden = !words; $("after").hidden = false; }

  // ── the dialog ──
  async open(claim) {
    if (!claim) return;
    this.shown = claim;
    this.#problem("");
    this.ways ??= fetch("/pay", { headers: { "accept-language": language } }).then((answer) => answer.json()).then((said) => said.channels).catch(() => { this.ways = null; return []; });
    this.#channels(await this.ways);
    this.#dialog();
    if (!$("checkout").open) $("checkout").showModal();
    if (claim === this.returned) this.refresh();
  }

  #channels(ways) {
    const picked = document.querySelector("input[name=pay-channel]:checked")?.value;
    $("pay-channels").replaceChildren(...ways.map((way, n) => {
      const label = document.createElement("label");
      const input = Object.assign(document.createElement("input"), { type: "radio", name: "pay-channel", value: way.channel, checked: picked ? picked === way.channel : n === 0 });
      label.append(input, language === "en" ? way.title_en : way.title_zh);
      return label;
    }));
  }

  #dialog() {
    const one = this.mine.claims.find((claim) => claim.claim === this.shown);
    if (!one) return;
    const isUnpaid = one.state === "unpaid";
    $("pay-title").textContent = `${one.title} × ${one.quantity}`;
    const due = this.coupons?.choose(one, () => this.#dialog()) ?? one.amount_fen;
    const before = Object.assign(document.createElement("small"), { textContent: due < one.amount_fen ? pt("less", yuan(one.amount_fen)) : "" });
    $("pay-amount").replaceChildren(yuan(due), before);
    $("pay-state").dataset.state = one.state;
    $("pay-note").hidden = !["refunding", "refunded"].includes(one.state);
    $("pay-note").textContent = pt("refund_note");
    $("address-given").hidden = !one.address_given;
    $("address-given").textContent = pt("address_given");
    const needsAddress = !one.address_given && ["unpaid", "paid"].includes(one.state);
    $("address-fields").hidden = !needsAddress;
    for (const input of $("address-fields").querySelectorAll("input, textarea")) input.required = needsAddress;
    $("pay-channels-box").hidden = !isUnpaid;
    if (this.codeOf && (this.codeOf !== one.claim || !isUnpaid)) this.#code(null, null);
    $("pay-submit").hidden = !(isUnpaid || needsAddress) || Boolean(this.codeOf);
    $("pay-submit").textContent = isUnpaid ? pt("continue_pay", yuan(due)) : pt("save");
    this.#clock(one);
  }

  #clock(one) {
    const seconds = Math.floor((new Date(one.pay_by) - Date.now()) / 1000);
    const clock = `${Math.floor(Math.max(seconds, 0) / 60)}:${String(Math.max(seconds, 0) % 60).padStart(2, "0")}`;
    const isConfirming = one.state === "unpaid" && one.claim === this.returned && one.claim !== this.codeOf;
    $("pay-state").textContent = isConfirming ? pt("confirming") : one.state === "unpaid" ? (seconds > 0 ? `${pt("unpaid")} · ${pt("left", clock)}` : pt("time_over")) : pt(one.state);
  }

  #tick() {
    const one = this.mine.claims.find((claim) => claim.claim === this.shown);
    if ($("checkout").open && one) this.#clock(one);
    if (this.item) this.#row();
  }

  async #submit() {
    const one = this.mine.claims.find((claim) => claim.claim === this.shown);
    const button = $("pay-submit");
    if (!one || button.disabled) return;
    button.disabled = true;
    this.#problem("");
    try {
      if (!$("address-fields").hidden) {
        button.textContent = pt("saving");
        await this.wire.ask("PUT", `/claims/${one.claim}/address`, { name: $("to-name").value.trim(), phone: $("to-phone").value.trim(), address: $("to-address").value.trim() });
        one.address_given = true;
        for (const id of ["to-name", "to-phone", "to-address"]) $(id).value = "";
      }
      if (one.state === "unpaid") {
        button.textContent = pt("opening");
        const channel = document.querySelector("input[name=pay-channel]:checked")?.value;
        const link = await this.wire.ask("POST", `/claims/${one.claim}/payment`, { channel, ...(this.coupons?.chosen ? { coupon: this.coupons.chosen } : {}) });
        this.wire.keep("language", language);
        if (link.kind === "page") { location.assign(link.url); return; }
        this.#code(one.claim, link);
        this.returned = one.claim;
      }
      await this.refresh();
    } catch (refusal) {
      this.#problem(said(refusal));
      if (["claim_expired", "already_paid"].includes(refusal.code)) await this.refresh();
      if (refusal.code?.startsWith("coupon")) await this.coupons?.refresh();
    } finally {
      button.disabled = false;
      this.#dialog();
    }
  }

  // The code of a payment as a picture to scan; it goes with the claim it is for.
  #code(claim, link) {
    this.codeOf = link ? claim : null;
    $("pay-code").hidden = !link;
    if (link) $("pay-code-picture").src = link.picture;
    if (link) $("pay-code").scrollIntoView({ block: "nearest" });
  }

  #problem(words) { $("pay-problem").textContent = words; $("pay-problem").hidden = !words; }
}

export function stateWords(one) {
  const missing = one.state === "paid" && !one.address_given ? ` · ${pt("add_address")}` : "";
  return `${pt(one.state)}${missing}${one.is_offer ? ` · ${pt("from_wait")}` : ""}`;
}
