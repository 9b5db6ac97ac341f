// What can happen: the ways through the draft. Pointing at one shows it on the canvas, choosing one keeps it there.
import "./trial.css";
import { useEffect, useRef, useState } from "react";
import { Check, CircleHelp, Hand, Hourglass, LoaderCircle, ShieldCheck, TriangleAlert, X, Zap } from "lucide-react";
import { previewed, revisionOf, unreached } from "./previewed.js";
import { Said } from "./said.jsx";

const ICONS = { good: Check, bad: X, asks: Hand, open: Hourglass };
const QUIET = 500; // milliseconds without a change before the ways are asked for

export function WaysPane({ open, snapshot, patches, found, busy, onLook }) {
  const rev = revisionOf(snapshot, patches);
  const asked = useRef("");
  const [chosen, setChosen] = useState(null);
  const ways = found?.ways ?? [];
  const stale = `${found?.epoch}:${found?.rev}` !== rev;

  useEffect(() => {
    if (!open || !rev || asked.current === rev) return;
    const timer = setTimeout(() => {
      asked.current = rev;
      onLook?.();
    }, asked.current ? QUIET : 0);
    return () => clearTimeout(timer);
  }, [open, rev, onLook]);

  const show = (way) => previewed.set(way ? { steps: way.steps, severity: way.tone, words: `${way.words}: ${way.ending}` } : null);
  useEffect(() => {
    const kept = open && ways.find((way) => way.id === chosen);
    show(kept || null);
    unreached.set(new Map(open ? (found?.unreached ?? []).map((one) => [one.path, one.reason]) : []));
    return () => {
      previewed.set(null);
      unreached.set(new Map());
    };
  }, [open, found, chosen]); // eslint-disable-line

  if (!open) return null;
  if (found?.why) {
    return (
      <div className="wf-calm" data-testid="ways-why">
        <TriangleAlert size={18} aria-hidden="true" /> <span><Said text={found.why} /></span>
      </div>
    );
  }
  if (!found?.count) {
    return (
      <div className="wf-calm" role="status">
        <LoaderCircle size={18} className="wf-spin" aria-hidden="true" /> <span>Looking at every way through the draft…</span>
      </div>
    );
  }
  const keys = (event, index) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.currentTarget.parentElement.parentElement.querySelectorAll("button.wf-way-row")[index + step]?.focus();
  };
  return (
    <div className="wf-ways" data-testid="ways" data-rev={found.rev} aria-busy={busy || stale}>
      <p className="wf-ways-head">
        <strong>{found.count === 1 ? "One way through it." : `${found.count}${found.cut ? " and more" : ""} ways through it.`}</strong>
        {found.endings.map((one) => (
          <span key={one.words} className={`wf-ways-end ${one.tone}`}>{one.count} {one.words}</span>
        ))}
        {busy || stale ? <LoaderCircle size={13} className="wf-spin" aria-label="Looking again" /> : null}
      </p>
      {found.cut ? (
        <p className="w-small w-muted" data-testid="ways-cut">
          There are more ways than are looked at while you edit: a way that is missing here may still exist.
        </p>
      ) : null}
      <ul>
        {ways.map((way, index) => {
          const Icon = ICONS[way.tone] ?? CircleHelp;
          return (
            <li key={way.id}>
              <button
                type="button"
                className={`wf-way-row ${way.tone}`}
                aria-pressed={chosen === way.id}
                data-testid="way-row"
                data-tone={way.tone}
                onMouseEnter={() => show(way)}
                onMouseLeave={() => show(ways.find((one) => one.id === chosen))}
                onFocus={() => show(way)}
                onBlur={() => show(ways.find((one) => one.id === chosen))}
                onKeyDown={(event) => keys(event, index)}
                onClick={() => setChosen(chosen === way.id ? null : way.id)}
              >
                <span className={`wf-way-mark ${way.tone}`}><Icon size={13} strokeWidth={2.6} aria-hidden="true" /></span>
                <span className="wf-way-words">
                  <span><Said text={way.words} /></span>
                  <span className="w-small w-muted">
                    <Said text={`It ${way.ending}`} />{way.more ? `, as ${way.more === 1 ? "another way" : `${way.more} more ways`} like it` : ""}.
                  </span>
                </span>
                <span className="wf-way-deeds">
                  {way.effects.map((effect) => (
                    <span key={effect.verb + effect.step + effect.tool} className={effect.approved ? "" : "is-bare"} title={effect.approved ? `Approved at ${effect.approved}` : "Without an approval"}>
                      {effect.approved ? <ShieldCheck size={12} aria-hidden="true" /> : <Zap size={12} aria-hidden="true" />}
                      {effect.verb === "calls" ? "" : `${effect.verb} `}{effect.tool}
                    </span>
                  ))}
                  {way.effects.length ? null : <span className="w-muted">changes nothing outside</span>}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {found.more ? <p className="w-small w-muted">… and {found.more} more groups of ways.</p> : null}
      {found.unreached.length ? (
        <div className="wf-ways-never" data-testid="ways-unreached">
          <strong>Never reached</strong>
          <ul>
            {found.unreached.slice(0, 12).map((one) => (
              <li key={one.path}><code className="wf-code">{one.path}</code> <Said text={one.reason} /></li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}
