// The camera: how much of the graph is seen. Keys while the canvas has the focus: 1 all of it, 2 the selection, 0 as
// large as it is drawn.
import { useEffect } from "react";
import { MiniMap, Panel } from "@xyflow/react";
import { Crosshair, Map as MapIcon, Maximize2, Minus, Plus, StickyNote, WandSparkles } from "lucide-react";
import { toneOf } from "./icons.jsx";

const KEYS = { 1: "all", 2: "selection", 0: "actual" };

export function useCameraKeys(root, see) {
  useEffect(() => {
    const element = root.current;
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !KEYS[event.key]) return;
      if (event.target.closest("input, textarea, select, [contenteditable=true]")) return;
      event.preventDefault();
      see(KEYS[event.key]);
    };
    element?.addEventListener("keydown", onKey);
    return () => element?.removeEventListener("keydown", onKey);
  }, [root, see]);
}

export function Camera({ zoomIn, zoomOut, see, hasChosen, map, setMap, onTidy, onNote }) {
  return (
    <Panel position="bottom-right" className={`wf-camera ${map ? "above-map" : ""}`}>
      {onTidy ? (
        <button type="button" className="with-words" onClick={onTidy} title="Back to where the layout puts every step" data-testid="tidy">
          <WandSparkles size={14} /> Tidy
        </button>
      ) : null}
      {onNote ? <button type="button" onClick={onNote} aria-label="Add a note" title="Add a note to the canvas" data-testid="note-new"><StickyNote size={14} /></button> : null}
      <button type="button" onClick={zoomIn} aria-label="Zoom in" title="Zoom in"><Plus size={15} /></button>
      <button type="button" onClick={zoomOut} aria-label="Zoom out" title="Zoom out"><Minus size={15} /></button>
      <button type="button" onClick={() => see("actual")} aria-label="Actual size" title="Actual size (0)" data-testid="zoom-actual"><span className="wf-one">1:1</span></button>
      <button type="button" onClick={() => see("all")} aria-label="Zoom to fit" title="Zoom to fit (1)" data-testid="zoom-fit"><Maximize2 size={14} /></button>
      <button type="button" onClick={() => see("selection")} disabled={!hasChosen} aria-label="Zoom to the selection" title="Zoom to the selection (2)" data-testid="zoom-selection"><Crosshair size={15} /></button>
      <button type="button" onClick={() => setMap(!map)} aria-label="Overview" aria-pressed={map} title={map ? "Hide the overview" : "Show the overview"}><MapIcon size={14} /></button>
    </Panel>
  );
}

function look(node) {
  const { kind, container, problems } = node.data;
  const worst = problems?.some((one) => one.severity === "error") ? "error" : problems?.some((one) => one.severity === "warning") ? "warning" : "";
  const sort = kind === "lane" || kind === "empty" ? "nothing" : kind === "note" ? "note" : container && !node.data.collapsed ? "group" : toneOf(kind);
  return `wf-map ${sort} ${worst} ${node.selected ? "selected" : ""}`;
}

export function Overview() {
  return <MiniMap pannable zoomable ariaLabel="Overview" nodeBorderRadius={12} nodeStrokeWidth={10} nodeClassName={look} />;
}
