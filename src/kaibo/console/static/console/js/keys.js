// Keys: every element with data-key answers to its key; `g` and a letter go to a stage; `?` lists them all.
const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable=true]");
const openDialog = () => document.querySelector("dialog[open]");
let waitsForPlace = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (openDialog()) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (waitsForPlace) {
    stopWaiting();
    const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (place) { event.preventDefault(); place.click(); }
    return;
  }
  if (key === "g") { startWaiting(); return; }
  if (key === "?") { event.preventDefault(); listKeys(); return; }
  if (key === "/") {
    const field = document.querySelector("[data-search-field]");
    event.preventDefault();
    if (field) { field.focus(); field.select(); } else document.dispatchEvent(new CustomEvent("kaibo:palette"));
    return;
  }
  const bearer = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].findLast((one) => one.offsetParent !== null && !one.disabled);
  if (!bearer) return;
  event.preventDefault();
  if (bearer.matches("input, textarea, select")) bearer.focus(); else bearer.click();
});

function startWaiting() {
  document.documentElement.classList.add("show-keys");
  waitsForPlace = setTimeout(stopWaiting, 2500);
}
function stopWaiting() {
  clearTimeout(waitsForPlace);
  waitsForPlace = 0;
  document.documentElement.classList.remove("show-keys");
}

const label = (element) => element.dataset.keyLabel || element.getAttribute("aria-label") || [...element.childNodes].filter((n) => n.nodeName !== "KBD").map((n) => n.textContent).join(" ").trim();

function entry(keys, words) {
  const line = document.createElement("li");
  line.append(Object.assign(document.createElement("span"), { textContent: words }));
  const caps = document.createElement("span");
  for (const key of keys) caps.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
  line.append(caps);
  return line;
}

const cap = (key) => (key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key);

function listKeys() {
  const dialog = document.getElementById("keys");
  const onPage = [...document.querySelectorAll("main [data-key]")].filter((one) => one.offsetParent !== null);
  dialog.querySelector("[data-page-keys]").replaceChildren(...onPage.map((one) => entry([cap(one.dataset.key)], label(one))));
  dialog.querySelector("[data-page-keys-title]").hidden = onPage.length === 0;
  const places = [...document.querySelectorAll(".side [data-go]")];
  dialog.querySelector("[data-place-keys]").replaceChildren(...places.map((one) => entry(["G", one.dataset.go.toUpperCase()], one.querySelector(".label").textContent)));
  dialog.showModal();
}
document.addEventListener("click", (event) => { if (event.target.closest("[data-list-keys]")) listKeys(); });
