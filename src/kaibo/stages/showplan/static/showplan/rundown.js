// Re-order the run of show by dragging or by the arrows; the order is saved at once and the times come back.
const list = document.querySelector("[data-reorder]");

function save() {
  const order = [...list.querySelectorAll("[data-segment]")].map((one) => one.dataset.segment).join(",");
  window.htmx.ajax("POST", list.dataset.reorder, { values: { order }, swap: "none", headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content } });
}

if (list) {
  let dragged = null;
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const row = button.closest("[data-segment]");
    const other = button.dataset.move === "-1" ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (button.dataset.move === "-1") other.before(row); else other.after(row);
    button.focus();
    save();
  });
  list.addEventListener("dragstart", (event) => { dragged = event.target.closest("[data-segment]"); dragged?.classList.add("is-dragged"); });
  list.addEventListener("dragover", (event) => {
    const over = event.target.closest("[data-segment]");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged); else over.after(dragged);
  });
  list.addEventListener("dragend", () => { if (!dragged) return; dragged.classList.remove("is-dragged"); dragged = null; save(); });
}
