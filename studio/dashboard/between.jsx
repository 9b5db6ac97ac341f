// From when until when, in the reader's own time; told as two ISO times.
import { useState } from "react";

const local = (iso) => {
  const at = iso ? new Date(iso) : null;
  if (!at || Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

export function Between({ since, until, onPick }) {
  const [from, setFrom] = useState(() => local(since) || local(new Date(Date.now() - 86400000).toISOString()));
  const [to, setTo] = useState(() => local(until) || local(new Date().toISOString()));
  const wrong = !from || !to || from >= to;
  const pick = (event) => {
    event.preventDefault();
    if (!wrong) onPick?.({ since: new Date(from).toISOString(), until: new Date(to).toISOString() });
  };
  return (
    <form className="w-row w-wrap w-between" onSubmit={pick}>
      <label className="w-row">From <input type="datetime-local" className="w-input" value={from} max={to} onChange={(event) => setFrom(event.target.value)} data-testid="between-since" /></label>
      <label className="w-row">until <input type="datetime-local" className="w-input" value={to} min={from} onChange={(event) => setTo(event.target.value)} aria-invalid={wrong} data-testid="between-until" /></label>
      <button type="submit" className="w-button" disabled={wrong} data-testid="between-show">Show</button>
      {wrong ? <span className="w-error" role="alert">The end must be after the beginning.</span> : null}
    </form>
  );
}
