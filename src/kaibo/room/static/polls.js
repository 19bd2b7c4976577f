// Polls: one vote each; results while they come in. All words of a poll are text, never HTML.
import { tt } from "./talk_words.js";

export class Polls {
  constructor(wire, place) {
    this.wire = wire;
    this.place = place;
    this.cards = new Map();
    this.hidden = new Set();
    setInterval(() => this.#clocks(), 1000);
  }

  paint({ polls }) {
    const shown = polls.filter((one) => !this.hidden.has(`${one.poll}.${one.state}`) && (one.state === "open" || this.cards.has(one.poll))).slice(-2);
    for (const [id, card] of this.cards) if (!shown.some((one) => one.poll === id)) { card.remove(); this.cards.delete(id); }
    for (const one of shown) this.#card(one);
    this.place.hidden = !shown.length;
  }

  #card(poll) {
    let card = this.cards.get(poll.poll);
    if (!card) {
      card = this.#make(poll);
      this.cards.set(poll.poll, card);
      this.place.append(card);
    }
    const mine = this.wire.kept(`vote.${poll.poll}`);
    const isOpen = poll.state === "open";
    const showsCounts = Boolean(mine) || !isOpen;
    card.dataset.state = poll.state;
    card.dataset.closes = isOpen && poll.closes_at ? poll.closes_at : "";
    card.querySelector("[data-votes]").textContent = [tt("votes", poll.votes), isOpen ? (mine ? tt("voted") : "") : tt("over")].filter(Boolean).join(" · ");
    const most = Math.max(...poll.options.map((one) => one.votes));
    for (const one of poll.options) {
      const button = card.querySelector(`[data-option="${one.option}"]`);
      const share = poll.votes ? Math.round((one.votes * 100) / poll.votes) : 0;
      button.disabled = !isOpen || Boolean(mine);
      button.setAttribute("aria-pressed", String(mine === one.option));
      button.style.setProperty("--share", showsCounts ? share : 0);
      button.classList.toggle("first", !isOpen && most > 0 && one.votes === most);
      button.querySelector("span").textContent = showsCounts ? `${share}% · ${one.votes}` : "";
    }
    this.#clocks();
  }

  #make(poll) {
    const card = document.createElement("article");
    card.className = "poll";
    card.dataset.poll = poll.poll;
    const head = document.createElement("p");
    const mark = Object.assign(document.createElement("b"), { className: "poll-mark", textContent: tt("poll") });
    const title = Object.assign(document.createElement("strong"), { textContent: poll.title, id: `poll-${poll.poll}` });
    const close = Object.assign(document.createElement("button"), { type: "button", className: "poll-hide", textContent: "×" });
    close.setAttribute("aria-label", tt("hide"));
    close.onclick = () => { this.hidden.add(`${poll.poll}.${card.dataset.state}`); card.remove(); this.cards.delete(poll.poll); this.place.hidden = !this.cards.size; };
    head.append(mark, title, close);
    const group = document.createElement("div");
    group.className = "poll-options";
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", title.id);
    for (const one of poll.options) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.option = one.option;
      button.append(Object.assign(document.createElement("b"), { textContent: one.title }), document.createElement("span"));
      button.onclick = () => this.#vote(poll.poll, one.option, card);
      group.append(button);
    }
    const foot = document.createElement("p");
    foot.className = "poll-foot";
    const votes = document.createElement("span");
    votes.dataset.votes = "";
    const clock = document.createElement("span");
    clock.dataset.clock = "";
    const said = Object.assign(document.createElement("span"), { className: "poll-said" });
    said.setAttribute("role", "status");
    foot.append(votes, clock, said);
    card.append(head, group, foot);
    return card;
  }

  async #vote(poll, option, card) {
    if (card.dataset.busy) return;
    card.dataset.busy = "1";
    const said = card.querySelector(".poll-said");
    said.textContent = "";
    try {
      await this.wire.act(`/polls/${poll}/votes`, { option });
      this.#voted(poll, option, card);
    } catch (refusal) {
      if (refusal.code === "already_voted" && refusal.details.option) this.#voted(poll, refusal.details.option, card);
      said.textContent = tt(`a_${refusal.code}`) ?? tt("a_other");
    } finally {
      delete card.dataset.busy;
    }
  }

  #voted(poll, option, card) {
    this.wire.keep(`vote.${poll}`, option);
    for (const button of card.querySelectorAll("[data-option]")) {
      button.disabled = true;
      button.setAttribute("aria-pressed", String(Number(button.dataset.option) === option));
    }
    card.querySelector("[data-votes]").textContent = tt("voted");
  }

  #clocks() {
    for (const card of this.cards.values()) {
      const seconds = card.dataset.closes ? Math.max(0, Math.ceil((new Date(card.dataset.closes) - Date.now()) / 1000)) : 0;
      card.querySelector("[data-clock]").textContent = seconds ? tt("left", `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`) : "";
    }
  }
}
