// Edges: a line, its label, a "+" that takes a step, and scissors where it can be cut. The signs are plain SVG inside the
// edge, so hundreds stay cheap.
import { memo, useContext, useSyncExternalStore } from "react";
import { EdgeLabelRenderer, getSmoothStepPath, Position } from "@xyflow/react";
import { drag, isCarried, slotKey, useDrag } from "./drag.js";
import { KindIcon, toneOf } from "./icons.jsx";
import { Canvas, useWay } from "./surface.js";
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

const press = (act) => ({
  onClick: (event) => (event.stopPropagation(), act(event)),
  onKeyDown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), event.stopPropagation(), act(event)),
});

function Sign({ x, y, className, label, testId, act, children }) {
  return (
    <g className={`wf-sign nopan ${className}`} transform={`translate(${x} ${y})`} role="button" tabIndex={0} aria-label={label} data-testid={testId} {...press(act)}>
      <title>{label}</title>
      <circle r="14" className="wf-sign-reach" />
      <circle r="10" />
      {children}
    </g>
  );
}

export const WeftEdge = memo(function WeftEdge({ data, source, target, sourceX, sourceY, targetX, targetY, sourceHandleId }) {
  const { quickAdd, readOnly, say, draw } = useContext(Canvas);
  const { edge = NOTHING, closing, ended } = data ?? NOTHING;
  const travelled = useTravelled(source, target);
  const way = useWay((shown) => !closing && leads(shown, source, target));
  const key = edge.slot && !ended ? slotKey(edge.slot) : null;
  const lit = useDrag((state) => key !== null && state.item !== null && state.slot === key);
  const torn = useDrag((state) => isCarried(source, state.own) || isCarried(target, state.own));
  const waits = edge.kind === "after";
  // Rows of what runs side by side end where the lowest step ends: the bend belongs above the next row.
  const [path, labelX, labelY] = getSmoothStepPath({
    sourceX, sourceY, targetX, targetY, sourcePosition: Position.Bottom, targetPosition: Position.Top, borderRadius: 12,
    offset: Math.max(0, Math.min(20, (targetY - sourceY) / 2 - 1)), centerY: waits && targetY - sourceY > 56 ? targetY - 28 : undefined,
  });
  // Below a step's lower rim is the grip that edges are drawn from: the edge that is there leaves it free.
  const grip = sourceHandleId === "out" && targetY - sourceY > 34 ? 15 : 0;
  const [reach] = getSmoothStepPath({ sourceX, sourceY: sourceY + grip, targetX, targetY, sourcePosition: Position.Bottom, targetPosition: Position.Top, borderRadius: 12, offset: Math.max(0, Math.min(20, (targetY - sourceY - grip) / 2 - 1)), centerY: waits && targetY - sourceY > 56 ? targetY - 28 : undefined });
  const joins = sourceHandleId === "out" && !closing && !ended && !source.startsWith("~") && !target.startsWith("~");
  const at = waits ? { x: targetX, y: targetY - 28 } : { x: labelX, y: labelY };
  const cut = () => say("disconnect", { source, target });
  return (
    <g className={`wf-edge ${edge.kind} ${closing ? "is-closing" : ""} ${ended ? "is-ended" : ""} ${travelled ? "is-travelled" : ""} ${lit ? "is-lit" : ""} ${torn ? "is-torn" : ""} ${way ? `on-way ${way}` : ""}`} data-testid={`edge-${source}->${target}`}>
      <path d={path} className="wf-line" markerEnd={closing ? undefined : "url(#wf-arrow)"} />
      <path d={reach} className="wf-reach" />
      {key !== null && !readOnly && !lit ? (
        <>
          <Sign x={at.x} y={at.y} className="wf-plus" label="Add a step here" testId={`edge-slot-${key}`} act={(event) => quickAdd(edge.slot, event.currentTarget)}>
            <path d="M-3.8 0H3.8M0 -3.8V3.8" />
          </Sign>
          {joins ? (
            <Sign x={at.x + 25} y={at.y} className="wf-cut" label={waits ? "Cut: it no longer waits" : "Cut: both run at the same time"} testId={`cut-${source}->${target}`} act={cut}>
              <g className="wf-scissors"><circle cx="-3.4" cy="-2.8" r="1.7" /><circle cx="-3.4" cy="2.8" r="1.7" /><path d="M-2 -1.8L4.6 2.8M-2 1.8L4.6 -2.8" /></g>
            </Sign>
          ) : null}
          {joins && waits ? <circle cx={targetX} cy={targetY - 7} r="5.5" className="wf-end nopan" data-testid={`end-${source}->${target}`} onPointerDown={(event) => draw(event, source, target)}><title>Drag the end to another step, or into free space to cut it</title></circle> : null}
        </>
      ) : null}
      {lit ? <Landing x={(sourceX + targetX) / 2} y={labelY} roomy={targetY - sourceY > 100} /> : null}
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

// What would land here, in the room that opened for it.
function Landing({ x, y, roomy }) {
  const item = drag.get().item;
  if (!item) return null;
  return (
    <EdgeLabelRenderer>
      <div className={`wf-landing on-edge ${roomy ? "is-roomy" : ""}`} data-testid="landing" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
        <span className={`wf-icon small ${toneOf(item.kind)}`}><KindIcon kind={item.kind} tool={item.tool} size={14} /></span>
        {item.title}
      </div>
    </EdgeLabelRenderer>
  );
}

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
