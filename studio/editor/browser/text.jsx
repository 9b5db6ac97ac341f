// The text pane: the editor, and a bar with what can be done in it.
import "./expression.css";
import "./text.css";
import { useEffect, useRef, useState } from "react";
import { openSearchPanel } from "@codemirror/search";
import { ArrowLeftRight, Search, WandSparkles } from "lucide-react";
import { useLast, useLink } from "./link.js";
import { usePlaced } from "./placed.js";
import { Pane } from "./text_pane.js";
import { swapSides } from "./view.js";

export function TextPane({ snapshot, patches, saved, problems: found, places, reveal, others, readOnly: locked, opened, onSay }) {
  const problems = usePlaced(found, places);
  const element = useRef(null);
  const [pane] = useState(() => new Pane());
  const [told, setTold] = useState("");
  const { here } = useLink();
  const readOnly = useLast(locked, opened);
  useEffect(() => {
    Object.assign(pane, { say: onSay, isHere: here });
  }, [pane, onSay, here]);
  useEffect(() => {
    pane.tell = setTold;
    pane.mount(element.current);
    const leave = () => (pane.send(), pane.keep());
    const hold = (event) => pane.stuck() && event.preventDefault();
    window.addEventListener("pagehide", leave);
    window.addEventListener("beforeunload", hold);
    let was = 0; // its width while it is seen
    const watcher = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      if (height > 0 && !was) pane.shown();
      else if (width !== was) pane.keepCursor();
      was = height > 0 ? width : 0;
    });
    watcher.observe(element.current);
    return () => {
      watcher.disconnect();
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("beforeunload", hold);
      pane.unmount();
    };
  }, [pane]);
  useEffect(() => pane.receive(snapshot, patches, saved), [pane, snapshot, patches, saved]);
  useEffect(() => {
    if (opened) pane.reopened();
  }, [pane, opened]);
  useEffect(() => pane.lock(readOnly), [pane, readOnly]);
  useEffect(() => pane.lint(problems), [pane, problems]);
  useEffect(() => pane.reveal(reveal), [pane, reveal]);
  useEffect(() => pane.others(others), [pane, others]);
  useEffect(() => {
    if (!told) return undefined;
    const timer = setTimeout(() => setTold(""), 5000);
    return () => clearTimeout(timer);
  }, [told]);
  return (
    <div className="wf-text" data-testid="text-pane">
      <div className="wf-text-bar">
        <span role="status" data-testid="text-told">
          {told}
        </span>
        <Action words="To the other side" className="wf-swap" test="text-swap" icon={ArrowLeftRight} onClick={swapSides} />
        <Action words="Find and replace" keys="Ctrl+F" test="text-find" icon={Search} onClick={() => openSearchPanel(pane.view)} />
        {readOnly ? null : <Action words="Format" keys="Shift+Alt+F" test="text-format" icon={WandSparkles} onClick={() => pane.format()} />}
      </div>
      <div className="wf-text-page" ref={element} />
    </div>
  );
}

function Action({ words, keys, test, className = "", icon: Icon, onClick }) {
  return (
    <button type="button" className={`w-button ghost icon small ${className}`} title={keys ? `${words} (${keys})` : words} aria-label={words} data-testid={test} onClick={onClick}>
      <Icon size={15} />
    </button>
  );
}

