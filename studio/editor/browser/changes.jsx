// What differs between two texts, as lists: what breaks, then the changes by weight, what lowers safety first.
//
// found: {groups: [{weight, title, changes: [{index, sentence, risks, ...}]}], breaks: [problem, ...], same, layout}
// only="grave" shows what must be read (breaks, lowered safety), only="rest" what that leaves out, "" everything.
import "./changes.css";
import { ArrowRightLeft, PencilLine, ShieldAlert, Unplug, Users } from "lucide-react";
import { Said } from "./said.jsx";

export const ICONS = { safety: ShieldAlert, behaviour: ArrowRightLeft, interface: Users, words: PencilLine };

export function Changes({ found, only = "", chosen = null, onPick }) {
  const groups = (found?.groups ?? []).filter(({ weight }) => !only || (only === "grave") === (weight === "safety"));
  const breaks = only === "rest" ? [] : (found?.breaks ?? []);
  const safety = groups.filter(({ weight }) => weight === "safety");
  const others = groups.filter(({ weight }) => weight !== "safety");
  if (!groups.length && !breaks.length) {
    if (only || !found?.groups) return null;
    return <p className="w-muted" data-testid="no-changes">{found.layout ? "Only the layout of the text differs: spaces, line ends, the order of lines that have none." : "Nothing differs."}</p>;
  }
  return (
    <div className="wf-changes" data-testid="changes">
      {safety.map((group) => <Group key={group.weight} group={group} chosen={chosen} onPick={onPick} />)}
      {breaks.length ? <Breaks breaks={breaks} /> : null}
      {others.map((group) => <Group key={group.weight} group={group} chosen={chosen} onPick={onPick} />)}
    </div>
  );
}

function Group({ group, chosen, onPick }) {
  const Icon = ICONS[group.weight];
  return (
    <section className={`wf-change-group is-${group.weight}`} data-testid={`changes-${group.weight}`}>
      <h3><Icon size={15} aria-hidden="true" /> {group.title} <span className="w-badge">{group.changes.length}</span></h3>
      <ul>
        {group.changes.map((change) => (
          <li key={change.index} data-testid="change" data-kind={change.kind}>
            {onPick ? (
              <button type="button" className="wf-change" aria-current={chosen === change.index ? "true" : undefined} onClick={() => onPick(change)}><Words change={change} /></button>
            ) : (
              <div className="wf-change"><Words change={change} /></div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Words({ change }) {
  return (
    <>
      <span className="wf-change-words"><Said text={`${change.sentence}.`} /></span>
      {change.risks.map((risk) => <span key={risk} className="wf-change-risk" data-testid="risk"><Said text={`${risk}.`} /></span>)}
    </>
  );
}

function Breaks({ breaks }) {
  return (
    <section className="wf-change-group is-breaks" data-testid="breaks">
      <h3><Unplug size={15} aria-hidden="true" /> Breaks for those who use it now <span className="w-badge">{breaks.length}</span></h3>
      <ul>
        {breaks.map((found) => (
          <li key={found.index} data-testid="break" data-code={found.code} data-severity={found.severity}>
            <div className="wf-change">
              <span className="wf-change-words"><Said text={`${found.message}.`} /></span>
              <span className="wf-change-do"><strong>What to do:</strong> <Said text={`${found.help}.`} /></span>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
