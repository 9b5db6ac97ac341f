// What a canvas hands to the things on it.
import { createContext, useContext, useSyncExternalStore } from "react";

// {runs: store of step states, ways: store of the way that is shown (see way.jsx), readOnly, say(type, rest),
// quickAdd(slot, element), lift(event, what), draw(event, source, cut)}.
export const Canvas = createContext(null);

// How grave the shown way is, for what stands on it; "" for what does not.
export function useWay(isOn) {
  const { ways } = useContext(Canvas);
  const read = () => (isOn(ways.get()) ? ways.get().severity : "");
  return useSyncExternalStore(ways.subscribe, read, read);
}

// The number of a step along the shown way, from 1; 0 for what does not stand on it.
export function useWayNumber(id) {
  const { ways } = useContext(Canvas);
  const read = () => (ways.get().at.has(id) ? ways.get().at.get(id) + 1 : 0);
  return useSyncExternalStore(ways.subscribe, read, read);
}
