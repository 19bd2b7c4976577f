// Who stands behind this room, and what a viewer may do about it: report, ask for a return, pass the room on.
import { t } from "./words.js";

const $ = (id) => document.getElementById(id);
const KINDS = ["untrue", "price", "quality", "conduct", "minor", "other"];

export class About {
  constructor(wire, beacons) {
    this.wire = wire;
    this.beacons = beacons;
    $("who").onclick = $("about-open").onclick = () => this.#open("about");
    $("licence-open").href = `${location.pathname.replace(/\/$/, "")}/licence${location.search}`;
    $("service-open").onclick = () => this.#open("service");
    $("report-open").onclick = () => this.#openReport();
    $("share").onclick = () => this.#share();
    $("report-form").onsubmit = (event) => { event.preventDefault(); this.#report(); };
  }

  // `item` is the product in front of the viewer: a report names it.
  paint(picture, item) {
    this.picture = picture;
    this.item = item;
    $("who").setAttribute("aria-label", t("about_button", picture));
    $("identity").textContent = t("identity", picture);
    $("ai").hidden = !picture.is_ai_host;
  }

  #open(name) {
    if (!this.picture) return;
    const { title, operator, licence_number: licence, company, host, is_ai_host: isAi, contact, service_url: service } = this.picture;
    list($("about-list"), [["room", title], ["operator", operator], ["company", company], ["licence", licence],
      ["host", isAi ? t("host_ai", host) : host], ["contact", contact]]);
    list($("service-list"), [["operator", operator], ["contact", contact]]);
    $("service-link").hidden = !/^(https?:\/)?\//.test(service ?? "");
    if (!$("service-link").hidden) $("service-link").href = service;
    $(name).showModal();
  }

  #openReport() {
    if (!this.picture) return;
    $("report-item").textContent = this.item ? t("report_item", this.item.title) : "";
    $("report-kinds").replaceChildren(...KINDS.map((kind, number) => choice(kind, number === 0)));
    $("report-said").hidden = true;
    $("report-send").disabled = false;
    $("report").showModal();
  }

  async #report() {
    const form = $("report-form");
    const kind = new FormData(form).get("kind");
    $("report-send").disabled = true;
    try {
      const { report } = await this.wire.act("/reports", { kind, text: $("report-text").value.trim(), ...(this.item ? { item: this.item.item } : {}) });
      $("report-text").value = "";
      this.#answer("good", t("report_thanks", report.slice(-8).toUpperCase()));
    } catch (refusal) {
      $("report-send").disabled = false;
      this.#answer("bad", refusal.status === 429 ? t("report_fast", refusal.retryAfterSeconds) : t("not_sent"));
    }
  }

  #answer(kind, words) {
    $("report-said").dataset.kind = kind;
    $("report-said").textContent = `${kind === "good" ? "✓" : "!"} ${words}`;
    $("report-said").hidden = false;
  }

  async #share() {
    const url = `${location.origin}${location.pathname}`;
    this.beacons.note("share");
    try {
      if (navigator.share) { await navigator.share({ title: document.title, url }); return; }
      await navigator.clipboard.writeText(url);
      this.#told(t("copied"));
    } catch (why) {
      if (why.name !== "AbortError") this.#told(url);
    }
  }

  #told(words) {
    $("said").textContent = words;
    $("said").hidden = false;
    setTimeout(() => { if ($("said").textContent === words) $("said").hidden = true; }, 4000);
  }
}

function list(node, rows) {
  node.replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => {
    const term = document.createElement("dt");
    const meaning = document.createElement("dd");
    term.textContent = t(name);
    meaning.textContent = value;
    return [term, meaning];
  }));
}

function choice(kind, isFirst) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: "kind", value: kind, checked: isFirst });
  label.append(input, ` ${t(`report_${kind}`)}`);
  return label;
}
