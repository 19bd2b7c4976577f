// A hot word is added to the scene words with one press; the title's review follows.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-hot-word]");
  if (!chip) return;
  const form = chip.closest("[data-title-form]");
  const field = form.querySelector("[name=scenes]");
  const words = field.value.split(/[\s,，、]+/).filter(Boolean);
  if (!words.includes(chip.dataset.hotWord)) words.push(chip.dataset.hotWord);
  field.value = words.join(" ");
  form.querySelector("[name=title]").value = "";
  field.dispatchEvent(new CustomEvent("kaibo:word", { bubbles: true }));
  field.focus();
});
