// The current row answers to its own keys: Enter takes the proposal, B keeps the value as it is.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, a, button, summary")) return;
  const row = document.querySelector("tr.is-current") ?? document.querySelector("table[data-rows] tbody tr");
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const deed = row?.querySelector(`[data-row-key="${CSS.escape(key)}"]`);
  if (!deed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  deed.click();
}, true);
// Holding needs a reason: pressing H with rows picked but no reason goes to the field instead.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("[data-hold-reason]");
  if (!field || event.submitter?.hasAttribute("formaction")) return;
  if (!field.value.trim()) { event.preventDefault(); field.focus(); field.setCustomValidity(""); }
});
