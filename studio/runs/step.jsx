// What is known of one step: what went in and came out, how its gates were answered, what an agent said, what happened.
import { useState } from "react";
import { Elapsed, length } from "$/public/external/studio/shell/elements/time.jsx";
import { Json, Large } from "$/public/external/studio/shell/elements/value.jsx";
import { Mark } from "./marks.jsx";

export function StepDetails({ row, detail }) {
  const [tab, setTab] = useState("data");
  if (!detail) return <div className="w-trace-details w-muted" role="status" style={{ minHeight: 160 }}>Loading…</div>;
  const turns = detail.turns ?? [];
  const tabs = [["data", "Data"], ...(turns.length ? [["talk", `Conversation (${turns.length})`]] : []), ["log", "Log"]];
  const open = tabs.some(([key]) => key === tab) ? tab : "data";
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
        {detail.spent && (
          <div className="w-fact">
            <dt className="w-small w-muted">Model</dt>
            <dd data-testid="step-spent">{detail.spent}</dd>
          </div>
        )}
      </dl>
      {detail.error && (
        <div className="w-note danger" data-testid="step-error">
          <div>
            <div className="w-strong">{detail.error.message}</div>
            <div className="w-small w-muted">Code: {detail.error.code}</div>
          </div>
        </div>
      )}
      <div className="w-tabs w-step-tabs" role="tablist" aria-label="Of this step">
        {tabs.map(([key, words]) => (
          <button key={key} type="button" role="tab" aria-selected={open === key} className="w-tab" onClick={() => setTab(key)} data-testid={`step-tab-${key}`}>
            {words}
          </button>
        ))}
      </div>
      {open === "data" && (
        <>
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
      <div className="w-row">
        <button type="button" className="w-button small" onClick={() => window.dispatchEvent(new CustomEvent("weft-run-again", { detail: row.path }))} data-testid="run-again-here">
          Run again from here…
        </button>
      </div>
      {!detail.error && detail.input == null && detail.output == null && !Object.keys(detail.large ?? {}).length && !detail.waits?.length && <p className="w-muted">This step takes and gives no values.</p>}
        </>
      )}
      {open === "talk" && <Talk turns={turns} />}
      {open === "log" && (
        <ol className="w-step-log" data-testid="step-log">
          {(detail.log ?? []).map((line) => (
            <li key={line.seq} className={line.tone}>
              <time className="w-muted w-number" dateTime={line.at} title={new Date(line.at).toLocaleString()}>
                {new Date(line.at).toLocaleTimeString(undefined, { hour12: false })}.{line.at.slice(20, 23)}
              </time>{" "}
              <span>{line.words}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function Talk({ turns }) {
  return (
    <ol className="w-talk" data-testid="step-talk">
      {turns.map((turn) => (
        <li key={turn.number}>
          <div className="w-talk-head w-small w-muted">
            <span className="w-strong">Turn {turn.number}</span>
            {turn.model && <span className="w-mono">{turn.model}</span>}
            {turn.ms != null && <span>{length(turn.ms)}</span>}
            {!turn.large && (
              <span className="w-number">
                {turn.tokens_in} + {turn.tokens_out} tokens
              </span>
            )}
            {turn.cost && <span className="w-number">{turn.cost}</span>}
          </div>
          {turn.large && <p className="w-muted">This turn is too large to be shown here.</p>}
          {turn.withheld && <p className="w-muted w-small" data-testid="talk-withheld">{turn.withheld}</p>}
          {turn.text && <p className="w-talk-text">{turn.text}</p>}
          {turn.uses.map((use, index) => (
            <details key={index} className="w-talk-use" data-testid="talk-use">
              <summary>
                <Mark state={use.state} />
                <span className="w-mono">{use.name}</span>
                {use.ms != null && <span className="w-muted w-small">{length(use.ms)}</span>}
                {use.error && <span className="w-small w-talk-problem">{use.error.message}</span>}
              </summary>
              <div className="w-trace-io">
                <section>
                  <h4>Asked with</h4>
                  <Json value={use.arguments} label="Arguments" />
                </section>
                {use.answer != null && (
                  <section>
                    <h4>Answered</h4>
                    <Json value={use.answer} label="Answer" />
                  </section>
                )}
              </div>
            </details>
          ))}
        </li>
      ))}
    </ol>
  );
}
