// The public chat 公屏 beside the desk.
import { onRoom } from "./desk_call.js";

const chat = document.querySelector("[data-chat]");
const panel = chat.closest(".desk-chat");
let questions = 0;
let claims = 0;

const asks = (text) => /[?？]|[吗呢么]$|怎么|多少|什么|几[码个件点]|哪|能不能|可以.*吗|有没有/.test(text);
onRoom("chat", ({ messages, dropped }) => {
  for (const one of messages) {
    const isQuestion = asks(one.text);
    if (isQuestion) panel.querySelector("[data-questions]").textContent = (questions += 1).toLocaleString("zh-CN");
    say(isQuestion ? "question" : "", one.nickname, one.text);
  }
  if (dropped) say("muted", "", `${dropped} ${chat.dataset.wordsDropped}`);
});

// What was just claimed, told by the desk: {who, text, units}.
document.addEventListener("desk:claimed", ({ detail }) => {
  claims += detail.units;
  panel.querySelector("[data-claims]").textContent = claims.toLocaleString("zh-CN");
  say("claim", detail.who, detail.text);
});

function say(kind, who, text) {
  chat.querySelector("[data-chat-empty]")?.remove();
  const isAtEnd = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  const line = document.createElement("li");
  line.className = kind;
  const at = Object.assign(document.createElement("time"), { textContent: new Date().toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" }) });
  line.append(at, Object.assign(document.createElement("b"), { textContent: who }), text);
  chat.append(line);
  while (chat.children.length > 300) chat.firstElementChild.remove();
  if (isAtEnd) chat.scrollTop = chat.scrollHeight;
}

panel.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-filter]");
  if (!chip) return;
  for (const one of panel.querySelectorAll("[data-filter]")) one.setAttribute("aria-pressed", String(one === chip));
  chat.dataset.shows = chip.dataset.filter;
  chat.scrollTop = chat.scrollHeight;
});
