// A viewer as a witness: the secret stays on this device until the list is frozen.
import { hex, witnessCommitment } from "./draw_proof.js";

const keyOf = (draw) => `draw.${draw}.secret`;

export async function promise(wire, draw, name) {
  const secret = hex(crypto.getRandomValues(new Uint8Array(32)));
  wire.keep(keyOf(draw), secret);
  await wire.act(`/draws/${draw}/witnesses`, { name, commitment: witnessCommitment(draw, name, secret) });
}

export const hasSecret = (wire, draw) => Boolean(wire.kept(keyOf(draw)));

// Shows the promised number once the list is frozen; harmless when repeated.
export async function show(wire, draw) {
  const secret = wire.kept(keyOf(draw));
  if (!secret || wire.kept(`${keyOf(draw)}.shown`)) return false;
  await wire.act(`/draws/${draw}/reveals`, { secret });
  wire.keep(`${keyOf(draw)}.shown`, true);
  return true;
}
