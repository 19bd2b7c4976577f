// Walking a table by keys: J/K or arrows move, Enter opens, X picks. The row that is current is kept in sight.
const rows = () => [...document.querySelectorAll("main table[data-rows] tbody tr")];
const open = (row) => { const link = row?.querySelector("a.row-link") ?? (row?.dataset.href ? null : row?.querySelector("a")); if (link) link.click(); else if (row?.dataset.href) location.assign(row.dataset.href); };
const current = () => document.querySelector("tr.is-current");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
  current()?.classList.remove("is-current");
  next.classList.add("is-current");
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, a, button, summary, [contenteditable=true]") && !["j", "k"].includes(event.key)) return;
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (document.documentElement.classList.contains("show-keys")) return;
  if (event.key === "j" || (event.key === "ArrowDown" && current())) { event.preventDefault(); move(1); }
  else if (event.key === "k" || (event.key === "ArrowUp" && current())) { event.preventDefault(); move(-1); }
  else if (event.key === "Enter") open(current());
  else if (event.key === "x") { const pick = current()?.querySelector("input[type=checkbox]"); if (pick) pick.click(); }
});

document.addEventListener("click", (event) => {
  const row = event.target.closest("table[data-rows] tbody tr");
  if (!row || event.target.closest("a, button, input, label, summary, select, textarea, dialog") || String(getSelection())) return;
  current()?.classList.remove("is-current");
  row.classList.add("is-current");
  if (row.dataset.href || row.querySelector("a.row-link")) open(row);
});

document.addEventListener("change", (event) => {
  const table = event.target.closest?.("table[data-rows]");
  if (!table) return;
  if (event.target.matches("[data-pick-all]")) for (const one of table.querySelectorAll("tbody .pick input")) one.checked = event.target.checked;
  const picked = table.querySelectorAll("tbody .pick input:checked");
  for (const row of table.tBodies[0].rows) row.setAttribute("aria-selected", String(Boolean(row.querySelector(".pick input:checked"))));
  const frame = table.closest("[data-table]");
  frame?.classList.toggle("has-picked", picked.length > 0);
  for (const place of frame?.querySelectorAll("[data-picked-count]") ?? []) place.textContent = picked.length;
});
