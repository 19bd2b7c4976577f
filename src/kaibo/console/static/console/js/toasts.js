// One place where the program speaks after an action: `kaibo:toast` events and messages kept over a redirect.
const SIGNS = { ok: "✓", bad: "✕", warn: "!" };
const SHOWN_MS = { ok: 5000, warn: 9000, bad: 14000 };

function say({ text, state = "ok", undo = "", detail = "", href = "", link = "" }) {
  const region = document.getElementById("toasts");
  if (!region || !text) return;
  const toast = document.createElement("div");
  toast.className = `toast ${state}`;
  const sign = Object.assign(document.createElement("span"), { className: "sign", textContent: SIGNS[state] ?? "·" });
  sign.setAttribute("aria-hidden", "true");
  const words = document.createElement("p");
  words.textContent = text;
  if (detail) words.append(Object.assign(document.createElement("small"), { textContent: detail }));
  toast.append(sign, words);
  if (href) toast.append(Object.assign(document.createElement("a"), { href, textContent: link || "›" }));
  if (undo) toast.append(undoButton(undo, region, toast));
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "✕" });
  close.setAttribute("aria-label", region.dataset.closeLabel);
  close.addEventListener("click", () => toast.remove());
  toast.append(close);
  // Behind an open dialog nobody could read it or press it.
  (document.querySelector("dialog[open]") ?? document.body).append(region);
  region.append(toast);
  leaveLater(toast, SHOWN_MS[state] ?? SHOWN_MS.ok);
}

function undoButton(url, region, toast) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.dataset.key = "z";
  button.append(region.dataset.undoLabel, " ", Object.assign(document.createElement("kbd"), { textContent: "Z" }));
  button.addEventListener("click", () => {
    toast.remove();
    window.htmx.ajax("POST", url, { swap: "none", headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content } });
  });
  return button;
}

function leaveLater(toast, milliseconds) {
  let timer = setTimeout(() => toast.remove(), milliseconds);
  toast.addEventListener("mouseenter", () => clearTimeout(timer));
  toast.addEventListener("mouseleave", () => { timer = setTimeout(() => toast.remove(), 3000); });
}

document.addEventListener("close", (event) => { if (event.target.contains(document.getElementById("toasts"))) document.body.append(document.getElementById("toasts")); }, true);
document.addEventListener("kaibo:toast", (event) => say(event.detail));

// Where no refusal in words came along, the status itself is said.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if ((xhr.getResponseHeader("HX-Trigger") || "").includes("kaibo:toast")) return;
  say({ text: document.getElementById("toasts")?.dataset.failedLabel, detail: `HTTP ${xhr.status}`, state: "bad" });
});

function sayKept(root) {
  const kept = root.querySelector?.("#kept-messages");
  if (!kept) return;
  for (const message of JSON.parse(kept.textContent)) say(message);
  kept.remove();
}
sayKept(document);
document.addEventListener("htmx:load", (event) => sayKept(event.detail.elt));
