// The prompter follows the room and the desk; when either is silent it says so at once.
const page = document.getElementById("main");
const board = page.querySelector("[data-board]");
const lost = page.querySelector("[data-lost]");
let timer = 0;
let html = "";

async function refresh() {
  clearTimeout(timer);
  try {
    const answer = await fetch(page.dataset.partUrl, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(6000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = await answer.text();
    if (fresh !== html) { html = fresh; board.innerHTML = fresh; }
    lost.hidden = true;
    tick();
  } catch { lost.hidden = false; }
  timer = setTimeout(refresh, 3000);
}

const soon = () => { clearTimeout(timer); timer = setTimeout(refresh, 120); };
const stream = new EventSource(page.dataset.stream);
for (const kind of ["item", "price", "notice", "state", "stock"]) stream.addEventListener(kind, soon);
stream.onerror = () => { lost.hidden = false; };
stream.onopen = soon;

function tick() {
  for (const clock of board.querySelectorAll("[data-since]")) {
    const left = Number(clock.dataset.minutes) * 60 - Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000);
    const size = Math.abs(left);
    clock.textContent = `${left < 0 ? `${page.dataset.wordsOver} ` : ""}${Math.floor(size / 60)}:${String(size % 60).padStart(2, "0")}`;
    clock.classList.toggle("is-over", left < 0);
  }
}
setInterval(tick, 1000);
tick();
timer = setTimeout(refresh, 3000);
