// Chat and likes.
import { shortCount, t } from "./words.js";

const $ = (id) => document.getElementById(id);
const MOST_SHOWN = 60;
const LIKE_MS = 600;

export class Chat {
  constructor(wire) {
    this.wire = wire;
    this.ids = new Set();
    this.likes = 0;
    const words = $("words");
    const offerSend = () => { $("send").hidden = !words.value.trim(); };
    words.oninput = () => { offerSend(); $("said").hidden = true; };
    $("say").onsubmit = (event) => { event.preventDefault(); this.#send().finally(offerSend); };
    $("like").onclick = () => this.like();
    $("stage").ondblclick = () => this.like();
  }

  hear({ messages }) { for (const message of messages) this.add(message); }

  add({ message, nickname, text, visitor }) {
    if (this.ids.has(message)) return;
    this.ids.add(message);
    const name = document.createElement("b");
    name.textContent = nickname;
    this.#line([name, text], visitor === this.wire.me?.visitor ? "mine" : "");
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
      const { message } = await this.wire.act("/messages", { text });
      words.value = "";
      this.add({ message, text, ...this.wire.me });
    } catch (refusal) {
      const hits = (refusal.details?.hits ?? []).map((hit) => hit.text).join("、");
      said.textContent = refusal.code === "blocked" ? t("blocked", hits || refusal.message)
        : refusal.code === "too_fast" ? t("said_fast", refusal.retryAfterSeconds) : t("not_sent");
      said.hidden = false;
    }
  }
}
