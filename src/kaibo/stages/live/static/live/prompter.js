// The prompter follows the room and the desk. Cut off, it keeps its last words, says so at once, and its answers are not queued.
const page = document.getElementById("main");
const board = page.querySelector("[data-board]");
const lost = page.querySelector("[data-lost]");
const words = page.dataset;
const csrf = () => document.querySelector("meta[name=csrf-token]").content;
let timer = 0;
let html = "";
let heardAt = Date.now();

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch(words.partUrl, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(6000) });
    if (answer.headers.get("HX-Redirect")) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = await answer.text();
    if (fresh !== html) { html = fresh; const at = board.scrollTop; board.innerHTML = fresh; board.scrollTop = at; }
    heardAt = Date.now();
    cut(false);
    tick();
  } catch { cut(true); }
  timer = setTimeout(refresh, 3000);
}

function cut(isCut) {
  page.classList.toggle("is-cut", isCut);
  lost.hidden = !isCut;
  if (isCut) lost.textContent = `${words.wordsLost} · ${words.wordsSince} ${new Date(heardAt).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" })}`;
  for (const one of board.querySelectorAll("button")) one.disabled = isCut;
}
window.addEventListener("offline", () => cut(true));
window.addEventListener("online", refresh);

const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 120); };
if (words.stream) {
  const stream = new EventSource(words.stream);
  for (const kind of ["item", "price", "notice", "state", "stock"]) stream.addEventListener(kind, soon);
  stream.onopen = soon;
}

// ── what the host answers ───────────────────────────────────────────────────────────────────────────────────────
async function answer(what, values, button) {
  if (page.classList.contains("is-cut")) return;
  button.disabled = true;
  try {
    const said = await fetch(words.answer.replace("WHAT", what), { method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": csrf(), Accept: "application/json" }, signal: AbortSignal.timeout(6000) });
    if (!said.ok) throw new Error(String(said.status));
    await refresh();
  } catch {
    button.disabled = false;
    lost.hidden = false;
    lost.textContent = words.wordsUnsent;
  }
}
board.addEventListener("click", (event) => {
  const read = event.target.closest("[data-read]");
  if (read) return answer("read", { action: read.dataset.read }, read);
  const said = event.target.closest("[data-said]");
  if (said) return answer("said", { segment: said.dataset.segment, place: said.dataset.said }, said);
  if (!event.target.closest("button, a")) set("roll"); // a thumb on the words starts and stops the rolling
});

// ── how it is read: size, rolling, mirror; kept on this tablet ──────────────────────────────────────────────────
const kept = { size: 100, speed: 3, mirror: false, ...JSON.parse(localStorage.getItem("kaibo-prompter") ?? "{}") };
let rolling = false;
let rest = 0;
function set(what) {
  if (what === "bigger") kept.size = Math.min(kept.size + 10, 200);
  if (what === "smaller") kept.size = Math.max(kept.size - 10, 50);
  if (what === "faster") kept.speed = Math.min(kept.speed + 1, 9);
  if (what === "slower") kept.speed = Math.max(kept.speed - 1, 1);
  if (what === "mirror") kept.mirror = !kept.mirror;
  if (what === "top") board.scrollTop = 0;
  if (what === "roll") { rolling = !rolling; if (rolling) requestAnimationFrame(roll); }
  localStorage.setItem("kaibo-prompter", JSON.stringify(kept));
  show();
}
function show() {
  page.style.setProperty("--size", String(kept.size / 100));
  page.classList.toggle("is-mirrored", kept.mirror);
  page.classList.toggle("is-rolling", rolling);
  page.querySelector("[data-speed]").textContent = kept.speed;
  page.querySelector("[data-set=roll]").setAttribute("aria-pressed", String(rolling));
  page.querySelector("[data-set=mirror]").setAttribute("aria-pressed", String(kept.mirror));
}
let before = 0;
function roll(at) {
  if (!rolling) { before = 0; return; }
  rest += before ? ((at - before) / 1000) * kept.speed * 12 : 0; // twelve pixels a second each step
  before = at;
  board.scrollTop += Math.floor(rest);
  rest %= 1;
  if (board.scrollTop + board.clientHeight >= board.scrollHeight - 1) { set("roll"); before = 0; return; }
  requestAnimationFrame(roll);
}
page.querySelector(".prompter-keys").addEventListener("click", (event) => {
  const button = event.target.closest("[data-set]");
  if (button) { set(button.dataset.set); button.blur(); }
});

// ── clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────
const written = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
function tick() {
  const now = Date.now();
  for (const clock of board.querySelectorAll("[data-since]")) {
    const left = Number(clock.dataset.minutes) * 60 - Math.floor((now - Date.parse(clock.dataset.since)) / 1000);
    clock.textContent = `${left < 0 ? `${words.wordsOver} ` : ""}${written(Math.abs(left))}`;
    clock.classList.toggle("is-over", left < 0);
    clock.classList.toggle("is-near", left >= 0 && left <= 60);
  }
  for (const place of board.querySelectorAll("[data-until]")) place.textContent = `${words.wordsLeft} ${written(Math.max(Math.floor((Date.parse(place.dataset.until) - now) / 1000), 0))}`;
  for (const point of board.querySelectorAll("[data-point]")) {
    const from = Date.parse(point.dataset.last || point.dataset.began);
    const minutes = Math.max(Math.floor((now - from) / 60000), 0);
    const place = point.querySelector("[data-said-words]");
    const times = Number(point.dataset.times);
    if (place) place.textContent = times ? `${times} ${words.wordsTimes} · ${minutes} ${words.wordsAgo}` : words.wordsNever;
    point.classList.toggle("is-due", now - from >= Number(words.repeat) * 60000);
  }
}
setInterval(tick, 1000);
show();
tick();
timer = setTimeout(refresh, 3000);
