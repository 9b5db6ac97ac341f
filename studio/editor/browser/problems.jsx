// The list of problems: live, by severity or by step; what each means, its fix in one click, and F8 from one to the next.
import "./segments.css";
import "./problems.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { ChevronRight, CircleCheck, WandSparkles } from "lucide-react";
import { ask } from "./assist.js";
import { usePlaced } from "./placed.js";
import { Said } from "./said.jsx";

const SORTS = [
  ["error", "Errors", "They stand in the way of publishing."],
  ["warning", "Warnings", "It can be published; something is probably not as it was meant."],
  ["info", "Notes", "Nothing is wrong; something is worth knowing."],
];
const WAYS = { severity: "By severity", step: "By step" };
const REMEMBERED = "weft-problems-by";

export function Problems({ problems: told, places, readOnly, onSay }) {
  const problems = usePlaced(told, places);
  const [by, setBy] = useState(() => (localStorage.getItem(REMEMBERED) === "step" ? "step" : "severity"));
  const groups = useMemo(() => grouped(problems ?? [], by), [problems, by]);
  const shown = useMemo(() => groups.flatMap((group) => group.problems), [groups]);
  const list = useRef(null);
  const current = useWalk(shown, onSay);
  const group = (way) => (localStorage.setItem(REMEMBERED, way), setBy(way));
  if (!shown.length) return <Calm />;
  return (
    <div className="wf-problems" data-testid="problems">
      <div className="wf-problems-bar">
        <div className="wf-segments" role="group" aria-label="Order">
          {Object.entries(WAYS).map(([way, words]) => (
            <button key={way} type="button" aria-pressed={by === way} data-testid={`problems-by-${way}`} onClick={() => group(way)}>
              {words}
            </button>
          ))}
        </div>
        <span className="w-small w-muted wf-problems-keys">
          <kbd className="w-kbd">F8</kbd> goes to the next one, <kbd className="w-kbd">Shift F8</kbd> back
        </span>
      </div>
      <div ref={list} onKeyDown={(event) => step(event, list.current)}>
        {groups.map(({ key, title, about, problems: mine }) => (
          <section key={key} className="wf-problem-group" aria-label={title}>
            <h3>
              {title} <span className="w-badge">{mine.length}</span>
              <span className="w-small w-muted">{about}</span>
            </h3>
            <ul className="wf-problem-list">
              {mine.map((problem) => (
                <Problem key={keyOf(problem)} problem={problem} alike={alike(shown, problem)} isCurrent={current === keyOf(problem)} readOnly={readOnly} onSay={onSay} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

function Problem({ problem, alike, isCurrent, readOnly, onSay }) {
  const [open, setOpen] = useState(false);
  const { index, code, severity, step, line } = problem;
  const mend = (all) => onSay?.({ type: "mend", index, code, all });
  return (
    <li className={isCurrent ? "is-current" : ""}>
      <div className="wf-problem-line">
        <button type="button" className="wf-problem-row" data-testid="problem-row" data-code={code} data-severity={severity} onClick={() => onSay?.({ type: "go", index, code, focus: true })}>
          <span className={`wf-dot ${severity}`} title={severity} />
          <span className="wf-problem-words">
            <span className="w-strong"><Said text={problem.message} /></span>
            {problem.help ? <span className="w-small w-muted"><Said text={problem.help} /></span> : null}
            {problem.way ? <span className="w-small w-muted">The way that shows it: {problem.way}</span> : null}
          </span>
          <span className="w-small w-muted w-nowrap">
            {step ? `${step} · ` : ""}line {line}
          </span>
        </button>
        {problem.fix && !readOnly ? (
          <button type="button" className="w-button small" data-testid="problem-fix" onClick={() => mend(false)}>
            <WandSparkles size={13} /> <Said text={problem.fix} />
          </button>
        ) : null}
        {problem.fix && alike > 1 && !readOnly ? (
          <button type="button" className="w-button small" data-testid="problem-fix-all" onClick={() => mend(true)} title="The fixes of all problems of this kind, in one step that can be undone">
            Fix all {alike}
          </button>
        ) : null}
        <button type="button" className="w-button ghost small wf-why" aria-expanded={open} data-testid="problem-why" onClick={() => setOpen(!open)}>
          <ChevronRight size={13} className={open ? "is-open" : ""} /> {code}
        </button>
      </div>
      {open ? <Why code={code} /> : null}
    </li>
  );
}

// What a rule is about, why it is there and what to do, in its own words.
function Why({ code }) {
  const [page, setPage] = useState(undefined);
  useEffect(() => {
    let here = true;
    ask("explain", () => ({ name: code })).then((found) => here && setPage(found?.headline ? found : null));
    return () => (here = false);
  }, [code]);
  if (page === undefined) return <p className="wf-why-page w-muted">Looking it up…</p>;
  if (page === null) return <p className="wf-why-page w-muted">There is no more to say about {code}.</p>;
  return (
    <div className="wf-why-page" data-testid="problem-page">
      <p><Said text={page.what} /> <Said text={page.why} /></p>
      <p><strong>What to do:</strong> <Said text={page.fix} /></p>
      {page.more.map((words) => <p key={words}><Said text={words} /></p>)}
      {page.bad && page.good ? (
        <div className="wf-why-examples">
          <figure><figcaption>With the mistake</figcaption><pre className="w-code" tabIndex={0}>{page.bad}</pre></figure>
          <figure><figcaption>Mended</figcaption><pre className="w-code" tabIndex={0}>{page.good}</pre></figure>
        </div>
      ) : null}
    </div>
  );
}

function Calm() {
  return (
    <div className="wf-calm wf-problems-none" data-testid="no-problems">
      <CircleCheck size={18} aria-hidden="true" />
      <div>
        <p className="w-strong">No problems. The workflow can be published.</p>
        <p className="w-small w-muted">
          Everything is checked while you build: names and values, what the tools take, calls that need a yes, what happens
          twice or never. What is found is listed here with what to do about it, and marked on its step and in the text.
        </p>
      </div>
    </div>
  );
}

// F8 and Shift-F8, wherever the focus is; with the focus in the text the cursor goes along.
function useWalk(shown, onSay) {
  const [current, setCurrent] = useState("");
  const latest = useRef();
  latest.current = { shown, onSay, current };
  useEffect(() => {
    const walk = (event) => {
      if (event.key !== "F8" || event.ctrlKey || event.metaKey || event.altKey) return;
      const { shown, onSay, current } = latest.current;
      if (!shown.length || document.querySelector("dialog[open], [aria-modal=true]")) return;
      event.preventDefault();
      const at = shown.findIndex((problem) => keyOf(problem) === current);
      const next = shown[at < 0 ? (event.shiftKey ? shown.length - 1 : 0) : (at + (event.shiftKey ? -1 : 1) + shown.length) % shown.length];
      setCurrent(keyOf(next));
      onSay?.({ type: "go", index: next.index, code: next.code, focus: document.activeElement?.closest(".wf-text") != null });
    };
    window.addEventListener("keydown", walk);
    return () => window.removeEventListener("keydown", walk);
  }, []);
  return current;
}

// Up and down go from row to row.
function step(event, list) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way) return;
  const rows = [...list.querySelectorAll("[data-testid=problem-row]")];
  const here = rows.findIndex((row) => row.closest("li").contains(document.activeElement));
  if (here < 0 || !rows[here + way]) return;
  event.preventDefault();
  rows[here + way].focus();
}

const keyOf = ({ code, step, message }) => `${code}:${step}:${message}`;
const alike = (shown, { code }) => shown.filter((other) => other.code === code && other.fix).length;

export function grouped(problems, by) {
  if (by === "severity")
    return SORTS.map(([key, title, about]) => ({ key, title, about, problems: problems.filter((one) => one.severity === key) })).filter((group) => group.problems.length);
  const steps = new Map();
  for (const problem of [...problems].sort((a, b) => a.start - b.start)) {
    if (!steps.has(problem.step)) steps.set(problem.step, []);
    steps.get(problem.step).push(problem);
  }
  return [...steps].map(([step, mine]) => ({ key: step || "-", title: step || "The workflow", about: "", problems: mine }));
}
