// Draws inside the room: one strip a draw – what it is, how long, enter, the result – and its rules one tap away.
import { d, span } from "./draw_words.js";
import { clock, language } from "./words.js";

const DAY_MS = 86400000;
const RESULT_MS = 600000;

export class Draws {
  constructor(wire, node) {
    this.wire = wire;
    this.node = node;
    this.mine = {};
    this.notes = {};
    this.draws = [];
    const look = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/static/draw.css" });
    document.head.append(look);
    setInterval(() => this.#tick(), 1000);
  }

  paint(picture) {
    this.draws = picture.draws ?? [];
    for (const one of this.draws) {
      if (one.commitment && !this.wire.kept(`draw.${one.draw}.commitment`) && one.state === "frozen") this.wire.keep(`draw.${one.draw}.commitment`, one.commitment);
      if (one.state === "frozen") this.#show(one.draw);
      const moved = `${one.state}:${one.winners.map((w) => w.state).join()}`;
      if (this.wire.me && this.mine[one.draw]?.at !== moved) this.#ask(one.draw, moved);
    }
    this.#draw();
  }

  async #show(draw) {
    if (!this.wire.kept(`draw.${draw}.secret`)) return;
    const { show } = await import("./draw_witness.js");
    await show(this.wire, draw).catch(() => {});
  }

  async #ask(draw, moved) {
    this.mine[draw] = { ...this.mine[draw], at: moved, isTold: false };
    let got;
    try { got = await this.wire.look(`/draws/${draw}/mine`); } catch { this.mine[draw].at = ""; return; }
    const had = this.mine[draw]; // an entry made while this was being asked is not in the answer
    this.mine[draw] = { ...got, entry: got.entry ?? had.entry, receipt: got.receipt ?? had.receipt, at: moved, isTold: true };
    this.#draw();
  }

  async #enter(one) {
    this.notes[one.draw] = d("entering");
    this.#draw();
    try {
      const got = await this.wire.act(`/draws/${one.draw}/entries`, {});
      this.mine[one.draw] = { ...this.mine[one.draw], ...got };
      this.notes[one.draw] = "";
    } catch (refusal) {
      this.notes[one.draw] = refusal.code === "not_eligible" ? d("not_eligible")[one.eligibility] : refusal.code === "draw_frozen" ? d("frozen") : d("other", refusal.message);
    }
    this.#draw();
  }

  async #claim(one) {
    try {
      const { code } = await this.wire.act(`/draws/${one.draw}/prize`, {});
      this.mine[one.draw] = { ...this.mine[one.draw], prize_state: "claimed", code };
    } catch (refusal) { this.notes[one.draw] = d("other", refusal.message); }
    this.#draw();
  }

  #tick() { if (this.draws.length) this.#draw(); }

  #draw() {
    const now = Date.now();
    const running = (one) => one.state === "open" || one.state === "frozen";
    const isQuiet = !this.draws.some(running); // results of before give way to what can be entered now
    const shown = this.draws.filter((one) => running(one) || this.#isFresh(one, now, isQuiet));
    this.node.hidden = !shown.length;
    const looks = shown.map((one) => this.#look(one, now));
    const said = JSON.stringify(looks);
    if (said === this.said) return;
    this.said = said;
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.of : null;
    const strips = looks.map((look, at) => (look.isOver ? this.#result(shown[at], look) : this.#strip(shown[at], look)));
    const over = make("div", "draw-results"); // what is over takes one line in all, however many
    over.append(...strips.filter((_, at) => looks[at].isOver));
    this.node.replaceChildren(...strips.filter((_, at) => !looks[at].isOver), ...(over.childElementCount ? [over] : []));
    if (focused) this.node.querySelector(`[data-of="${focused}"]`)?.focus();
  }

  #isFresh(one, now, isQuiet) {
    const mine = this.mine[one.draw];
    return mine?.prize_state === "waiting" || now - new Date(one.draws_at) < (isQuiet || mine?.entry ? DAY_MS : RESULT_MS);
  }

  #look(one, now) {
    const mine = this.mine[one.draw] ?? {};
    const until = (at) => span((new Date(at) - now) / 1000);
    const prize = one.prizes[mine.prize]?.name ?? "";
    if (one.state === "void") return { line: d("void", one.void_reason) };
    if (one.state === "drawn") {
      if (mine.prize_state === "waiting") return { line: d("won", prize, clock(mine.claim_by, { withDay: true })), act: "claim", kind: "good" };
      if (mine.prize_state === "claimed") return { line: d("claimed", prize, mine.code), kind: "good" };
      if (mine.prize_state === "forfeited") return { line: d("forfeited"), isOver: true };
      const names = one.winners.filter((w) => w.state !== "forfeited").map((w) => w.name);
      return { line: names.length ? d("winners", names.slice(0, 3).join(language === "en" ? ", " : "、") + (names.length > 3 ? d("and_more", names.length) : "")) : d("nobody"), isOver: !this.wire.me || mine.isTold };
    }
    if (one.state === "frozen") {
      const isLate = new Date(one.draws_at) <= now;
      return { line: !isLate ? d("draws_in", one.entrants, until(one.draws_at)) : one.kind === "witnesses" ? d("waiting") : d("drawing", one.entrants) };
    }
    if (new Date(one.opens_at) > now) return { line: d("opens_in", until(one.opens_at)) };
    if (new Date(one.closes_at) <= now) return { line: d("closing"), has: Boolean(mine.entry) };
    return { line: d("closes_in", until(one.closes_at)), has: Boolean(mine.entry), act: mine.entry ? "" : "enter", note: this.notes[one.draw] };
  }

  #link(one, look) {
    const link = make("a", look);
    link.href = `/draw/${encodeURIComponent(this.wire.room)}/${one.draw}${location.search}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.dataset.of = `about-${one.draw}`;
    return link;
  }

  #result(one, look) {
    const chip = this.#link(one, "draw-result");
    chip.append(make("b", "", one.title), make("span", "", `${look.line} · ${d("rules")} ›`));
    return chip;
  }

  #strip(one, look) {
    const row = make("article", `draw ${look.kind ?? ""}`);
    const facts = this.#link(one, "draw-facts");
    facts.append(make("b", "", `${one.title}`), make("span", "", one.prizes.map((p) => d("prize_line", p)).join(" · ")), make("small", "", `${look.line} · ${d("rules")} ›`));
    row.append(facts);
    if (look.note) row.append(make("p", "draw-note", look.note));
    if (look.has) row.append(make("span", "draw-in", d("entered")));
    if (look.act) {
      const button = make("button", "draw-act", d(look.act));
      button.type = "button";
      button.dataset.of = `${look.act}-${one.draw}`;
      button.onclick = () => (look.act === "enter" ? this.#enter(one) : this.#claim(one));
      row.append(button);
    }
    return row;
  }
}

function make(tag, look, words = "") {
  const node = document.createElement(tag);
  if (look) node.className = look;
  node.textContent = words;
  return node;
}
