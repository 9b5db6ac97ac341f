// The way that proves a problem: the steps a run comes through, painted on the canvas until another is asked for. It can
// be walked along, so that a long way needs no searching.
import { useEffect, useState } from "react";
import { ChevronLeft, ChevronRight, Pause, Play, X } from "lucide-react";

export const NO_WAY = { at: new Map(), severity: "" };
const PACE = 1100; // milliseconds a step

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

export function WayNote({ way, nameOf, onVisit, onClose }) {
  const [at, setAt] = useState(-1);
  const [playing, setPlaying] = useState(false);
  const count = way.steps.length;
  useEffect(() => {
    setAt(-1);
    setPlaying(false);
  }, [way]);
  const visit = (index) => {
    setAt(index);
    onVisit(way.steps[index]);
  };
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => (at + 1 < count ? visit(at + 1) : setPlaying(false)), at < 0 ? 0 : PACE);
    return () => clearTimeout(timer);
  }, [playing, at]); // eslint-disable-line
  const step = (by) => {
    setPlaying(false);
    visit(Math.max(0, Math.min(count - 1, at + by)));
  };
  const words = at < 0 ? `The way that shows ${way.code}: ${count} steps` : `${at + 1} of ${count}: ${nameOf(way.steps[at])}`;
  return (
    <div className={`wf-way ${way.severity}`} role="status" data-testid="way-note">
      <span title={words}>{words}</span>
      <button type="button" className="wf-bare" onClick={() => step(-1)} disabled={at <= 0} aria-label="The step before" title="The step before" data-testid="way-back"><ChevronLeft size={15} /></button>
      <button type="button" className="wf-bare" onClick={() => (playing ? setPlaying(false) : (at + 1 >= count && setAt(-1), setPlaying(true)))} aria-label={playing ? "Stop" : "Walk along the way"} title={playing ? "Stop" : "Walk along the way"} data-testid="way-play">{playing ? <Pause size={14} /> : <Play size={14} />}</button>
      <button type="button" className="wf-bare" onClick={() => step(1)} disabled={at >= count - 1} aria-label="The next step" title="The next step" data-testid="way-next"><ChevronRight size={15} /></button>
      <button type="button" className="wf-bare" onClick={onClose} aria-label="Hide the way" title="Hide the way"><X size={14} /></button>
    </div>
  );
}
