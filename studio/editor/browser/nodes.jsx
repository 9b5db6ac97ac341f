// The shapes on the canvas. A node draws what the graph says; it decides nothing.
import { createContext, memo, useContext, useSyncExternalStore } from "react";
import { Handle, Position } from "@xyflow/react";
import { Check, Hand, LoaderCircle, Minus, Plus, RotateCw, TriangleAlert, X, Zap } from "lucide-react";
import { createStore } from "./graph.js";
import { drag, slotKey, useDrag } from "./drag.js";
import { KindIcon, toneOf } from "./icons.jsx";

// What a canvas hands to its nodes: {runs: store of step states, ways: store of the way that is shown (see way.jsx),
// quickAdd(slot, element), readOnly}.
export const Canvas = createContext(null);

export const tip = createStore(null);

const RUN = {
  running: ["running", LoaderCircle, "Running"],
  retrying: ["running", RotateCw, "Trying again"],
  succeeded: ["done", Check, "Done"],
  done: ["done", Check, "Done"],
  waiting: ["waiting", Hand, "Waiting"],
  caught: ["caught", TriangleAlert, "Failed, and was caught"],
  review: ["waiting", Hand, "Needs a look"],
  failed: ["failed", X, "Failed"],
  needs_review: ["waiting", Hand, "Needs a look"],
  skipped: ["skipped", Minus, "Not taken"],
  cancelled: ["skipped", Minus, "Cancelled"],
};

// How grave the shown way is, for what stands on it; "" for what does not.
export function useWay(isOn) {
  const { ways } = useContext(Canvas);
  const read = () => (isOn(ways.get()) ? ways.get().severity : "");
  return useSyncExternalStore(ways.subscribe, read, read);
}

function useRun(step) {
  const { runs } = useContext(Canvas);
  const read = () => {
    const found = runs.get()[step];
    return typeof found === "object" && found !== null ? found.state : found;
  };
  return RUN[useSyncExternalStore(runs.subscribe, read, read)] ?? null;
}

function Ports() {
  return (
    <>
      <Handle type="target" id="in" position={Position.Top} isConnectable={false} />
      <Handle type="source" id="out" position={Position.Bottom} isConnectable={false} />
      <Handle type="source" id="begin" position={Position.Bottom} isConnectable={false} className="wf-begin" />
      <Handle type="target" id="finish" position={Position.Bottom} isConnectable={false} className="wf-finish" />
    </>
  );
}

const RANK = { error: 0, warning: 1, info: 2 };

function Problems({ problems }) {
  if (!problems?.length) return null;
  const worst = problems.some((problem) => problem.severity === "error") ? "error" : problems[0].severity;
  const show = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const gravest = problems.toSorted((one, other) => RANK[one.severity] - RANK[other.severity]);
    tip.set({ x: box.left + box.width / 2, y: box.bottom + 8, problems: gravest });
  };
  return (
    <span
      className={`wf-problem ${worst}`}
      role="img"
      aria-label={problems.map((problem) => problem.message).join(" ")}
      onMouseEnter={show}
      onMouseLeave={() => tip.set(null)}
    >
      {problems.length > 1 ? problems.length : "!"}
    </span>
  );
}

function RunMark({ run }) {
  if (!run) return null;
  const [tone, Icon, label] = run;
  return (
    <span className={`wf-run ${tone}`} title={label} aria-label={label} role="img">
      <Icon size={12} strokeWidth={2.6} className={tone === "running" ? "wf-spin" : ""} />
    </span>
  );
}

function Effect({ effect }) {
  if (effect !== "write") return null;
  return (
    <span className="wf-effect" title="Changes something outside" aria-label="Changes something outside" role="img">
      <Zap size={11} strokeWidth={2.2} />
    </span>
  );
}

function Face({ data, className }) {
  return (
    <div className={className}>
      <span className={`wf-icon ${toneOf(data.kind)}`}>
        <KindIcon kind={data.kind} tool={data.tool} />
      </span>
      <span className="wf-words">
        <span className="wf-title">
          <span className="wf-name">{data.title || data.step}</span>
          <Effect effect={data.effect} />
        </span>
        {data.sentence ? <span className="wf-sentence">{data.sentence}</span> : null}
      </span>
    </div>
  );
}

function classes(base, data, selected, run, way) {
  const worst = data.problems?.some((problem) => problem.severity === "error") ? "has-error" : data.problems?.length ? "has-warning" : "";
  return `${base} ${selected ? "is-selected" : ""} ${worst} ${run ? `run-${run[0]}` : ""} ${way ? `on-way ${way}` : ""}`;
}

export const StepNode = memo(function StepNode({ data, selected }) {
  const run = useRun(data.step);
  const way = useWay((shown) => shown.at.has(data.id));
  return (
    <div className={classes("wf-step", data, selected, run, way)} data-testid={`node-${data.id}`} data-run={run?.[0]} data-tone={toneOf(data.kind)}>
      <Face data={data} className="wf-face" />
      <Problems problems={data.problems} />
      <RunMark run={run} />
      <Ports />
    </div>
  );
});

export const ContainerNode = memo(function ContainerNode({ data, selected }) {
  const run = useRun(data.step);
  const way = useWay((shown) => shown.at.has(data.id));
  return (
    <div className={classes("wf-container", data, selected, run, way)} data-testid={`node-${data.id}`} data-run={run?.[0]} data-tone={toneOf(data.kind)}>
      <Face data={data} className="wf-face wf-grip" />
      <Problems problems={data.problems} />
      <RunMark run={run} />
      <Ports />
    </div>
  );
});

export const LaneNode = memo(function LaneNode({ data }) {
  return (
    <div className={`wf-lane ${data.label ? "" : "is-bare"}`} data-testid={`node-${data.id}`}>
      {data.label ? (
        <span className="wf-lane-label" title={data.label}>
          {data.label}
        </span>
      ) : null}
      <Ports />
    </div>
  );
});

export const EmptyNode = memo(function EmptyNode({ data }) {
  const { quickAdd, readOnly } = useContext(Canvas);
  const key = data.slot ? slotKey(data.slot) : "";
  const lit = useDrag((state) => state.slot === key && state.item !== null);
  if (readOnly || !data.slot) return <div className="wf-empty is-quiet"><span>Nothing to do</span><Ports /></div>;
  return (
    <button
      type="button"
      className={`wf-empty nodrag nopan ${lit ? "is-lit" : ""}`}
      data-testid={`edge-slot-${key}`}
      aria-label="Add a step here"
      onClick={(event) => quickAdd(data.slot, event.currentTarget)}
    >
      {lit ? <span className="wf-landing">{drag.get().item?.title}</span> : <><Plus size={14} /> <span>Add a step</span></>}
      <Ports />
    </button>
  );
});

export const EndNode = memo(function EndNode({ data }) {
  return (
    <div className={`wf-terminal ${data.kind}`} data-testid={`node-${data.id}`}>
      <KindIcon kind={data.kind} size={13} />
      <span>{data.title || (data.kind === "start" ? "Start" : "End")}</span>
      <Problems problems={data.problems} />
      <Ports />
    </div>
  );
});

export const nodeTypes = { step: StepNode, container: ContainerNode, lane: LaneNode, empty: EmptyNode, start: EndNode, end: EndNode };
