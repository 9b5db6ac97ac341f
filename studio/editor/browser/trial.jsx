// Testing the draft: what may really happen, who answers approvals, which steps have a pin, and what the run gave.
import "./trial.css";
import { useEffect, useId, useRef, useState } from "react";
import { ArrowDownToLine, FastForward, Pin, PinOff, Play, TriangleAlert, X, Zap } from "lucide-react";
import { Json } from "$/public/external/studio/shell/elements/value.jsx";
import { pinned, revisionOf, wished } from "./previewed.js";
import { Said } from "./said.jsx";

const QUIET = 900; // milliseconds without a change, so that the draft is saved, before the setup is asked for again

// What is run, and what stands in the way: over the form that starts it.
export function TestHead({ open, snapshot, patches, setup, onSay }) {
  const rev = revisionOf(snapshot, patches);
  const asked = useRef("");
  const pins = Boolean(setup?.pins?.length); // they follow their steps
  useEffect(() => {
    if (!(open || pins) || !rev || asked.current === rev) return undefined;
    const timer = setTimeout(() => {
      asked.current = rev;
      onSay?.({ type: "look" });
    }, asked.current ? QUIET : 0);
    return () => clearTimeout(timer);
  }, [open, pins, rev, onSay]);
  useEffect(() => {
    const lines = (setup?.pins ?? []).filter((pin) => !pin.gone);
    pinned.set(new Map(lines.map((pin) => [pin.path, pin.error ? `Pinned: fails with ${pin.error} in tests` : "Pinned: gives this output in tests"])));
  }, [setup]);
  useEffect(() => wished.subscribe(() => {
    const wish = wished.get();
    if (wish && wish.type !== "pin") onSay?.(wish);
  }), [onSay]);

  if (!setup || setup.may_run === undefined) return null;
  const say = (type, rest) => onSay?.({ type, ...rest });
  return (
    <div className="wf-test">
      {setup.version ? (
        <div className="wf-test-what" role="radiogroup" aria-label="What is run">
          <What on={!setup.live} onPick={() => say("use", { what: "draft" })} test="test-draft">Test the draft</What>
          <What on={setup.live} onPick={() => say("use", { what: "live" })} test="test-live">Run version {setup.version}</What>
        </div>
      ) : null}
      {setup.live ? (
        <p className="w-note info wf-test-note">
          <Zap size={15} aria-hidden="true" />
          <span>
            A real run: everything that version {setup.version} does really happens.
            {setup.changed ? <span data-testid="run-unpublished"> The draft has changes that it does not have.</span> : null}
          </span>
        </p>
      ) : !setup.ready ? (
        <p className="w-note warning wf-test-note" data-testid="test-why">
          <TriangleAlert size={15} aria-hidden="true" /> <span><Said text={setup.why || "Reading the draft…"} /></span>
        </p>
      ) : (
        <>
          {setup.until || setup.begin ? <Part setup={setup} say={say} /> : null}
          {setup.blockers.length ? <Blockers blockers={setup.blockers} /> : null}
        </>
      )}
    </div>
  );
}

// What a test may do: beside the form.
export function TestSetup({ setup, onSay }) {
  if (!setup?.ready || setup.live) return null;
  return (
    <div className="wf-test">
      <Draft setup={setup} say={(type, rest) => onSay?.({ type, ...rest })} />
    </div>
  );
}

function Blockers({ blockers }) {
  return (
    <div className="w-note danger wf-test-note" role="alert" data-testid="test-blockers">
      <TriangleAlert size={15} aria-hidden="true" />
      <div>
        <strong>The test cannot start like this.</strong>
        <ul>
          {blockers.map((one) => (
            <li key={one.path}><code className="wf-code">{one.path}</code> <Said text={one.message} />.</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function What({ on, onPick, test, children }) {
  return (
    <button type="button" role="radio" aria-checked={on} className={on ? "is-on" : ""} onClick={() => on || onPick()} data-testid={test}>
      {children}
    </button>
  );
}

function Draft({ setup, say }) {
  return (
    <>
      <Group title="What may really happen" help={setup.effects.length ? "Nothing outside, unless you tick it: the other calls give a made-up result." : "This draft changes nothing outside."}>
        {setup.effects.map((one) => (
          <Tick key={one.path} checked={one.real} disabled={Boolean(one.fixed) || !setup.may_real} title={one.fixed || (setup.may_real ? "" : "Who may publish may let things really happen.")} onChange={(on) => say("real", { step: one.path, on })} test={`real-${one.path}`}>
            <span className="wf-test-name">{one.label}</span>
            <span className={`w-small ${one.real ? "wf-test-real" : "w-muted"}`}>
              {one.fixed ? one.fixed : one.real ? one.words : `${one.tool} is not called.`}
              {one.real && one.gates.length ? ` Only after a yes at ${one.gates.join(", ")}.` : ""}
            </span>
          </Tick>
        ))}
      </Group>
      {setup.gates.length ? (
        <Group title="Approvals" help="People answer as usual, or a yes is given at once where nothing really happens behind it.">
          {setup.gates.map((one) => (
            <Tick key={one.path} checked={one.auto} disabled={Boolean(one.fixed)} onChange={(on) => say("approve", { step: one.path, on })} test={`auto-${one.path}`}>
              <span className="wf-test-name">{one.label}</span>
              <span className="w-small w-muted">{one.fixed || (one.auto ? "Approved automatically in this test." : "A person answers.")}</span>
            </Tick>
          ))}
        </Group>
      ) : null}
      <Group title="Pinned steps" help={setup.pins.length ? "They are not done in tests: they give what is pinned." : "None. Choose a step on the canvas and pin its output: tests then use that instead of calling anything."}>
        {setup.pins.map((pin) => (
          <div key={pin.path} className={`wf-test-pin ${pin.gone ? "is-gone" : ""}`} data-testid={`pin-row-${pin.path}`}>
            <Pin size={13} aria-hidden="true" />
            <code className="wf-code">{pin.path}</code>
            <span className="w-small w-muted w-truncate">{pin.gone ? "This step is gone." : pin.error ? `fails with ${pin.error}` : pin.text.replace(/\s+/g, " ")}</span>
            {setup.may_edit ? (
              <button type="button" className="wf-bare" aria-label={`Unpin ${pin.path}`} title="Unpin" onClick={() => say("unpin", { step: pin.path })}><PinOff size={14} /></button>
            ) : null}
          </div>
        ))}
      </Group>
    </>
  );
}

function Part({ setup, say }) {
  return (
    <div className="wf-test-part" data-testid="test-part">
      {setup.begin ? (
        <span className="wf-test-chip">
          <FastForward size={13} aria-hidden="true" /> from <code>{setup.begin}</code> on
          <button type="button" className="wf-bare" aria-label="Run from the beginning" title="Run from the beginning" onClick={() => say("begin", { step: "" })}><X size={13} /></button>
        </span>
      ) : null}
      {setup.until ? (
        <span className="wf-test-chip">
          <ArrowDownToLine size={13} aria-hidden="true" /> up to <code>{setup.until}</code>
          <button type="button" className="wf-bare" aria-label="Run to the end" title="Run to the end" onClick={() => say("until", { step: "" })}><X size={13} /></button>
        </span>
      ) : null}
      {setup.begin ? (
        <label className="wf-test-source">
          <span className="w-small w-muted">Earlier outputs from</span>
          <select className="w-input" value={setup.source} onChange={(event) => say("source", { run: event.target.value })} data-testid="test-source">
            <option value="">{setup.sources.length ? "the latest run" : "pins (nothing has run yet)"}</option>
            {setup.sources.map((run) => <option key={run.id} value={run.id}>{run.words}</option>)}
          </select>
        </label>
      ) : null}
    </div>
  );
}

function Group({ title, help, children }) {
  return (
    <fieldset className="wf-test-group">
      <legend>{title}</legend>
      <p className="w-help">{help}</p>
      {children}
    </fieldset>
  );
}

function Tick({ checked, disabled, title, onChange, test, children }) {
  const [on, setOn] = useState(checked); // the tick is there at once, whatever the server says a moment later
  useEffect(() => setOn(checked), [checked]);
  return (
    <label className={`wf-test-tick ${disabled ? "is-off" : ""}`} title={title || undefined}>
      <input type="checkbox" checked={on} disabled={disabled} onChange={(event) => (setOn(event.target.checked), onChange(event.target.checked))} data-testid={test} />
      <span>{children}</span>
    </label>
  );
}

// What the chosen step was given and gave the last time.
export function StepResult({ step }) {
  const last = step?.last;
  if (!step?.path) return <p className="w-small w-muted">Choose a step on the canvas to see what it was given and gave.</p>;
  if (!last?.state) return <p className="w-small w-muted"><code className="wf-code">{step.path}</code> {step.ran ? "was not reached in the last run." : "has not run yet. What it was given and gave is shown here then."}</p>;
  return (
    <section className="wf-result" data-testid="step-result" data-step={step.path} data-pinned={last.pinned} aria-label={`The last run of ${step.path}`}>
      <h4>
        <code className="wf-code">{step.path}</code>
        <span className="w-small w-muted">{last.words}{last.ms >= 0 ? `, ${last.ms} ms` : ""}</span>
      </h4>
      {last.error?.code ? <p className="w-error">{last.error.code}: {last.error.message}</p> : null}
      {last.input === null || last.input === undefined ? null : <Folded title="Input" value={last.input} />}
      {last.state === "succeeded" ? <Folded title="Output" value={last.output} large={last.large} /> : null}
    </section>
  );
}

function Folded({ title, value, large }) {
  return (
    <details open className="wf-result-part">
      <summary>{title}</summary>
      {large ? <p className="w-small w-muted">Too large to be shown here: open the run.</p> : <Json value={value} label={title} />}
    </details>
  );
}

// Above the fields of the chosen step: pin its output, run up to it, run from it on.
export function StepTest({ path, step, mayEdit, mayRun, onSay }) {
  const [editing, setEditing] = useState(false);
  const known = step?.path === path ? step : null;
  const say = (type, rest = {}) => onSay?.({ type, step: path, ...rest });
  useEffect(() => {
    setEditing(false);
    onSay?.({ type: "show", step: path ?? "" });
  }, [path]); // eslint-disable-line
  useEffect(() => wished.subscribe(() => {
    const wish = wished.get();
    if (wish?.type === "pin" && wish.step === path) setEditing(true);
  }), [path]);
  const has = known?.pin?.path;
  const saved = known?.pin ? `${known.pin.text}|${known.pin.error}|${known.pin.message}` : "";
  useEffect(() => {
    if (has) setEditing(false);
  }, [saved, has]);
  if (!path || !known || (!mayEdit && !mayRun && !has)) return null;
  return (
    <div className="wf-step-test" data-testid="step-test">
      <div className="wf-step-test-row">
        {mayEdit && known.pinnable ? (
          <button type="button" className={`w-button small ${has ? "is-pinned" : ""}`} aria-expanded={editing} onClick={() => setEditing(!editing)} data-testid="pin-open" title={has ? "In tests this step gives what is pinned" : "Pin its output: in tests it gives that instead of being done"}>
            <Pin size={13} aria-hidden="true" /> {has ? "Pinned" : "Pin"}
          </button>
        ) : null}
        {mayRun ? (
          <button type="button" className="w-button small" onClick={() => say("until")} data-testid="run-until" title="Test the draft and stop behind this step">
            <ArrowDownToLine size={13} aria-hidden="true" /> Up to here
          </button>
        ) : null}
        {mayRun && known.beginnable ? (
          <button type="button" className="w-button small" onClick={() => say("begin")} data-testid="run-begin" title="Test the draft from this step on, with earlier outputs of a run">
            <Play size={13} aria-hidden="true" /> From here
          </button>
        ) : null}
      </div>
      {editing ? <PinForm key={path} step={known} say={say} onClose={() => setEditing(false)} /> : null}
    </div>
  );
}

function PinForm({ step, say, onClose }) {
  const id = useId();
  const pin = step.pin?.path ? step.pin : null;
  const beginning = pin && !pin.error ? pin.text : step.last?.has_output ? JSON.stringify(step.last.output, null, 2) : step.example || "null";
  const [fails, setFails] = useState(Boolean(pin?.error));
  const [text, setText] = useState(beginning);
  const [code, setCode] = useState(pin?.error ?? "");
  const [message, setMessage] = useState(pin?.message ?? "");
  const problems = step.problems ?? [];
  const submit = (event) => {
    event.preventDefault();
    say("pin", fails ? { code: code.trim() || "failed", message } : { text });
  };
  return (
    <form className="wf-pin-form" onSubmit={submit} onKeyDown={(event) => event.stopPropagation()} data-testid="pin-form">
      <div className="wf-test-what" role="radiogroup" aria-label="What the step gives">
        <What on={!fails} onPick={() => setFails(false)} test="pin-output">Gives an output</What>
        <What on={fails} onPick={() => setFails(true)} test="pin-fails">Fails</What>
      </div>
      {fails ? (
        <>
          <label htmlFor={`${id}-code`}>Error code</label>
          <input id={`${id}-code`} className="w-input mono" value={code} placeholder="timeout" onChange={(event) => setCode(event.target.value)} data-testid="pin-code" autoComplete="off" />
          <label htmlFor={`${id}-message`}>Message</label>
          <input id={`${id}-message`} className="w-input" value={message} onChange={(event) => setMessage(event.target.value)} autoComplete="off" />
        </>
      ) : (
        <>
          <label htmlFor={`${id}-text`}>Output as JSON</label>
          <textarea id={`${id}-text`} className="w-input mono" rows={Math.min(14, Math.max(4, text.split("\n").length))} spellCheck={false} value={text} aria-invalid={problems.length > 0 || undefined} aria-describedby={`${id}-problems`} onChange={(event) => setText(event.target.value)} data-testid="pin-text" />
        </>
      )}
      <div id={`${id}-problems`} aria-live="polite">
        {problems.map((problem) => (
          <p key={problem.path + problem.message} className="w-error" data-testid="pin-problem">
            {problem.path ? <code className="wf-code">{problem.path}</code> : "It"} {problem.message}
          </p>
        ))}
      </div>
      <div className="wf-step-test-row">
        <button type="submit" className="w-button small primary" data-testid="pin-save"><Pin size={13} aria-hidden="true" /> Pin</button>
        {step.last?.has_output ? (
          <button type="button" className="w-button small" onClick={() => say("pin_last")} data-testid="pin-last">Last output</button>
        ) : null}
        {pin ? (
          <button type="button" className="w-button small" onClick={() => (say("unpin"), onClose())} data-testid="unpin"><PinOff size={13} aria-hidden="true" /> Unpin</button>
        ) : null}
        <button type="button" className="w-button ghost small" onClick={onClose}>Cancel</button>
      </div>
    </form>
  );
}
