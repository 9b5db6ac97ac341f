// The way that proves a problem: the steps a run comes through, painted on the canvas until another is asked for.
import { X } from "lucide-react";

export const NO_WAY = { at: new Map(), severity: "" };

// {steps: [path, ...] in order, severity} from the server, as the nodes and edges look it up.
export function wayOf(told) {
  return told?.steps?.length ? { at: new Map(told.steps.map((path, index) => [path, index])), severity: told.severity } : NO_WAY;
}

// Whether an edge is part of the way: from one of its steps (or a lane of one) to a later one.
export function leads({ at }, source, target) {
  const to = at.get(target);
  if (to === undefined) return false;
  if (source === "~start") return to === 0;
  const from = at.get(source) ?? at.get(source.slice(0, Math.max(0, source.lastIndexOf("/"))));
  return from !== undefined && from < to;
}

export function WayNote({ way, onClose }) {
  return (
    <div className={`wf-way ${way.severity}`} role="status" data-testid="way-note">
      <span>The way that shows {way.code}</span>
      <button type="button" className="wf-bare" onClick={onClose} aria-label="Hide the way" title="Hide the way">
        <X size={14} />
      </button>
    </div>
  );
}
