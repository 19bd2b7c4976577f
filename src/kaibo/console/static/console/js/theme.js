// Light, dark or as the system says. The choice is a cookie, so that the server's first byte is already right.
const ORDER = ["auto", "light", "dark"];

function apply(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  document.cookie = `kaibo_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
  document.dispatchEvent(new CustomEvent("kaibo:theme", { detail: { theme } }));
}

document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) {
    apply(choice.dataset.themeChoice);
    const keep = choice.closest("[data-theme-url]");
    if (keep) save(keep.dataset.themeUrl, choice.dataset.themeChoice);
    return;
  }
  if (event.target.closest("[data-theme-cycle]")) {
    const now = document.documentElement.dataset.theme || "auto";
    apply(ORDER[(ORDER.indexOf(now) + 1) % ORDER.length]);
  }
});

// Kept with the person too, so that the next machine looks the same; losing this request costs nothing.
function save(url, theme) {
  const token = document.querySelector("meta[name=csrf-token]")?.content;
  fetch(url, { method: "POST", headers: { "X-CSRFToken": token, "Content-Type": "application/x-www-form-urlencoded" }, body: new URLSearchParams({ theme }) }).catch(() => {});
}
