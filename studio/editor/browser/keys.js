// Keys of the canvas. Undo and redo work wherever no text is being edited; the rest while the canvas has the focus.
import { useCallback, useEffect } from "react";
import { boxes } from "./graph.js";

const isEditing = (target) => target.closest?.("input, textarea, select, [contenteditable=true], .cm-editor") != null;
const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export function useShortcuts({ latest, chosen, choose, say }) {
  useEffect(() => {
    if (!say) return undefined;
    const onKey = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || isEditing(event.target)) return;
      const key = event.key.toLowerCase();
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      say(key === "y" || event.shiftKey ? "redo" : "undo");
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [say]);

  return useCallback((event) => {
    if (isEditing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.key === "Delete" || event.key === "Backspace") && chosen && say) {
      event.preventDefault();
      say("remove", { step: chosen });
    } else if (event.key === "Escape") choose(null);
    else if (STEPS[event.key]) {
      event.preventDefault();
      const next = neighbour(latest.current, chosen, STEPS[event.key]);
      if (next) choose(next);
    }
  }, [latest, chosen, choose, say]);
}

// The step that lies next in a direction, with a strong preference for what is straight ahead.
export function neighbour(graph, from, [dx, dy]) {
  const steps = graph.nodes.filter((node) => node.step && !["start", "end", "lane", "empty"].includes(node.kind));
  if (!from) return steps[0]?.id ?? null;
  const all = boxes(graph);
  const here = all.get(from);
  if (!here) return steps[0]?.id ?? null;
  const head = (box) => ({ x: box.x + box.width / 2, y: box.y + Math.min(box.height, 64) / 2 });
  const origin = head(here);
  let best = null;
  let least = Infinity;
  for (const node of steps) {
    if (node.id === from) continue;
    const at = head(all.get(node.id));
    const along = (at.x - origin.x) * dx + (at.y - origin.y) * dy;
    const aside = Math.abs((at.x - origin.x) * dy) + Math.abs((at.y - origin.y) * dx);
    if (along <= 4) continue;
    const score = along + aside * 2;
    if (score < least) [best, least] = [node.id, score];
  }
  return best;
}
