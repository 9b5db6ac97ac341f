// Many failed runs run again: what happens once more is counted by tool, with a yes a tool; then how far it has come.
import { useEffect, useState } from "react";
import { Modal } from "$/public/external/studio/shell/elements/modal.jsx";

const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;

function Left({ left }) {
  if (!left?.length) return null;
  return (
    <details className="w-fork-quiet" data-testid="bulk-left">
      <summary>
        <span className="w-strong">Left out</span> <span className="w-badge square">{left.length}</span>
      </summary>
      <ul>
        {left.map((one) => (
          <li key={one.id} className="w-small">
            <a className="w-mono" href={`/runs/${one.id}`} target="_blank" rel="noreferrer">
              {one.id.slice(-8)}
            </a>{" "}
            {one.reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Plan({ plan, ticks, setTicks }) {
  return (
    <>
      <p data-testid="bulk-runs">
        {plan.runs
          ? `${many(plan.runs, "run is run", "runs are run")} again from where ${plan.runs === 1 ? "it" : "they"} failed. ${plan.reused === 1 ? "One effect is" : `${plan.reused} effects are`} not repeated.`
          : "None of these is run again."}
      </p>
      {plan.again.length > 0 ? (
        <section className="w-fork-danger" data-testid="bulk-again">
          <h3>These happen again</h3>
          <p className="w-small">Each in a run of its own, with keys of its own: what happens again happens a second time.</p>
          <ul>
            {plan.again.map((one) => (
              <li key={one.tool} className="w-effect w-fork-again">
                <label className="w-check">
                  <input type="checkbox" checked={ticks.includes(one.tool)} onChange={(event) => setTicks(event.target.checked ? [...ticks, one.tool] : ticks.filter((tool) => tool !== one.tool))} data-testid={`bulk-yes-${one.tool}`} />
                  <span>
                    <span className="w-strong">Yes, do it again: </span>
                    <span className="w-mono">{one.tool}</span>, {many(one.effects, "time", "times")} in {many(one.runs, "run", "runs")}
                    {one.undone > 0 && ` (${one.undone} of them were undone the first time)`}
                  </span>
                </label>
              </li>
            ))}
          </ul>
        </section>
      ) : (
        plan.runs > 0 && <p className="w-note success">Nothing that changed something outside happens a second time.</p>
      )}
      <Left left={plan.left} />
    </>
  );
}

function Progress({ job, onCarry }) {
  const over = job.total - job.waiting;
  return (
    <>
      <p role="status" data-testid="bulk-progress" data-over={job.over ? "yes" : "no"}>
        {job.over ? `${many(job.done, "run was", "runs were")} started.` : `${over} of ${job.total}…`}
      </p>
      <progress value={over} max={Math.max(job.total, 1)} aria-label="How far it has come" style={{ width: "100%", accentColor: "var(--w-accent)" }} />
      {!job.over && job.waiting > 0 && (
        <button type="button" className="w-button small" onClick={() => onCarry?.()}>
          Go on, if it has stopped
        </button>
      )}
      <Left left={job.left} />
    </>
  );
}

export function BulkRetry({ open, busy, plan = {}, job = {}, message, help, onAsk, onStart, onCarry, onClose }) {
  const [ticks, setTicks] = useState([]);
  useEffect(() => setTicks([]), [plan.hash, open]);
  useEffect(() => {
    const ask = (event) => onAsk?.("retry", event.detail);
    window.addEventListener("weft-retry-runs", ask);
    return () => window.removeEventListener("weft-retry-runs", ask);
  }, []);
  const started = job.total > 0;
  const close = () => {
    // What was run again is chosen no more: the same click must not offer it a second time.
    if (started) window.dispatchEvent(new Event("weft-choose-none"));
    onClose?.();
  };
  const missing = (plan.again ?? []).filter((one) => !ticks.includes(one.tool)).length;
  return (
    <Modal open={open} label="Run failed runs again" onClose={close} wide data-testid="bulk-retry-dialog">
      <header>
        <h2>Run failed runs again</h2>
      </header>
      <div className="body" aria-busy={busy}>
        {message && (
          <div className="w-note danger" role="alert">
            <div>
              <div className="w-strong">{message}</div>
              {help && <div className="w-small">{help}</div>}
            </div>
          </div>
        )}
        {started ? <Progress job={job} onCarry={onCarry} /> : plan.hash ? <Plan plan={plan} ticks={ticks} setTicks={setTicks} /> : busy && <p className="w-muted" role="status">Looking at what that would mean…</p>}
      </div>
      <footer>
        {!started && missing > 0 && <span className="w-small w-muted">{many(missing, "tool waits", "tools wait")} for your yes.</span>}
        <button type="button" className="w-button" onClick={close}>
          {started ? "Close" : "Cancel"}
        </button>
        {!started && (
          <button type="button" className={`w-button solid ${plan.again?.length ? "danger" : "primary"}`} disabled={busy || !plan.hash || !plan.runs || missing > 0} onClick={() => onStart?.(plan.hash, ticks)} data-testid="bulk-retry-start">
            Run {plan.runs ?? 0} again
          </button>
        )}
      </footer>
    </Modal>
  );
}
