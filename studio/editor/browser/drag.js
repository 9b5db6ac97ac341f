// Where a dragged step would land. Every edge and every empty block is a slot; the nearest one within reach is lit.
import { useSyncExternalStore } from "react";
import { boxes, createStore, ENDS, isInside } from "./graph.js";

const REACH = 110;
const RIM = 56; // pixels from the canvas' rim where a held step makes it drift

export const slotKey = (slot) => `${slot.container}|${slot.before ?? ""}`;

// {item, x, y} in screen coordinates while something is dragged, and the slot that is lit.
export const drag = createStore({ item: null, x: 0, y: 0, slot: null });

export function useDrag(select) {
  return useSyncExternalStore(drag.subscribe, () => select(drag.get()), () => select(drag.get()));
}

// The slots of a graph as places: segments for edges, boxes for empty blocks. Slots inside `moving` or next to it,
// where a drop would change nothing, are left out.
export function places(graph, moving) {
  const box = boxes(graph);
  const parents = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const within = (id) => moving != null && (id === moving || isInside(id, moving, parents));
  const found = [];
  for (const node of graph.nodes) {
    if (node.kind !== "empty" || !node.slot || within(node.id)) continue;
    const area = box.get(node.id);
    found.push({ slot: node.slot, key: slotKey(node.slot), area, depth: area.depth });
  }
  const kinds = new Map(graph.nodes.map((node) => [node.id, node.kind]));
  for (const edge of graph.edges) {
    if (!edge?.slot || ENDS.has(kinds.get(edge.source)) || within(edge.source) || within(edge.target)) continue;
    const from = box.get(edge.source);
    const to = box.get(edge.target);
    if (!from || !to) continue;
    const start = isInside(edge.target, edge.source, parents)
      ? { x: from.x + from.width / 2, y: from.y + Math.min(44, from.height / 2) }
      : { x: from.x + from.width / 2, y: from.y + from.height };
    const end = isInside(edge.source, edge.target, parents)
      ? { x: to.x + to.width / 2, y: to.y + to.height }
      : { x: to.x + to.width / 2, y: to.y };
    found.push({ slot: edge.slot, key: slotKey(edge.slot), segment: [start, end], depth: Math.max(from.depth, to.depth) });
  }
  return found;
}

// How far the canvas drifts in one frame while something is held near its rim: {dx, dy} in pixels.
export function drift(point, area, inset) {
  const pull = (low, high) => (low < RIM ? RIM - low : high < RIM ? high - RIM : 0) * 0.28;
  const past = (value) => Math.max(0, value);
  return {
    dx: pull(past(point.x - area.left - inset), past(area.right - point.x)),
    dy: pull(past(point.y - area.top), past(area.bottom - point.y)),
  };
}

export function nearest(found, point) {
  let best = null;
  let least = REACH;
  for (const place of found) {
    const away = place.area ? toArea(place.area, point) : toSegment(place.segment, point);
    // Being inside an empty block beats any edge; of two that are equally near, the inner one is meant.
    const score = away - (place.area && away === 0 ? 40 : 0) - place.depth * 0.5;
    if (score < least) {
      least = score;
      best = place;
    }
  }
  return best;
}

function toArea(area, point) {
  const dx = Math.max(area.x - point.x, 0, point.x - area.x - area.width);
  const dy = Math.max(area.y - point.y, 0, point.y - area.y - area.height);
  return Math.hypot(dx, dy);
}

function toSegment([a, b], point) {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length));
  return Math.hypot(point.x - a.x - t * (b.x - a.x), point.y - a.y - t * (b.y - a.y));
}
