// The control desk: each key is one call; what it did counts as confirmed only when the room itself said so.
import { desk as shared, tellPanels, wanted } from "./desk_call.js";

const desk = document.getElementById("main");
const words = desk.dataset;
const receipt = desk.querySelector("[data-receipt]");
const csrf = () => document.querySelector("meta[name=csrf-token]").content;
const heard = new Map(); // number of a room's event → when it reached this page
const hasRoom = Boolean(words.stream); // a session held on another platform has no room of ours to read back from
let lastSeq = hasRoom ? Number(new URL(words.stream).searchParams.get("after")) || 0 : 0;
let awaited = null; // the action whose event has not come yet

// ── what the room says ──────────────────────────────────────────────────────────────────────────────────────────
const room = desk.querySelector("[data-room-connection]");
function showRoom(state, text) { room.dataset.state = state; room.querySelector(".words").textContent = text; }

let stream = null;
function listen() {
  const address = new URL(words.stream);
  address.searchParams.set("after", lastSeq);
  stream = new EventSource(address);
  stream.onopen = () => showRoom("connected", words.wordsConnected);
  stream.onerror = () => {
    showRoom("lost", words.wordsLost);
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
  for (const kind of ["item", "price", "notice", "state"]) stream.addEventListener(kind, (event) => { hear(event); refreshSoon(); });
  stream.addEventListener("coupon", hear);
  stream.addEventListener("stock", (event) => { hear(event); showStock(JSON.parse(event.data)); });
  stream.addEventListener("figures", (event) => { for (const place of desk.querySelectorAll("[data-viewers]")) place.textContent = JSON.parse(event.data).viewers.toLocaleString("zh-CN"); });
  carried.clear();
  wanted().forEach(carry);
  stream.addEventListener("reset", refreshSoon);
}

// Panels hear every kind of event they asked for, whether they asked before or after the stream was opened.
const carried = new Set();
function carry(kind) {
  if (!stream || carried.has(kind)) return;
  carried.add(kind);
  stream.addEventListener(kind, (event) => { hear(event); tellPanels(kind, JSON.parse(event.data), Number(event.lastEventId) || 0); });
}
document.addEventListener("desk:wants", (event) => carry(event.detail));

function hear(event) {
  const seq = Number(event.lastEventId);
  if (!seq) return;
  lastSeq = Math.max(lastSeq, seq);
  heard.set(seq, performance.now());
  if (heard.size > 400) heard.delete(heard.keys().next().value);
  if (awaited && seq >= awaited.seq) confirmed(awaited, performance.now());
}

function showStock({ item, left, stock }) {
  const line = desk.querySelector(`[data-item="${CSS.escape(item)}"]`);
  if (!line?.matches("li")) return refreshSoon();
  const taken = Number(line.dataset.left) - left;
  line.dataset.left = left;
  line.querySelector("[data-left-words]").textContent = left.toLocaleString("zh-CN");
  line.querySelector("[data-claimed]").textContent = (stock - left).toLocaleString("zh-CN");
  line.querySelector(".bar > i").style.width = `${stock ? ((stock - left) * 100) / stock : 0}%`;
  line.querySelector(".bar").classList.toggle("bad", left * 5 < stock);
  if (taken > 0 && Number(line.dataset.stock) === stock) {
    document.dispatchEvent(new CustomEvent("desk:claimed", { detail: { who: words.wordsClaimed, text: `${line.querySelector(".spec").firstChild.textContent.trim()} ×${taken}`, units: taken } }));
    line.classList.add("is-fresh");
    setTimeout(() => line.classList.remove("is-fresh"), 600);
  }
  line.dataset.stock = stock;
}

// ── what the person does ────────────────────────────────────────────────────────────────────────────────────────
const working = new Set(); // a deed that is on its way is not sent again: nothing queues up
let unanswered = null; // the press whose answer was lost: looked up by its key once the line is back

async function act(deed, values, source) {
  if (working.has(deed)) return false;
  if (desk.classList.contains("is-cut")) { complain(words.wordsConsoleLost, source); return false; }
  working.add(deed);
  source?.classList.add("is-busy");
  const pressed = performance.now();
  const key = keyOf(source, deed);
  tell("…", "", "is-waiting");
  try {
    const answer = await fetch(words.act.replace("DEED", deed), {
      method: "POST", body: new URLSearchParams(values), signal: AbortSignal.timeout(8000),
      headers: { "X-CSRFToken": csrf(), Accept: "application/json", "Idempotency-Key": key },
    });
    const body = await answer.json().catch(() => ({ message: `HTTP ${answer.status}` }));
    if (answer.status < 500) forget(source);
    if (!answer.ok) { complain(body.message, source); return false; }
    if (body.next) { location.assign(body.next); return true; }
    done(body, pressed);
    return true;
  } catch {
    unanswered = { key, source };
    cut(true);
    complain(words.wordsUnknown, source);
    return false;
  } finally {
    working.delete(deed);
    source?.classList.remove("is-busy");
    refreshSoon();
  }
}

// A form or button of a running playbook: its own address, the same care.
async function post(address, values, source) {
  if (working.has(address)) return false;
  if (desk.classList.contains("is-cut")) { complain(words.wordsConsoleLost, source); return false; }
  working.add(address);
  try {
    const answer = await fetch(address, {
      method: "POST", body: new URLSearchParams(values), signal: AbortSignal.timeout(8000),
      headers: { "X-CSRFToken": csrf(), Accept: "application/json", "HX-Request": "true", "Idempotency-Key": keyOf(source, "post") },
    });
    if (answer.status < 500) forget(source);
    if (!answer.ok) { const body = await answer.json().catch(() => ({})); complain(body.message ?? `HTTP ${answer.status}`, source); return false; }
    const said = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}")["kaibo:toast"]?.text;
    tell(said ?? words.wordsNoted, "", "is-good");
    return true;
  } catch {
    cut(true);
    complain(words.wordsUnknown, source);
    return false;
  } finally { working.delete(address); refreshSoon(); }
}

async function settle() {
  if (!unanswered) return;
  const { key, source } = unanswered;
  const answer = await fetch(`${words.outcome}?key=${encodeURIComponent(key)}`, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(8000) }).catch(() => null);
  if (!answer?.ok) return;
  const body = await answer.json();
  unanswered = null;
  forget(source);
  if (!body.action) return tell(words.wordsNotArrived, "", "is-bad");
  source?.closest?.("dialog")?.close();
  done(body, performance.now());
}

// A press keeps its key until it was answered, so pressing again after a lost answer cannot do it twice.
function keyOf(source, deed) {
  const place = source ?? desk;
  place.dataset.pressKey ||= `${deed}:${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`}`;
  return place.dataset.pressKey;
}
function forget(source) { delete (source ?? desk).dataset.pressKey; }

function done(body, pressed) {
  const line = `${body.at} ${body.who} ${body.words}`;
  for (const one of body.short) document.dispatchEvent(new CustomEvent("kaibo:toast", { detail: { text: `${one.sku} ${one.given} / ${one.wanted}`, state: "warn" } }));
  if (body.is_waiting) return tell(line, words.wordsSecond, "");
  if (!body.is_heard) return tell(line, words.wordsNoted, "");
  awaited = { seq: body.seq, line, pressed };
  const at = heard.get(body.seq);
  if (at || lastSeq >= body.seq) return confirmed(awaited, at ?? performance.now());
  tell(line, words.wordsWaiting, "is-waiting");
  const mine = awaited;
  setTimeout(() => { if (awaited === mine) tell(line, words.wordsUnheard, "is-bad"); }, 3000);
}

function confirmed(action, at) {
  if (awaited === action) awaited = null;
  tell(action.line, `${words.wordsConfirmed} ${(Math.max(at - action.pressed, 0) / 1000).toFixed(2)} s`, "is-good");
}

function tell(line, state, kind) {
  receipt.className = `receipt ${kind}`;
  const sign = document.createElement("b");
  sign.textContent = kind === "is-good" ? "✓ " : kind === "is-bad" ? "✕ " : "… ";
  sign.className = kind === "is-good" ? "ok" : "";
  receipt.replaceChildren(sign, state ? `${line} · ${state}` : line);
}

function complain(message, source) {
  tell(message, "", "is-bad");
  const place = source?.closest?.("form")?.querySelector("[data-complaint]");
  if (place) { place.textContent = message; place.hidden = false; }
}

desk.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-deed]");
  if (button && !button.disabled) {
    const { item, segment, seen, request, units, text } = button.dataset;
    act(button.dataset.deed, Object.fromEntries(Object.entries({ item, segment, seen, request, units, text }).filter(([, value]) => value !== undefined)), button);
    button.blur();
  }
  const poster = event.target.closest("button[data-posts]");
  if (poster && !poster.disabled) post(poster.dataset.posts, poster.dataset.back ? { back: "1" } : {}, poster);
  const does = event.target.closest("[data-does]");
  if (does) { does.closest("dialog").close(); press(does.dataset.does); }
  const why = event.target.closest("[data-why]");
  if (why) explain(why.dataset.why);
});

desk.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-deed], form[data-posts]");
  if (!form) return;
  event.preventDefault();
  event.stopPropagation();
  if (await (form.dataset.posts ? post(form.dataset.posts, new FormData(form), form) : act(form.dataset.deed, new FormData(form), form))) { form.closest("dialog").close(); form.reset(); refreshSoon(); }
});

// What an explanation proposes is the desk's own key: pressed for the person, with its own dialog and its own refusals.
function press(key) {
  const name = key === "Space" ? " " : key.toLowerCase();
  [...desk.querySelectorAll(`[data-key="${CSS.escape(name)}"]`)].findLast((one) => one.offsetParent !== null && !one.disabled)?.click();
}

async function explain(address) {
  const answer = await fetch(address).catch(() => null);
  if (!answer?.ok) return complain(words.wordsConsoleLost);
  const html = await answer.text();
  const dialog = document.getElementById("why-item"); // looked up last: a refresh may have renewed the dialogs meanwhile
  dialog.innerHTML = html;
  dialog.showModal();
}

// J and K walk the run of show, Enter goes there; with nothing picked Enter follows the suggestion.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const rows = [...desk.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row.classList.contains("is-picked"));
  if (event.key === "j" || event.key === "k") {
    const from = at < 0 ? rows.findIndex((row) => row.classList.contains("now")) : at;
    const next = rows[Math.min(Math.max(from + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    rows[at]?.classList.remove("is-picked");
    next?.classList.add("is-picked");
    next?.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    event.stopImmediatePropagation();
    rows[at].querySelector(".go")?.click();
    rows[at].classList.remove("is-picked");
  } else if (event.key === "Escape") rows[at]?.classList.remove("is-picked");
}, true);

// ── keeping the page true ───────────────────────────────────────────────────────────────────────────────────────
let timer = 0;
let asking = false;
function refreshSoon() { clearTimeout(timer); timer = setTimeout(refresh, 150); }

async function refresh() {
  clearTimeout(timer);
  if (asking) { timer = setTimeout(refresh, 300); return; }
  asking = true;
  try {
    const answer = await fetch(words.parts, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(8000) });
    if (answer.headers.get("HX-Redirect")) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const html = await answer.text();
    cut(false);
    replace(html);
  } catch { cut(true); } finally {
    asking = false;
    timer = setTimeout(refresh, 5000);
  }
}

function replace(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const picked = desk.querySelector("[data-row].is-picked")?.dataset.row;
  const before = desk.querySelector("[data-row].now")?.dataset.row;
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const place = desk.querySelector(`[data-part="${part.dataset.part}"]`);
    if (part.dataset.part === "dialogs" && (place.querySelector("dialog[open]") || place.dataset.html === part.innerHTML)) continue;
    if (!place || place.dataset.html === part.innerHTML) continue; // `coupons` stands in a dialog and is renewed while that is open
    place.dataset.html = part.innerHTML;
    if (place.contains(document.activeElement)) document.activeElement.blur();
    place.replaceChildren(...part.childNodes);
  }
  if (picked) desk.querySelector(`[data-row="${CSS.escape(picked)}"]`)?.classList.add("is-picked");
  const now = desk.querySelector("[data-row].now");
  if (now && now.dataset.row !== before) now.scrollIntoView({ block: "center" });
  disable();
  for (const bar of desk.querySelectorAll("[data-percent]")) bar.style.width = `${Math.min(100, Number(bar.dataset.percent))}%`;
  tick();
}

// Cut off: every key is out of use and says so; nothing waits in a queue. What is typed stays. Back again: all is read anew.
function cut(isCut) {
  const was = desk.classList.contains("is-cut");
  desk.classList.toggle("is-cut", isCut);
  disable();
  const corner = document.getElementById("connection");
  const state = isCut ? "lost" : "connected";
  if (corner.dataset.state !== state) { corner.dataset.state = state; corner.querySelector(".words").textContent = corner.dataset[state]; }
  if (isCut && !was && !unanswered) tell(words.wordsOffline, "", "is-bad");
  if (!isCut && was) { if (unanswered) settle(); else tell(words.wordsBack, "", "is-good"); drawChart(); }
}
function disable() {
  const isCut = desk.classList.contains("is-cut");
  for (const one of desk.querySelectorAll("button[data-key], button[data-deed], button[data-opens], button[data-posts], form[data-deed] .button.main, form[data-posts] .button.main")) {
    if (isCut && !one.disabled) { one.disabled = true; one.dataset.cut = "1"; }
    if (!isCut && one.dataset.cut) { one.disabled = false; delete one.dataset.cut; }
  }
}
window.addEventListener("offline", () => cut(true));
window.addEventListener("online", refresh);

async function drawChart() {
  const figure = document.getElementById("desk-chart");
  const answer = await fetch(words.pulse, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || !figure) return;
  document.getElementById(figure.dataset.chart).textContent = JSON.stringify(await answer.json());
  figure.dispatchEvent(new CustomEvent("kaibo:redraw", { bubbles: true }));
}
setInterval(drawChart, 15000);

// ── clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────
const clock = (seconds) => [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0")).join(":");
const short = (seconds) => `${Math.floor(seconds / 60)}′${String(seconds % 60).padStart(2, "0")}″`;
function tick() {
  const now = Date.now();
  for (const place of desk.querySelectorAll("[data-elapsed]")) place.textContent = clock(Math.max(Math.floor((now - Date.parse(place.dataset.elapsed)) / 1000), 0));
  for (const place of desk.querySelectorAll("[data-since]")) {
    const gone = Math.max(Math.floor((now - Date.parse(place.dataset.since)) / 1000), 0);
    const over = gone - Number(place.dataset.minutes) * 60;
    place.textContent = over > 0 ? `${short(gone)} ${words.wordsOver} ${short(over)}` : short(gone);
    place.classList.toggle("is-over", over > 0);
  }
  for (const place of desk.querySelectorAll("[data-waits]")) place.textContent = short(Math.max(Math.floor((now - Date.parse(place.dataset.waits)) / 1000), 0));
  for (const step of desk.querySelectorAll("[data-step-due]")) {
    const place = step.querySelector("[data-due-words]");
    if (!place || !step.dataset.stepDue) continue;
    const left = Math.floor((Date.parse(step.dataset.stepDue) - now) / 1000);
    place.textContent = left < 0 ? `${words.wordsLate} ${short(-left)}` : `${words.wordsLeft} ${short(left)}`;
    step.classList.toggle("is-late", left < 0);
  }
  for (const place of desk.querySelectorAll("[data-until]")) place.textContent = `${words.wordsLeft} ${short(Math.max(Math.floor((Date.parse(place.dataset.until) - now) / 1000), 0))}`;
}
setInterval(tick, 1000);
Object.assign(shared, { act, refresh: refreshSoon, complain });
for (const place of desk.querySelectorAll("[data-part]")) place.dataset.html = "";
tick();
if (hasRoom) listen();
timer = setTimeout(refresh, 5000);
desk.querySelector("[data-row].now")?.scrollIntoView({ block: "center" });
