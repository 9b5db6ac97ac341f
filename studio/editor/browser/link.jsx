// Whether the page is connected to the studio: nothing while it is.
import { useContext } from "react";
import { RefreshCw } from "lucide-react";
import { EventLoopContext } from "$/utils/context";

export function Link() {
  const [, troubles] = useContext(EventLoopContext);
  return (
    <span className="wf-link" role="status" data-testid="link" data-state={troubles.length ? "away" : "here"}>
      {troubles.length ? (
        <>
          <RefreshCw size={14} strokeWidth={1.75} className="w-spin" aria-hidden /> Reconnecting…
        </>
      ) : null}
    </span>
  );
}
