// The shapes on the canvas. A node draws what the graph says; it decides nothing.
import { memo, useContext, useSyncExternalStore } from "react";
import { Handle, Position } from "@xyflow/react";
import {
  AlarmClock, Banknote, Check, ChevronDown, ChevronRight, Hand, KeyRound, LoaderCircle, MessageCircleQuestion, Minus, Plug, Plus, RotateCw,
  Timer, TriangleAlert, WandSparkles, X, Zap,
} from "lucide-react";
import { drag, isCarried, slotKey, useDrag } from "./drag.js";
import { KindIcon, toneOf } from "./icons.jsx";
import { NoteButton, NoteNode, StepNote } from "./notes.jsx";
import { Canvas, useWay, useWayNumber } from "./surface.js";
import { TrialMarks } from "./trial_marks.jsx";
import { tip } from "./tip.js";
import { useWire } from "./wires.jsx";

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

// Only what looks different is drawn again: a node that merely moved, or makes room for a moment, is not.
const same = (one, other) => one.selected === other.selected && (one.data.origin ?? one.data) === (other.data.origin ?? other.data) && one.data.head === other.data.head;

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

// The grip at a step's lower rim: an edge is drawn from it, a click asks what comes next.
function Out({ data }) {
  const { draw, readOnly } = useContext(Canvas);
  if (readOnly || data.kind === "return" || data.kind === "fail") return null;
  return (
    <span className="wf-out nodrag nopan" data-testid={`out-${data.id}`} title="Drag to a step that shall wait for this one. A click adds a step behind it." onPointerDown={(event) => draw(event, data.id)} onClick={(event) => event.stopPropagation()} />
  );
}

const RANK = { error: 0, warning: 1, info: 2 };

function Problems({ problems }) {
  if (!problems?.length) return null;
  const worst = problems.some((problem) => problem.severity === "error") ? "error" : problems.some((problem) => problem.severity === "warning") ? "warning" : "info";
  const show = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    const gravest = problems.toSorted((one, other) => RANK[one.severity] - RANK[other.severity]).slice(0, 6);
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

function WayNumber({ id }) {
  const number = useWayNumber(id);
  return number ? <span className="wf-way-number" aria-label={`Step ${number} of the way`} role="img">{number}</span> : null;
}

function Effect({ data }) {
  if (data.effect !== "write") return null;
  const [Icon, words] = data.money ? [Banknote, "Moves money"] : [Zap, "Changes something outside"];
  return (
    <span className={`wf-effect ${data.money ? "money" : ""}`} title={words} aria-label={words} role="img">
      <Icon size={data.money ? 13 : 11} strokeWidth={2.2} />
    </span>
  );
}

const SIGNS = { retry: RotateCw, key: KeyRound, timeout: Timer };
const CHIPS = { tool: Plug, escalate: AlarmClock, ask: MessageCircleQuestion };

function Signs({ marks }) {
  const shown = marks?.filter((mark) => SIGNS[mark.kind]);
  if (!shown?.length) return null;
  return (
    <span className="wf-signs">
      {shown.map((mark) => {
        const Icon = SIGNS[mark.kind];
        return (
          <span key={mark.kind} title={mark.about} aria-label={mark.about} role="img">
            <Icon size={11} strokeWidth={2.1} />
            {mark.text}
          </span>
        );
      })}
    </span>
  );
}

function Chips({ marks }) {
  const shown = marks?.filter((mark) => CHIPS[mark.kind]);
  if (!shown?.length) return null;
  return (
    <div className="wf-marks">
      {shown.map((mark, index) => {
        const Icon = mark.text.startsWith("+") ? null : CHIPS[mark.kind];
        return (
          <span key={index} className={mark.kind} title={mark.about}>
            {Icon ? <Icon size={11} strokeWidth={2} aria-hidden="true" /> : null}
            <span>{mark.text}</span>
          </span>
        );
      })}
    </div>
  );
}

function Chevron({ data }) {
  const { say, readOnly } = useContext(Canvas);
  if (!data.container || readOnly) return null;
  const Icon = data.collapsed ? ChevronRight : ChevronDown;
  const words = data.collapsed ? "Unfold" : "Fold away";
  const fold = (event) => {
    event.stopPropagation();
    say("place", { spots: { [data.id]: { collapsed: !data.collapsed } } });
  };
  return (
    <button type="button" className="wf-node-tool wf-chevron nodrag nopan" onPointerDown={(event) => event.stopPropagation()} onClick={fold} aria-expanded={!data.collapsed} aria-label={`${words} ${data.title || data.step}`} title={words} data-testid={`fold-${data.id}`}>
      <Icon size={15} />
    </button>
  );
}

function Tools({ data }) {
  const { say, readOnly } = useContext(Canvas);
  if (readOnly) return null;
  return (
    <span className="wf-node-tools nodrag nopan">
      {data.loose ? (
        <button type="button" className="wf-node-tool" onPointerDown={(event) => event.stopPropagation()} onClick={(event) => (event.stopPropagation(), say("tidy", { steps: [data.id] }))} aria-label="Tidy this block" title="Tidy: its steps go back to where the layout puts them" data-testid={`tidy-${data.id}`}>
          <WandSparkles size={13} />
        </button>
      ) : null}
      <NoteButton id={data.id} note={data.note} />
    </span>
  );
}

function Face({ data, flat = false }) {
  const sentence = data.kind === "if" && flat ? "" : data.sentence;
  return (
    <div className={`wf-face ${flat ? "is-flat" : ""}`}>
      <Chevron data={data} />
      <span className={`wf-icon ${flat ? "small" : ""} ${toneOf(data.kind)}`}>
        <KindIcon kind={data.kind} tool={data.tool} size={flat ? 14 : 17} />
      </span>
      <span className="wf-words">
        <span className="wf-title">
          <span className="wf-name" title={data.title || data.step}>{data.title || data.step}</span>
          <Effect data={data} />
          {flat && sentence ? <span className="wf-sentence" title={sentence}>{sentence}</span> : null}
          <Signs marks={data.marks} />
        </span>
        {!flat && sentence ? <span className="wf-sentence" title={sentence}>{sentence}</span> : null}
        {data.collapsed ? <span className="wf-summary" data-testid={`summary-${data.id}`} title={data.summary}>{data.summary}</span> : null}
      </span>
      <Tools data={data} />
    </div>
  );
}

function Body({ data, flat }) {
  return (
    <>
      <Face data={data} flat={flat} />
      {data.collapsed ? null : <Chips marks={data.marks} />}
      {data.comment && !data.collapsed ? <p className="wf-comment" title={data.comment}>{data.comment}</p> : null}
      <StepNote id={data.id} note={data.note} />
    </>
  );
}

function classes(base, data, { selected, run, way, aimed, carried }) {
  const worst = data.problems?.some((problem) => problem.severity === "error") ? "has-error" : data.problems?.some((problem) => problem.severity === "warning") ? "has-warning" : "";
  return [
    base, toneOf(data.kind), data.kind === "approve" && "is-approval", data.kind === "broken" && "is-broken", selected && "is-selected", worst,
    run && `run-${run[0]}`, way && `on-way ${way}`, aimed && "is-aimed", carried && "is-lifted",
  ].filter(Boolean).join(" ");
}

function useLooks(data, selected) {
  const run = useRun(data.step);
  const way = useWay((shown) => shown.at.has(data.id));
  const aimed = useWire((now) => now?.target === data.id);
  const carried = useDrag((now) => isCarried(data.id, now.own));
  return { selected, run, way, aimed, carried };
}

function useGrab(data) {
  const { lift, readOnly } = useContext(Canvas);
  if (readOnly) return undefined;
  return (event) => lift(event, { item: { title: data.title || data.step, kind: data.kind, tool: data.tool }, own: data.id, card: event.currentTarget.closest(".wf-step, .wf-container") });
}

export const StepNode = memo(function StepNode({ data, selected }) {
  const looks = useLooks(data, selected);
  const grab = useGrab(data);
  return (
    <div className={classes("wf-step nopan", data, looks)} data-testid={`node-${data.id}`} data-node={data.id} data-run={looks.run?.[0]} data-tone={toneOf(data.kind)} onPointerDown={grab}>
      <Body data={data} />
      <WayNumber id={data.id} />
      <Problems problems={data.problems} />
      <RunMark run={looks.run} />
      <TrialMarks step={data.step} />
      <Out data={data} />
      <Ports />
    </div>
  );
}, same);

const FLAT = new Set(["if", "switch", "parallel", "do", "foreach"]);

export const ContainerNode = memo(function ContainerNode({ data, selected }) {
  const looks = useLooks(data, selected);
  const grab = useGrab(data);
  return (
    <div className={classes("wf-container", data, looks)} data-testid={`node-${data.id}`} data-node={data.id} data-run={looks.run?.[0]} data-tone={toneOf(data.kind)}>
      <div className="wf-head wf-grip nopan" style={{ height: data.head }} onPointerDown={grab}>
        <Body data={data} flat={FLAT.has(data.kind)} />
      </div>
      <WayNumber id={data.id} />
      <Problems problems={data.problems} />
      <RunMark run={looks.run} />
      <TrialMarks step={data.step} />
      <Out data={data} />
      <Ports />
    </div>
  );
}, same);

export const LaneNode = memo(function LaneNode({ data }) {
  const carried = useDrag((now) => isCarried(data.id, now.own));
  return (
    <div className={`wf-lane ${data.label ? "" : "is-bare"} ${data.implied ? "is-implied" : ""} ${carried ? "is-lifted" : ""} way-${data.id.slice(data.id.lastIndexOf("/") + 1).replace(/[#\d].*$/, "")}`} data-testid={`node-${data.id}`}>
      {data.label ? (
        <span className="wf-lane-label" title={data.label}>
          {data.label}
        </span>
      ) : null}
      <Ports />
    </div>
  );
}, same);

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
}, same);

export const EndNode = memo(function EndNode({ data }) {
  return (
    <div className={`wf-terminal ${data.kind}`} data-testid={`node-${data.id}`}>
      <KindIcon kind={data.kind} size={13} />
      <span>{data.title || (data.kind === "start" ? "Start" : "End")}</span>
      <Problems problems={data.problems} />
      <Ports />
    </div>
  );
}, same);

export const nodeTypes = { step: StepNode, container: ContainerNode, lane: LaneNode, empty: EmptyNode, start: EndNode, end: EndNode, note: NoteNode };
