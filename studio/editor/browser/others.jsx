// Where the other people are who have this draft open: a small flag on the step that each has selected.
import "./others.css";
import { ViewportPortal } from "@xyflow/react";
import { useMemo } from "react";
import { boxes } from "./graph.js";

export function Flags({ graph, others }) {
  const found = useMemo(() => (others?.length ? boxes(graph) : null), [graph, others]);
  if (!found) return null;
  const above = new Map(); // several people on one step stand beside each other
  return (
    <ViewportPortal>
      {others.map((one) => {
        const box = found.get(one.step);
        if (!box) return null;
        const place = above.get(one.step) ?? 0;
        above.set(one.step, place + 1);
        return (
          <div key={`${one.name}:${one.step}`} className="wf-flag" data-colour={one.colour} data-testid="flag" data-step={one.step} title={`${one.name} is here`} style={{ left: box.x + 12 + place * 30, top: box.y - 12 }}>
            {place === 0 ? <span className="wf-flag-ring" style={{ left: -12, top: 12, width: box.width, height: box.height }} /> : null}
            <span className="wf-flag-mark">{one.letters}</span>
          </div>
        );
      })}
    </ViewportPortal>
  );
}
