// Keys of the canvas. What a key does is in the table of actions; here is when a key is meant for the canvas.
import { useCallback, useEffect, useRef } from "react";
import { ACTIONS, fits, pressed } from "./actions.js";
import { walk } from "./selection.js";

export const isEditing = (target) => target?.closest?.("input, textarea, select, [contenteditable=true], .cm-editor") != null;
const isButton = (target) => target?.closest?.("button, a, [role=button]") != null;
const WALK = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

// Whether what happens at `target` is meant for the canvas: on it, or nowhere in particular.
export function isMeant(target, canvas) {
  if (!(target instanceof Element) || isEditing(target) || document.querySelector("dialog[open]")) return false;
  return target === document.body || target === canvas || Boolean(canvas?.contains(target) && !target.closest(".wf-palette"));
}

// `on` offers what the actions call; `context()` says what is selected, as `fits` wants it.
export function useShortcuts({ root, on, context }) {
  const latest = useRef(null);
  latest.current = { on, context };
  useEffect(() => {
    const onKey = (event) => {
      const { on: can, context: now } = latest.current;
      const canvas = root.current?.element;
      const meant = isMeant(event.target, canvas);
      if (isEditing(event.target) || event.defaultPrevented || event.isComposing) return;
      const action = ACTIONS.find((one) => (meant || one.anywhere) && !one.native && one.keys.some((keys) => pressed(event, keys)));
      if (action && fits(action, now()) && !(event.key === "Enter" && isButton(event.target))) {
        event.preventDefault();
        action.run(can);
      } else if (meant && event.key === "Escape") can.leave();
      else if (meant && WALK.has(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        can.walk(event.key, event);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [root]);
}

// A graph that is only looked at: arrows walk, Escape selects nothing.
export function useWalking({ latest, chosen, choose }) {
  return useCallback((event) => {
    if (isEditing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") choose(null);
    else if (WALK.has(event.key)) {
      event.preventDefault();
      const next = walk(latest.current, chosen, event.key);
      if (next) choose(next);
    }
  }, [latest, chosen, choose]);
}
