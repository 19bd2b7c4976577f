// The viewer's page: fetch the picture, follow the stream, show both.
import { About } from "./about.js";
import { Beacons } from "./beacons.js";
import { Card } from "./card.js";
import { Chat } from "./chat.js";
import { Claiming } from "./claiming.js";
import { Drawer } from "./drawer.js";
import { Follow } from "./follow.js";
import { Paying } from "./paying.js";
import { current, find, fold } from "./picture.js";
import { Stream } from "./stream.js";
import { play, stop } from "./video.js";
import { Wire } from "./wire.js";
import { clock, shortCount, t, translatePage } from "./words.js";

const $ = (id) => document.getElementById(id);
const wire = new Wire(decodeURIComponent(location.pathname.split("/")[2]));
const beacons = new Beacons(wire);
const chat = new Chat(wire);
const about = new About(wire, beacons);
const follow = new Follow(wire, beacons);
let picture;
let draws;
let polls;
let coupons;
let picked = null;
let isPictured = false;
let isStarted = false;

const claiming = new Claiming(wire, {
  onStep(step) {
    card.show(step);
    if (step.step === "got") paying.refresh();
  },
});
const card = new Card({
  onBuy(item, quantity) { beacons.note("cart", item, quantity); claiming.claim(item, quantity); },
  onClick(item) { beacons.note("click", item); },
});
const drawer = new Drawer(wire, {
  onPick(item) { picked = item; beacons.note("click", item); paint(); $("card").focus(); },
});
const paying = new Paying(wire, { onMine: () => { if (picture) drawer.paint(picture, paying.mine); } });
drawer.onOpen = (claim) => paying.open(claim);
const stream = new Stream(wire.base, {
  onEvent: hear,
  onReset: () => load(),
  onTrouble(isLost) { trouble(isLost ? t(navigator.onLine ? "reconnecting" : "offline") : ""); },
});

async function load() {
  try {
    picture = wire.given() ?? await wire.snapshot();
  } catch (refusal) {
    trouble(refusal.status === 404 ? t("no_room") : t("reconnecting"));
    if (refusal.status !== 404) setTimeout(load, 2000);
    return;
  }
  trouble("");
  picture.notices.slice(-1).forEach(notice);
  picture.answers.slice(-2).forEach((one) => chat.answer(one));
  paint();
  performance.mark("usable");
  stream.open(picture.last_event_id);
  if (!isStarted) start();
}

async function start() {
  isStarted = true;
  await wire.enter().catch(() => {});
  beacons.start();
  await claiming.resume();
  await paying.start();
  await follow.start();
}

function hear(kind, body) {
  if (kind === "chat") { chat.hear(body); return; }
  if (kind === "moderation") chat.moderate(body);
  if (kind === "answer") chat.answer(body);
  const before = picture.current_item;
  if (!fold(picture, kind, body)) return;
  if (kind === "notice") notice(body);
  if (kind === "state" && picture.current_item !== before) {
    picked = null;
    const item = current(picture);
    if (item) chat.system(t("item_of", item.title));
  }
  paint();
}

function paint() {
  document.querySelector(".room").dataset.state = picture.state;
  document.title = picture.title;
  $("title").textContent = picture.title;
  $("company").textContent = picture.company;
  $("avatar").textContent = picture.host.slice(0, 1);
  $("state").textContent = t(picture.state);
  $("viewers").textContent = picture.viewers ? t("viewers", shortCount(picture.viewers)) : "";
  chat.paintLikes(picture.likes);
  const item = find(picture, picked) ?? current(picture);
  card.paint(item);
  paying.paint(item);
  about.paint(picture, item);
  if (item) beacons.expose(item.item);
  drawer.paint(picture, paying.mine);
  paintDraws();
  chat.paintPinned(picture.pinned);
  paintPolls();
  paintCoupons();
  curtain();
}

// Draws are rare: their part of the page is fetched when the room has one.
async function paintDraws() {
  if (!picture.draws?.length) return;
  draws ??= import("./draws.js").then(({ Draws }) => new Draws(wire, $("draws")));
  (await draws).paint(picture);
}

async function paintPolls() {
  if (!polls && !picture.polls.some((one) => one.state === "open")) return;
  polls ??= import("./polls.js").then(({ Polls }) => new Polls(wire, $("polls")));
  (await polls).paint(picture);
}

async function paintCoupons() {
  if (!picture.coupons?.length) return;
  coupons ??= import("./coupons.js").then(({ Coupons }) => { paying.coupons = new Coupons(wire, () => paying.couponsChanged()); return paying.coupons.start(); });
  (await coupons).paint(picture);
}

function pictured(isMoving) {
  if (isPictured === isMoving) return;
  isPictured = isMoving;
  if (!isMoving) beacons.note("play_error");
  curtain();
}

function curtain() {
  const video = $("video");
  const wanted = picture.state === "live" ? picture.video_url : "";
  if (wanted) play(video, wanted, { onTrouble: () => pictured(false), onPicture: () => pictured(true) });
  else { stop(video); isPictured = false; }
  const shows = Boolean(wanted) && isPictured;
  video.hidden = !shows;
  $("curtain").hidden = shows;
  $("curtain-mark").textContent = picture.host.slice(0, 1);
  const starts = picture.starts_at ? t("starts_at", clock(picture.starts_at, { withDay: true })) : t("planned");
  $("curtain-line").textContent = { planned: starts, live: t("no_picture"), paused: t("soon"), ended: t("over") }[picture.state];
}

function notice({ text }) {
  $("notice-text").textContent = text;
  $("notice").hidden = false;
}

function trouble(words) {
  $("trouble").textContent = words;
  $("trouble").hidden = !words;
}

translatePage();
$("notice-close").onclick = () => { $("notice").hidden = true; };
$("goods").onclick = () => { if (picture) drawer.open(picture); };
addEventListener("offline", () => trouble(t("offline")));
addEventListener("online", () => { trouble(""); if (picture) stream.open(stream.after); });
load();
