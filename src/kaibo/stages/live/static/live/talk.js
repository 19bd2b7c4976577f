// The talk beside the desk: the public chat, and what only staff may see – held messages, questions, hits in the host's words.
// Everything a viewer or the host said is written as text, never as HTML.
const panel = document.querySelector("[data-talk]");
const words = panel.dataset;
const chat = panel.querySelector("[data-chat]");
const csrf = () => document.querySelector("meta[name=csrf-token]").content;
const $ = (id) => document.getElementById(id);
let claims = 0;
let can = {};
let picked = {}; // the message or question a dialog speaks of

// ── what the room says ──────────────────────────────────────────────────────────────────────────────────────────
let stream = null;
async function listen() {
  let tools;
  try {
    const answer = await fetch(words.talkTools, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error(String(answer.status));
    tools = await answer.json();
  } catch {
    lost(true);
    setTimeout(listen, 3000);
    return;
  }
  can = tools.can;
  panel.querySelector("[data-talk-form=say]").hidden = !can.answer;
  $("talk-replies").replaceChildren(...tools.replies.map((one) => Object.assign(document.createElement("option"), { value: one.text })));
  stream?.close();
  stream = new EventSource(tools.stream);
  stream.onopen = () => { lost(false); refresh(); };
  stream.onerror = () => {
    lost(true);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000); // the pass may be too old: ask for another
  };
  const on = (kind, hear) => stream.addEventListener(kind, (event) => hear(JSON.parse(event.data)));
  on("chat", hearChat);
  on("hit", showHit);
  on("poll", showPoll);
  on("moderation", hearModeration);
  for (const kind of ["held", "decided", "question", "answer", "hit_withdrawn", "hit_settled"]) on(kind, refreshSoon);
}

function lost(isLost) {
  const place = panel.querySelector("[data-talk-lost]");
  place.textContent = isLost ? words.wordsLost : "";
  place.hidden = !isLost;
}

function hearChat({ messages, dropped }) {
  for (const one of messages) if (!chat.querySelector(`[data-message="${CSS.escape(one.message)}"]`)) addLine(one);
  if (dropped) say("muted", "", `${dropped} ${words.wordsDropped}`);
}

function addLine({ message, visitor, nickname, text }) {
  const isShop = visitor === "shop" || visitor === "auto";
  const line = say(isShop ? "shop" : "", isShop ? `${nickname} · ${visitor === "auto" ? words.wordsAuto : words.wordsShop}` : nickname, text);
  Object.assign(line.dataset, { message, visitor, who: nickname, quote: text });
  line.tabIndex = 0;
}

function hearModeration({ act, messages, line }) {
  if (act === "removed") {
    for (const id of messages) {
      const found = chat.querySelector(`[data-message="${CSS.escape(id)}"]`);
      if (found) { found.classList.add("is-removed"); found.title = words.wordsRemoved; }
    }
  } else if (act === "restored" && line) {
    const found = chat.querySelector(`[data-message="${CSS.escape(line.message)}"]`);
    if (found) { found.classList.remove("is-removed"); found.title = ""; } else addLine(line);
  }
  refreshSoon();
}

// A hit stands on the desk at once; the buttons come with the next refresh, a moment later.
function showHit(hit) {
  if (!hit.hit) { refreshSoon(); return; }
  const place = panel.querySelector("[data-talk-part=hits]");
  if (place.querySelector(`[data-hit="${CSS.escape(hit.hit)}"]`)) return;
  const card = document.createElement("article");
  card.className = `talk-hit ${hit.severity === "block" ? "block" : "review"}`;
  card.dataset.hit = hit.hit;
  const said = document.createElement("p");
  said.append(hit.said.slice(0, Math.max(hit.start, 0)), Object.assign(document.createElement("mark"), { textContent: hit.text }), hit.said.slice(Math.max(hit.end, 0)));
  const law = Object.assign(document.createElement("p"), { className: "muted", textContent: (document.documentElement.lang.startsWith("en") ? [hit.source_en ?? hit.source, hit.suggestion_en ?? hit.suggestion] : [hit.source, hit.suggestion]).filter(Boolean).join(" · ") });
  card.append(said, law);
  place.prepend(card);
  panel.dispatchEvent(new CustomEvent("talk:hit", { bubbles: true, detail: hit }));
  refreshSoon();
}

function showPoll(poll) {
  const card = panel.querySelector(`[data-poll="${CSS.escape(poll.poll)}"].talk-poll`);
  if (!card || poll.state !== "open") { refreshSoon(); return; }
  card.querySelector("[data-poll-votes]").textContent = poll.votes;
  for (const one of poll.options) {
    const row = card.querySelector(`[data-option="${one.option}"]`);
    row.querySelector("meter").value = poll.votes ? (one.votes * 100) / poll.votes : 0;
    row.querySelector("[data-votes]").textContent = one.votes;
  }
}

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
  return line;
}

// ── what the person does ────────────────────────────────────────────────────────────────────────────────────────
async function act(deed, values, source) {
  if (source?.classList.contains("is-busy")) return false;
  source?.classList.add("is-busy");
  const wrong = source?.closest("dialog, form")?.querySelector("[data-talk-wrong]");
  if (wrong) wrong.hidden = true;
  try {
    const answer = await fetch(words.talkAct.replace("DEED", deed), {
      method: "POST", body: values, signal: AbortSignal.timeout(8000), headers: { "X-CSRFToken": csrf(), Accept: "application/json" },
    });
    const body = await answer.json().catch(() => ({ message: `HTTP ${answer.status}` }));
    if (!answer.ok) { complain(body.message, wrong); return false; }
    document.dispatchEvent(new CustomEvent("kaibo:toast", { detail: { text: body.words, state: "ok", undo: body.undo } }));
    if (source?.hasAttribute("data-talk-reload")) location.reload();
    return true;
  } catch {
    complain(words.wordsFailed, wrong);
    return false;
  } finally {
    source?.classList.remove("is-busy");
    refreshSoon();
  }
}

function complain(message, place) {
  if (place) { place.textContent = message; place.hidden = false; return; }
  document.dispatchEvent(new CustomEvent("kaibo:toast", { detail: { text: message, state: "bad" } }));
}

function opens(id, about) {
  const dialog = $(id);
  picked = { ...about };
  for (const place of dialog.querySelectorAll("[data-talk-quote]")) place.textContent = about.quote ?? "";
  for (const place of dialog.querySelectorAll("[data-talk-who]")) place.textContent = about.who ?? "";
  for (const part of dialog.querySelectorAll("[data-can]")) part.hidden = !can[part.dataset.can];
  for (const wrong of dialog.querySelectorAll("[data-talk-wrong]")) wrong.hidden = true;
  if (!dialog.open) dialog.showModal();
}

const NAMES = ["message", "visitor", "question", "poll", "hit", "minutes", "note"];
function valuesOf(data) {
  return new URLSearchParams(NAMES.filter((name) => data[name] !== undefined).map((name) => [name, data[name]]));
}

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-talk-opens]");
  if (opener) { opens(opener.dataset.talkOpens, opener.dataset); return; }
  const button = event.target.closest("[data-talk-deed]");
  if (button) {
    const dialog = button.closest("dialog");
    if (await act(button.dataset.talkDeed, valuesOf({ ...(dialog ? picked : {}), ...button.dataset }), button)) dialog?.close();
    return;
  }
  const line = event.target.closest("[data-chat] > li[data-message]");
  if (line && !line.classList.contains("is-removed") && (can.moderate || can.block)) opens("talk-line", line.dataset);
});
chat.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("li[data-message]")) { event.stopPropagation(); event.target.click(); } });

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-talk-form]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  const values = valuesOf(form.closest("dialog") ? picked : {});
  for (const [name, value] of new FormData(form)) values.append(name, value);
  if (await act(form.dataset.talkForm, values, form.querySelector("button.main, button.danger"))) { form.reset(); form.closest("dialog")?.close(); }
}, true);

panel.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-filter]");
  if (!chip) return;
  for (const one of panel.querySelectorAll("[data-filter]")) one.setAttribute("aria-pressed", String(one === chip));
  chat.dataset.shows = chip.dataset.filter;
  chat.scrollTop = chat.scrollHeight;
});

// ── keeping the panel true ──────────────────────────────────────────────────────────────────────────────────────
let timer = 0;
let asking = false;
function refreshSoon() { clearTimeout(timer); timer = setTimeout(refresh, 150); }

async function refresh() {
  clearTimeout(timer);
  if (asking) { timer = setTimeout(refresh, 300); return; }
  asking = true;
  try {
    const answer = await fetch(words.talkPanel, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (answer.ok && !answer.headers.get("HX-Redirect")) replace(await answer.text());
  } catch { /* the desk itself says that the console is away */ } finally {
    asking = false;
    timer = setTimeout(refresh, 10000);
  }
}

function replace(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-talk-part]")) {
    const name = part.dataset.talkPart;
    for (const place of document.querySelectorAll(`[data-talk-part="${name}"]`)) {
      if (place.dataset.html !== part.innerHTML) { place.replaceChildren(...[...part.childNodes].map((node) => document.importNode(node, true))); place.dataset.html = part.innerHTML; }
    }
    const count = panel.querySelector(`[data-talk-count="${name}"]`);
    if (!count) continue;
    const before = Number(count.textContent);
    const now = name === "polls" ? part.dataset.n.length : Number(part.dataset.n);
    count.textContent = now;
    const fold = panel.querySelector(`[data-talk-fold="${name}"]`);
    fold.classList.toggle("has-some", now > 0);
    if (now > before && name === "held") fold.open = true; // what waits for a person is not hidden from them
  }
}

listen();
