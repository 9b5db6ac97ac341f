// On a step of the canvas: that it has a pin, and that nothing ever comes to it.
import "./trial.css";
import { Pin } from "lucide-react";
import { usePinned, useUnreached } from "./previewed.js";

export function TrialMarks({ step }) {
  const pin = usePinned(step);
  const why = useUnreached(step);
  return (
    <>
      {pin ? (
        <span className="wf-pin" role="img" aria-label={pin} title={pin} data-testid={`pinned-${step}`}>
          <Pin size={11} strokeWidth={2.4} aria-hidden="true" />
        </span>
      ) : null}
      {why ? <span className="wf-unreached" role="img" aria-label={`Never reached: ${why}`} title={`Never reached: ${why}`} data-testid={`unreached-${step}`} /> : null}
    </>
  );
}
