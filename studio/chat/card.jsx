// A proposal: what it takes from safety first, then what it does, then what can be decided, whole or in parts.
import { useEffect, useId, useRef, useState } from "react";
import { CircleHelp, Eye, EyeOff, GitMerge, Link2, ShieldAlert, Workflow } from "lucide-react";
import { Trail } from "./trail.jsx";

const BADGES = {
  accepted: ["Accepted", "success"],
  partly: ["Accepted in parts", "success"],
  rejected: ["Rejected", ""],
  superseded: ["Replaced by a newer one", ""],
};
const SIDES = { mine: "Yours", theirs: "The proposal's", both: "Both" };
const suggest = (text) => window.dispatchEvent(new CustomEvent("weft-chat-suggest", { detail: text }));

// What stands between backticks is code.
export function Words({ text }) {
  const begun = text.charAt(0) === "`" ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return begun.split("`").map((part, index) => (index % 2 ? <code key={index} className="wc-code">{part}</code> : part));
}

export function Card({ message, asking, canEdit, busy, looking, onSay }) {
  const live = message.state === "open" || message.state === "partly";
  const [unticked, setUnticked] = useState(() => new Set());
  const cut = message.parts.map(({ id, title }) => `${id} ${title}`).join("\n");
  useEffect(() => setUnticked(new Set()), [cut]);
  const parts = message.parts.filter(({ id }) => !unticked.has(id));
  const some = message.parts.length > 0 && parts.length < message.parts.length;
  const tick = (id, on) => setUnticked((now) => new Set(on ? [...now].filter((one) => one !== id) : [...now, id]));
  const [words, tone] = BADGES[message.state] ?? [message.is_change ? "Change" : "Proposal", "info"];
  const accept = (more = {}) => onSay({ type: "accept", message: message.id, parts: some ? parts.map(({ id }) => id) : null, ...more });
  return (
    <div className={`wc-card ${live ? "" : "settled"}`} data-testid="proposal" data-state={message.state}>
      <div className="wc-card-head">
        <Workflow size={15} aria-hidden="true" />
        <span className="w-mono w-strong w-truncate">{message.title}</span>
        <span className="w-spacer" />
        <span className={`w-badge ${tone}`}>{words}</span>
      </div>
      {live && message.safety.length ? <Box title="Less safe than before" items={message.safety} tone="danger" icon={ShieldAlert} test="proposal-safety" /> : null}
      {message.summary ? <p className="wc-summary">{message.summary}</p> : null}
      {message.taken.length ? <Box title="Taken" items={message.taken} tone="success" icon={GitMerge} test="proposal-taken" /> : null}
      {message.questions.length ? <Questions questions={message.questions} live={live} /> : null}
      {live && message.parts.length ? <Parts parts={message.parts} unticked={unticked} tick={tick} canEdit={canEdit} rest={message.state === "partly"} /> : null}
      {live && message.is_change ? <Diff lines={message.diff} open={!message.parts.length} /> : null}
      {message.steps.length ? <Steps steps={message.steps} words={message.is_change ? "All steps" : "Steps"} open={live && !message.is_change} /> : null}
      {message.assumptions.length ? <Listed title="Assumptions" items={message.assumptions} open={live} /> : null}
      {live && message.simulated ? <p className="w-small w-muted" data-testid="proposal-simulated">{message.simulated}</p> : null}
      {message.warnings.length ? <Listed title="Warnings" items={message.warnings} /> : null}
      <Trail rounds={message.rounds} />
      {asking ? <Asking key={JSON.stringify(asking)} asking={asking} canEdit={canEdit} onSay={onSay} message={message} /> : null}
      {live && !asking ? (
        <Decision lowers={parts.length && message.parts.length ? parts.some(({ risks }) => risks.length) : message.safety.length > 0} some={some} parts={parts.length} of={message.parts.length} canEdit={canEdit} busy={busy} looking={looking} accept={accept} onSay={onSay} message={message} />
      ) : null}
      {message.state === "superseded" && canEdit && !asking ? (
        <div className="wc-decision">
          <button type="button" className="w-button small" data-testid="proposal-use" disabled={busy} onClick={() => onSay({ type: "accept", message: message.id })}>Use this one after all</button>
        </div>
      ) : null}
      {message.by ? <div className="wc-by">{message.by}</div> : null}
    </div>
  );
}

function Decision({ lowers, some, parts, of, canEdit, busy, looking, accept, onSay, message }) {
  const [sure, setSure] = useState(false);
  const yes = useRef(null);
  useEffect(() => {
    if (sure) yes.current?.focus();
  }, [sure]);
  useEffect(() => setSure(false), [lowers, parts]);
  const what = some ? (parts === 1 ? "Accept this part" : `Accept ${parts} of ${of} parts`) : "Accept";
  if (sure)
    return (
      <div className="w-note danger wc-sure" role="group" aria-label="Accept with less safety" data-testid="proposal-sure">
        <ShieldAlert size={15} aria-hidden="true" />
        <div>
          <div className="w-small">The workflow is less safe with this. Undo brings it back as it was.</div>
          <div className="wc-decision">
            <button ref={yes} type="button" className="w-button danger solid small" data-testid="proposal-accept-unsafe" onClick={() => (setSure(false), accept({ less_safe: true }))}>Yes, accept it</button>
            <button type="button" className="w-button small" data-testid="proposal-unsure" onClick={() => setSure(false)}>Back</button>
          </div>
        </div>
      </div>
    );
  return (
    <div className="wc-decision">
      <button type="button" className={`w-button small ${lowers ? "danger solid" : "primary"}`} disabled={!canEdit || busy || (of > 0 && parts === 0)} data-testid="proposal-accept" onClick={() => (lowers ? setSure(true) : accept())}>
        {lowers ? `${what}, with less safety` : what}
      </button>
      <button type="button" className="w-button small" aria-pressed={looking} data-testid="proposal-look" onClick={() => onSay({ type: "look", message: looking ? "" : message.id })}>
        {looking ? <EyeOff size={14} aria-hidden="true" /> : <Eye size={14} aria-hidden="true" />} {looking ? "Back to mine" : "Look at it"}
      </button>
      <button type="button" className="w-button small" data-testid="proposal-reject" disabled={busy} onClick={() => onSay({ type: "reject", message: message.id })}>{message.state === "partly" ? "Leave the rest" : "Reject"}</button>
      <span className="w-small w-muted">or say what to change</span>
    </div>
  );
}

// What stands between a click on "Accept" and the workflow.
function Asking({ asking, canEdit, onSay, message }) {
  const [sides, setSides] = useState(() => (asking.places ?? []).map(() => ""));
  const first = useRef(null);
  useEffect(() => first.current?.focus(), []);
  const accept = (more) => onSay({ type: "accept", message: message.id, parts: asking.parts ?? null, ...more });
  const drop = <button type="button" className="w-button small" data-testid="asking-drop" onClick={() => onSay({ type: "drop" })}>Back</button>;
  if (asking.kind === "needs")
    return (
      <Ask tone="warning" icon={Link2} title="Not without another part" test="asking-needs">
        <p className="w-small"><Words text={asking.words} /></p>
        <div className="wc-decision">
          {asking.more.length ? <button ref={first} type="button" className="w-button primary small" disabled={!canEdit} data-testid="asking-more" onClick={() => accept({ parts: asking.more })}>Take both</button> : null}
          {drop}
        </div>
      </Ask>
    );
  if (asking.kind === "unfit")
    return (
      <Ask tone="warning" icon={GitMerge} title="It does not fit any more" test="asking-unfit">
        <p className="w-small">With what was changed since, it would have an error: <Words text={asking.words} /></p>
        <p className="w-small">Ask for it again: the designer then works on the text as it is now.</p>
        <div className="wc-decision">{drop}</div>
      </Ask>
    );
  if (asking.kind === "confirm")
    return (
      <Ask tone="danger" icon={ShieldAlert} title="Less safe than now" test="asking-confirm">
        <ul className="wc-list-plain">{asking.safety.map((words, index) => <li key={index}>{words}</li>)}</ul>
        <div className="wc-decision">
          <button ref={first} type="button" className="w-button danger solid small" disabled={!canEdit} data-testid="asking-yes" onClick={() => accept({ less_safe: true, sides: asking.sides ?? [] })}>Accept, with less safety</button>
          {drop}
        </div>
      </Ask>
    );
  return (
    <Ask tone="warning" icon={GitMerge} title={asking.places.length === 1 ? "You changed the same place" : `You changed ${asking.places.length} of the same places`} test="asking-clash">
      <p className="w-small">Everything else is put together already. What you do not take is one undo away.</p>
      {asking.places.map((place, index) => <Clash key={index} place={place} number={index} side={sides[index]} choose={(side) => setSides(sides.map((one, n) => (n === index ? side : one)))} />)}
      <div className="wc-decision">
        <button type="button" className="w-button primary small" disabled={!canEdit || sides.includes("")} data-testid="asking-sides" onClick={() => accept({ sides })}>Use these</button>
        {drop}
      </div>
    </Ask>
  );
}

function Ask({ tone, icon: Icon, title, test, children }) {
  return (
    <div className={`w-note ${tone} wc-asking`} role="alert" data-testid={test}>
      <Icon size={15} aria-hidden="true" />
      <div>
        <div className="w-strong w-small">{title}</div>
        {children}
      </div>
    </div>
  );
}

function Clash({ place, number, side, choose }) {
  const name = useId();
  return (
    <fieldset className="wc-clash" data-testid="clash-place">
      <legend className="w-small">Line {place.line}</legend>
      {["mine", "theirs"].map((key) => (
        <div key={key}>
          <div className="w-small w-muted">{SIDES[key]}</div>
          {place[key] ? <pre tabIndex={0} aria-label={`${SIDES[key]}, place ${number + 1}`}>{place[key]}</pre> : <p className="w-small w-muted">Taken out.</p>}
        </div>
      ))}
      <div className="wc-sides">
        {Object.entries(SIDES).map(([key, words]) => (
          <label key={key}><input type="radio" name={name} checked={side === key} data-testid={`side-${key}`} onChange={() => choose(key)} /> {words}</label>
        ))}
      </div>
    </fieldset>
  );
}

function Parts({ parts, unticked, tick, canEdit, rest }) {
  return (
    <fieldset className="wc-parts" data-testid="proposal-parts">
      <legend>{rest ? "What is left" : "What changes"}</legend>
      {parts.map((part) => (
        <label key={part.id} className={`wc-part ${unticked.has(part.id) ? "is-off" : ""}`} data-testid="proposal-part">
          <input type="checkbox" checked={!unticked.has(part.id)} disabled={!canEdit} onChange={(event) => tick(part.id, event.target.checked)} />
          <span>
            <Words text={part.title} />
            {part.more.length ? <span className="w-muted"> and {part.more.length === 1 ? "one more change" : `${part.more.length} more changes`} there</span> : null}
            {part.risks.map((risk) => <span key={risk} className="wc-risk"><Words text={risk} /></span>)}
          </span>
          <span className="wc-count" aria-label={`${part.added} lines added, ${part.removed} removed`} role="img"><ins>+{part.added}</ins> <del>−{part.removed}</del></span>
        </label>
      ))}
    </fieldset>
  );
}

function Questions({ questions, live }) {
  return (
    <div className="w-note warning" data-testid="proposal-questions">
      <CircleHelp size={15} aria-hidden="true" />
      <div>
        <div className="w-strong w-small">Open questions</div>
        {live ? (
          <div className="wc-questions">
            {questions.map((question, index) => (
              <button key={index} type="button" className="wc-question" title="Answer it" data-testid="proposal-question" onClick={() => suggest(`${question.replace(/[?.]$/, "")}: `)}>{question}</button>
            ))}
          </div>
        ) : (
          <ul className="wc-list-plain">{questions.map((question, index) => <li key={index}>{question}</li>)}</ul>
        )}
      </div>
    </div>
  );
}

function Diff({ lines, open }) {
  return (
    <details open={open}>
      <summary>In the text</summary>
      <pre className="wc-diff" tabIndex={0} data-testid="proposal-diff" aria-label="What changes in the text">
        {lines.map(({ sign, text }, index) => (
          <div key={index} className={`wc-line ${{ "+": "added", "-": "removed" }[sign] ?? ""}`}><span className="wc-sign">{sign}</span>{text}</div>
        ))}
      </pre>
    </details>
  );
}

function Steps({ steps, words, open }) {
  return (
    <details open={open}>
      <summary>{words}</summary>
      <ol className="wc-steps">
        {steps.map((step, index) => (
          <li key={index} style={{ marginLeft: step.depth * 14 }}><span className="wc-dot" data-kind={step.kind} aria-hidden="true" /><span>{step.sentence}</span></li>
        ))}
      </ol>
    </details>
  );
}

function Listed({ title, items, open = false }) {
  return (
    <details open={open}>
      <summary>{title} ({items.length})</summary>
      <ul className="wc-list-plain">{items.map((item, index) => <li key={index}>{item}</li>)}</ul>
    </details>
  );
}

function Box({ title, items, tone, icon: Icon, test }) {
  return (
    <div className={`w-note ${tone}`} data-testid={test}>
      <Icon size={15} aria-hidden="true" />
      <div>
        <div className="w-strong w-small">{title}</div>
        <ul className="wc-list-plain">{items.map((item, index) => <li key={index}><Words text={item} /></li>)}</ul>
      </div>
    </div>
  );
}
