// The panel at the right: the form of the selected step, or of the workflow itself. Its width is the person's; where the
// canvas would be left with too little room it lies over it.
import "./inspector.css";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { BookOpen, ChevronRight, ExternalLink, Route, SlidersHorizontal, Trash2, UserCheck, Wand2, X, Zap } from "lucide-react";
import { Data } from "./inspector_data.jsx";
import { Field } from "./inspector_fields.jsx";
import { Form, Live, placeOf } from "./inspector_live.js";
import { KindIcon, toneOf } from "./icons.jsx";
import { useKept, useLast, useLink } from "./link.js";
import { Markdown } from "./markdown.jsx";
import { Said } from "./said.jsx";

const KEPT = "weft-inspector-width";
const LEAST = 280;
const MOST = 720;
const BACK = 3000; // milliseconds the form waits, once the studio is back, for the canvas to say what is selected
const ROOM = 520; // pixels the canvas keeps before the panel lies over it

export function Inspector({ model: given, opened, live: told, tried, learned, readOnly: locked, onSay, onAsk, children }) {
  const live = useRef(null);
  live.current ??= new Live();
  const [gone, setGone] = useState(null);
  const { away, here } = useLink(opened);
  const [missed, setMissed] = useState(false);
  const readOnly = useLast(locked, opened);
  const model = useLasting(given, opened, away);
  const path = model?.path;
  const send = useCallback((message) => onSay?.(message), [onSay]);
  const keep = useKept(send, opened);
  // What was filled in while the studio is away is said when it is back. Whether it was.
  const say = useCallback((type, rest = {}) => {
    const message = { type, step: path, ...rest };
    const now = here();
    if (now) send(message);
    else if (type === "set") keep(message);
    setMissed(!now && type !== "set");
    return now;
  }, [here, send, keep, path]);

  useEffect(() => {
    live.current.ask = onAsk;
  }, [onAsk]);
  useEffect(() => live.current.answered(tried), [tried]);
  useEffect(() => {
    if (told?.step !== undefined) live.current.shown.set(told);
  }, [told]);
  useEffect(() => live.current.taker.set(null), [path]);
  useEffect(() => {
    if (!path) return undefined;
    const timer = setTimeout(() => live.current.look(path), 60);
    return () => clearTimeout(timer);
  }, [path, model, learned]);
  useEffect(() => {
    if (!gone) return undefined;
    const timer = setTimeout(() => setGone(null), 7000);
    return () => clearTimeout(timer);
  }, [gone]);

  const remove = () => {
    if (say("remove")) setGone(model.title);
  };
  return (
    <>
      {path ? <Panel key={path === "~start" ? "start" : "step"} model={model} live={live.current} readOnly={readOnly} say={say} onRemove={remove}>{children}</Panel> : null}
      {missed ? (
        <div className="wf-gone" role="status" data-testid="inspector-missed">
          <span>This was not done: the studio is away. Do it again when it is back.</span>
          <button type="button" className="wf-bare" onClick={() => setMissed(false)} aria-label="Close" title="Close"><X size={14} /></button>
        </div>
      ) : null}
      {gone && model?.title !== gone ? (
        <div className="wf-gone" role="status" data-testid="deleted">
          <span>Deleted {gone}</span>
          <button type="button" className="w-button small" data-testid="undo-delete" onClick={() => (say("undo"), setGone(null))}>Undo</button>
        </div>
      ) : null}
    </>
  );
}

// The form stays when the studio went away, with what is being typed in it: coming back begins with nothing selected,
// until the canvas has said again what is.
function useLasting(given, opened, away) {
  const last = useRef(given);
  const [waits, setWaits] = useState(false);
  useEffect(() => {
    if (away) setWaits(true);
    if (away || !opened) return undefined;
    const timer = setTimeout(() => setWaits(false), BACK);
    return () => clearTimeout(timer);
  }, [opened, away]);
  if (given?.path || !waits) last.current = given;
  return last.current;
}

function Panel({ model, live, readOnly, say, onRemove, children }) {
  const [width, setWidth] = useState(() => Number(window.localStorage.getItem(KEPT)) || 0);
  const element = useRef(null);
  const over = useOver(element, width);
  const [forgotten, setForgotten] = useState(0);
  const fresh = useRef(null);
  const trouble = model.trouble?.seq > forgotten ? model.trouble : null;
  const start = model.kind === "start";
  useEffect(() => setForgotten(0), [model.path]);

  const form = useMemo(() => ({
    step: model.path,
    live,
    readOnly,
    say,
    labelOf: (field) => field.label,
    troubleOf: (field) => (trouble && trouble.key === field.key && placeOf(trouble) === placeOf(field) && (!trouble.control || trouble.control === field.control) ? trouble : null),
    forget: (field) => trouble && trouble.key === field.key && setForgotten(trouble.seq),
    // A row that was just asked for is opened when it comes.
    added: (field) => (fresh.current = { key: placeOf(field), known: new Set((field.fields ?? []).map(placeOf)) }),
    // So is one that gets another name: it is the same to the person.
    renamed: (field, name) => (fresh.current = { key: `${field.key.split(":")[0]}:${name}`, known: new Set(), same: true }),
    isFresh: (field) => {
      const waited = fresh.current;
      const place = placeOf(field);
      if (waited?.same) return place === waited.key;
      return waited !== null && place !== waited.key && place.startsWith(waited.key) && !waited.known.has(place);
    },
  }), [model.path, live, readOnly, say, trouble]);

  const keep = (next) => {
    setWidth(next);
    window.localStorage.setItem(KEPT, String(next));
  };
  return (
    <Form.Provider value={form}>
      <aside ref={element} className={`wf-right wf-inspector ${over ? "is-over" : ""}`} style={width ? { "--wf-inspector": `${width}px` } : undefined} aria-label={start ? "The workflow" : "The selected step"} data-testid="inspector" data-step={model.path}>
        <Edge element={element} width={width} onWidth={keep} />
        <header>
          <span className={`wf-icon ${toneOf(model.kind)}`}>{start ? <SlidersHorizontal size={16} strokeWidth={1.9} aria-hidden="true" /> : <KindIcon kind={model.kind} tool={model.tool} />}</span>
          <div className="wf-inspector-name">
            <h2>{model.title}</h2>
            <p>{model.sentence}</p>
          </div>
          <button type="button" className="wf-bare" onClick={() => say("select", { step: null })} aria-label="Close" title="Close" data-testid="inspector-close"><X size={16} /></button>
        </header>
        {start ? null : children}
        <div className="wf-inspector-body" key={model.path}>
          <Facts facts={model.facts} />
          {model.doc && !start ? <Markdown text={model.doc} className="wf-own-doc" /> : null}
          {model.problems.map((problem) => (
            <Problem key={`${problem.code}:${problem.index}`} problem={problem} readOnly={readOnly} onFix={() => say("fix", { index: problem.index })} onWay={() => say("way", { index: problem.index })} />
          ))}
          {model.sections.map((section) => (
            <Section key={section.key} section={section}>
              {section.fields.map((field) => <Field key={`${placeOf(field)}:${field.control}`} field={field} />)}
              {section.fields.length ? null : <p className="w-help">There is nothing to fill in.</p>}
            </Section>
          ))}
          {readOnly || start ? null : (
            <button type="button" className="w-button danger ghost small wf-remove" data-testid="remove-step" onClick={onRemove}><Trash2 size={14} /> Delete step</button>
          )}
        </div>
        {start ? null : <Data />}
      </aside>
    </Form.Provider>
  );
}

// Whether the canvas would be left with too little room beside the panel.
function useOver(element, width) {
  const [over, setOver] = useState(false);
  useLayoutEffect(() => {
    const bench = element.current?.closest(".wf-bench");
    if (!bench) return undefined;
    const measure = () => {
      const left = bench.querySelector(":scope > .wf-left, :scope > .wf-left-closed")?.offsetWidth ?? 0;
      setOver(bench.offsetWidth - left - element.current.offsetWidth < ROOM);
    };
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(bench);
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, [element, width]);
  return over;
}

// The panel's edge: dragged with the mouse, moved with the arrow keys; a double click gives the usual width back.
function Edge({ element, width, onWidth }) {
  const bounded = (next) => Math.round(Math.min(MOST, Math.max(LEAST, next)));
  const now = () => width || element.current?.offsetWidth || 320;
  const grab = (event) => {
    event.preventDefault();
    const from = event.clientX;
    const was = element.current.offsetWidth;
    let next = was;
    const move = (at) => {
      next = bounded(was + from - at.clientX);
      element.current.style.setProperty("--wf-inspector", `${next}px`);
    };
    const up = () => {
      window.removeEventListener("pointermove", move);
      if (next !== was) onWidth(next);
    };
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", up, { once: true });
  };
  const onKeyDown = (event) => {
    const by = { ArrowLeft: 16, ArrowRight: -16 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(bounded(now() + by));
  };
  return <div className="wf-rim" role="separator" aria-orientation="vertical" aria-label="Width of the panel" aria-valuemin={LEAST} aria-valuemax={MOST} aria-valuenow={now()} tabIndex={0} onPointerDown={grab} onKeyDown={onKeyDown} onDoubleClick={() => onWidth(0)} data-testid="inspector-edge" />;
}

function Facts({ facts }) {
  if (!facts?.says) return null;
  return (
    <div className="wf-facts" data-testid="facts">
      <p className={facts.changes ? "is-changing" : ""}>
        {facts.asks ? <UserCheck size={13} aria-hidden="true" /> : facts.changes ? <Zap size={13} aria-hidden="true" /> : <BookOpen size={13} aria-hidden="true" />}
        <span>{facts.says}</span>
      </p>
      <details>
        <summary><ChevronRight size={13} aria-hidden="true" /> About {facts.title}</summary>
        {facts.about ? <Markdown text={facts.about} /> : <p className="w-help">The connector says nothing about it.</p>}
        <a href={facts.address} target="_blank" rel="noopener">Open {facts.connector} <ExternalLink size={11} aria-hidden="true" /></a>
      </details>
    </div>
  );
}

function Problem({ problem, readOnly, onFix, onWay }) {
  return (
    <div className={`wf-inspector-problem ${problem.severity}`} role="note">
      <strong><Said text={problem.message} /></strong>
      {problem.help ? <span><Said text={problem.help} /></span> : null}
      <span className="wf-problem-foot">
        <span className="wf-problem-code">{problem.code}</span>
        {problem.shows ? <button type="button" className="w-button ghost small" data-testid="show-way" onClick={onWay}><Route size={13} /> Show the way</button> : null}
      </span>
      {problem.fix && !readOnly ? <button type="button" className="w-button small" onClick={onFix}><Wand2 size={13} /> <Said text={problem.fix} /></button> : null}
    </div>
  );
}

function Section({ section, children }) {
  const [open, setOpen] = useState(!section.folded);
  return (
    <section className="wf-section" data-testid={`section-${section.key}`}>
      <h3>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}><ChevronRight size={14} className={open ? "is-open" : ""} aria-hidden="true" /> {section.title}</button>
      </h3>
      {open ? <div className="wf-fields">{children}</div> : null}
    </section>
  );
}
