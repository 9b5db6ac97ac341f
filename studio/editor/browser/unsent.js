// What was typed in this page and the studio has not heard of: from the first key on the draft is not saved.
import { useSyncExternalStore } from "react";
import { createStore } from "./graph.js";

const unsent = createStore(new Set());

// `part` names what holds it: the text pane, a field.
export function holds(part, on) {
  const now = unsent.get();
  if (now.has(part) === on) return;
  const next = new Set(now);
  if (on) next.add(part);
  else next.delete(part);
  unsent.set(next);
}

export const useUnsent = () => useSyncExternalStore(unsent.subscribe, () => unsent.get().size > 0, () => false);
