// Chat and likes.
import { tt } from "./talk_words.js";
import { clock, language, shortCount, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const MOST_SHOWN = 60;
const LIKE_MS = 600;

export class Chat {
  constructor(wire) {
    this.wire = wire;
    this.ids = new Set();
    this.gone = new Set();
    this.answers = new Set();
    this.isAsking = false;
    this.likes = 0;
    const words = $("words");
    const offerSend = () => { $("send").hidden = $("ask").hidden = !words.value.trim(); };
    $("ask").textContent = tt("ask");
    $("ask").onclick = () => this.#asks(!this.isAsking);
    words.oninput = () => { offerSend(); $("said").hidden = true; };
    $("say").onsubmit = (event) => { event.preventDefault(); this.#send().finally(offerSend); };
    $("like").onclick = () => this.like();
    $("stage").ondblclick = () => this.like();
  }

  hear({ messages }) { for (const message of messages) this.add(message); }

  add({ message, nickname, text, visitor, isHeld }) {
    if (this.ids.has(message) || this.gone.has(message)) return;
    this.ids.add(message);
    const name = document.createElement("b");
    name.textContent = nickname;
    const isShop = visitor === "shop" || visitor === "auto";
    const marks = isShop ? [mark("span", "tag", tt(visitor))] : [];
    const tail = isHeld ? [mark("span", "held", tt("held"))] : [];
    this.#line([...marks, name, text, ...tail], isShop ? "shop" : visitor === this.wire.me?.visitor ? "mine" : "").dataset.message = message;
  }

  // What a moderator took away, gave back or pinned.
  moderate({ act, messages, line }) {
    if (act === "removed") {
      for (const message of messages) {
        this.gone.add(message);
        this.ids.delete(message);
        for (const shown of $("chat").querySelectorAll("[data-message]")) if (shown.dataset.message === message) shown.remove();
      }
    } else if (act === "restored" && line) {
      this.gone.delete(line.message);
      this.add(line);
    }
  }

  answer({ question, text, answer }) {
    if (this.answers.has(question)) return;
    this.answers.add(question);
    this.#line([mark("q", "", tt("answer", text)), tt("reply", answer)], "answered");
  }

  paintPinned(line) {
    const [title, words] = $("pinned").children;
    $("pinned").hidden = !line;
    title.textContent = tt("pinned");
    words.textContent = line ? `${line.nickname}：${line.text}` : "";
  }

  system(text) { this.#line([text], "system"); }

  paintLikes(count) { if (count > 0) $("likes").textContent = shortCount(count); }

  like() {
    this.likes += 1;
    this.#heart();
    this.liking ??= setTimeout(async () => {
      const count = Math.min(this.likes, 100);
      this.likes = 0;
      this.liking = undefined;
      await this.wire.act("/likes", { count }).catch(() => {});
    }, LIKE_MS);
  }

  #line(content, look) {
    const list = $("chat");
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    const line = document.createElement("li");
    line.className = look;
    line.append(...content);
    list.append(line);
    while (list.children.length > MOST_SHOWN) list.firstElementChild.remove();
    if (isAtEnd) list.scrollTop = list.scrollHeight;
    return line;
  }

  #asks(isAsking) {
    this.isAsking = isAsking;
    $("ask").setAttribute("aria-pressed", String(isAsking));
  }

  // Who may not speak is told so, and until when; the page lets them again by itself.
  #silence(words, short, until) {
    const input = $("words");
    const before = input.placeholder;
    input.value = "";
    input.disabled = true;
    input.placeholder = short;
    $("said").textContent = words;
    $("said").hidden = false;
    if (!until) return;
    setTimeout(() => { input.disabled = false; input.placeholder = before; $("said").hidden = true; }, Math.min(Math.max(new Date(until) - Date.now(), 0) + 500, 2 ** 31 - 1));
  }

  #heart() {
    const heart = document.createElement("i");
    heart.textContent = "♥";
    heart.style.setProperty("--x", Math.floor(Math.random() * 40));
    heart.onanimationend = () => heart.remove();
    $("hearts").append(heart);
  }

  async #send() {
    const words = $("words");
    const text = words.value.trim();
    if (!text) return;
    const said = $("said");
    try {
      const { message, held } = await this.wire.act("/messages", this.isAsking ? { text, asks: true } : { text });
      words.value = "";
      this.add({ message, text, ...this.wire.me, isHeld: held });
      if (this.isAsking) { said.textContent = tt("asked"); said.hidden = false; setTimeout(() => { said.hidden = true; }, 3000); }
      this.#asks(false);
    } catch (refusal) {
      const until = refusal.details?.until_at;
      if (refusal.code === "muted") { this.#silence(tt("muted", clock(until, { withDay: true })), tt("muted_short", clock(until)), until); return; }
      if (refusal.code === "not_to_speak") { this.#silence(tt("not_to_speak"), tt("not_to_speak")); return; }
      const hits = (refusal.details?.hits ?? []).map((hit) => (language === "en" ? `${hit.text} (${hit.source_en ?? hit.source})` : `${hit.text}（${hit.source}）`)).join(language === "en" ? ", " : "、");
      said.textContent = refusal.code === "blocked" ? t("blocked", hits || refusal.message)
        : refusal.code === "too_fast" ? t("said_fast", refusal.retryAfterSeconds) : t("not_sent");
      said.hidden = false;
    }
  }
}

function mark(tag, look, words) {
  return Object.assign(document.createElement(tag), { className: look, textContent: words });
}
