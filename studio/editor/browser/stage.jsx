// The stage both canvases stand on: React Flow, the camera, and what is shown over the graph while something is held.
import "@xyflow/react/dist/base.css";
import "./canvas.css";
import "./palette.css";
import "./shape.css";
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { applyNodeChanges, Background, BackgroundVariant, ReactFlow, useReactFlow, ViewportPortal } from "@xyflow/react";
import { Camera, Overview, useCameraKeys } from "./camera.jsx";
import { useDrag } from "./drag.js";
import { edgeTypes, Markers } from "./edges.jsx";
import { besides, framed, seen } from "./framing.js";
import { boxes } from "./graph.js";
import { nodeTypes } from "./nodes.jsx";
import { writing } from "./notes.jsx";
import { Said } from "./said.jsx";
import { dressed } from "./selection.js";
import { tip } from "./tip.js";
import { useWire, WireLayer } from "./wires.jsx";

const MIN_ZOOM = 0.15;
const calm = () => window.matchMedia?.("(prefers-reduced-motion: reduce)").matches;
const glide = () => (calm() ? undefined : { duration: 220 });

export function Stage({ ref, graph, shape, setShape, marks, chosen, choose, say, readOnly, least = 0.78, inset, onKeyDown, onSize, children }) {
  const flow = useReactFlow();
  const element = useRef(null);
  const shown = useRef({ epoch: "", steps: new Set() });
  const [map, setMap] = useState(null);
  const dragging = useDrag((state) => state.item !== null);
  const wiring = useWire((now) => now !== null);

  const nodes = useMemo(() => dressed(shape.nodes, marks), [shape.nodes, marks]);

  // The whole graph where it fits at `least` that size; otherwise its beginning, readable. Whether it could.
  const frame = useCallback((whole, moves = whole) => {
    const area = element.current?.getBoundingClientRect();
    if (!area?.width || !graph.nodes.length) return false;
    // All of it ends above the bar of the camera.
    const room = { left: inset + 20, top: 20, width: area.width - inset - 40, height: area.height - (whole ? 80 : 40) };
    flow.setViewport(framed(graph, room, whole ? MIN_ZOOM : least), moves ? glide() : undefined);
    return true;
  }, [flow, graph, inset, least]);

  const reveal = useCallback((id) => {
    const box = boxes(graph).get(id);
    const area = element.current?.getBoundingClientRect();
    if (!box || !area) return;
    const view = flow.getViewport();
    if (seen(box, view, { left: inset, width: area.width, height: area.height })) return;
    const x = inset + (area.width - inset) / 2 - (box.x + box.width / 2) * view.zoom;
    const y = area.height / 2 - (box.y + Math.min(box.height, 120) / 2) * view.zoom;
    flow.setViewport({ x, y, zoom: view.zoom }, glide());
  }, [flow, graph, inset]);

  const see = useCallback((what) => {
    const area = element.current?.getBoundingClientRect();
    if (!area) return;
    const middle = { x: inset + (area.width - inset) / 2, y: area.height / 2 };
    if (what === "all") frame(true);
    else if (what === "actual") {
      const view = flow.getViewport();
      const at = { x: (middle.x - view.x) / view.zoom, y: (middle.y - view.y) / view.zoom };
      flow.setViewport({ x: middle.x - at.x, y: middle.y - at.y, zoom: 1 }, glide());
    } else {
      const picked = nodes.filter((node) => node.selected).map((node) => boxes(graph).get(node.id)).filter(Boolean);
      if (!picked.length) return;
      const left = Math.min(...picked.map((box) => box.x));
      const top = Math.min(...picked.map((box) => box.y));
      const width = Math.max(...picked.map((box) => box.x + box.width)) - left;
      const height = Math.max(...picked.map((box) => box.y + box.height)) - top;
      const zoom = Math.max(MIN_ZOOM, Math.min(1.25, (area.width - inset - 96) / width, (area.height - 96) / height));
      flow.setViewport({ x: middle.x - (left + width / 2) * zoom, y: middle.y - (top + height / 2) * zoom, zoom }, glide());
    }
  }, [flow, frame, graph, nodes, inset]);
  // A new note stands beside what is in view, and is written at once.
  const note = useCallback(() => {
    const area = element.current.getBoundingClientRect();
    const view = flow.getViewport();
    const spot = besides(graph, (24 - view.y) / view.zoom);
    const id = `~note${Date.now().toString(36)}`;
    say("place", { spots: { [id]: spot } });
    writing.set(id);
    const over = (spot.x + spot.width) * view.zoom + view.x - (area.width - 24);
    if (over > 0) flow.setViewport({ ...view, x: view.x - over }, glide());
  }, [flow, say, graph]);
  useCameraKeys(element, see);
  useImperativeHandle(ref, () => ({ get element() { return element.current; }, reveal, frame, see }), [reveal, frame, see]);

  const onNodesChange = useCallback((changes) => {
    const meant = changes.filter((change) => change.type === "dimensions");
    if (meant.length) setShape((now) => ({ ...now, nodes: applyNodeChanges(meant, now.nodes) }));
  }, [setShape]);

  // A panel that opens beside the canvas takes room from both sides of what is seen.
  const [size, setSize] = useState({ width: 0, height: 0 });
  const before = useRef(0);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      if (before.current && before.current !== width) {
        const view = flow.getViewport();
        flow.setViewport({ ...view, x: view.x + (width - before.current) / 2 });
      }
      before.current = width;
      setSize({ width, height });
      onSize?.(width);
    });
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [flow, onSize]);
  useEffect(() => {
    if (chosen && size.width) reveal(chosen);
    // Only when the room changes: a click on a step must not move what is under the pointer.
  }, [size.width, size.height]); // eslint-disable-line

  // Another graph is framed once there is room for it: when it is opened, and when it takes the place of a whole other one.
  useEffect(() => {
    const steps = new Set(graph.nodes.filter((node) => node.step).map((node) => node.id));
    const { epoch, steps: old } = shown.current;
    const opened = epoch !== graph.epoch;
    const replaced = steps.size > 1 && ![...steps].some((id) => old.has(id));
    if (!graph.nodes.length || !size.width) return;
    if ((opened || replaced) && !frame(false, !opened)) return;
    shown.current = { epoch: graph.epoch, steps };
  }, [graph, frame, size]);

  const large = graph.nodes.length > 14 && size.height > 560 && size.width > 760;
  const showMap = map ?? large;
  const placed = !readOnly && graph.nodes.some((node) => node.placed);
  return (
    <div ref={element} className={`wf-canvas ${dragging || wiring ? "is-dragging" : ""} ${wiring ? "is-wiring" : ""}`} data-testid="canvas" data-rev={graph.rev} tabIndex={0} aria-label="The workflow as a graph" role="application" onKeyDown={onKeyDown}>
      <Markers />
      <ReactFlow
        nodes={nodes}
        edges={shape.edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onNodeClick={(event, node) => (node.type === "start" ? choose(node.id) : node.selectable && choose(node.data.step, event))}
        onPaneClick={() => choose(null)}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        selectionKeyCode={null}
        disableKeyboardA11y
        minZoom={MIN_ZOOM}
        maxZoom={1.6}
        panOnScroll
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements={graph.nodes.length > 150}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        {showMap ? <Overview /> : null}
        <Camera zoomIn={() => flow.zoomIn(glide())} zoomOut={() => flow.zoomOut(glide())} see={see} hasChosen={nodes.some((node) => node.selected)} map={showMap} setMap={setMap} onTidy={placed ? () => say("tidy") : null} onNote={readOnly ? null : note} />
        <Spot />
        <WireLayer />
      </ReactFlow>
      {graph.nodes.length === 2 && !readOnly && !dragging ? (
        <p className="wf-hint" style={{ left: inset }}>
          Drag a step onto the line, or say in the chat what should happen.
        </p>
      ) : null}
      {children}
      <Tip />
    </div>
  );
}

// Where a carried step would stay.
function Spot() {
  const spot = useDrag((state) => state.spot);
  if (!spot) return null;
  return <ViewportPortal><div className="wf-spot" data-testid="spot" style={{ transform: `translate(${spot.x}px, ${spot.y}px)`, width: spot.width, height: spot.height }} /></ViewportPortal>;
}

function Tip() {
  const shown = useSyncExternalStore(tip.subscribe, tip.get, tip.get);
  if (!shown) return null;
  const left = Math.max(150, Math.min(shown.x, window.innerWidth - 150));
  return createPortal(
    <div className="wf-tip" style={{ left, top: shown.y }} role="tooltip">
      {shown.problems.map((problem, index) => (
        <div key={index} className={problem.severity}>
          <strong><Said text={problem.message} /> <span className="wf-problem-code">{problem.code}</span></strong>
          {problem.help ? <span><Said text={problem.help} /></span> : null}
        </div>
      ))}
    </div>,
    document.body,
  );
}
