// What of the workflow is seen: its graph, its text, or both beside each other. A choice of this browser, remembered.
import { useSyncExternalStore } from "react";

export const VIEWS = ["graph", "split", "text"];
const KEYS = { view: "weft-editor-view", side: "weft-editor-text-side", share: "weft-editor-text-share" };
const SHARES = [0.2, 0.8];

const listeners = new Set();
const read = (key) => (typeof window === "undefined" ? null : localStorage.getItem(KEYS[key]));
let state = null;

function current() {
  state ??= {
    view: VIEWS.includes(read("view")) ? read("view") : "graph",
    side: read("side") === "left" ? "left" : "right",
    share: within(Number(read("share")) || 0.5),
  };
  return state;
}

const FIRST = { view: "graph", side: "right", share: 0.5 };
const subscribe = (listener) => (listeners.add(listener), () => listeners.delete(listener));
export const within = (share) => Math.max(SHARES[0], Math.min(SHARES[1], share));
export const useView = () => useSyncExternalStore(subscribe, current, () => FIRST);

export function look(change) {
  state = { ...current(), ...change };
  for (const key of Object.keys(change)) localStorage.setItem(KEYS[key], String(change[key]));
  for (const listener of listeners) listener();
}

export const nextView = () => look({ view: VIEWS[(VIEWS.indexOf(current().view) + 1) % VIEWS.length] });
export const swapSides = () => look({ side: current().side === "left" ? "right" : "left" });
