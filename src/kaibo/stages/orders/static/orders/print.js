// The button that prints; what is printed is the style sheet's business.
document.querySelectorAll("[data-prints]").forEach((button) => button.addEventListener("click", () => window.print()));
