// Edges drawn by hand: from a step's lower rim to another step that shall wait for it, and the end of an edge taken
// elsewhere. What an edge means in the text, and whether it can be, is the server's to say.
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { ViewportPortal } from "@xyflow/react";
import { TriangleAlert, X } from "lucide-react";
import { boxes, createStore } from "./graph.js";
import { Said } from "./said.jsx";

const CLICK = 5;

// While an edge is drawn: {from: {x, y}, to: {x, y}, source, target, why, cut}; null otherwise.
export const wire = createStore(null);

export function useWire(select) {
  const read = () => select(wire.get());
  return useSyncExternalStore(wire.subscribe, read, read);
}

// The step that a point means: one beside the source, all of it, or else the innermost one there.
export function aimed(graph, source, point) {
  const all = boxes(graph);
  const has = (node) => {
    const box = all.get(node.id);
    return point.x >= box.x && point.x <= box.x + box.width && point.y >= box.y && point.y <= box.y + box.height;
  };
  const under = graph.nodes.filter((node) => node.step && !["lane", "empty"].includes(node.kind) && has(node));
  return (under.find((node) => slotOf(graph, node.id) === slotOf(graph, source)) ?? under.at(-1))?.id ?? null;
}

const slotOf = (graph, id) => graph.nodes.find((node) => node.id === id)?.parent ?? null;

// Why an edge cannot lead from one step to another; "" where the server is to be asked.
export function refusal(graph, source, target) {
  const node = graph.nodes.find((one) => one.id === target);
  if (!node?.step || ["start", "end", "lane", "empty"].includes(node.kind)) return "";
  if (slotOf(graph, source) !== slotOf(graph, target)) return "It stands in another block, so no edge can join the two.";
  return "";
}

// `say` tells the server; `offer(source, at)` lets somebody choose a step to put behind the source.
export function useWiring({ flow, latest, root, say, offer }) {
  const ended = useRef(null);
  useEffect(() => () => ended.current?.(), []);
  // `cut` is the step that the edge led to until now: its end is being taken elsewhere.
  return useCallback((event, source, cut = null) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const start = { x: event.clientX, y: event.clientY };
    const box = boxes(latest.current).get(source);
    const from = { x: box.x + box.width / 2, y: box.y + box.height };
    let moved = false;
    const track = (now) => {
      moved ||= Math.hypot(now.clientX - start.x, now.clientY - start.y) >= CLICK;
      if (!moved) return;
      const over = document.elementFromPoint(now.clientX, now.clientY);
      const to = flow.screenToFlowPosition({ x: now.clientX, y: now.clientY });
      const id = root.current.element.contains(over) ? aimed(latest.current, source, to) : null;
      const target = id === source ? null : id;
      const why = target ? refusal(latest.current, source, target) : "";
      wire.set({ from, to, source, target: target && !why ? target : null, why, cut });
    };
    const finish = (dropped, now) => {
      window.removeEventListener("pointermove", track);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", cancel);
      window.removeEventListener("keydown", escape, true);
      ended.current = null;
      const drawn = wire.get();
      wire.set(null);
      if (!dropped) return;
      const step = (id) => latest.current.nodes.find((node) => node.id === id)?.step ?? id;
      if (!moved) return cut === null ? offer(source, { x: now.clientX, y: now.clientY }) : undefined;
      if (drawn.why || drawn.target === cut && cut !== null) return;
      if (drawn.target) say("connect", { source: step(source), target: step(drawn.target), cut: cut === null ? null : step(cut) });
      else if (cut !== null) say("disconnect", { source: step(source), target: step(cut) });
      else offer(source, { x: now.clientX, y: now.clientY });
    };
    const up = (now) => (track(now), finish(true, now));
    const cancel = () => finish(false);
    const escape = (now) => now.key === "Escape" && (now.stopPropagation(), now.preventDefault(), finish(false));
    ended.current = cancel;
    window.addEventListener("pointermove", track);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", cancel);
    window.addEventListener("keydown", escape, true);
  }, [flow, latest, root, say, offer]);
}

export function WireLayer() {
  const drawn = useWire((now) => now);
  if (!drawn) return null;
  const { from, to, why, target } = drawn;
  const bend = Math.max(36, Math.abs(to.y - from.y) / 2);
  return (
    <ViewportPortal>
      <svg className={`wf-wire ${why ? "is-refused" : target ? "is-good" : ""}`} aria-hidden="true">
        <path d={`M${from.x} ${from.y}C${from.x} ${from.y + bend} ${to.x} ${to.y - bend} ${to.x} ${to.y}`} />
        <circle cx={to.x} cy={to.y} r="4" />
      </svg>
      {why ? <div className="wf-carried-why in-flow" style={{ transform: `translate(${to.x + 14}px, ${to.y + 14}px)` }}>{why}</div> : null}
    </ViewportPortal>
  );
}

// What the server would not do, and what it would do instead: {seq, message, help, instead}.
export function Refusal({ told, onInstead, onClose }) {
  if (!told?.message) return null;
  return (
    <div className="wf-refusal" role="alert" data-testid="refusal">
      <TriangleAlert size={16} aria-hidden="true" />
      <div>
        <strong><Said text={told.message} /></strong>
        {told.help ? <p><Said text={told.help} /></p> : null}
        {told.instead ? (
          <button type="button" className="w-button small primary" onClick={onInstead} data-testid="refusal-instead">{told.instead}</button>
        ) : null}
      </div>
      <button type="button" className="wf-bare" onClick={onClose} aria-label="Close" title="Close"><X size={14} /></button>
    </div>
  );
}
