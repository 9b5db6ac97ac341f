// The canvas and the text: one of them, or both with a line between them that can be moved. Both stay as they are whatever
// is seen, so nothing that is being typed or dragged is lost by looking at something else.
import "./segments.css";
import "./sides.css";
import { Children, useEffect, useRef } from "react";
import { CodeXml, Columns2, Workflow } from "lucide-react";
import { look, nextView, useView, VIEWS, within } from "./view.js";

const FACES = { graph: ["Graph", Workflow], split: ["Split", Columns2], text: ["Text", CodeXml] };

export function Sides({ children }) {
  const { view, side, share } = useView();
  const [stage, text] = Children.toArray(children);
  const element = useRef(null);
  return (
    <div ref={element} className="wf-sides" data-view={view} data-side={side} data-testid="sides" style={{ "--wf-text-share": share }}>
      {stage}
      {view === "split" ? <Divider sides={element} side={side} share={share} /> : null}
      {text}
    </div>
  );
}

function Divider({ sides, side, share }) {
  const set = (next) => look({ share: within(next) });
  const begin = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const line = event.currentTarget;
    line.setPointerCapture(event.pointerId);
    const box = sides.current.getBoundingClientRect();
    let last = share;
    // While it moves only the style changes; the choice is kept once.
    const move = (at) => {
      const left = (at.clientX - box.left) / box.width;
      last = within(side === "left" ? left : 1 - left);
      sides.current.style.setProperty("--wf-text-share", last);
    };
    const end = () => {
      line.removeEventListener("pointermove", move);
      set(last);
    };
    line.addEventListener("pointermove", move);
    line.addEventListener("lostpointercapture", end, { once: true });
  };
  const press = (event) => {
    const wider = side === "left" ? "ArrowRight" : "ArrowLeft";
    const narrower = side === "left" ? "ArrowLeft" : "ArrowRight";
    const next = { [wider]: share + 0.02, [narrower]: share - 0.02, Home: 0, End: 1, Enter: 0.5 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    set(next);
  };
  return (
    <div
      className="wf-divider"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the text"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={20}
      aria-valuemax={80}
      data-testid="divider"
      title="Drag, or arrow keys; Enter for the middle"
      onPointerDown={begin}
      onDoubleClick={() => set(0.5)}
      onKeyDown={press}
    />
  );
}

export function ViewSwitch() {
  const { view } = useView();
  useEffect(() => {
    const press = (event) => {
      if (event.key !== "\\" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      nextView();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return (
    <div className="wf-segments wf-views" role="group" aria-label="What is seen">
      {VIEWS.map((key) => {
        const [words, Icon] = FACES[key];
        return (
          <button key={key} type="button" aria-pressed={view === key} aria-label={words} data-testid={`view-${key}`} title={`${words} (Ctrl+\\ for the next)`} onClick={() => look({ view: key })}>
            <Icon size={14} aria-hidden="true" /> <span className="wf-views-words">{words}</span>
          </button>
        );
      })}
    </div>
  );
}
