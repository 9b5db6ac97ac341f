// Edges: a line, its label, and a "+" that takes a step. The plus is plain SVG inside the edge, so hundreds stay cheap.
import { memo, useContext, useSyncExternalStore } from "react";
import { EdgeLabelRenderer, getSmoothStepPath, Position } from "@xyflow/react";
import { drag, slotKey, useDrag } from "./drag.js";
import { Canvas, useWay } from "./nodes.jsx";
import { leads } from "./way.jsx";

// While one graph gives way to another, an edge may be drawn once more without what it was made of.
const NOTHING = {};
const PASSED = new Set(["succeeded", "done", "caught"]);
const REACHED = new Set(["succeeded", "done", "running", "retrying", "waiting", "failed", "caught", "review", "needs_review"]);
const stateOf = (runs, id) => (typeof runs[id] === "object" && runs[id] !== null ? runs[id].state : runs[id]);

function useTravelled(source, target) {
  const { runs } = useContext(Canvas);
  const read = () => {
    const all = runs.get();
    const left = source === "~start" ? Object.keys(all).length > 0 : PASSED.has(stateOf(all, source));
    return left && (target === "~end" || REACHED.has(stateOf(all, target)));
  };
  return useSyncExternalStore(runs.subscribe, read, read);
}

export const WeftEdge = memo(function WeftEdge({ data, source, target, sourceX, sourceY, targetX, targetY }) {
  const { quickAdd, readOnly } = useContext(Canvas);
  const { edge = NOTHING, closing, ended } = data ?? NOTHING;
  const travelled = useTravelled(source, target);
  const way = useWay((shown) => !closing && leads(shown, source, target));
  const key = edge.slot && !ended ? slotKey(edge.slot) : null;
  const lit = useDrag((state) => key !== null && state.item !== null && state.slot === key);
  const torn = useDrag((state) => state.own === source || state.own === target);
  const [path, labelX, labelY] = getSmoothStepPath({
    sourceX, sourceY, targetX, targetY, sourcePosition: Position.Bottom, targetPosition: Position.Top, borderRadius: 12,
  });
  const open = (event) => {
    event.stopPropagation();
    quickAdd(edge.slot, event.currentTarget);
  };
  const onKey = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), open(event));
  return (
    <g className={`wf-edge ${edge.kind} ${closing ? "is-closing" : ""} ${ended && closing ? "is-ended" : ""} ${travelled ? "is-travelled" : ""} ${lit ? "is-lit" : ""} ${torn ? "is-torn" : ""} ${way ? `on-way ${way}` : ""}`}>
      <path d={path} className="wf-line" markerEnd={closing ? undefined : "url(#wf-arrow)"} />
      <path d={path} className="wf-reach" />
      {key !== null && !readOnly && !lit ? (
        <g
          className="wf-plus nopan"
          transform={`translate(${labelX} ${labelY})`}
          role="button"
          tabIndex={0}
          aria-label="Add a step here"
          data-testid={`edge-slot-${key}`}
          onClick={open}
          onKeyDown={onKey}
        >
          <circle r="15" className="wf-plus-reach" />
          <circle r="9" />
          <path d="M-3.6 0H3.6M0 -3.6V3.6" />
        </g>
      ) : null}
      {lit ? (
        <EdgeLabelRenderer>
          <div className="wf-landing on-edge" style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}>
            {drag.get().item?.title}
          </div>
        </EdgeLabelRenderer>
      ) : null}
      {edge.label ? (
        <EdgeLabelRenderer>
          <div className="wf-edge-label" style={{ transform: `translate(-50%, -50%) translate(${(sourceX + targetX) / 2}px, ${sourceY + 14}px)` }}>
            {edge.label}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  );
});

export const edgeTypes = { weft: WeftEdge };

export function Markers() {
  return (
    <svg className="wf-markers" aria-hidden="true">
      <defs>
        <marker id="wf-arrow" viewBox="-8 -5 9 10" markerWidth="9" markerHeight="9" orient="auto" refX="0" refY="0">
          <path d="M-6 -3.5L0 0L-6 3.5" className="wf-arrow" />
        </marker>
      </defs>
    </svg>
  );
}
