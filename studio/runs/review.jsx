// One call of which nobody knows whether it happened: what was sent, how to find out, and the three answers.
// What is chosen and typed stays here while the page around it refreshes.
import { useId, useState } from "react";
import { RunForm } from "$/public/external/studio/runs/elements/form.jsx";
import { Value } from "$/public/external/studio/shell/elements/value.jsx";

const when = (iso) => (iso ? new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) : "");
const hasFields = (schema) => Object.keys(schema?.properties ?? {}).length > 0;

const CHOICES = [
  ["happened", "It happened", ""],
  ["again", "Do it again", ""],
  ["fail", "Fail the step", "danger"],
];

function Result({ review, busy, problems, message, onSend, onBack }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const id = useId();
  if (hasFields(review.schema)) {
    return (
      <div className="w-review-result">
        <p className="w-small">The workflow goes on as if the tool had answered this:</p>
        <RunForm schema={review.schema} problems={problems} message={message} busy={busy} submitLabel="It happened: go on" busyLabel="Saving…" onSubmit={(value) => onSend(JSON.stringify(value))} onCancel={onBack} />
      </div>
    );
  }
  function submit(event) {
    event.preventDefault();
    try {
      onSend(JSON.stringify(text.trim() ? JSON.parse(text) : null));
      setWrong("");
    } catch (error) {
      setWrong(`This is not JSON: ${error.message}`);
    }
  }
  const said = wrong || message;
  return (
    <form className="w-review-result" onSubmit={submit} noValidate>
      <div className="w-field">
        <label htmlFor={id}>
          What the tool would have answered <span className="w-muted w-small">JSON; empty for no value</span>
        </label>
        <textarea id={id} className="w-input mono" rows={4} spellCheck={false} placeholder={'{"id": "..."}'} value={text} onChange={(event) => setText(event.target.value)} aria-invalid={said ? "true" : undefined} data-testid="review-result" />
      </div>
      {said && (
        <div className="w-note danger" role="alert" data-testid="review-problem">
          {said}
        </div>
      )}
      <Buttons busy={busy} words="It happened: go on" tone="primary" onBack={onBack} />
    </form>
  );
}

function Buttons({ busy, words, tone, onBack, onSend }) {
  return (
    <div className="w-decision-buttons">
      <button type="button" className="w-button" onClick={onBack}>
        Back
      </button>
      <button type={onSend ? "button" : "submit"} className={`w-button ${tone}`} disabled={busy} aria-busy={busy} onClick={onSend} data-testid="review-confirm">
        {busy ? "Saving…" : words}
      </button>
    </div>
  );
}

export function Review({ review, answering, problems, message, onAnswer }) {
  const [choice, setChoice] = useState("");
  const [comment, setComment] = useState("");
  const id = useId();
  const busy = answering === review.path;
  const send = (decision, result = "null") => onAnswer?.(review.path, decision, review.attempt, result, comment);
  const back = () => setChoice("");
  return (
    <article className="w-card w-approval w-review" data-testid="review" data-path={review.path}>
      <header className="w-approval-head">
        <h2 className="w-approval-title">
          Did <span className="w-mono">{review.tool}</span> happen?
        </h2>
        <p className="w-small w-muted">
          Step “{review.label}” · {when(review.tried)}
          {review.attempt > 1 && ` · try ${review.attempt}`}
        </p>
      </header>
      <section className="w-approval-part">
        <p>{review.why} Asking this tool twice could do the thing twice, so the run has stopped here until somebody says what happened.</p>
        <h3>What was sent</h3>
        <div className="w-effect" data-testid="review-arguments">
          {review.arguments === null ? <p className="w-small w-muted">Too large to show here; open the step below.</p> : Object.keys(review.arguments).length ? <Value value={review.arguments} /> : <p className="w-small w-muted">No arguments.</p>}
        </div>
        <h3>How to find out</h3>
        <p>
          Look in the system behind <span className="w-mono">{review.tool.split(".")[0]}</span> for what these arguments describe, from {when(review.tried)} on. If it keeps its callers’ keys, look for{" "}
          <span className="w-mono w-small w-review-key" data-testid="review-key">{review.key}</span>
        </p>
      </section>
      <footer className="w-approval-foot">
        {!review.may ? (
          <p className="w-note info" data-testid="review-refusal">
            You cannot answer this. Ask an operator or an admin of this workspace.
          </p>
        ) : (
          <div className="w-decision">
            <div className="w-review-choices" role="group" aria-label="What happened">
              {CHOICES.map(([key, words, tone]) => (
                <button key={key} type="button" className={`w-button ${tone}`} aria-pressed={choice === key} disabled={busy} onClick={() => setChoice(choice === key ? "" : key)} data-testid={`review-${key}`}>
                  {words}
                </button>
              ))}
            </div>
            {choice && (
              <div className="w-field">
                <label htmlFor={id}>
                  How you know <span className="w-muted w-small">optional, kept with the answer</span>
                </label>
                <textarea id={id} className="w-input" rows={2} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} data-testid="review-comment" />
              </div>
            )}
            {choice === "happened" && <Result review={review} busy={busy} problems={problems} message={message} onSend={(result) => send("happened", result)} onBack={back} />}
            {choice === "again" && (
              <>
                <p className="w-note warning">The call is made once more, with exactly these arguments. If it did happen after all, it happens twice.</p>
                <Buttons busy={busy} words="It did not happen: do it again" tone="primary" onBack={back} onSend={() => send("again")} />
              </>
            )}
            {choice === "fail" && (
              <>
                <p className="w-note warning">
                  The step fails with the code “outcome_unknown”. Where the workflow catches that, it goes on there; else the run fails and undoes what was done before. This call itself is neither repeated nor undone.
                </p>
                <Buttons busy={busy} words="Fail the step" tone="danger solid" onBack={back} onSend={() => send("fail")} />
              </>
            )}
          </div>
        )}
      </footer>
    </article>
  );
}
