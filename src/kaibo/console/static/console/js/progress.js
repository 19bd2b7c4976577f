// Long work: asks the server how far it is. The truth is there, so a reload loses nothing.
const followed = new WeakSet();
const format = new Intl.NumberFormat("zh-CN");

async function follow(place) {
  try {
    const answer = await fetch(place.dataset.progressUrl, { cache: "no-store", headers: { Accept: "application/json" } });
    if (answer.ok) {
      const state = await answer.json();
      show(place, state);
      if (state.state !== "run") {
        if (state.next) location.assign(state.next);
        else place.dispatchEvent(new CustomEvent("kaibo:finished", { bubbles: true, detail: state }));
        return;
      }
    }
  } catch { /* the connection corner says it */ }
  if (place.isConnected) setTimeout(() => follow(place), 1000);
}

function show(place, { done, total, bad = 0, label }) {
  const percent = total ? Math.min(100, Math.floor((done * 100) / total)) : 0;
  place.querySelector(".done").textContent = format.format(done);
  place.querySelector(".total").textContent = format.format(total);
  place.querySelector(".percent").textContent = percent;
  const left = place.querySelector(".left");
  left.textContent = left.textContent.replace(/[\d,]+/, format.format(Math.max(0, total - done)));
  const wrong = place.querySelector(".bad");
  wrong.hidden = !bad;
  wrong.textContent = wrong.textContent.replace(/[\d,]+/, format.format(bad));
  if (label) place.querySelector(".label").textContent = label;
  const bar = place.querySelector(".bar");
  bar.setAttribute("aria-valuenow", done);
  bar.firstElementChild.style.width = `${percent}%`;
}

function start(root) {
  for (const place of root.querySelectorAll?.("[data-progress-url]") ?? []) {
    if (followed.has(place)) continue;
    followed.add(place);
    follow(place);
  }
}
start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));
