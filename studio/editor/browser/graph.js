// The graph as the canvas holds it: a snapshot from the server, then patches; and its form for React Flow.
// Boxes are the server's (the layout is derived from the text), so nothing here decides where a node stands.

export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set: (next) => {
      value = typeof next === "function" ? next(value) : next;
      listeners.forEach((listener) => listener());
    },
    subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
  };
}

const UNMARKED = new Set(["end", "lane", "empty", "note"]);

export const EMPTY = { epoch: "", rev: -1, nodes: [], edges: [] };

// A patch is {epoch, base, rev, drop, put, order?, move, edges: {drop, put}}:
// `put` holds whole new nodes ({..., at}) and changed fields of known ones; `move` is [[dx, dy, [[from, to], ...]], ...]
// over the nodes in their new order, those inside a moving one left out. Returns the new graph, or null where the patch does not fit (ask for a snapshot).
export function patched(graph, patch) {
  if (patch.epoch !== graph.epoch || patch.base !== graph.rev) return null;
  const dropped = new Set(patch.drop);
  let nodes = graph.nodes.filter((node) => !dropped.has(node.id));
  const at = new Map(nodes.map((node, index) => [node.id, index]));
  const added = [];
  for (const change of patch.put) {
    if (at.has(change.id)) nodes[at.get(change.id)] = { ...nodes[at.get(change.id)], ...change };
    else added.push(change);
  }
  added.sort((a, b) => a.at - b.at);
  for (const { at: place, ...node } of added) nodes.splice(place, 0, node);
  if (patch.order) {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    nodes = patch.order.map((id) => byId.get(id)).filter(Boolean);
  }
  for (const [dx, dy, ranges] of patch.move) {
    const carried = new Set(); // what is inside a node that moves goes with it
    for (const [from, to] of ranges)
      for (let i = from; i < to && i < nodes.length; i++) {
        if (!carried.has(nodes[i].parent)) nodes[i] = { ...nodes[i], x: nodes[i].x + dx, y: nodes[i].y + dy };
        carried.add(nodes[i].id);
      }
  }
  const goneEdges = new Set(patch.edges.drop);
  const edges = graph.edges.filter((edge) => !goneEdges.has(edge.id));
  const edgeAt = new Map(edges.map((edge, index) => [edge.id, index]));
  for (const edge of patch.edges.put) {
    if (edgeAt.has(edge.id)) edges[edgeAt.get(edge.id)] = edge;
    else edges.push(edge);
  }
  return { epoch: graph.epoch, rev: patch.rev, nodes, edges };
}

// Takes what the server sent: a snapshot wins when it is of another epoch or newer, then the patches that follow.
// Returns {graph, gap}: `gap` asks for a new snapshot.
export function received(graph, snapshot, patches) {
  if (snapshot?.epoch && (snapshot.epoch !== graph.epoch || snapshot.rev > graph.rev))
    graph = { epoch: snapshot.epoch, rev: snapshot.rev, nodes: snapshot.nodes, edges: snapshot.edges };
  for (const patch of patches ?? []) {
    if (patch.epoch !== graph.epoch || patch.rev <= graph.rev) continue;
    const next = patched(graph, patch);
    if (!next) return { graph, gap: true };
    graph = next;
  }
  return { graph, gap: false };
}

const NONE = [];
const sameProblems = (some, others) =>
  some.length === others.length &&
  some.every((one, index) => one.code === others[index].code && one.message === others[index].message && one.help === others[index].help);

// The graph with the problems of the text on the nodes of their steps; those of no step are the start's. What a node has
// stays where nothing changed about it.
export function marked(graph, problems) {
  const byStep = new Map();
  for (const one of problems ?? NONE) byStep.set(one.step, [...(byStep.get(one.step) ?? NONE), one]);
  let changed = false;
  const nodes = graph.nodes.map((node) => {
    const found = byStep.get(node.kind === "start" ? "" : UNMARKED.has(node.kind) ? null : node.step) ?? NONE;
    if (sameProblems(node.problems ?? NONE, found)) return node;
    changed = true;
    return { ...node, problems: found };
  });
  return changed ? { ...graph, nodes } : graph;
}

// Behind these nothing follows, so nothing can be put there either.
export const ENDS = new Set(["return", "fail"]);
const FIXED = new Set(["start", "end", "lane", "empty", "note"]);
const OWN_SHAPE = new Set(["lane", "empty", "start", "end", "note"]);

// React Flow's nodes and edges. Objects whose source did not change keep their identity, so only changed nodes render.
export function flowOf(graph, previous) {
  const before = new Map((previous?.nodes ?? []).map((node) => [node.id, node]));
  const beforeEdges = new Map((previous?.edges ?? []).map((edge) => [edge.id, edge]));
  const parents = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const nodes = graph.nodes.map((node) => {
    const old = before.get(node.id);
    if (old && old.data === node && old.position.x === node.x && old.position.y === node.y) return old;
    return {
      id: node.id,
      type: OWN_SHAPE.has(node.kind) ? node.kind : node.container && !node.collapsed ? "container" : "step",
      position: { x: node.x, y: node.y },
      parentId: node.parent ?? undefined,
      width: node.width,
      height: node.height,
      data: node,
      draggable: false,
      selectable: !FIXED.has(node.kind),
      focusable: false,
      selected: old?.selected ?? false,
      // What was measured stays: React Flow mounts a node whose handles it does not know, seen or not, to measure it.
      measured: old?.width === node.width && old?.height === node.height ? old.measured : undefined,
      zIndex: node.kind === "note" ? 900 : depth(node.id, parents),
    };
  });
  const kinds = new Map(graph.nodes.map((node) => [node.id, node.kind]));
  const edges = graph.edges.map((edge) => {
    const old = beforeEdges.get(edge.id);
    const ended = ENDS.has(kinds.get(edge.source));
    if (old && old.data.edge === edge && old.data.ended === ended) return old;
    const closing = isInside(edge.source, edge.target, parents);
    return {
      id: edge.id,
      source: edge.source,
      target: edge.target,
      sourceHandle: isInside(edge.target, edge.source, parents) ? "begin" : "out",
      targetHandle: closing ? "finish" : "in",
      type: "weft",
      data: { edge, closing, ended },
      ariaRole: "group",
      focusable: false,
      selectable: false,
      zIndex: 1 + Math.max(depth(edge.source, parents), depth(edge.target, parents)),
    };
  });
  return { nodes, edges };
}

function depth(id, parents) {
  let levels = 0;
  for (let at = parents.get(id); at != null; at = parents.get(at)) levels++;
  return levels;
}

export function isInside(id, ancestor, parents) {
  for (let at = parents.get(id); at != null; at = parents.get(at)) if (at === ancestor) return true;
  return false;
}

// Absolute boxes of all nodes, in the flow's coordinates. Parents stand before their children.
export function boxes(graph) {
  const found = new Map();
  for (const node of graph.nodes) {
    const parent = node.parent == null ? null : found.get(node.parent);
    found.set(node.id, {
      x: (parent?.x ?? 0) + node.x,
      y: (parent?.y ?? 0) + node.y,
      width: node.width,
      height: node.height,
      depth: (parent?.depth ?? -1) + 1,
    });
  }
  return found;
}
