// Where a dragged step would land. Every edge and every empty block is a slot; the nearest one within reach is lit.
import { useSyncExternalStore } from "react";
import { boxes, createStore, ENDS, isInside } from "./graph.js";

export const REACH = 110;
const NEAR = 34; // how close a place that takes nothing must be to say why
const RIM = 56; // pixels from the canvas' rim where a held step makes it drift
const GRID = 8;
const GAP = 84; // how far a slot opens for what would land in it
const UNCHANGED = 14; // nearer than this to where it stood, a step was not meant to move

export const slotKey = (slot) => `${slot.container}|${slot.before ?? ""}`;

export const RESTING = { item: null, own: null, slot: null, why: "", spot: null };

// While something is dragged: `item` {title, kind, tool}, `own` the path of the step that is carried, the `slot` that is
// lit, `why` it cannot be dropped here, and the `spot` {x, y, width, height} where it would stay.
export const drag = createStore(RESTING);

export function useDrag(select) {
  return useSyncExternalStore(drag.subscribe, () => select(drag.get()), () => select(drag.get()));
}

// Whether a node is, or stands in, one that is carried.
export const isCarried = (id, own) => own !== null && (id === own || (id.startsWith(own) && "./~#".includes(id[own.length])));

// The slots of a graph as places: segments for edges, boxes for empty blocks. Where nothing can be put, `why` says so;
// where a drop would change nothing, `home` is true.
export function places(graph, moving = null) {
  const box = boxes(graph);
  const parents = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const within = (id) => moving !== null && (id === moving || isInside(id, moving, parents));
  const found = [];
  for (const node of graph.nodes) {
    if (node.kind !== "empty" || !node.slot || within(node.id)) continue;
    const area = box.get(node.id);
    found.push({ slot: node.slot, key: slotKey(node.slot), area, depth: area.depth });
  }
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  for (const edge of graph.edges) {
    if (!edge?.slot) continue;
    const inner = within(edge.source) && within(edge.target) && (edge.source !== moving || edge.target !== moving);
    const from = box.get(edge.source);
    const to = box.get(edge.target);
    if (inner || !from || !to) continue;
    const start = isInside(edge.target, edge.source, parents)
      ? { x: from.x + from.width / 2, y: from.y + Math.min(44, from.height / 2) }
      : { x: from.x + from.width / 2, y: from.y + from.height };
    const end = isInside(edge.source, edge.target, parents)
      ? { x: to.x + to.width / 2, y: to.y + to.height }
      : { x: to.x + to.width / 2, y: to.y };
    const source = byId.get(edge.source);
    const why = ENDS.has(source?.kind) ? `Nothing runs behind “${source.title || source.step}”: it ends there.` : "";
    const home = edge.source === moving || edge.target === moving;
    found.push({ slot: edge.slot, key: slotKey(edge.slot), edge, segment: [start, end], depth: Math.max(from.depth, to.depth), why, home });
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

export function nearest(found, point, reach = REACH) {
  let best = null;
  let least = reach;
  for (const place of found) {
    const away = place.area ? toArea(place.area, point) : toSegment(place.segment, point);
    if (place.why && away > NEAR) continue;
    // Being inside an empty block beats any edge; of two that are equally near, the inner one is meant.
    const score = away - (place.area && away === 0 ? 40 : 0) - place.depth * 0.5;
    if (score < least) {
      least = score;
      best = place;
    }
  }
  return best;
}

// Where a carried step would stay when it is let go off every line: {x, y} from the corner of its block (as the server
// keeps it) and the box on the canvas; null where it has hardly moved; {why} where it may not stay.
export function spotFor(graph, own, corner) {
  const all = boxes(graph);
  const node = graph.nodes.find((one) => one.id === own);
  const here = all.get(own);
  if (!node || !here || Math.hypot(corner.x - here.x, corner.y - here.y) < UNCHANGED) return null;
  const block = node.parent === null ? null : all.get(node.parent);
  const middle = { x: corner.x + here.width / 2, y: corner.y + 20 };
  if (block && toArea(block, middle) > 60) return { why: "To take it out of its block, drop it on a line." };
  const snap = (value) => Math.round(value / GRID) * GRID;
  const x = Math.max(block ? 16 : 24, snap(corner.x - (block?.x ?? 0)));
  const y = Math.max(block ? 16 : 24, snap(corner.y - (block?.y ?? 0)));
  return { x, y, box: { x: x + (block?.x ?? 0), y: y + (block?.y ?? 0), width: here.width, height: here.height } };
}

// The graph with room at a slot for what would land there: what stands behind it moves down, its blocks grow. Only for
// steps in a row; what starts side by side needs no room. Nodes that move keep what they were under `origin`. What lies
// below `until` is out of sight and stays: a long workflow opens as fast as a short one.
export function opened(graph, slot, until = Infinity, gap = GAP) {
  const key = slotKey(slot);
  const edge = graph.edges.find((one) => one.slot && one.kind === "flow" && slotKey(one.slot) === key);
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  if (!edge || !byId.has(edge.target)) return graph;
  const beside = graph.edges.filter((one) => one.source === edge.source && one.kind === "flow").length > 1;
  if (beside || graph.edges.some((one) => one.kind === "after" && (one.target === edge.target || one.source === edge.target))) return graph;
  const target = byId.get(edge.target);
  const source = byId.get(edge.source);
  const closing = source.parent === target.id;
  const all = boxes(graph);
  const moved = new Map();
  const change = (node, fields) => moved.set(node.id, { ...(moved.get(node.id) ?? node), ...fields, origin: node.origin ?? node });
  let parent = closing ? target : target.parent === null ? null : byId.get(target.parent);
  if (!closing)
    for (const node of graph.nodes) if (node.parent === target.parent && node.kind !== "note" && node.y >= target.y && all.get(node.id).y < until) change(node, { y: node.y + gap });
  // Up through the blocks: each grows as far as it must, and pushes down what stands below it.
  let grow = gap;
  while (parent && grow > 0) {
    const lane = parent;
    change(lane, { height: lane.height + grow });
    const owner = byId.get(lane.parent);
    if (!owner) break;
    const lanes = graph.nodes.filter((node) => node.parent === owner.id);
    const tallest = Math.max(...lanes.map((node) => node.height));
    grow = Math.max(0, lane.height + grow - tallest);
    if (!grow) break;
    change(owner, { height: owner.height + grow });
    for (const node of graph.nodes)
      if (node.parent === owner.parent && node.id !== owner.id && node.kind !== "note" && node.y >= owner.y + owner.height && all.get(node.id).y < until) change(node, { y: node.y + grow });
    parent = owner.parent === null ? null : byId.get(owner.parent);
  }
  return { ...graph, nodes: graph.nodes.map((node) => moved.get(node.id) ?? node) };
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
