// A member of staff as a witness: the secret is made and kept on this device, only its hash is sent; after the freeze it is shown.
const keyOf = (draw) => `kaibo.witness.${draw}`;
const hex = (bytes) => Array.from(new Uint8Array(bytes), (one) => one.toString(16).padStart(2, "0")).join("");

async function promised(draw, name, secret) {
  const words = new TextEncoder().encode(`kaibo.draw.witness.v1\n${draw}\n${name}\n${secret}`);
  return hex(await crypto.subtle.digest("SHA-256", words));
}

const hasCrypto = Boolean(globalThis.crypto?.subtle);
document.querySelector("[data-no-crypto]").hidden = hasCrypto || !document.querySelector("[data-promise]");

for (const form of document.querySelectorAll("[data-promise]")) {
  if (!hasCrypto) { form.hidden = true; continue; }
  form.addEventListener("submit", async (event) => {
    if (form.elements.commitment.value) return;
    event.preventDefault();
    const { draw } = form.closest("[data-draw]").dataset;
    const secret = hex(crypto.getRandomValues(new Uint8Array(32)));
    localStorage.setItem(keyOf(draw), secret);
    form.elements.commitment.value = await promised(draw, form.dataset.name, secret);
    form.requestSubmit();
  });
}

for (const form of document.querySelectorAll("[data-show]")) {
  const { draw, state } = form.closest("[data-draw]").dataset;
  const secret = localStorage.getItem(keyOf(draw));
  form.elements.secret.value = secret ?? "";
  if (state === "frozen" && !form.hidden && secret) form.requestSubmit();
}

// While something is under way the page looks again by itself, unless somebody is in a dialog.
if (document.querySelector('[data-state="open"], [data-state="frozen"]')) {
  setInterval(() => { if (!document.querySelector("dialog[open]") && document.visibilityState === "visible") location.reload(); }, 5000);
}
