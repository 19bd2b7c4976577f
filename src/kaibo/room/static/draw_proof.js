// Re-computes a published draw, in the order and with the names of kit/draw_proof.py; a test lets both judge the same files.
// SHA-256 is written out here: a draw needs hundreds of thousands of tiny hashes, and the browser's own is made for few large ones
// (and missing on pages without https). `selfCheck` compares it with the browser's.

const K = new Uint32Array(64);
const START = new Uint32Array(8);
(() => {
  const part = (n) => ((n - Math.floor(n)) * 4294967296) | 0;
  for (let found = 0, n = 2; found < 64; n++) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { isPrime = false; break; }
    if (!isPrime) continue;
    if (found < 8) START[found] = part(Math.sqrt(n));
    K[found++] = part(Math.cbrt(n));
  }
})();
const W = new Uint32Array(64);

function compress(h, block, at) {
  for (let i = 0; i < 16; i++, at += 4) W[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15], y = W[i - 2];
    W[i] = (W[i - 16] + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ (x >>> 3)) + W[i - 7] + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ (y >>> 10))) | 0;
  }
  let [a, b, c, d, e, f, g, k] = h;
  for (let i = 0; i < 64; i++) {
    const t1 = (k + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const t2 = (((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    k = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += k;
}

export function sha256(bytes) {
  const h = START.slice();
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) compress(h, bytes, at);
  const rest = bytes.length - whole;
  const tail = new Uint8Array(rest < 56 ? 64 : 128);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, Math.floor(bytes.length / 536870912));
  view.setUint32(tail.length - 4, (bytes.length << 3) >>> 0);
  for (let at = 0; at < tail.length; at += 64) compress(h, tail, at);
  const out = new Uint8Array(32);
  const written = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) written.setUint32(i * 4, h[i]);
  return out;
}

export function hmac(key, message) {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha256(key) : key);
  return sha256(join(block.map((b) => b ^ 0x5c), sha256(join(block.map((b) => b ^ 0x36), message))));
}

const utf8 = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, "0"));
export const text = (words) => utf8.encode(words);
export const hex = (bytes) => { let out = ""; for (const b of bytes) out += HEX[b]; return out; };
export const unhex = (words) => Uint8Array.from(words.match(/../g) ?? [], (pair) => parseInt(pair, 16));

function join(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}

export async function selfCheck() {
  const sample = text("开播".repeat(50));
  if (hex(sha256(text(""))) !== "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") return false;
  return !crypto.subtle || hex(new Uint8Array(await crypto.subtle.digest("SHA-256", sample))) === hex(sha256(sample));
}

// ── the published form ─────────────────────────────────────────────────────────────────────────────────────────────

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  return JSON.stringify(value);
}
const hashOf = (value) => hex(sha256(text(canonical(value))));

const MOST_TEXT = 2000, MOST_INT = 2 ** 40, MOST_PRIZE_FEN = 5000000, MOST_PRIZES = 20, MOST_PLACES = 10000, GAP_SECONDS = 30;
const many = (shape) => [shape];
export const SHAPE = {
  kind: "kaibo.draw", version: "int",
  rules: {
    draw: "text", room: "text", title: "text", organiser: "text", contact: "text",
    prizes: many({ name: "text", detail: "text", count: "int", value_fen: "int" }),
    eligibility: "text", conditions: "text", method: "text",
    published_at_unix: "int", opens_at_unix: "int", closes_at_unix: "int", draws_at_unix: "int",
    claim_within_seconds: "int", claim_how: "text", delivery: "text", forfeiture: "text", alternates: "int",
    entropy: {
      kind: "text", house_commitment: "hash?", least_reveals: "int", reveal_seconds: "int",
      chain: "text", genesis_unix: "int", period_seconds: "int", relays: many("text"),
    },
  },
  freeze: {
    draw: "text", rules_hash: "hash", entrants: "int", root: "hash", frozen_at_unix: "int",
    witnesses: many({ name: "text", commitment: "hash" }), reveal_until_unix: "int", round: "int",
  },
  commitment: "hash", entrants: many("entrant"),
  entropy: { kind: "text", house: "hash?", reveals: many({ name: "text", secret: "hash?" }), round: "int", randomness: "hash?", signature: "hex" },
  seed: "hash", winners: many({ prize: "int", entry: "id", rank: "hash" }), alternates: many({ entry: "id", rank: "hash" }),
  drawn_at_unix: "int", digest: "hash",
};
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const isText = (v) => typeof v === "string" && (v.length <= MOST_TEXT || [...v].length <= MOST_TEXT) && !LONE.test(v);
const isHash = (v) => typeof v === "string" && /^[0-9a-f]{64}$/.test(v);
const isId = (v) => typeof v === "string" && /^[0-9a-f-]{1,64}$/.test(v);
const LEAVES = {
  int: (v) => Number.isSafeInteger(v) && v >= 0 && v < MOST_INT && !Object.is(v, -0),
  text: isText, hash: isHash, id: isId, "hash?": (v) => v === "" || isHash(v),
  hex: (v) => typeof v === "string" && v.length <= MOST_TEXT && /^([0-9a-f]{2})*$/.test(v),
  entrant: (v) => Array.isArray(v) && v.length === 3 && isId(v[0]) && isText(v[1]) && isHash(v[2]),
};

function fits(value, shape) {
  if (typeof shape === "string") return LEAVES[shape] ? LEAVES[shape](value) : value === shape;
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((one) => fits(one, shape[0]));
  if (!value || typeof value !== "object" || Array.isArray(value)) return false;
  const keys = Object.keys(shape);
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key) && fits(value[key], shape[key]));
}

export function read(bytes) {
  try {
    const words = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const told = JSON.parse(words);
    return canonical(told) === words && fits(told, SHAPE) ? told : null;
  } catch { return null; }
}

// ── the tree ───────────────────────────────────────────────────────────────────────────────────────────────────────

const leafInput = (row) => join(Uint8Array.of(0), text(canonical(row)));
export const leafOf = (row) => sha256(leafInput(row));
const nodeOf = (left, right) => {
  const both = new Uint8Array(65);
  both[0] = 1; both.set(left, 1); both.set(right, 33);
  return sha256(both);
};

export function rootOf(leaves) {
  if (!leaves.length) return sha256(new Uint8Array(0));
  for (let level = leaves; ; ) {
    if (level.length === 1) return level[0];
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeOf(level[at], level[at + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
}

export function isIncluded({ entrant, index, size, path, root }) {
  if (!(index >= 0 && index < size)) return false;
  let here = index, last = size - 1, found = leafOf(entrant);
  for (const neighbour of path.map(unhex)) {
    if (last === 0) return false;
    if (here % 2 || here === last) {
      found = nodeOf(neighbour, found);
      while (here % 2 === 0 && here !== 0) { here /= 2; last = Math.floor(last / 2); }
    } else found = nodeOf(found, neighbour);
    here = Math.floor(here / 2); last = Math.floor(last / 2);
  }
  return last === 0 && hex(found) === root;
}

// ── promises ───────────────────────────────────────────────────────────────────────────────────────────────────────

const promise = (kind, ...parts) => hex(sha256(text([`kaibo.draw.${kind}.v1`, ...parts].join("\n"))));
export const houseCommitment = (draw, secret) => promise("house", draw, secret);
export const witnessCommitment = (draw, name, secret) => promise("witness", draw, name, secret);
export const sealOf = (receipt) => promise("receipt", receipt);

export function roundAfter(rules, frozenAt) {
  const { genesis_unix, period_seconds } = rules.entropy;
  return Math.max(1, Math.ceil((Math.max(rules.draws_at_unix, frozenAt + GAP_SECONDS) - genesis_unix) / period_seconds) + 1);
}
const roundAt = (rules, number) => rules.entropy.genesis_unix + (number - 1) * rules.entropy.period_seconds;

// ── the judgement ──────────────────────────────────────────────────────────────────────────────────────────────────

const TEXTS = ["draw", "room", "title", "organiser", "contact", "eligibility", "conditions", "method", "claim_how", "delivery", "forfeiture"];

function isComplete(rules) {
  const { prizes, entropy } = rules;
  const places = prizes.reduce((sum, prize) => sum + prize.count, 0);
  const isBeaconless = !entropy.chain && !entropy.genesis_unix && !entropy.period_seconds && !entropy.relays.length;
  const isHouseless = !entropy.house_commitment && !entropy.least_reveals && !entropy.reveal_seconds;
  const isWhole = entropy.kind === "beacon"
    ? isHouseless && entropy.chain && entropy.genesis_unix && entropy.period_seconds && entropy.relays.length && !entropy.relays.includes("")
    : entropy.kind === "witnesses" && isBeaconless && entropy.house_commitment && entropy.least_reveals && entropy.reveal_seconds;
  return TEXTS.every((name) => rules[name] !== "") && prizes.length >= 1 && prizes.length <= MOST_PRIZES && places >= 1 && places <= MOST_PLACES
    && rules.alternates <= MOST_PLACES
    && prizes.every((prize) => prize.name && prize.detail && prize.count >= 1 && prize.value_fen >= 1 && prize.value_fen <= MOST_PRIZE_FEN)
    && rules.published_at_unix <= rules.opens_at_unix && rules.opens_at_unix < rules.closes_at_unix && rules.closes_at_unix <= rules.draws_at_unix
    && rules.claim_within_seconds >= 1 && Boolean(isWhole);
}

function* promises(told, announced) {
  const { rules, freeze, entropy } = told;
  const isBeacon = rules.entropy.kind === "beacon";
  if (freeze.rules_hash !== hashOf(rules)) yield "rules_changed";
  if (freeze.draw !== rules.draw) yield "draw_mixed";
  if (freeze.frozen_at_unix < rules.closes_at_unix) yield "frozen_early";
  const until = isBeacon ? 0 : freeze.frozen_at_unix + rules.entropy.reveal_seconds;
  const number = isBeacon ? roundAfter(rules, freeze.frozen_at_unix) : 0;
  if (freeze.reveal_until_unix !== until || freeze.round !== number || (isBeacon && freeze.witnesses.length)) yield "freeze_inconsistent";
  const shownAt = entropy.reveals.every((one) => one.secret) ? freeze.frozen_at_unix : freeze.reveal_until_unix;
  if (told.drawn_at_unix < (isBeacon ? roundAt(rules, freeze.round) : Math.max(rules.draws_at_unix, shownAt))) yield "drawn_early";
  if (told.commitment !== hashOf(freeze)) yield "commitment_wrong";
  if (announced !== undefined && announced !== null && announced !== told.commitment) yield "commitment_not_announced";
}

function* witnesses({ rules, freeze, entropy }) {
  if (!entropy.house || entropy.round || entropy.randomness || entropy.signature) { yield "entropy_mixed"; return; }
  if (houseCommitment(rules.draw, entropy.house) !== rules.entropy.house_commitment) yield "house_secret_wrong";
  const { reveals } = entropy;
  if (canonical(reveals.map((one) => one.name)) !== canonical(freeze.witnesses.map((one) => one.name))) { yield "witnesses_changed"; return; }
  const promised = new Map(freeze.witnesses.map((one) => [one.name, one.commitment]));
  if (promised.size !== reveals.length) yield "witnesses_changed";
  const shown = reveals.filter((one) => one.secret);
  if (shown.some((one) => witnessCommitment(rules.draw, one.name, one.secret) !== promised.get(one.name))) yield "witness_secret_wrong";
  if (shown.length < rules.entropy.least_reveals) yield "reveals_too_few";
}

function* beacon({ freeze, entropy }) {
  if (entropy.house || entropy.reveals.length || !entropy.randomness || !entropy.signature) { yield "entropy_mixed"; return; }
  if (entropy.round !== freeze.round || hex(sha256(unhex(entropy.signature))) !== entropy.randomness) yield "pulse_wrong";
}

function entropyValue(entropy) {
  if (entropy.kind === "beacon") return unhex(entropy.randomness);
  const shown = entropy.reveals.map((one) => (one.secret ? join(Uint8Array.of(1), unhex(one.secret)) : Uint8Array.of(0)));
  return sha256(join(text("kaibo.draw.entropy.v1\n"), unhex(entropy.house), ...shown));
}

export function outcome(told, leaves) {
  const places = told.rules.prizes.flatMap((prize, number) => Array(prize.count).fill(number));
  const seed = hmac(entropyValue(told.entropy), unhex(told.commitment));
  const order = leaves.map((leaf, at) => [hex(hmac(seed, leaf)), told.entrants[at][0]]).sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : 1));
  return {
    seed: hex(seed),
    winners: order.slice(0, places.length).map(([rank, entry], at) => ({ prize: places[at], entry, rank })),
    alternates: order.slice(places.length, places.length + told.rules.alternates).map(([rank, entry]) => ({ entry, rank })),
  };
}

function* wrongs(told, announced) {
  const { rules, freeze, entropy } = told;
  const { digest, ...rest } = told;
  if (digest !== hashOf(rest)) yield "digest_wrong";
  if (told.version !== 1) yield "version_unknown";
  if (!isComplete(rules)) { yield "rules_incomplete"; return; }
  yield* promises(told, announced);
  const leaves = told.entrants.map(leafOf);
  if (told.entrants.some((row, at) => at && told.entrants[at - 1][0] >= row[0])) yield "entrants_disordered";
  if (freeze.entrants !== told.entrants.length) yield "entrants_miscounted";
  if (freeze.root !== hex(rootOf(leaves))) yield "root_wrong";
  if (entropy.kind !== rules.entropy.kind) { yield "entropy_mixed"; return; }
  const found = [...(entropy.kind === "beacon" ? beacon(told) : witnesses(told))];
  yield* found;
  if (found.includes("entropy_mixed")) return;
  const again = outcome(told, leaves);
  if (told.seed !== again.seed) yield "seed_wrong";
  if (canonical(told.winners) !== canonical(again.winners)) yield "winners_wrong";
  if (canonical(told.alternates) !== canonical(again.alternates)) yield "alternates_wrong";
}

// Gives the names of everything that does not hold; none means proved. `announced` is the commitment heard before the draw.
export function verify(bytes, announced) {
  const told = read(bytes);
  return told ? [...wrongs(told, announced)] : ["malformed"];
}
