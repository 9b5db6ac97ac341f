// A frame that selects: dragged over the empty canvas with Shift, or by finger once the canvas is told to select.
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { BoxSelect } from "lucide-react";
import { boxes } from "./graph.js";
import { under } from "./selection.js";

export function Marquee({ root, latest, flow, selection }) {
  const [frame, setFrame] = useState(null);
  const [always, setAlways] = useState(false);
  const now = useRef(null);
  now.current = { always, selection };
  useEffect(() => {
    const element = root.current?.element;
    if (!element) return undefined;
    let start = null;
    let last = null;
    let kept = [];
    const empty = (target) => target.closest?.(".react-flow__pane, .react-flow__background") && !target.closest(".react-flow__node, .react-flow__edge, .react-flow__panel");
    const rectOf = (from, to) => {
      const [one, two] = [flow.screenToFlowPosition(from), flow.screenToFlowPosition(to)];
      return { x: Math.min(one.x, two.x), y: Math.min(one.y, two.y), width: Math.abs(one.x - two.x), height: Math.abs(one.y - two.y) };
    };
    const down = (event) => {
      const { always: on, selection: held } = now.current;
      if (event.button !== 0 || !event.isPrimary || !(event.shiftKey || on) || !empty(event.target)) return;
      event.stopPropagation();
      start = { x: event.clientX, y: event.clientY };
      kept = event.shiftKey ? held.current.current.picked : [];
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", up);
      window.addEventListener("pointercancel", stop);
    };
    // The canvas' own panning listens to these.
    const hold = (event) => (event.shiftKey || now.current.always) && empty(event.target) && event.stopPropagation();
    const move = (event) => {
      last = { x: event.clientX, y: event.clientY };
      const area = element.getBoundingClientRect();
      setFrame({ left: Math.min(start.x, last.x) - area.left, top: Math.min(start.y, last.y) - area.top, width: Math.abs(start.x - last.x), height: Math.abs(start.y - last.y) });
    };
    const up = () => {
      if (last && Math.hypot(last.x - start.x, last.y - start.y) > 4) {
        const found = under(rectOf(start, last), latest.current, boxes(latest.current));
        now.current.selection.pick([...new Set([...kept, ...found])]);
        // The click that ends the drag is none on the canvas.
        window.addEventListener("click", swallow, { capture: true, once: true });
        setTimeout(() => window.removeEventListener("click", swallow, true));
      }
      stop();
    };
    const swallow = (event) => event.stopPropagation();
    const stop = () => {
      [start, last] = [null, null];
      setFrame(null);
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", stop);
    };
    element.addEventListener("pointerdown", down, true);
    element.addEventListener("mousedown", hold, true);
    element.addEventListener("touchstart", hold, { capture: true, passive: true });
    return () => {
      stop();
      element.removeEventListener("pointerdown", down, true);
      element.removeEventListener("mousedown", hold, true);
      element.removeEventListener("touchstart", hold, true);
    };
  }, [root, flow, latest]);
  useEffect(() => {
    root.current?.element?.classList.toggle("is-framing", always);
  }, [root, always]);
  const [tools, setTools] = useState(null);
  useEffect(() => setTools(root.current?.element?.querySelector(".wf-camera") ?? null), [root]);
  return (
    <>
      {frame ? <div className="wf-frame" style={frame} data-testid="selection-frame" /> : null}
      {tools ? createPortal(
        <button type="button" aria-pressed={always} aria-label="Select with a frame" title="Select with a frame (Shift+Drag)" data-testid="frame-select" onClick={() => setAlways(!always)}>
          <BoxSelect size={14} />
        </button>,
        tools,
      ) : null}
    </>
  );
}
