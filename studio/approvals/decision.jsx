// The comment and the two buttons of one approval. The comment stays here while the list around it refreshes.
import { useId, useState } from "react";

export function Decision({ approval, title, busy, refusal, onDecide }) {
  const [comment, setComment] = useState("");
  const id = useId();
  if (refusal) {
    return (
      <p className="w-note info" data-testid="approval-refusal">
        You cannot decide this one. {refusal}
      </p>
    );
  }
  const decide = (decision) => onDecide?.(approval, decision, comment);
  return (
    <div className="w-decision">
      <div className="w-field">
        <label htmlFor={id}>
          Comment <span className="w-muted w-small">optional, kept with the decision</span>
        </label>
        <textarea id={id} className="w-input" rows={2} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} data-testid="approval-comment" />
      </div>
      <div className="w-decision-buttons">
        <button type="button" className="w-button danger" disabled={busy} aria-label={`Reject: ${title}`} onClick={() => decide("reject")} data-testid="reject-button">
          Reject
        </button>
        <button type="button" className="w-button primary" disabled={busy} aria-busy={busy} aria-label={`Approve: ${title}`} onClick={() => decide("approve")} data-testid="approve-button">
          {busy ? "Deciding…" : "Approve"}
        </button>
      </div>
    </div>
  );
}
