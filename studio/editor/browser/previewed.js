// What is shown on the canvas for a while without the server: the way that is pointed at or chosen in the list of what
// can happen, the steps that no way comes to, and the steps that have a pin.
import { useSyncExternalStore } from "react";
import { createStore } from "./graph.js";

export const previewed = createStore(null); // {steps, severity, words} or null
export const unreached = createStore(new Map()); // path -> why
export const pinned = createStore(new Map()); // path -> words
export const wished = createStore(null); // {type: "pin" | "until" | "begin", step}: what a menu asks of a step

export const usePreviewed = () => useSyncExternalStore(previewed.subscribe, previewed.get, previewed.get);

function useOf(store, path) {
  const read = () => store.get().get(path);
  return useSyncExternalStore(store.subscribe, read, read);
}

export const useUnreached = (path) => useOf(unreached, path);
export const usePinned = (path) => useOf(pinned, path);

// The newest revision of the document that the page was told of, as "epoch:revision"; "" while nothing is open.
export function revisionOf(snapshot, patches) {
  const last = patches?.at(-1);
  const at = last && last.epoch === snapshot?.epoch && last.rev > snapshot.rev ? last : snapshot;
  return at?.epoch ? `${at.epoch}:${at.rev}` : "";
}
