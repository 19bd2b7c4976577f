// On the phone a table of many columns, or one wider than the screen, becomes cards, each value beside the head of its
// column. Tables made for it say `cards` and their labels themselves; this looks after the rest, also after a part of the page was renewed.
const phone = matchMedia("(max-width: 700px)");
const OTHERS = "table.table:not(.cards)";
const MOST_COLUMNS = 3;

function label(table) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) => head.textContent.trim());
  if (!heads.length) return;
  for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
    if ([...row.cells].some((cell) => cell.colSpan > 1)) continue;
    [...row.cells].forEach((cell, at) => { if ((at || cell.querySelector("input, select, textarea")) && heads[at] && !cell.dataset.label) cell.dataset.label = heads[at]; });
  }
  table.classList.add("cards");
}

function narrow(root) {
  if (!phone.matches) return;
  for (const table of root.querySelectorAll?.(OTHERS) ?? []) {
    const frame = table.closest(".table-scroll") ?? table.parentElement;
    if (table.tHead?.rows[0]?.cells.length > MOST_COLUMNS || table.scrollWidth > frame.clientWidth + 2) label(table);
  }
}

narrow(document);
phone.addEventListener("change", () => narrow(document));
document.addEventListener("htmx:load", (event) => narrow(event.detail.elt));
