// Presses of the title form: a hot word, a proposal or a rewrite is put in; each can be taken back. The review follows.
const past = [];

const fields = (form) => ["scenes", "attributes", "core", "title"].map((name) => form.querySelector(`[name=${name}]`));

function change(form, set) {
  past.push(fields(form).map((field) => field.value));
  set(Object.fromEntries(fields(form).map((field) => [field.name, field])));
  settle(form);
}

function settle(form) {
  const undo = form.querySelector("[data-undo-title]");
  if (undo) undo.hidden = past.length === 0;
  form.querySelector("[name=scenes]").dispatchEvent(new CustomEvent("kaibo:word", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-hot-word], [data-use-title], [data-rewrite], [data-undo-title]");
  const form = document.querySelector("[data-title-form]");
  if (!pressed || !form) return;
  const { hotWord, useTitle, rewrite, core, attributes, scenes } = pressed.dataset;
  if (hotWord !== undefined) {
    change(form, (field) => {
      const words = field.scenes.value.split(/[\s,，、]+/).filter(Boolean);
      if (!words.includes(hotWord)) words.push(hotWord);
      field.scenes.value = words.join(" ");
      field.title.value = "";
    });
    form.querySelector("[name=scenes]").focus();
  } else if (useTitle !== undefined) {
    change(form, (field) => {
      field.scenes.value = scenes;
      field.attributes.value = attributes;
      field.core.value = core;
      field.title.value = useTitle;
    });
    form.scrollIntoView({ block: "nearest" });
  } else if (rewrite !== undefined) {
    change(form, (field) => { field.title.value = rewrite; });
  } else if (past.length) {
    const values = past.pop();
    fields(form).forEach((field, place) => { field.value = values[place]; });
    settle(form);
  }
});
