// Whether the page is connected to the studio: nothing while it is.
import { RefreshCw } from "lucide-react";
import { useLink } from "./link.js";

export function Link() {
  const { away } = useLink();
  return (
    <span className="wf-link" role="status" data-testid="link" data-state={away ? "away" : "here"}>
      {away ? (
        <>
          <RefreshCw size={14} strokeWidth={1.75} className="w-spin" aria-hidden /> Reconnecting…
        </>
      ) : null}
    </span>
  );
}
