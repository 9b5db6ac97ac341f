// What is selected on the canvas, and how the arrow keys walk the graph. Pure: graphs in, ids out.
const STEPLESS = new Set(["start", "end", "lane", "empty", "note"]);

export const isStep = (node) => Boolean(node?.step) && !STEPLESS.has(node.kind);
const isStop = (node) => isStep(node) || node.kind === "start" || (node.kind === "empty" && Boolean(node.slot));

export const within = (id, other) => id.startsWith(`${other}.`) || id.startsWith(`${other}~`);

// Without those that stand in another one: what happens to a block happens to all that is in it.
export const outer = (ids) => ids.filter((id) => !ids.some((other) => within(id, other)));

const listed = (map, key, node) => (map.get(key)?.push(node) ?? map.set(key, [node]));

// The graph as a tree: stops (steps, empty places, the start) by the lane they stand in, and the lanes of each block step.
export function outline(graph) {
  const byId = new Map();
  const stops = new Map();
  const lanes = new Map();
  for (const node of graph.nodes) {
    byId.set(node.id, node);
    if (node.kind === "lane") listed(lanes, node.parent, node);
    else if (isStop(node)) listed(stops, node.parent ?? "", node);
  }
  const beside = (node) => stops.get(node.parent ?? "") ?? [];
  const laneOf = (node) => byId.get(node.parent) ?? null;
  const ownerOf = (node) => byId.get(laneOf(node)?.parent) ?? null;
  return { byId, stops, lanes, beside, laneOf, ownerOf };
}

// The ids of the steps that stand in one block with this one.
export function blockOf(graph, id) {
  const { byId, beside } = outline(graph);
  const node = byId.get(id);
  return node ? beside(node).filter(isStep).map((one) => one.id) : [];
}

// Where an arrow leads: down and up along the steps, into a block and out of it; left and right between what stands
// side by side, and otherwise out of a block and into it. Null where there is nothing further.
export function walk(graph, from, key) {
  const tree = outline(graph);
  const { byId, stops, lanes, beside, laneOf, ownerOf } = tree;
  const here = byId.get(from);
  if (!here) return stops.get("")?.find(isStep)?.id ?? null;
  const row = beside(here);
  const at = row.indexOf(here);
  const owner = ownerOf(here);
  const isBeside = owner?.kind === "parallel" && laneOf(here)?.id === `${owner.id}/body`;
  const inside = () => (lanes.get(here.id) ?? []).map((lane) => stops.get(lane.id)?.[0]).find(Boolean);
  const next = (node) => {
    const line = beside(node);
    const around = ownerOf(node);
    const aside = around?.kind === "parallel" && laneOf(node)?.id === `${around.id}/body`;
    const after = aside ? follower(graph, node.id, byId) : line[line.indexOf(node) + 1];
    return after ?? (around ? next(around) : null);
  };
  const lane = (step) => {
    const all = lanes.get(owner?.id) ?? [];
    const other = all[all.indexOf(laneOf(here)) + step];
    const there = other ? (stops.get(other.id) ?? []) : [];
    return there[Math.min(at, there.length - 1)];
  };
  const found = {
    ArrowDown: () => inside() ?? next(here),
    ArrowUp: () => (isBeside ? leader(graph, here.id, byId) : row[at - 1]) ?? owner,
    ArrowRight: () => (isBeside ? row[at + 1] : lane(1)) ?? inside(),
    ArrowLeft: () => (isBeside ? row[at - 1] : lane(-1)) ?? owner,
    Home: () => row[0],
    End: () => row[row.length - 1],
  }[key]?.();
  return found?.id ?? null;
}

const follower = (graph, id, byId) => byId.get(graph.edges.find((edge) => edge.kind === "after" && edge.source === id)?.target);
const leader = (graph, id, byId) => byId.get(graph.edges.find((edge) => edge.kind === "after" && edge.target === id)?.source);

// "Refund, step 5 of 8 in Gate: pays the money back", for those who hear it.
export function told(graph, ids, chosen) {
  if (ids.length > 1) return `${ids.length} steps are selected.`;
  const { byId, beside, ownerOf, laneOf } = outline(graph);
  const node = byId.get(chosen);
  if (!node) return "";
  if (node.kind === "start") return "Start: the workflow itself. Enter leads to what it takes, gives and begins with.";
  const owner = ownerOf(node);
  const way = laneOf(node)?.label;
  const place = owner ? ` in ${nameOf(owner)}${way ? `, ${way}` : ""}` : "";
  if (!isStep(node)) return `An empty place${place}. N adds a step.`;
  const row = beside(node).filter(isStep);
  const wrong = node.problems?.length ? ` ${node.problems.length === 1 ? "1 problem" : `${node.problems.length} problems`}.` : "";
  const says = node.sentence ? `: ${node.sentence}` : "";
  return `${nameOf(node)}, step ${row.indexOf(node) + 1} of ${row.length}${place}${says}.${wrong}`;
}

export const nameOf = (node) => node.title || node.step;

// React Flow's nodes with what is selected and what was found. What looks the same keeps its identity.
export function dressed(nodes, { picked, hits, hit, painted }) {
  return nodes.map((node) => {
    const selected = picked.has(node.id);
    const className = node.id === hit ? "is-hit is-the-hit" : hits?.has(node.id) ? "is-hit" : painted?.[node.id];
    return node.selected === selected && node.className === className ? node : { ...node, selected, className };
  });
}

// The steps whose boxes a rectangle touches; a block only when it holds all of it.
export function under(rect, graph, boxes) {
  const right = rect.x + rect.width;
  const bottom = rect.y + rect.height;
  return graph.nodes
    .filter((node) => {
      const box = boxes.get(node.id);
      if (!isStep(node) || !box) return false;
      if (node.container) return box.x >= rect.x && box.y >= rect.y && box.x + box.width <= right && box.y + box.height <= bottom;
      return box.x < right && box.x + box.width > rect.x && box.y < bottom && box.y + box.height > rect.y;
    })
    .map((node) => node.id);
}
