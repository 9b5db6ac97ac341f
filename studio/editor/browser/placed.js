// Problems come without their places, and the places by themselves: most changes only move them.
import { useMemo } from "react";

const NONE = [];

export function usePlaced(problems, places) {
  return useMemo(() => placed(problems ?? NONE, places ?? NONE), [problems, places]);
}

// One has a place for each of the other, except between two messages; what has none is not shown yet.
export function placed(problems, places) {
  return places.length === problems.length ? problems.map((one, index) => ({ ...one, ...places[index] })) : NONE;
}
