// The steps of a run and when each ran: one line a step, loops by their rounds, its bar on the run's time.
import { memo, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { length } from "$/public/external/studio/shell/elements/time.jsx";
import { RunCanvas } from "$/public/external/studio/editor/browser/canvas.jsx";
import { StepDetails } from "./step.jsx";
import { Mark } from "./marks.jsx";
import { store, useHeld, usePatches } from "./patched.js";

const held = store();

let now = Date.now();
const listeners = new Set();
let timer = null;
function subscribe(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((each) => each());
  }, 500);
  return () => {
    listeners.delete(listener);
    if (!listeners.size) timer = clearInterval(timer) ?? null;
  };
}
const still = () => () => {};

const at = (iso) => new Date(iso).getTime();
const SQUEEZED = 0.3;
const LEAST_ZOOM = 1 / 5000;

// Hours of waiting for a person would squash the milliseconds of work around them: stretches in which nothing but
// gates was open get at most three tenths of the width together. Gives a function from time to 0..1.
function axis(rows, begin, end) {
  const gates = new Set(rows.filter((row) => row.waits).map((row) => row.path));
  const outer = (row) => row.open !== null || [...gates].some((gate) => gate.startsWith(`${row.path}.`));
  const work = rows
    .filter((row) => row.started && !row.waits && !(gates.size && outer(row)))
    .map((row) => [at(row.started), row.finished ? at(row.finished) : end])
    .sort((a, b) => a[0] - b[0]);
  const idle = [];
  let reached = begin;
  for (const [start, stop] of [...work, [end, end]]) {
    if (start > reached) idle.push([reached, start]);
    reached = Math.max(reached, stop);
  }
  const quiet = idle.reduce((sum, [start, stop]) => sum + stop - start, 0);
  const span = Math.max(end - begin, 1);
  if (!gates.size || quiet / span <= SQUEEZED) return (time) => (time - begin) / span;
  const busy = Math.max(span - quiet, 1);
  const squeeze = (busy * SQUEEZED) / (1 - SQUEEZED) / quiet;
  const whole = busy + quiet * squeeze;
  return (time) => {
    const passed = idle.reduce((sum, [start, stop]) => sum + Math.max(0, Math.min(time, stop) - start), 0);
    return (time - begin - passed * (1 - squeeze)) / whole;
  };
}

function Bar({ row, place, until }) {
  if (!row.started) return <div className="w-bar-track" />;
  const start = at(row.started);
  const end = row.finished ? at(row.finished) : until;
  const [from, to] = [place(start), place(end)];
  const label = length(end - start);
  if (to < 0 || from > 1) return <div className="w-bar-track"><span className="w-bar-away" style={from > 1 ? { right: 0 } : { left: 0 }}>{from > 1 ? "▸" : "◂"}</span></div>;
  const left = Math.min(Math.max(from * 100, 0), 99.2);
  const width = Math.min(Math.max(Math.min(to, 1) * 100 - left, 0.8), 100 - left);
  const where = left + width <= 80 ? { left: `calc(${left + width}% + 5px)` } : width > 22 ? { left: `calc(${left}% + 6px)` } : { right: `calc(${100 - left}% + 5px)` };
  const parts = row.parts.map((part, index) => {
    const [a, b] = [place(at(part.from)), place(part.to ? at(part.to) : until)];
    if (b <= 0 || a >= 1) return null;
    return <i key={index} className={`w-bar-part ${part.what}`} style={{ left: `${Math.max(a, 0) * 100}%`, width: `max(2px, ${(Math.min(b, 1) - Math.max(a, 0)) * 100}%)` }} />;
  });
  return (
    <div className="w-bar-track">
      <div className={`w-bar ${row.state} ${row.waits ? "gate" : ""} ${row.open !== null ? "outer" : ""}`} style={{ left: `${left}%`, width: `${width}%` }} />
      {parts}
      <span className="w-bar-time" style={where}>
        {label}
      </span>
    </div>
  );
}

function Rounds({ row, onLook }) {
  const { all, failed, going, of, at: first, size, only } = row.loop;
  const [asked, setAsked] = useState("");
  const go = (to) => onLook({ type: "window", path: row.path, at: Math.max(0, Math.min(to, Math.max(0, of - 1))) });
  return (
    <div className="w-rounds" style={{ paddingLeft: `${(row.depth + 1) * 16 + 22}px` }} data-testid="rounds" role="group" aria-label={`Rounds of ${row.label}`}>
      <span className="w-small w-muted w-number" data-testid="rounds-shown">
        {of ? `${first + 1}–${Math.min(first + size, of)} of ${of}` : "none"}
        {only ? " that did not succeed" : ""}
        {going ? `, ${going} going` : ""}
      </span>
      {of > size && (
        <>
          <button type="button" className="w-button ghost icon small" aria-label="Earlier rounds" disabled={first === 0} onClick={() => go(first - size)} data-testid="rounds-back">
            ‹
          </button>
          <button type="button" className="w-button ghost icon small" aria-label="Later rounds" disabled={first + size >= of} onClick={() => go(first + size)} data-testid="rounds-on">
            ›
          </button>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const number = parseInt(asked, 10);
              if (number > 0) go(number - 1 - ((number - 1) % size));
            }}
          >
            <input className="w-input w-round-number" inputMode="numeric" value={asked} onChange={(event) => setAsked(event.target.value.replace(/\D/g, ""))} placeholder="Go to #" aria-label="Go to a round" data-testid="rounds-go" />
          </form>
        </>
      )}
      {(failed > 0 || only) && (
        <button type="button" className={`w-button small ${only ? "primary" : "ghost"}`} aria-pressed={only} onClick={() => onLook({ type: "failed", path: row.path, to: !only })} data-testid="rounds-failed">
          {failed} failed
        </button>
      )}
      {all !== of && !only && <span className="w-small w-muted">of {all}</span>}
    </div>
  );
}

const Line = memo(function Line({ row, chosen, place, until, onLook, children }) {
  const open = row.open === true;
  return (
    <li className={`w-trace-row ${chosen ? "open" : ""}`} data-testid="step-row" data-path={row.path} data-state={row.state} data-kind={row.kind}>
      <div className="w-trace-line">
        {row.open !== null ? (
          <button type="button" className="w-trace-fold" style={{ marginLeft: `${row.depth * 16}px` }} aria-expanded={open} aria-label={`${open ? "Close" : "Open"} ${row.label}`} onClick={() => onLook({ type: "open", path: row.path, to: !open })} data-testid="step-fold">
            <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" style={{ transform: open ? "rotate(90deg)" : "none" }}>
              <path d="M3 1.5 L7 5 L3 8.5" fill="none" stroke="currentColor" strokeWidth="1.6" />
            </svg>
          </button>
        ) : (
          <span className="w-trace-fold" style={{ marginLeft: `${row.depth * 16}px` }} />
        )}
        <button type="button" className="w-trace-head" aria-expanded={row.kind === "round" ? undefined : chosen} onClick={() => onLook(row.kind === "round" || row.kind === "try" || row.kind === "way" ? { type: "open", path: row.path, to: !open } : { type: "select", path: row.path })}>
          <span className="w-trace-name">
            <Mark state={row.state} />
            <span className="w-truncate">{row.label}</span>
            {row.loop && <span className="w-badge square w-number" data-testid="round-count">{row.loop.all}×{row.loop.failed ? ` · ${row.loop.failed} failed` : ""}</span>}
            {row.arm && <span className="w-badge square w-trace-arm">{row.arm}</span>}
            {row.pinned && <span className="w-badge square info" title="Nothing was done: its result was given for this test" data-testid="step-made-up">not done</span>}
            {row.attempt > 1 && <span className="w-badge warning">{row.attempt} tries</span>}
            <span className="w-visually-hidden">, {row.words}</span>
            {row.cost > 0 && <span className="w-muted w-small w-number">${row.cost < 0.01 ? row.cost.toPrecision(2) : row.cost.toFixed(2)}</span>}
            {row.tool && <span className="w-mono w-muted w-trace-tool w-truncate">{row.tool}</span>}
          </span>
          <Bar row={row} place={place} until={until} />
        </button>
      </div>
      {row.loop && open && (row.loop.of > row.loop.size || row.loop.failed > 0 || row.loop.only) && <Rounds row={row} onLook={onLook} />}
      {children}
    </li>
  );
});

function Ruler({ begin, whole, place, zoom }) {
  // Ticks at round lengths; what a tick says is the time since the beginning.
  const ticks = useMemo(() => {
    const found = [];
    const span = whole - begin;
    const visible = span * (zoom.to - zoom.from);
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 864e5].find((size) => visible / size <= 6) ?? Math.ceil(visible / 6 / 864e5) * 864e5;
    for (let time = 0, count = 0; time <= span && count < 400; time += step, count += 1) {
      const x = place(begin + time);
      const from = x > 0.92 ? 0.86 : x; // the last one's words end at the edge
      if (x >= -0.001 && x <= 1.001 && (!found.length || from - found[found.length - 1].x > 0.12)) found.push({ x, words: time === 0 ? "0" : length(time) });
    }
    return found;
  }, [begin, whole, place, zoom]);
  return (
    <div className="w-ruler" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick.x} style={tick.x > 0.92 ? { right: 0 } : { left: `${tick.x * 100}%` }}>
          {tick.words}
        </span>
      ))}
    </div>
  );
}

export function Timeline({ patches, since, until, live, step, detail, onLook, onMissing }) {
  usePatches(held, patches, onMissing);
  const { rows, order } = useHeld(held);
  const current = useSyncExternalStore(live ? subscribe : still, () => now, () => now);
  const [zoom, setZoom] = useState({ from: 0, to: 1 });
  const list = useRef(null);
  const shown = useMemo(() => order.map((path) => rows[path]).filter(Boolean), [rows, order]);
  const begin = since ? at(since) : current;
  const last = useMemo(() => shown.reduce((most, row) => Math.max(most, row.finished ? at(row.finished) : 0), 0), [shown]);
  const end = Math.max(until ? at(until) : current, last, begin + (live ? 1000 : 1));
  const place = useMemo(() => {
    const plain = axis(shown, begin, end);
    return (time) => (plain(time) - zoom.from) / (zoom.to - zoom.from);
  }, [shown, begin, end, zoom]);
  const look = useCallback((said) => onLook?.(said), [onLook]);

  const zoomBy = (factor, around = 0.5) =>
    setZoom(({ from, to }) => {
      const size = Math.min(1, Math.max(LEAST_ZOOM, (to - from) * factor));
      const middle = from + (to - from) * around;
      const start = Math.min(Math.max(0, middle - size * around), 1 - size);
      return { from: start, to: start + size };
    });
  const pan = (by) =>
    setZoom(({ from, to }) => {
      const start = Math.min(Math.max(0, from + by * (to - from)), 1 - (to - from));
      return { from: start, to: start + (to - from) };
    });
  const zoomed = zoom.to - zoom.from < 1;

  // Ctrl with the wheel zooms where the pointer is, Shift with the wheel goes along; React's own listener is passive.
  useEffect(() => {
    const element = list.current;
    const onWheel = (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      const track = element.querySelector(".w-bar-track")?.getBoundingClientRect();
      if (event.ctrlKey) zoomBy(event.deltaY > 0 ? 1.25 : 0.8, track ? Math.min(1, Math.max(0, (event.clientX - track.left) / track.width)) : 0.5);
      else pan((event.deltaY || event.deltaX) > 0 ? 0.15 : -0.15);
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, []);

  const onKeyDown = (event) => {
    const head = event.target.closest?.(".w-trace-head");
    if (!head || event.ctrlKey || event.metaKey || event.altKey) return;
    const heads = [...list.current.querySelectorAll(".w-trace-head")];
    const here = heads.indexOf(head);
    const row = rows[head.closest("[data-path]").dataset.path];
    const go = (index) => (event.preventDefault(), heads[Math.max(0, Math.min(heads.length - 1, index))]?.focus());
    if (event.key === "ArrowDown" || event.key === "j") go(here + 1);
    else if (event.key === "ArrowUp" || event.key === "k") go(here - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(heads.length - 1);
    else if (event.key === "ArrowRight" && row?.open === false) look({ type: "open", path: row.path, to: true });
    else if (event.key === "ArrowLeft" && row?.open === true) look({ type: "open", path: row.path, to: false });
    else if (event.key === "ArrowLeft" && row) go(heads.findLastIndex((each, index) => index < here && rows[each.closest("[data-path]").dataset.path]?.depth < row.depth));
    else if (event.key === "+" || event.key === "=") zoomBy(0.5);
    else if (event.key === "-") zoomBy(2);
    else if (event.key === "0") setZoom({ from: 0, to: 1 });
  };
  return (
    <div className="w-timeline" data-testid="timeline">
      <div className="w-timeline-head">
        <span className="w-row w-zoom" role="group" aria-label="Scale of time">
          {zoomed && (
            <>
              <button type="button" className="w-button ghost icon small" aria-label="Earlier" onClick={() => pan(-0.5)}>‹</button>
              <button type="button" className="w-button ghost icon small" aria-label="Later" onClick={() => pan(0.5)}>›</button>
            </>
          )}
          <button type="button" className="w-button ghost icon small" aria-label="Less time at a larger scale" title="Larger (+)" onClick={() => zoomBy(0.5)} data-testid="zoom-time-in">+</button>
          <button type="button" className="w-button ghost icon small" aria-label="More time at a smaller scale" title="Smaller (−)" disabled={!zoomed} onClick={() => zoomBy(2)} data-testid="zoom-time-out">−</button>
          <button type="button" className="w-button ghost small" disabled={!zoomed} title="All of it (0)" onClick={() => setZoom({ from: 0, to: 1 })} data-testid="zoom-time-fit">All</button>
        </span>
        <Ruler begin={begin} whole={end} place={place} zoom={zoom} />
      </div>
      <ol className="w-trace" data-testid="trace" ref={list} onKeyDown={onKeyDown}>
        {shown.map((row) => (
          <Line key={row.path} row={row} chosen={step === row.path} place={place} until={end} onLook={look}>
            {step === row.path && <StepDetails row={row} detail={detail?.path === row.path ? detail : null} />}
          </Line>
        ))}
      </ol>
      {shown.length >= 400 && <p className="w-card-body w-small w-muted">There are more lines: close some of what is open.</p>}
    </div>
  );
}

// The graph of the version that ran, with the marks that the timeline's patches bring.
export function RunGraph({ graph, selected, onSelect }) {
  const { marks } = useHeld(held);
  return <RunCanvas graph={graph} states={marks} selected={selected} onSelect={onSelect} />;
}
