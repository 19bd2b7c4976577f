// Deadlines count down by themselves, in the same two units the server writes.
const words = (place) => ({ left: place.dataset.left, over: place.dataset.over, day: place.dataset.day, hour: place.dataset.hour, minute: place.dataset.minute });

function length(minutes, unit) {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor(minutes / 60) % 24;
  const rest = minutes % 60;
  if (days) return `${days} ${unit.day} ${hours} ${unit.hour}`;
  if (hours) return `${hours} ${unit.hour} ${String(rest).padStart(2, "0")} ${unit.minute}`;
  return `${rest} ${unit.minute}`;
}

function tick() {
  const unit = words(document.body);
  for (const clock of document.querySelectorAll("[data-due]")) {
    const seconds = Math.floor((Date.parse(clock.dataset.due) - Date.now()) / 1000);
    const soon = Number(clock.dataset.soonMinutes) * 60;
    clock.dataset.state = seconds < 0 ? "late" : seconds < soon ? "soon" : "";
    const text = (seconds < 0 ? unit.over : unit.left).replace("{}", length(Math.floor(Math.abs(seconds) / 60), unit));
    const place = clock.querySelector(".words");
    if (place.textContent !== text) place.textContent = text;
  }
}
if (document.body.dataset.left) { tick(); setInterval(tick, 5000); document.addEventListener("htmx:load", tick); }
