// The public page of a draw: what was promised, what was frozen, who won – and everything computed again right here.
import { isIncluded, sealOf, selfCheck, verify } from "./draw_proof.js";
import { d, REASONS } from "./draw_words.js";
import { hasSecret, promise, show } from "./draw_witness.js";
import { Wire } from "./wire.js";
import { clock, language, yuan } from "./words.js";

const $ = (id) => document.getElementById(id);
const [, , room, draw] = location.pathname.split("/").map(decodeURIComponent);
const wire = new Wire(room);
const path = `${wire.base}/draws/${draw}`;
const link = (address) => address + (language === "en" ? "?lang=en" : "");
let told;
let mine = {};

function make(tag, look, ...inside) {
  const node = document.createElement(tag);
  if (look) node.className = look;
  node.append(...inside);
  return node;
}
const heading = (words) => make("h2", "", words);
const rows = (pairs) => make("dl", "", ...pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
const code = (words) => make("code", "", String(words));
const when = (moment) => clock(moment, { withDay: true });
const long = (seconds) => (seconds % 3600 === 0 ? d("hours", seconds / 3600) : seconds % 60 === 0 ? d("minutes", seconds / 60) : d("seconds", seconds));

function put(id, ...inside) {
  $(id).hidden = !inside.length;
  $(id).replaceChildren(...inside);
}

function paintHead() {
  document.title = `${told.title} · ${d("p_title")}`;
  $("title").replaceChildren(told.title, make("span", "pill", d(`st_${told.state}`)));
  $("lead").textContent = told.state === "drawn" ? d("p_question") : told.state === "void" ? d("void", told.void_reason) : d("p_before");
  $("checking").hidden = false;
  $("verify").hidden = told.state !== "drawn";
  $("verify").textContent = d("p_verify");
  $("file").hidden = told.state !== "drawn";
  $("file").textContent = d("p_file");
  $("file").href = `${path}/file`;
  $("own-label").textContent = d("p_choose");
  $("back").textContent = d("p_back");
  $("back").href = link(`/r/${encodeURIComponent(room)}`);
}

function paintRules() {
  const { rules } = told;
  const entropy = rules.entropy.kind === "beacon" ? d("e_beacon", rules.entropy.chain, rules.entropy.period_seconds) : d("e_witnesses", rules.entropy.least_reveals, rules.entropy.reveal_seconds);
  put("rules", heading(d("p_rules")), rows([
    [d("f_organiser"), rules.organiser], [d("f_contact"), rules.contact],
    [d("f_prizes"), rules.prizes.map((prize) => d("prize_full", prize, yuan(prize.value_fen))).join("；")],
    [d("f_who"), d("who_may", rules.eligibility)], [d("f_conditions"), rules.conditions], [d("f_opens"), `${when(told.opens_at)} – ${when(told.closes_at)}`], [d("f_draws"), when(told.draws_at)],
    [d("f_method"), rules.method], [d("f_entropy"), entropy], [d("f_claim"), `${d("within", long(rules.claim_within_seconds))}，${rules.claim_how}`],
    [d("f_delivery"), rules.delivery], [d("f_forfeiture"), rules.forfeiture], [d("f_alternates"), d("alternates", rules.alternates)],
    [d("k_rules_hash"), code(told.rules_hash)],
  ]));
}

function paintFrozen() {
  const kept = wire.kept(`draw.${draw}.commitment`);
  const frozen = told.freeze;
  put("frozen", heading(d("p_frozen")), rows(frozen ? [
    [d("k_frozen_at"), new Date(frozen.frozen_at_unix * 1000).toLocaleString(language === "en" ? "en-GB" : "zh-CN", { timeZone: "Asia/Shanghai" })],
    [d("k_entrants"), String(frozen.entrants)], [d("k_root"), code(frozen.root)], [d("k_commitment"), code(told.commitment)], [d("p_saved"), kept ? code(kept) : ""],
    [d("k_round"), frozen.round ? String(frozen.round) : ""],
  ] : [[d("k_entries"), String(told.entries)]]));
}

function paintWitnesses() {
  if (told.kind !== "witnesses") { put("witnesses"); return; }
  const lines = told.witnesses.map((one) => make("tr", "", make("td", "", one.name), make("td", "", d(`kind_${one.kind}`)),
    make("td", "", one.has_shown ? d("w_shown") : told.state === "drawn" ? d("w_absent") : d("w_promised")), make("td", "rank", code(one.commitment.slice(0, 24) + "…"))));
  const parts = [heading(d("p_witnesses")), make("div", "scroll", make("table", "", make("tbody", "", ...lines)))];
  if (mine.witness) parts.push(make("p", "", mine.has_shown ? d("w_shown_done", mine.witness) : hasSecret(wire, draw) ? d("w_done", mine.witness) : d("w_lost", mine.witness)));
  else if (told.state === "open" && new Date(told.closes_at) > new Date()) parts.push(make("p", "lead", d("w_explain")), volunteer());
  put("witnesses", ...parts);
}

function volunteer() {
  const name = make("input");
  Object.assign(name, { type: "text", maxLength: 24, value: wire.me?.nickname ?? "", required: true });
  name.setAttribute("aria-label", d("w_name"));
  const form = make("form", "field", name, make("button", "act", d("w_become")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    try { await promise(wire, draw, name.value.trim()); await load(); } catch (refusal) { form.append(make("p", "", d("other", refusal.message))); }
  };
  return form;
}

function paintResult(file) {
  if (told.state !== "drawn") { put("result"); return; }
  const names = new Map((file?.entrants ?? []).map(([entry, name]) => [entry, name]));
  const states = new Map(told.winners.map((one) => [one.entry, one]));
  const line = (one, at, prize) => make("tr", one.entry === mine.entry ? "is-mine" : "", make("td", "", String(at + 1)),
    make("td", "", `${states.get(one.entry)?.name ?? names.get(one.entry) ?? ""} `, code(one.entry)), make("td", "", prize), make("td", "", d(`s_${states.get(one.entry)?.state ?? "standby"}`)), make("td", "rank", code((one.rank ?? "").slice(0, 16))));
  const prizeOf = (number) => told.rules.prizes[number]?.name ?? d("p_alternate");
  const lines = file
    ? [...file.winners.map((one, at) => line(one, at, prizeOf(one.prize))), ...file.alternates.slice(0, 50).map((one, at) => line(one, file.winners.length + at, prizeOf(states.get(one.entry)?.prize)))]
    : told.winners.map((one) => line(one, one.place - 1, prizeOf(one.prize)));
  const head = make("tr", "", ...["p_place", "p_who", "p_prize", "p_state"].map((name) => make("th", "", d(name))), make("th", "rank", d("p_rank")));
  put("result", heading(d("p_result")), lines.length ? make("div", "scroll", make("table", "", make("thead", "", head), make("tbody", "", ...lines))) : make("p", "", d("p_nobody")),
    rows([[d("k_drawn_at"), file ? when(file.drawn_at_unix * 1000) : ""], [d("k_seed"), file ? code(file.seed) : ""], [d("k_digest"), code(told.digest)]]));
}

function paintMine() {
  if (!told.freeze) { put("mine"); return; }
  const entry = make("input");
  Object.assign(entry, { type: "text", value: mine.entry ?? "", spellcheck: false, required: true });
  entry.setAttribute("aria-label", d("p_find"));
  entry.placeholder = d("p_find");
  const said = make("div", "verdict");
  said.hidden = true;
  said.setAttribute("role", "status");
  const form = make("form", "field", entry, make("button", "act", d("p_check")));
  form.onsubmit = (event) => { event.preventDefault(); prove(entry.value.trim().toLowerCase(), said); };
  put("mine", heading(d("p_proof")), make("p", "lead", d("p_known_entry")), ...(mine.entry ? [rows([[d("p_mine"), code(mine.entry)], [d("p_receipt"), code(mine.receipt)]])] : []), form, said);
}

async function prove(entry, said) {
  said.hidden = false;
  const answer = await fetch(`${path}/proof/${encodeURIComponent(entry)}`).catch(() => null);
  if (!answer?.ok) { say(said, "bad", d(answer && answer.status < 500 ? "p_unknown" : "away")); return; }
  const proof = await answer.json();
  const isIn = isIncluded({ ...proof, root: told.freeze.root, size: told.freeze.entrants }) && proof.entrant[0] === entry;
  const lines = [isIn ? d("p_included", proof.index + 1, proof.size) : d("p_excluded")];
  if (isIn && entry === mine.entry) lines.push(sealOf(mine.receipt) === proof.entrant[2] ? d("p_receipt_ok") : d("p_receipt_bad"));
  say(said, isIn ? "good" : "bad", lines.join("；"));
}

function say(node, look, words, list = []) {
  node.className = `verdict ${look}`;
  node.hidden = false;
  node.replaceChildren(words, ...(list.length ? [make("ul", "", ...list.map((one) => make("li", "", one)))] : []));
}

async function check(bytes, announced) {
  say($("verdict"), "", d("p_verifying"));
  await new Promise((then) => setTimeout(then, 30));
  if (!(await selfCheck())) { say($("verdict"), "bad", d("p_self")); return; }
  const began = performance.now();
  const found = verify(bytes, announced);
  const ms = Math.round(performance.now() - began);
  if (found.length) { say($("verdict"), "bad", d("p_bad"), found.map((name) => REASONS[name])); return; }
  const file = JSON.parse(new TextDecoder().decode(bytes));
  say($("verdict"), "good", d("p_ok", file.entrants.length, ms), announced ? [d("p_announced")] : []);
  const absent = file.entropy.reveals.filter((one) => !one.secret).map((one) => one.name);
  if (absent.length) $("verdict").append(make("p", "", d("t_absent", absent.join("、"))));
  if (file.rules.draw === draw) { paintResult(file); paintTrust(file); }
}

function paintTrust(file) {
  const parts = [heading(d("p_trust")), make("p", "", d(told.kind === "beacon" ? "t_beacon" : "t_witnesses")), make("p", "", d("t_names"))];
  const [relay] = told.rules.entropy.relays;
  if (file && relay) {
    const button = make("button", "act", d("p_compare"));
    const said = make("p", "verdict", "");
    said.hidden = true;
    button.onclick = async () => {
      const pulse = await fetch(`${relay.replace(/\/$/, "")}/public/${file.entropy.round}`).then((answer) => answer.json()).catch(() => null);
      say(said, pulse?.randomness === file.entropy.randomness ? "good" : "bad", d(!pulse ? "p_compare_away" : pulse.randomness === file.entropy.randomness ? "p_compare_ok" : "p_compare_bad"));
    };
    parts.push(rows([[d("k_round"), String(file.entropy.round)], [d("k_value"), code(file.entropy.randomness)]]), button, said);
  }
  put("trust", ...parts);
}

async function load() {
  const answer = await fetch(`${path}?brief=1`, { headers: { "accept-language": language } }).catch(() => null);
  $("proof").removeAttribute("aria-busy");
  if (!answer?.ok) { $("lead").textContent = d(answer?.status === 404 ? "no_draw" : "away"); return; }
  const before = told?.state;
  told = await answer.json();
  if (wire.me) mine = await wire.look(`/draws/${draw}/mine`).catch(() => mine);
  if (told.state === "frozen") await show(wire, draw).catch(() => {});
  paintHead(); paintFrozen(); paintRules();
  if (before !== told.state || mine.witness || document.activeElement?.type !== "text") paintWitnesses(); // never under a name being typed
  if (before !== told.state) { paintMine(); paintResult(); paintTrust(); }
  if (told.freeze && !wire.kept(`draw.${draw}.commitment`) && told.state === "frozen") wire.keep(`draw.${draw}.commitment`, told.commitment);
  if (told.state === "open" || told.state === "frozen") setTimeout(load, 3000);
}

document.documentElement.lang = language === "en" ? "en" : "zh-CN";
$("verify").onclick = async () => {
  say($("verdict"), "", d("p_verifying"));
  const answer = await fetch(`${path}/file`).catch(() => null);
  if (answer?.ok) await check(new Uint8Array(await answer.arrayBuffer()), wire.kept(`draw.${draw}.commitment`));
  else say($("verdict"), "bad", d("away"));
};
$("own").onchange = async () => { if ($("own").files[0]) await check(new Uint8Array(await $("own").files[0].arrayBuffer())); };
await load();
