// Approvals as cards: what will happen in words and exactly, until when, what was asked about it, and the two buttons.
// What is typed and ticked stays here while the list around it refreshes.
import "./approvals.css";
import { useEffect, useId, useRef, useState } from "react";
import { ArrowRightLeft, Check, Clock, MessageCircleQuestion, TriangleAlert, Users, X, Zap } from "lucide-react";
import { TimeAgo, useNow } from "$/public/external/studio/shell/elements/time.jsx";
import { Value } from "$/public/external/studio/shell/elements/value.jsx";

const MARK = { strokeWidth: 1.75, "aria-hidden": true };

function clock(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(undefined, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

const two = (number) => String(number).padStart(2, "0");

// "2 d 3 h", "1 h 12 min", and to the second when it is close.
function left(seconds) {
  if (seconds < 600) return `${two(Math.floor(seconds / 60))}:${two(Math.floor(seconds % 60))}`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

function Expiry({ at }) {
  const now = useNow();
  const seconds = (new Date(at).getTime() - now) / 1000;
  const tone = seconds <= 0 ? "danger" : seconds < 3600 ? "warning" : "";
  return (
    <span className={`w-badge ${tone}`} title={`Expires ${new Date(at).toLocaleString()}`} data-testid="approval-expiry" role="timer" aria-live="off" suppressHydrationWarning>
      <Clock size={12} {...MARK} />
      {seconds <= 0 ? "expired" : <span suppressHydrationWarning>expires in {left(seconds)}</span>}
    </span>
  );
}

function Effect({ effect }) {
  return (
    <div className="w-effect" data-testid="approval-effect" data-tool={effect.tool}>
      <p className="w-effect-words">
        <Zap size={15} {...MARK} />
        <span>{effect.words}</span>
        {effect.stubbed && (
          <span className="w-badge" data-testid="effect-stubbed">
            not really, in this test
          </span>
        )}
      </p>
      {effect.known ? (
        <Value value={effect.arguments} />
      ) : (
        <p className="w-small w-muted w-effect-note">Its arguments depend on steps that have not run yet, so they cannot be shown now.</p>
      )}
      {effect.pending.length > 0 && <p className="w-small w-muted w-effect-note">Decided later: {effect.pending.join(", ")}</p>}
      <p className="w-small w-muted w-effect-note">
        Exactly: <span className="w-mono">{effect.tool}</span>
      </p>
    </div>
  );
}

function Talk({ talk, busy, onAnswer }) {
  const [text, setText] = useState("");
  const id = useId();
  return (
    <li className="w-talk" data-testid="approval-question">
      <p className="w-small w-muted">
        {talk.asker} asks {talk.answerer} · <TimeAgo at={talk.asked} />
      </p>
      <p className="w-talk-words">{talk.text}</p>
      {talk.answer ? (
        <div className="w-talk-answer" data-testid="approval-answer">
          <p className="w-small w-muted">
            {talk.answerer} answers · <TimeAgo at={talk.answered} />
          </p>
          <p className="w-talk-words">{talk.answer}</p>
        </div>
      ) : talk.mine ? (
        <form
          className="w-talk-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) onAnswer?.(talk.id, text);
          }}
        >
          <label htmlFor={id} className="w-label">
            Your answer
          </label>
          <textarea id={id} className="w-input" rows={3} maxLength={4000} value={text} onChange={(event) => setText(event.target.value)} data-testid="answer-text" />
          <button type="submit" className="w-button primary" disabled={busy || !text.trim()} data-testid="answer-send">
            Send the answer
          </button>
        </form>
      ) : (
        <p className="w-small w-muted">No answer yet. You can decide without it.</p>
      )}
    </li>
  );
}

function Progress({ card }) {
  return (
    <ul className="w-approval-progress w-small" data-testid="approval-progress">
      <li>
        <Users size={14} {...MARK} />
        <span>
          Asks {card.approvers}
          {card.quorum && <strong> · {card.quorum}</strong>}
        </span>
      </li>
      {card.decisions.map((said) => (
        <li key={said.email + said.at}>
          {said.words === "approved" ? <Check size={14} {...MARK} /> : <X size={14} {...MARK} />}
          <span>
            {said.email} {said.words}
            {said.for && ` for ${said.for}`}
            {said.comment && `: “${said.comment}”`} · <TimeAgo at={said.at} />
          </span>
        </li>
      ))}
      {card.escalates && (
        <li>
          <ArrowRightLeft size={14} {...MARK} />
          <span suppressHydrationWarning>
            Asks {card.escalates_to} as well from {clock(card.escalates)} on
          </span>
        </li>
      )}
      {card.escalated && (
        <li>
          <ArrowRightLeft size={14} {...MARK} />
          <span>Escalated: asks {card.escalates_to} as well</span>
        </li>
      )}
    </ul>
  );
}

function Decision({ card, busy, onDecide, onAsk, onHand }) {
  const [comment, setComment] = useState("");
  const [asking, setAsking] = useState(false);
  const [question, setQuestion] = useState("");
  const [late, setLate] = useState(false);
  const id = useId();
  useEffect(() => {
    if (!card.expires) return undefined;
    const wait = new Date(card.expires).getTime() - Date.now();
    setLate(wait <= 0);
    if (wait <= 0 || wait > 2 ** 31 - 1) return undefined;
    const timer = setTimeout(() => setLate(true), wait);
    return () => clearTimeout(timer);
  }, [card.expires]);
  if (card.refusal) {
    return (
      <p className="w-note info" data-testid="approval-refusal">
        You cannot decide this one. {card.refusal}
      </p>
    );
  }
  const decide = (decision) => onDecide?.(card.id, card.args_hash, decision, comment);
  const off = busy || late;
  return (
    <div className="w-decision">
      {card.acting_for && (
        <p className="w-note info" data-testid="acting-for">
          You decide this for {card.acting_for}. It is recorded so.
        </p>
      )}
      <div className="w-field">
        <label htmlFor={id}>
          Comment <span className="w-muted w-small">optional, kept with the decision</span>
        </label>
        <textarea id={id} className="w-input" rows={2} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} data-testid="approval-comment" />
      </div>
      {asking && (
        <form
          className="w-talk-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (!question.trim()) return;
            onAsk?.(card.id, question);
            setQuestion("");
            setAsking(false);
          }}
        >
          <label htmlFor={`${id}-ask`} className="w-label">
            Your question {card.asked_by && `to ${card.asked_by}`}
          </label>
          <textarea id={`${id}-ask`} className="w-input" rows={3} maxLength={2000} autoFocus value={question} onChange={(event) => setQuestion(event.target.value)} data-testid="question-text" />
          <p className="w-small w-muted">The approval stays open meanwhile, and so does its time.</p>
          <div className="w-row">
            <button type="submit" className="w-button primary" disabled={busy || !question.trim()} data-testid="question-send">
              Ask
            </button>
            <button type="button" className="w-button" onClick={() => setAsking(false)}>
              Not now
            </button>
          </div>
        </form>
      )}
      <div className="w-approval-more">
        {!asking && (
          <button type="button" className="w-button" disabled={off} onClick={() => setAsking(true)} data-testid="ask-button">
            <MessageCircleQuestion size={15} {...MARK} />
            {card.asked_by ? `Ask ${card.asked_by}` : "Ask about it"}
          </button>
        )}
        {!card.acting_for && (
          <button type="button" className="w-button" disabled={off} onClick={() => onHand?.(card.id)} data-testid="hand-button">
            <ArrowRightLeft size={15} {...MARK} />
            Hand it to a colleague
          </button>
        )}
      </div>
      <div className="w-decision-buttons">
        <button type="button" className="w-button danger" disabled={off} aria-label={`Reject: ${card.title}`} onClick={() => decide("reject")} data-testid="reject-button">
          Reject
        </button>
        <button type="button" className="w-button primary" disabled={off} aria-busy={busy} aria-label={`Approve: ${card.title}`} onClick={() => decide("approve")} data-testid="approve-button">
          {busy ? "Deciding…" : late ? "Expired" : "Approve"}
        </button>
        <p className="w-small w-muted w-decision-once">A decision is final: it cannot be taken back.</p>
      </div>
    </div>
  );
}

function Card({ card, busy, single, alone, ticked, onTick, onLooked, ...does }) {
  const opened = card.state === "open";
  const end = useRef(null);
  useEffect(() => {
    // Together with others only what was really on the screen can be decided: its last argument must have been.
    if (!end.current || !opened) return undefined;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && onLooked(card.id));
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [card.id, opened]);
  const decidable = opened && !card.refusal;
  return (
    <article className="w-card w-approval" data-testid="approval-card" data-id={card.id} data-run={card.run_id} data-state={card.state} tabIndex={-1} aria-label={card.title}>
      <header className="w-approval-head">
        <div className="w-approval-line">
          <h2 className="w-approval-title">{card.title}</h2>
          {decidable && !single && !alone && (
            <label className="w-check w-approval-tick">
              <input type="checkbox" checked={ticked} onChange={() => onTick(card.id)} data-testid="approval-tick" />
              <span className="w-visually-hidden">Select {card.title}</span>
            </label>
          )}
        </div>
        <p className="w-small w-muted">
          <a href={`/runs/${card.run_id}`}>{card.workflow}</a>
          {card.asked_by && ` · started by ${card.asked_by}`} · <TimeAgo at={card.created} />
        </p>
        <div className="w-row w-wrap w-approval-badges">
          {opened ? card.expires && <Expiry at={card.expires} /> : <span className={`w-pill ${card.tone}`}>{card.state_words}</span>}
          {card.trial && <span className="w-badge info">Test</span>}
          {!single && (
            <a className="w-small" href={`/approvals/${card.id}`} data-testid="approval-link">
              Open on its own page
            </a>
          )}
        </div>
      </header>
      <section className="w-approval-part">
        <h3>{opened ? "If you approve, this happens" : "What was asked"}</h3>
        {card.effects.length > 0 ? card.effects.map((effect, place) => <Effect key={`${effect.path} ${place}`} effect={effect} />) : <p className="w-muted">No tool is called behind this gate; the run only goes on.</p>}
        <span ref={end} aria-hidden="true" />
      </section>
      {card.has_shown && (
        <section className="w-approval-part">
          <h3>What the workflow shows you</h3>
          <div className="w-shown" data-testid="approval-shown">
            <Value value={card.shown} />
          </div>
        </section>
      )}
      {card.talk.length > 0 && (
        <section className="w-approval-part">
          <h3>Questions</h3>
          <ul className="w-talks">
            {card.talk.map((each) => (
              <Talk key={each.id} talk={each} busy={busy} onAnswer={does.onAnswer} />
            ))}
          </ul>
        </section>
      )}
      <footer className="w-approval-foot">
        <Progress card={card} />
        {opened && <Decision card={card} busy={busy} {...does} />}
      </footer>
    </article>
  );
}

const typing = (element) => element?.closest?.("input, textarea, select, dialog, [contenteditable]");

export function ApprovalCards({ cards = [], deciding = "", single = false, keys = true, onBulk, ...does }) {
  const [ticked, setTicked] = useState([]);
  const [looked, setLooked] = useState([]);
  const root = useRef(null);
  const open = cards.filter((card) => card.state === "open" && !card.refusal);
  const chosen = open.filter((card) => ticked.includes(card.id));
  const waiting = open.filter((card) => looked.includes(card.id));
  useEffect(() => {
    if (!keys) return undefined;
    function key(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      const all = [...(root.current?.querySelectorAll("[data-testid=approval-card]") ?? [])];
      const here = all.indexOf(document.activeElement?.closest("[data-testid=approval-card]"));
      const inside = (test) => all[Math.max(here, 0)]?.querySelector(`[data-testid=${test}]`);
      const step = { j: 1, k: -1 }[event.key];
      if (step) all[Math.min(Math.max(here + step, 0), all.length - 1)]?.focus();
      else if (event.key === "a") inside("approve-button")?.focus();
      else if (event.key === "r") inside("reject-button")?.focus();
      else if (event.key === "c") inside("approval-comment")?.focus();
      else if (event.key === "x") inside("approval-tick")?.click();
      else return;
      event.preventDefault();
    }
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [keys]);
  const tick = (id) => setTicked((known) => (known.includes(id) ? known.filter((one) => one !== id) : [...known, id]));
  const look = (id) => setLooked((known) => (known.includes(id) ? known : [...known, id]));
  const bulk = (decision) => onBulk?.(chosen.map((card) => [card.id, card.args_hash]), decision);
  return (
    <div className="w-stack" ref={root}>
      {!single && open.length > 1 && (
        <div className="w-together" data-testid="bulk-bar">
          <label className="w-check">
            <input type="checkbox" checked={waiting.length > 0 && waiting.every((card) => ticked.includes(card.id))} onChange={(event) => setTicked(event.target.checked ? waiting.map((card) => card.id) : [])} data-testid="bulk-all" />
            {chosen.length ? `${chosen.length} selected` : "Select what you have looked at"}
          </label>
          <span className="w-spacer" />
          <span className="w-small w-muted w-keys">
            <kbd className="w-kbd">j</kbd> <kbd className="w-kbd">k</kbd> move · <kbd className="w-kbd">x</kbd> select · <kbd className="w-kbd">a</kbd> <kbd className="w-kbd">r</kbd> to the buttons
          </span>
          <button type="button" className="w-button danger" disabled={!chosen.length || !!deciding} onClick={() => bulk("reject")} data-testid="bulk-reject">
            Reject…
          </button>
          <button type="button" className="w-button primary" disabled={!chosen.length || !!deciding} onClick={() => bulk("approve")} data-testid="bulk-approve">
            Approve…
          </button>
        </div>
      )}
      {cards.map((card) => (
        <Card key={card.id} card={card} busy={deciding === card.id} single={single} alone={open.length < 2} ticked={ticked.includes(card.id)} onTick={tick} onLooked={look} {...does} />
      ))}
    </div>
  );
}

// One that was decided for many: what came of each.
export function BulkResults({ results = [] }) {
  return (
    <ul className="w-together-results" data-testid="bulk-results">
      {results.map((one) => (
        <li key={one.id} data-state={one.state || "refused"}>
          {one.state ? <Check size={15} {...MARK} /> : <TriangleAlert size={15} {...MARK} />}
          <span>
            <strong>{one.title}</strong> {one.words}
          </span>
        </li>
      ))}
    </ul>
  );
}
