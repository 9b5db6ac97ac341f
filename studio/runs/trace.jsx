// The steps of a run and when each ran: one row a step, its bar on the run's time, its details when it is opened.
import { useSyncExternalStore } from "react";
import { Elapsed, length } from "$/public/external/studio/shell/elements/time.jsx";
import { Json, Large } from "$/public/external/studio/shell/elements/value.jsx";

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

const MARKS = {
  succeeded: ["success", "M4 8.5l2.6 2.6L12 5.6"],
  failed: ["danger", "M5 5l6 6M11 5l-6 6"],
  running: ["accent", null],
  retrying: ["warning", "M11.5 6A4 4 0 1 0 12 9M12 4v2.6H9.4"],
  waiting: ["warning", "M8 5v3.2l2 1.3"],
  caught: ["warning", "M4 8.5l2.6 2.6L12 5.6"],
  review: ["warning", "M6.3 6.2a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.3M8 11.4v.1"],
  cancelled: ["", "M5 5l6 6"],
};

function Mark({ state }) {
  const [tone, path] = MARKS[state] ?? ["", "M5 8h6"];
  return (
    <svg className={`w-mark ${tone} ${state === "running" ? "w-spin" : ""}`} width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.6" />
      {path ? <path d={path} /> : <path className="arc" d="M8 1.4a6.6 6.6 0 0 1 6.6 6.6" />}
    </svg>
  );
}

const at = (iso) => new Date(iso).getTime();
const SQUEEZED = 0.3;

// Hours of waiting for a person would squash the milliseconds of work around them: stretches in which nothing but
// gates was open get at most three tenths of the width together. Gives a function from time to 0..1.
function axis(rows, begin, end) {
  const gates = new Set(rows.filter((row) => row.waits).map((row) => row.path));
  const outer = (path) => [...gates].some((gate) => gate.startsWith(`${path}.`));
  const work = rows
    .filter((row) => row.started && !row.waits && !outer(row.path))
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
  if (!row.started) return null;
  const start = at(row.started);
  const end = row.finished ? at(row.finished) : until;
  const left = Math.min(Math.max(place(start) * 100, 0), 99.2);
  const width = Math.min(Math.max(place(end) * 100 - left, 0.8), 100 - left);
  const label = length(end - start);
  const where = left + width <= 80 ? { left: `calc(${left + width}% + 5px)` } : width > 22 ? { left: `calc(${left}% + 6px)` } : { right: `calc(${100 - left}% + 5px)` };
  return (
    <div className="w-bar-track">
      <div className={`w-bar ${row.state} ${row.waits ? "gate" : ""}`} style={{ left: `${left}%`, width: `${width}%` }} />
      <span className="w-bar-time" style={where}>
        {label}
      </span>
    </div>
  );
}

function Details({ row, detail }) {
  if (!detail) return <div className="w-trace-details w-muted" role="status">Loading…</div>;
  const part = (title, value, id, large) =>
    large ? (
      <section data-testid={id}>
        <h4>{title}</h4>
        <Large {...large} />
      </section>
    ) : value !== undefined &&
    value !== null && (
      <section>
        <h4>{title}</h4>
        <Json value={value} label={title} />
        <span hidden data-testid={id} />
      </section>
    );
  return (
    <div className="w-trace-details" data-testid="step-details">
      <dl className="w-facts">
        <div className="w-fact">
          <dt className="w-small w-muted">Path</dt>
          <dd className="w-mono">{row.path}</dd>
        </div>
        {row.tool && (
          <div className="w-fact">
            <dt className="w-small w-muted">Tool</dt>
            <dd className="w-mono">{row.tool}</dd>
          </div>
        )}
        {row.arm && (
          <div className="w-fact">
            <dt className="w-small w-muted">Branch taken</dt>
            <dd>{row.arm}</dd>
          </div>
        )}
        <div className="w-fact">
          <dt className="w-small w-muted">Attempts</dt>
          <dd data-testid="step-attempts">{row.attempt}</dd>
        </div>
        <div className="w-fact">
          <dt className="w-small w-muted">Started</dt>
          <dd>{row.started ? new Date(row.started).toLocaleString() : "not yet"}</dd>
        </div>
        <div className="w-fact">
          <dt className="w-small w-muted">Took</dt>
          <dd>
            <Elapsed since={row.started} until={row.finished || (row.live ? "" : row.started)} none="–" />
          </dd>
        </div>
      </dl>
      {detail.error && (
        <div className="w-note danger" data-testid="step-error">
          <div>
            <div className="w-strong">{detail.error.message}</div>
            <div className="w-small w-muted">Code: {detail.error.code}</div>
          </div>
        </div>
      )}
      {detail.waits?.map((wait) => (
        <p key={wait.opened} className="w-small" data-testid="step-answer">
          {wait.answer ? (
            <>
              <span className="w-strong">{wait.words}</span>
              {wait.by && ` by ${wait.by}`}
              {wait.answered && ` at ${new Date(wait.answered).toLocaleString()}`}
              {wait.comment && <span className="w-muted">: “{wait.comment}”</span>}
            </>
          ) : (
            wait.words
          )}
          {wait.escalated && <span className="w-muted">{` Somebody else was asked too, at ${new Date(wait.escalated).toLocaleString()}.`}</span>}
          {wait.run && (
            <>
              {" "}
              <a href={`/runs/${wait.run}`} data-testid="child-run">Open that run</a>
            </>
          )}
        </p>
      ))}
      {detail.questions?.map((asked) => (
        <p key={asked.asked} className="w-small" data-testid="step-question">
          {asked.text}{" "}
          {asked.words ? (
            <>
              <span className="w-strong">{asked.words}</span>
              {`, says ${asked.by}`}
              {asked.answered && ` at ${new Date(asked.answered).toLocaleString()}`}
              {asked.comment && <span className="w-muted">: “{asked.comment}”</span>}
            </>
          ) : (
            <span className="w-muted">Nobody has said so far.</span>
          )}
        </p>
      ))}
      {detail.retries?.map((tried) => (
        <p key={tried.number} className="w-small w-muted">
          Try {tried.number} failed: {tried.message} ({tried.code}); next after {length(tried.delay_ms)}.
        </p>
      ))}
      <div className="w-trace-io">
        {part("Input", detail.input, "step-input", detail.large?.input)}
        {part("Output", detail.output, "step-output", detail.large?.output)}
      </div>
      {!detail.error && detail.input == null && detail.output == null && !Object.keys(detail.large ?? {}).length && !detail.waits?.length && <p className="w-muted">This step takes and gives no values.</p>}
    </div>
  );
}

export function Trace({ rows = [], since, until, live, opened = [], details = {}, onToggle }) {
  const current = useSyncExternalStore(live ? subscribe : still, () => now, () => now);
  const begin = since ? new Date(since).getTime() : current;
  const end = until ? new Date(until).getTime() : Math.max(current, begin + 1000);
  const place = axis(rows, begin, end);
  return (
    <ol className="w-trace" data-testid="trace">
      {rows.map((row) => {
        const open = opened.includes(row.path);
        return (
          <li key={row.path} className={`w-trace-row ${open ? "open" : ""}`} data-testid="step-row" data-path={row.path} data-state={row.state}>
            <button type="button" className="w-trace-head" aria-expanded={open} onClick={() => onToggle?.(row.path)}>
              <span className="w-trace-name" style={{ paddingLeft: `${row.depth * 16}px` }}>
                <Mark state={row.state} />
                <span className="w-truncate">
                  {row.label}
                  {row.round && <span className="w-muted"> {row.round}</span>}
                </span>
                {row.arm && <span className="w-badge square w-trace-arm">{row.arm}</span>}
                {row.pinned && <span className="w-badge square info" title="Nothing was done: its result was given for this test" data-testid="step-made-up">not done</span>}
                {row.attempt > 1 && <span className="w-badge warning">{row.attempt} tries</span>}
                <span className="w-visually-hidden">, {row.words}</span>
                {row.tool && <span className="w-mono w-muted w-trace-tool w-truncate">{row.tool}</span>}
              </span>
              <Bar row={row} place={place} until={end} />
            </button>
            {open && <Details row={row} detail={details[row.path]} />}
          </li>
        );
      })}
    </ol>
  );
}
