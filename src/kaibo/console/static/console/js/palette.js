// Ctrl-K: one field that finds anything. Answers come from the server; up, down and Enter choose.
const dialog = () => document.getElementById("palette");
const field = () => dialog().querySelector("input");
const hits = () => [...dialog().querySelectorAll("[role=option]")];
let asked = 0;
let timer = 0;

function open() {
  if (!dialog()) return;
  document.querySelector("dialog[open]")?.close();
  dialog().showModal();
  field().select();
  ask();
}

async function ask() {
  const mine = ++asked;
  const url = `${dialog().dataset.url}?q=${encodeURIComponent(field().value.trim())}`;
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    const html = await answer.text();
    if (mine !== asked || !answer.ok) return;
    dialog().querySelector("[data-hits]").innerHTML = html;
    choose(0);
  } catch { /* the connection corner says it */ }
}

function choose(place) {
  const all = hits();
  all.forEach((one, i) => one.setAttribute("aria-selected", String(i === place)));
  const chosen = all[place];
  field().setAttribute("aria-activedescendant", chosen?.id ?? "");
  chosen?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("input", (event) => {
  if (!event.target.closest("#palette")) return;
  clearTimeout(timer);
  timer = setTimeout(ask, 120);
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); return; }
  if (!event.target.closest("#palette") || event.isComposing) return;
  const all = hits();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") { event.preventDefault(); choose(Math.min(all.length - 1, at + 1)); }
  if (event.key === "ArrowUp") { event.preventDefault(); choose(Math.max(0, at - 1)); }
  if (event.key === "Enter") { event.preventDefault(); all[at]?.click(); }
});

document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) open(); });
document.addEventListener("kaibo:palette", open);
