// Running a run again: from which step, on which version, with which input; what that repeats, and a yes for each.
// The ticks stay here, and are those of one plan: another plan begins without any.
import { useEffect, useId, useState } from "react";
import { RunForm } from "$/public/external/studio/runs/elements/form.jsx";
import { Modal } from "$/public/external/studio/shell/elements/modal.jsx";
import { Value } from "$/public/external/studio/shell/elements/value.jsx";

const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

function Given({ effect }) {
  if (effect.cut) return <p className="w-small w-muted">Too large to show here; open the step on the run’s page.</p>;
  if (effect.arguments === null || effect.arguments === undefined) return <p className="w-small w-muted">{effect.first ? "What it is given is worked out when it is reached." : "What it will be given is not known yet."}</p>;
  return Object.keys(effect.arguments).length ? <Value value={effect.arguments} /> : <p className="w-small w-muted">No arguments.</p>;
}

function Again({ effect, ticked, onTick }) {
  const id = useId();
  return (
    <li className="w-effect w-fork-again" data-testid="fork-again" data-path={effect.path} data-first={effect.first}>
      <label className="w-check" htmlFor={id}>
        <input id={id} type="checkbox" checked={ticked} onChange={(event) => onTick(event.target.checked)} data-testid="fork-yes" />
        <span>
          <span className="w-strong">Yes, do it again: </span>
          <span className="w-mono">{effect.tool}</span>
        </span>
      </label>
      <p className="w-small">
        “{effect.label}” at <span className="w-mono">{effect.path}</span>. {effect.words}
        {effect.child && (
          <>
            {" "}
            <a href={`/runs/${effect.child}`} target="_blank" rel="noreferrer">The run that it started</a>
          </>
        )}
        {effect.elsewhere && (
          <>
            {" "}
            <a href={`/runs/${effect.elsewhere}`} target="_blank" rel="noreferrer">That run</a>
          </>
        )}
      </p>
      {effect.own_key && <p className="w-small w-muted">This step names its own idempotency key, so the tool may take it for the first call and do nothing.</p>}
      <p className="w-small w-muted">What it was given the first time:</p>
      <Given effect={effect} />
    </li>
  );
}

function Quiet({ title, teach, effects, test, open }) {
  if (!effects.length) return null;
  return (
    <details className="w-fork-quiet" open={open || undefined} data-testid={test}>
      <summary>
        <span className="w-strong">{title}</span> <span className="w-badge square">{effects.length}</span>
      </summary>
      <p className="w-small w-muted">{teach}</p>
      <ul>
        {effects.map((effect) => (
          <li key={effect.path} className="w-shown" data-testid={`${test}-one`} data-path={effect.path}>
            <p>
              <span className="w-mono">{effect.tool}</span> <span className="w-small w-muted">“{effect.label}” at {effect.path}</span>
            </p>
            {effect.first === "failed" && <p className="w-small w-muted">{effect.words} Code: {effect.code}</p>}
            {effect.first && <Given effect={effect} />}
            {effect.result !== null && effect.result !== undefined && (
              <>
                <p className="w-small w-muted">It answered</p>
                <Value value={effect.result} />
              </>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Plan({ plan, ticks, setTicks }) {
  const { again = [], asked = [], reused = [], fresh = [], left = [] } = plan;
  return (
    <>
      <p data-testid="fork-starts">
        {plan.starts?.length ? (
          <>
            Runs again from <span className="w-strong">{plan.starts.join(", ")}</span> on.{" "}
          </>
        ) : null}
        {plan.steps ? `${plan.steps === 1 ? "The result of one earlier step is" : `The results of ${plan.steps} earlier steps are`} taken over.` : "Nothing is taken over: every step runs again."}
      </p>
      {again.length > 0 && (
        <section className="w-fork-danger" data-testid="fork-again-all">
          <h3>{again.length === 1 ? "This happens again" : `These ${again.length} happen again`}</h3>
          <p className="w-small">The new run has keys of its own: a refund that happens again is a second refund. Say yes to each, or begin at a later step.</p>
          <ul>
            {again.map((effect) => (
              <Again key={effect.path} effect={effect} ticked={ticks.includes(effect.path)} onTick={(yes) => setTicks(yes ? [...ticks, effect.path] : ticks.filter((path) => path !== effect.path))} />
            ))}
          </ul>
        </section>
      )}
      {again.length === 0 && <p className="w-note success" data-testid="fork-none-again">Nothing that changed something outside happens a second time.</p>}
      {asked.length > 0 && (
        <p className="w-note info" data-testid="fork-asked">
          {many(asked.length, "approval is", "approvals are")} asked again: {asked.map((gate) => (gate.why ? `${gate.label} (${gate.why})` : gate.label)).join(", ")}.
        </p>
      )}
      {plan.relied > 0 && <p className="w-note info">An approval that was given is relied on for a call that did not happen; that yes is used up with it.</p>}
      <Quiet title="Taken over, not repeated" teach="These happened in the first run and stay as they are." effects={reused} test="fork-reused" />
      <Quiet title="May happen for the first time" teach="If the run comes to them; approvals before them are asked as usual." effects={fresh} test="fork-fresh" />
      <Quiet title="Stay from the first run" teach="This version has no such step any more: nothing repeats them, and nothing undoes them." effects={left} test="fork-left" />
    </>
  );
}

export function ForkDialog({ open, stage, busy, runId, title, steps = [], at, versions = [], version, changed, schema, plan = {}, problems = [], message, help, onAsk, onChoose, onEdit, onBack, onInput, onClose, onStart }) {
  const [ticks, setTicks] = useState([]);
  const id = useId();
  useEffect(() => setTicks([]), [plan.hash, open]);
  useEffect(() => {
    // A step's details ask from wherever they are.
    const ask = (event) => onAsk?.(runId, event.detail);
    window.addEventListener("weft-run-again", ask);
    return () => window.removeEventListener("weft-run-again", ask);
  }, [runId]);
  const missing = (plan.again ?? []).filter((effect) => !ticks.includes(effect.path)).length;
  const ready = Boolean(plan.hash) && missing === 0 && !busy;
  return (
    <Modal open={open} label="Run again" onClose={() => onClose?.()} wide data-testid="fork-dialog">
      <header>
        <h2>Run “{title}” again</h2>
        <span className="w-spacer" />
        <button type="button" className="w-button ghost icon small" aria-label="Close" onClick={() => onClose?.()}>
          ✕
        </button>
      </header>
      {stage === "form" ? (
        <RunForm schema={schema} problems={problems} message={problems.length ? "" : message} busy={busy} submitLabel="See what would happen" busyLabel="Looking…" onSubmit={(value) => onInput?.(value)} onCancel={() => onBack?.()} />
      ) : (
        <>
          <div className="body" data-testid="fork-plan" aria-busy={busy}>
            <div className="w-fork-choices">
              <div className="w-field">
                <label htmlFor={`${id}-at`}>From</label>
                <select id={`${id}-at`} className="w-input" value={at} disabled={busy} onChange={(event) => onChoose?.(event.target.value, version)} data-testid="fork-at">
                  <option value="">{changed ? "What the change touches" : "Where it stopped"}</option>
                  {steps.map((step) => (
                    <option key={step.path} value={step.path}>
                      {step.label}
                      {step.state === "failed" ? " – failed" : ""}
                    </option>
                  ))}
                </select>
              </div>
              {versions.length > 1 && (
                <div className="w-field">
                  <label htmlFor={`${id}-version`}>On version</label>
                  <select id={`${id}-version`} className="w-input" value={version} disabled={busy} onChange={(event) => onChoose?.(at, event.target.value)} data-testid="fork-version">
                    {versions.map((each) => (
                      <option key={each.id} value={each.id}>
                        {each.words}
                      </option>
                    ))}
                  </select>
                </div>
              )}
              <div className="w-field">
                <label htmlFor={`${id}-input`}>Input</label>
                <button id={`${id}-input`} type="button" className="w-button" disabled={busy} onClick={() => onEdit?.()} data-testid="fork-edit">
                  Change the input…
                </button>
              </div>
            </div>
            {message && (
              <div className="w-note danger" role="alert" data-testid="fork-problem">
                <div>
                  <div className="w-strong">{message}</div>
                  {help && <div className="w-small">{help}</div>}
                </div>
              </div>
            )}
            {plan.hash ? <Plan plan={plan} ticks={ticks} setTicks={setTicks} /> : busy && <p className="w-muted" role="status">Looking at what that would mean…</p>}
          </div>
          <footer>
            {missing > 0 && (
              <span className="w-small w-muted" role="status">
                {many(missing, "effect waits", "effects wait")} for your yes.
              </span>
            )}
            <button type="button" className="w-button" onClick={() => onClose?.()}>
              Cancel
            </button>
            <button type="button" className={`w-button solid ${plan.again?.length ? "danger" : "primary"}`} disabled={!ready} aria-busy={busy} onClick={() => onStart?.(plan.hash, ticks)} data-testid="fork-start">
              {plan.again?.length ? `Run again, repeating ${plan.again.length}` : "Run again"}
            </button>
          </footer>
        </>
      )}
    </Modal>
  );
}
