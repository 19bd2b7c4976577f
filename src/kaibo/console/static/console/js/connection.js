// The corner that says whether the other side is there. Lost is said at once, back is said when it was heard.
const corner = () => document.getElementById("connection");
let wait = 0;
let timer = 0;

function show(state) {
  const place = corner();
  if (!place || place.dataset.state === state) return;
  const was = place.dataset.state;
  place.dataset.state = state;
  place.querySelector(".words").textContent = place.dataset[state];
  if (state === "connected" && was === "lost") document.dispatchEvent(new CustomEvent("kaibo:reconnected"));
}

async function ask() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok && answer.status >= 500) throw new Error(String(answer.status));
    wait = 0;
    show("connected");
  } catch {
    wait = Math.min(wait ? wait * 2 : 1000, 15000);
    show(wait > 1000 || !navigator.onLine ? "lost" : "trying");
  }
  timer = setTimeout(ask, wait || 30000);
}

window.addEventListener("offline", () => show("lost"));
window.addEventListener("online", ask);
document.addEventListener("htmx:sendError", ask);
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
timer = setTimeout(ask, 30000);
