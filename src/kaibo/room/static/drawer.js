// All products of the room, and what this viewer got.
import { paintPicture } from "./card.js";
import { stateWords } from "./paying.js";
import { clock, t, yuan } from "./words.js";

const $ = (id) => document.getElementById(id);

export class Drawer {
  constructor(wire, { onPick }) {
    this.wire = wire;
    this.onPick = onPick;
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) dialog.close(); });
    }
  }

  open(picture) { this.paint(picture); $("drawer").showModal(); }

  paint(picture, mine = this.mine) {
    this.mine = mine;
    $("goods-count").hidden = !picture.items.length;
    $("goods-count").textContent = picture.items.length;
    const focused = document.activeElement?.dataset?.item;
    $("goods-list").replaceChildren(...(picture.items.length ? picture.items.map((item) => this.#row(item)) : [text("li", "more", t("no_goods"))]));
    if (focused) $("goods-list").querySelector(`[data-item="${focused}"]`)?.focus();
    this.#mine(picture);
  }

  #row(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.item = item.item;
    const box = text("span", "picture", "");
    paintPicture(box, item);
    const facts = document.createElement("span");
    const isOpen = item.state === "on_sale" && item.left > 0;
    const state = item.state === "closed" ? t("closed") : item.state !== "on_sale" ? t("not_on_sale") : item.left ? t("on_sale") : t("sold_out");
    facts.append(text("span", "name", item.title), document.createElement("br"), text("span", "now", yuan(item.price_fen)), " ",
      text("span", "more", item.state === "closed" ? "" : t("left", item.left, item.stock)));
    button.append(box, facts, text("span", `tag ${isOpen ? "on" : "off"}`, state));
    button.onclick = () => { $("drawer").close(); this.onPick(item.item); };
    const row = document.createElement("li");
    row.append(button);
    return row;
  }

  #mine(picture) {
    const claims = this.mine?.claims ?? [];
    $("mine").hidden = !claims.length;
    $("mine-list").replaceChildren(...claims.map((got) => {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      const look = { unpaid: "due", paid: "paid" }[got.state] ?? "late";
      const words = got.state === "unpaid" ? t("pay_before", clock(got.pay_by, { withDay: true })) : stateWords(got);
      button.append(text("span", "", `${got.title} × ${got.quantity}　${yuan(got.amount_fen)}`), text("span", look, words));
      button.onclick = () => { $("drawer").close(); this.onOpen?.(got.claim); };
      row.append(button);
      return row;
    }));
  }
}

function text(tag, look, words) {
  const node = document.createElement(tag);
  node.className = look;
  node.textContent = words;
  return node;
}
