// Follow the shop, and take it back: the button says what is so now, never what was only asked for.
import { t } from "./words.js";

const button = document.getElementById("follow");

export class Follow {
  constructor(wire, beacons) {
    this.wire = wire;
    this.beacons = beacons;
    button.onclick = () => this.#turn();
  }

  async start() {
    try { this.#show((await this.wire.ask("GET", "/follow")).follows); } catch { /* the button stays away */ }
  }

  async #turn() {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    button.disabled = true;
    try {
      const { follows } = await this.wire.ask(wanted ? "PUT" : "DELETE", "/follow", {});
      if (follows && wanted) this.beacons.note("follow");
      this.#show(follows);
    } catch { this.#show(!wanted, t("not_sent")); }
    button.disabled = false;
    button.focus();
  }

  #show(follows, problem = "") {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(follows));
    button.textContent = problem || t(follows ? "following" : "follow");
    button.title = follows ? t("unfollow") : t("follow_why");
  }
}
