// What the desk's panels share: one call for an action with its receipt, and what the room says as events of the page.
//
//   import { act, onRoom, refreshParts, claimed } from "./desk_call.js";
//   onRoom("poll", (body, seq) => …)          every event of the room's stream, reliable ones with their number
//   await act("poll_open", { question }, button)  one POST to /live/<session>/do/<deed>; true when done; the foot shows the receipt
const listeners = new Map();

export function onRoom(kind, hear) {
  const known = listeners.get(kind) ?? [];
  listeners.set(kind, [...known, hear]);
  document.dispatchEvent(new CustomEvent("desk:wants", { detail: kind }));
}

export function wanted() { return [...listeners.keys()]; }

export function tellPanels(kind, body, seq) {
  for (const hear of listeners.get(kind) ?? []) hear(body, seq);
}

// The desk itself fills these in; a panel calls them.
export const desk = { act: async () => false, refresh: () => {}, complain: () => {} };
export const act = (deed, values, source) => desk.act(deed, values, source);
export const refreshParts = () => desk.refresh();
export const complain = (words, source) => desk.complain(words, source);
