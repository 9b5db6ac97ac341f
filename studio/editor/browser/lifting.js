// Dragging: a step from the palette, or one that is there, with the pointer (so it feels the same by mouse, pen and
// finger). Everything stays in the browser until it is dropped.
import { useCallback, useEffect, useRef } from "react";
import { drag, drift, nearest, opened, places, REACH, RESTING, spotFor } from "./drag.js";
import { carryCard, carryItem } from "./carried.js";
import { tip } from "./tip.js";

const LATEST = 4000; // milliseconds after which the graph is drawn as it is, whatever became of a drop
const BELOW = 300; // pixels below the view that move with what is in it
const CLICK = 4; // pixels a pointer may wander and still be a click

// `show(graph)` draws a graph for the time being, `company(own)` is how many steps go along with one; `add(item, slot)`, `move(step, slot)` and `place(step, at)` do it.
export function useLifting({ flow, latest, root, room, show, add, move, place, company }) {
  const todo = useRef(null);
  todo.current = { show, add, move, place, company };
  const ended = useRef(null);
  useEffect(() => () => ended.current?.(), []);

  const lift = useCallback((event, { item, own = null, card = null }) => {
    if (event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY };
    const source = event.currentTarget;
    const area = root.current.element;
    const box = (card ?? source).getBoundingClientRect();
    const offset = { x: from.x - box.left, y: from.y - box.top };
    let hung = null;
    let last = event;
    let frame = 0;
    let found = [];
    let aim = null;
    let open = null;

    const begin = () => {
      hung = own === null ? carryItem(source, item, from) : carryCard(card, flow.getViewport().zoom, offset, todo.current.company(own));
      found = places(latest.current, own);
      tip.set(null);
      drag.set({ ...RESTING, item, own });
      frame = requestAnimationFrame(wander);
    };
    // A slot opens for what would land in it. What is aimed at is told by where everything stood at the beginning:
    // the same point always means the same slot, whichever way the pointer came.
    const openAt = (target) => {
      const key = target?.key ?? null;
      if (key === open) return;
      open = key;
      const until = flow.screenToFlowPosition({ x: 0, y: area.getBoundingClientRect().bottom }).y + BELOW;
      todo.current.show(target && !target.area ? opened(latest.current, target.slot, until) : latest.current);
    };
    const aimAt = (now) => {
      const over = document.elementFromPoint(now.clientX, now.clientY);
      const inside = over !== null && area.contains(over) && !over.closest(".wf-palette");
      if (!inside) return { inside, target: null, why: "", spot: null };
      const tall = own === null ? now.clientY : now.clientY - hung.grip.y + 26;
      const middle = own === null ? now.clientX : now.clientX - hung.grip.x + Math.min(hung.width, 320) / 2;
      const point = flow.screenToFlowPosition({ x: middle, y: tall });
      const place = item.kind === "note" ? null : nearest(found, point, own === null ? Infinity : REACH);
      if (place?.why) return { inside, target: null, why: place.why, spot: null };
      if (place && !place.home) return { inside, target: place, why: "", spot: null };
      if (own === null) return { inside, target: null, why: "Drop it on a line.", spot: null };
      const corner = flow.screenToFlowPosition({ x: now.clientX - hung.grip.x, y: now.clientY - hung.grip.y });
      const spot = spotFor(latest.current, own, corner);
      return { inside, target: null, why: spot?.why ?? "", spot: spot?.box ? spot : null };
    };
    const track = (now) => {
      if (hung === null && Math.hypot(now.clientX - from.x, now.clientY - from.y) < CLICK) return;
      last = now;
      if (hung === null) begin();
      hung.move(now.clientX - hung.grip.x, now.clientY - hung.grip.y);
      aim = aimAt(now);
      openAt(aim.target);
      hung.tell(aim.why, now.clientX, now.clientY);
      hung.light(aim.target !== null || aim.spot !== null);
      const { slot, why, spot } = drag.get();
      const key = aim.target?.key ?? null;
      const at = aim.spot?.box ?? null;
      if (key !== slot || aim.why !== why || at?.x !== spot?.x || at?.y !== spot?.y) drag.set({ item, own, slot: key, why: aim.why, spot: at });
    };
    // What is out of sight comes into view while the step is held near the rim.
    const wander = () => {
      frame = requestAnimationFrame(wander);
      if (!aim?.inside) return;
      const { dx, dy } = drift({ x: last.clientX, y: last.clientY }, area.getBoundingClientRect(), room.current);
      if (!dx && !dy) return;
      const view = flow.getViewport();
      flow.setViewport({ ...view, x: view.x + dx, y: view.y + dy });
      track(last);
    };
    const finish = (dropped) => {
      cancelAnimationFrame(frame);
      window.removeEventListener("pointermove", track);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", cancel);
      window.removeEventListener("keydown", escape, true);
      ended.current = null;
      drag.set(RESTING);
      if (hung === null) {
        if (dropped && own === null) todo.current.add(item, null);
        return;
      }
      const lands = dropped && (aim?.target || aim?.spot);
      if (lands) hung.drop();
      else hung.back(hung.home.x, hung.home.y);
      // Where steps stand follows from the text: the server's answer draws the graph as it is then. What was opened
      // stays open until it comes, so that nothing jumps.
      if (!lands) todo.current.show(latest.current);
      else if (aim.target && own === null) todo.current.add(item, aim.target.slot);
      else if (aim.target) todo.current.move(own, aim.target.slot);
      else stay({ x: aim.spot.x, y: aim.spot.y });
      if (lands) setTimeout(() => drag.get().item === null && todo.current.show(latest.current), LATEST);
      // The click that ends a drag chooses nothing.
      window.addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 0);
    };
    // It is where it was let go at once: without a glide from where it was.
    const stay = (at) => {
      area.classList.add("is-still");
      setTimeout(() => area.classList.remove("is-still"), 80);
      const nodes = latest.current.nodes.map((node) => (node.id === own ? { ...node, ...at } : node));
      todo.current.show({ ...latest.current, nodes });
      todo.current.place(own, at);
    };
    const swallow = (click) => click.stopPropagation();
    const up = (now) => (hung && track(now), finish(true));
    const cancel = () => finish(false);
    const escape = (now) => now.key === "Escape" && hung && (now.stopPropagation(), now.preventDefault(), finish(false));
    ended.current = cancel;
    window.addEventListener("pointermove", track);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", cancel);
    window.addEventListener("keydown", escape, true);
  }, [flow, latest, root, room]);

  return lift;
}
