// Rows that arrive as patches (studio/runs/patching.py), kept outside of React so that several parts show the same ones.
import { useEffect, useSyncExternalStore } from "react";

export function store() {
  let held = { epoch: "", rev: 0, rows: {}, order: [], rest: {}, marks: {}, ready: false };
  const listeners = new Set();
  const set = (next) => {
    held = next;
    listeners.forEach((each) => each());
  };
  return {
    get: () => held,
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    clear: () => set({ epoch: "", rev: 0, rows: {}, order: [], rest: {}, marks: {}, ready: false }),
    // Whether all of them fit: false means that one is missing, and all must be asked for.
    apply(patches) {
      const news = patches.filter((patch) => patch.epoch !== held.epoch || patch.rev > held.rev);
      if (!news.length) return true;
      let next = held;
      const start = news.findLastIndex((patch) => patch.whole);
      if (start < 0 && (news[0].epoch !== held.epoch || news[0].rev !== held.rev + 1)) return false;
      for (const patch of start < 0 ? news : news.slice(start)) {
        const rows = patch.whole ? { ...patch.rows } : { ...next.rows, ...patch.rows };
        const [at, cut, put] = patch.order ?? [0, 0, []];
        const was = patch.whole ? [] : next.order;
        const order = patch.order ? [...was.slice(0, at), ...put, ...was.slice(at + cut)] : was;
        if (patch.order) {
          const shown = new Set(order);
          for (const key of Object.keys(rows)) if (!shown.has(key)) delete rows[key];
        }
        next = { epoch: patch.epoch, rev: patch.rev, rows, order, rest: patch.whole ? patch.rest : { ...next.rest, ...patch.rest }, marks: patch.whole ? patch.marks : Object.keys(patch.marks).length ? { ...next.marks, ...patch.marks } : next.marks, ready: true };
      }
      set(next);
      return true;
    },
  };
}

export const useHeld = (kept) => useSyncExternalStore(kept.subscribe, kept.get, kept.get);

// Applies what a page's variable holds, and asks for all when something is missing.
export function usePatches(kept, patches, onMissing) {
  useEffect(() => {
    if (patches?.length && !kept.apply(patches)) onMissing?.();
  }, [patches]);
}
