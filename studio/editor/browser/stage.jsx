// The stage both canvases stand on: React Flow, the camera, the minimap, and dragging a step to another place.
import "@xyflow/react/dist/base.css";
import "./canvas.css";
import { useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { applyNodeChanges, Background, BackgroundVariant, MiniMap, Panel, ReactFlow, useReactFlow } from "@xyflow/react";
import { Map as MapIcon, Maximize2, Minus, Plus } from "lucide-react";
import { boxes, flowOf } from "./graph.js";
import { drag, nearest, places, useDrag } from "./drag.js";
import { edgeTypes, Markers } from "./edges.jsx";
import { nodeTypes, tip } from "./nodes.jsx";
import { Ghost } from "./palette.jsx";
import { Said } from "./said.jsx";

const MIN_ZOOM = 0.15;
const GLIDE = { duration: 220 };

export function Stage({ ref, graph, shape, setShape, chosen, choose, say, readOnly, least = 0.5, inset, onKeyDown, children }) {
  const flow = useReactFlow();
  const element = useRef(null);
  const framed = useRef({ epoch: "", steps: new Set() });
  const found = useRef([]);
  const [moving, setMoving] = useState(false);
  const [map, setMap] = useState(null);
  const dragging = useDrag((state) => state.item !== null);

  const nodes = useMemo(
    () => shape.nodes.map((node) => (node.selected === (node.id === chosen) ? node : { ...node, selected: node.id === chosen })),
    [shape.nodes, chosen],
  );

  // The whole graph where it fits at `least` that size; otherwise its beginning, readable. Whether it could.
  const frame = useCallback((whole, glide = whole) => {
    const area = element.current?.getBoundingClientRect();
    if (!area?.width || !graph.nodes.length) return false;
    const all = [...boxes(graph).values()];
    const left = Math.min(...all.map((box) => box.x));
    const top = Math.min(...all.map((box) => box.y));
    const width = Math.max(...all.map((box) => box.x + box.width)) - left;
    const height = Math.max(...all.map((box) => box.y + box.height)) - top;
    const room = { width: area.width - inset - 48, height: area.height - 56 };
    const fit = Math.min(1, room.width / width, room.height / height);
    const zoom = Math.max(MIN_ZOOM, whole || fit >= least ? fit : Math.max(0.5, Math.min(0.92, room.width / width)));
    const x = inset + 24 + Math.max(0, (room.width - width * zoom) / 2) - left * zoom;
    const y = 28 + Math.max(0, (room.height - height * zoom) / 2) * (height * zoom < room.height ? 0.6 : 0) - top * zoom;
    flow.setViewport({ x, y, zoom }, glide ? GLIDE : undefined);
    return true;
  }, [flow, graph, inset, least]);

  const reveal = useCallback((id) => {
    const box = boxes(graph).get(id);
    const area = element.current?.getBoundingClientRect();
    if (!box || !area) return;
    const view = flow.getViewport();
    const at = { x: box.x * view.zoom + view.x, y: box.y * view.zoom + view.y };
    const size = { width: box.width * view.zoom, height: Math.min(box.height, 120) * view.zoom };
    const seen = at.x >= inset && at.y >= 0 && at.x + size.width <= area.width && at.y + size.height <= area.height;
    if (seen) return;
    const x = inset + (area.width - inset) / 2 - (box.x + box.width / 2) * view.zoom;
    const y = area.height / 2 - (box.y + Math.min(box.height, 120) / 2) * view.zoom;
    flow.setViewport({ x, y, zoom: view.zoom }, GLIDE);
  }, [flow, graph, inset]);
  useImperativeHandle(ref, () => ({ get element() { return element.current; }, reveal, frame }), [reveal, frame]);

  const onNodesChange = useCallback((changes) => {
    const meant = changes.filter((change) => change.type === "position" || change.type === "dimensions");
    if (meant.length) setShape((now) => ({ ...now, nodes: applyNodeChanges(meant, now.nodes) }));
  }, [setShape]);

  const pick = (event) => flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
  const onNodeDragStart = (event, node) => {
    found.current = places(graph, node.id);
    setMoving(true);
    tip.set(null);
  };
  const onNodeDrag = (event, node) => {
    const place = nearest(found.current, pick(event));
    found.current.place = place;
    drag.set({ item: { title: node.data.title || node.data.step, kind: node.data.kind, tool: node.data.tool }, own: node.id, x: 0, y: 0, slot: place?.key ?? null });
  };
  const onNodeDragStop = (event, node) => {
    const place = drag.get().item ? found.current.place : null;
    drag.set({ item: null, x: 0, y: 0, slot: null });
    setMoving(false);
    // Where a step stands follows from the text: it goes back at once, and the server's answer moves it.
    setShape(() => flowOf(graph, null, { readOnly }));
    if (place) say("move", { step: node.id, container: place.slot.container, before: place.slot.before });
  };

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
    });
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [flow]);
  useEffect(() => {
    if (chosen && size.width) reveal(chosen);
    // Only when the room changes: a click on a step must not move what is under the pointer.
  }, [size.width, size.height]); // eslint-disable-line

  // Another graph is framed once there is room for it: when it is opened, and when it takes the place of a whole other one.
  useEffect(() => {
    const steps = new Set(graph.nodes.filter((node) => node.step).map((node) => node.id));
    const { epoch, steps: old } = framed.current;
    const opened = epoch !== graph.epoch;
    const replaced = steps.size > 1 && ![...steps].some((id) => old.has(id));
    if (!graph.nodes.length || !size.width) return;
    if ((opened || replaced) && !frame(false, !opened)) return;
    framed.current = { epoch: graph.epoch, steps };
  }, [graph, frame, size]);

  const large = graph.nodes.length > 14 && size.height > 560 && size.width > 620;
  const showMap = map ?? large;
  return (
    <div ref={element} className={`wf-canvas ${dragging ? "is-dragging" : ""} ${moving ? "is-moving" : ""}`} data-testid="canvas" data-rev={graph.rev} tabIndex={0} aria-label="The workflow as a graph" role="application" onKeyDown={onKeyDown}>
      <Markers />
      <ReactFlow
        nodes={nodes}
        edges={shape.edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodesChange={onNodesChange}
        onNodeClick={(event, node) => node.selectable && choose(node.data.step)}
        onPaneClick={() => choose(null)}
        onNodeDragStart={onNodeDragStart}
        onNodeDrag={onNodeDrag}
        onNodeDragStop={onNodeDragStop}
        nodesDraggable={!readOnly}
        nodesConnectable={false}
        elementsSelectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        nodeDragThreshold={4}
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
        {showMap ? <MiniMap pannable zoomable ariaLabel="Overview" nodeClassName={(node) => `wf-map ${node.data.container ? "group" : ""} ${node.data.problems?.length ? (node.data.problems.some((problem) => problem.severity === "error") ? "error" : "warning") : ""}`} /> : null}
        <Panel position="bottom-right" className={`wf-camera ${showMap ? "above-map" : ""}`}>
          <button type="button" onClick={() => flow.zoomIn(GLIDE)} aria-label="Zoom in" title="Zoom in"><Plus size={15} /></button>
          <button type="button" onClick={() => flow.zoomOut(GLIDE)} aria-label="Zoom out" title="Zoom out"><Minus size={15} /></button>
          <button type="button" onClick={() => frame(true)} aria-label="Zoom to fit" title="Zoom to fit" data-testid="zoom-fit"><Maximize2 size={14} /></button>
          <button type="button" onClick={() => setMap(!showMap)} aria-label="Overview" aria-pressed={showMap} title="Overview"><MapIcon size={14} /></button>
        </Panel>
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

export function DragGhost() {
  const state = useSyncExternalStore(drag.subscribe, drag.get, drag.get);
  return <Ghost state={state} />;
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
