// Two graphs beside each other, to look at: what differs is painted, and both move together.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider, useOnViewportChange, useReactFlow } from "@xyflow/react";
import { LoaderCircle } from "lucide-react";
import { boxes, createStore, flowOf } from "./graph.js";
import { isEditing } from "./keys.js";
import { Canvas } from "./surface.js";
import { Stage } from "./stage.jsx";
import { followed, nearby } from "./together.js";
import { NO_WAY } from "./way.jsx";

const READABLE = 0.75;
export const LEGEND = { added: "New", removed: "Gone", changed: "Changed", moved: "Moved" };

export function CompareGraphs({ graphs, seq, change, labels, onStep }) {
  const sides = useRef({});
  const active = useRef("new");
  if (graphs?.seq !== seq) return <p className="wf-calm" role="status"><LoaderCircle size={16} className="w-spin" /> Drawing both…</p>;
  const moved = (side, from, to) => {
    if (active.current !== side) return;
    const other = sides.current[side === "old" ? "new" : "old"];
    other?.set(followed(other.get(), from, to));
  };
  const painted = new Set(["old", "new"].flatMap((side) => Object.values(graphs.marks[side])));
  return (
    <>
      <div className="wf-compare-graphs">
        {["old", "new"].map((side, index) => (
          <section key={side} className="wf-compare-side" aria-label={labels[index]} data-testid={`compare-${side}`} onPointerEnter={() => (active.current = side)} onFocusCapture={() => (active.current = side)} onWheelCapture={() => (active.current = side)}>
            <h3>{labels[index]}</h3>
            <ReactFlowProvider>
              <Half side={side} graph={graphs[side]} other={graphs[side === "old" ? "new" : "old"]} marks={graphs.marks[side]} change={change} seq={seq} sides={sides} moved={moved} onStep={onStep} />
            </ReactFlowProvider>
          </section>
        ))}
      </div>
      <ul className="wf-compare-legend" aria-label="Colours">
        {Object.entries(LEGEND).filter(([mark]) => painted.has(mark)).map(([mark, words]) => <li key={mark} className={`cmp-${mark}`}>{words}</li>)}
      </ul>
    </>
  );
}

function Half({ side, graph: given, other, marks, change, seq, sides, moved, onStep }) {
  const flow = useReactFlow();
  const root = useRef(null);
  const before = useRef(null);
  const graph = useMemo(() => ({ epoch: `${side}-${seq}`, rev: 0, nodes: given.nodes, edges: given.edges }), [given, side, seq]);
  const [shape, setShape] = useState({ nodes: [], edges: [] });
  const here = change?.[side] || "";
  useEffect(() => setShape(() => withEdges(flowOf(graph), marks)), [graph, marks]);

  useEffect(() => {
    const held = sides.current;
    held[side] = { get: () => flow.getViewport(), set: (view) => ((before.current = view), flow.setViewport(view)) };
    return () => delete held[side];
  }, [flow, side, sides]);

  useOnViewportChange({
    onChange: (view) => {
      if (before.current) moved(side, before.current, view);
      before.current = { ...view };
    },
  });

  // Both sides go to the change; where one has no such step, to the last step before it that both have.
  useEffect(() => {
    if (!change) return undefined;
    const go = () => {
      const area = root.current?.element?.getBoundingClientRect();
      const at = here || nearby(other, given, change[side === "old" ? "new" : "old"]);
      const box = boxes(given).get(at);
      if (!area?.width || !box) return;
      const zoom = Math.min(1, Math.max(READABLE, flow.getViewport().zoom));
      const view = { x: area.width / 2 - (box.x + box.width / 2) * zoom, y: area.height / 2 - (box.y + Math.min(box.height, 160) / 2) * zoom, zoom };
      before.current = view;
      flow.setViewport(view);
    };
    // After the graph has been framed for the first time.
    const frame = requestAnimationFrame(() => requestAnimationFrame(go));
    return () => cancelAnimationFrame(frame);
  }, [change, here, side, given, other, flow]);

  const choose = useCallback((path) => path && onStep(side, path), [onStep, side]);
  const shared = useMemo(() => ({ runs: createStore({}), ways: createStore(NO_WAY), quickAdd: () => {}, say: () => {}, lift: () => {}, draw: () => {}, readOnly: true }), []);
  const dress = useMemo(() => ({ picked: new Set(here ? [here] : []), painted: Object.fromEntries(Object.entries(marks).map(([id, mark]) => [id, `cmp-${mark}`])) }), [here, marks]);
  const onKeyDown = useCallback((event) => isEditing(event.target) || event.key !== "Escape" || undefined, []);
  return (
    <Canvas.Provider value={shared}>
      <Stage ref={root} graph={graph} shape={shape} setShape={setShape} marks={dress} chosen={here || null} choose={choose} say={null} readOnly least={0.5} inset={0} onKeyDown={onKeyDown} />
    </Canvas.Provider>
  );
}

export function withEdges(shape, marks) {
  const edges = shape.edges.map((edge) => {
    const mark = [edge.source, edge.target].map((id) => marks[id]).find((one) => one === "added" || one === "removed");
    return mark ? { ...edge, className: `cmp-${mark}` } : edge;
  });
  return { nodes: shape.nodes, edges };
}
