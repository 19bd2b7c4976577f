// The frame: phone drawer, menus that close, dialogs, forms that cannot be sent twice and never lose what was typed.
document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-nav-toggle]")) document.documentElement.classList.toggle("nav-open");
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;

  const opener = target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    fill(dialog, opener.dataset);
    dialog.showModal();
    dialog.querySelector("textarea, input:not([type=hidden])")?.focus();
  }
  if (target.closest("[data-closes]")) target.closest("dialog").close();
  if (target instanceof HTMLDialogElement && isOutside(target, event)) target.close();
});

// One dialog may serve many rows: what it shows of the row stands on the button as data-fill-NAME.
function fill(dialog, { fillAction, ...data }) {
  if (fillAction) dialog.querySelector("form").setAttribute("action", fillAction);
  for (const place of dialog.querySelectorAll("[data-fill]")) {
    const value = data[`fill${place.dataset.fill[0].toUpperCase()}${place.dataset.fill.slice(1)}`] ?? "";
    if (place.matches("input, textarea, select")) place.value = value; else place.textContent = value;
  }
  if (fillAction) window.htmx?.process(dialog);
}

function isOutside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX && (clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.documentElement.classList.remove("nav-open");
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// Plain POST forms go through htmx: a refusal is then a toast and the form stays as it was. Downloads say data-plain.
function boost(root) {
  for (const form of root.querySelectorAll?.("form[method=post]:not([data-plain], [hx-post], [hx-boost])") ?? []) {
    form.setAttribute("hx-boost", "true");
    form.setAttribute("hx-push-url", "false");
    if (root !== document) window.htmx?.process(form);
  }
}
boost(document);
document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) boost(event.detail.elt); else boost(document.body); });

// A 422 that brings the form back with its complaints is shown; one that only complains is a toast.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 422 && !xhr.getResponseHeader("X-Kaibo-Error")) { event.detail.shouldSwap = true; event.detail.isError = false; }
});

const busy = (form, isBusy) => {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    button.classList.toggle("is-busy", isBusy);
    button.toggleAttribute("data-busy", isBusy);
  }
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.plain !== undefined || form.method !== "post") return;
  if (form.querySelector("[data-busy]")) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  busy(form, true);
  setTimeout(() => busy(form, false), 12000);
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (!form) return;
  if (!event.detail.xhr.getResponseHeader("HX-Redirect")) busy(form, false);
  if (event.detail.successful) form.closest("dialog")?.close();
});

document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
});

// Widths of bars come as data, since a strict policy allows no style attributes.
function stretch(root) {
  for (const bar of root.querySelectorAll?.("[data-percent]") ?? []) bar.style.width = `${Math.min(100, Number(bar.dataset.percent))}%`;
}
stretch(document);
document.addEventListener("htmx:load", (event) => stretch(event.detail.elt));

document.addEventListener("click", (event) => { if (event.target.closest("[data-back]")) history.back(); });
