// A proposal painted over the canvas: what comes in green, what changes in amber, what goes as a red ghost. Nothing of it
// is saved. A click on something painted tells which part of the change it is, and that part can be taken alone.
import "./compare.css";
import "./proposal.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider } from "@xyflow/react";
import { Check, Eye, X } from "lucide-react";
import { LEGEND, withEdges } from "./compare_graphs.jsx";
import { createStore, flowOf } from "./graph.js";
import { isEditing } from "./keys.js";
import { Said } from "./said.jsx";
import { Stage } from "./stage.jsx";
import { Canvas } from "./surface.js";
import { NO_WAY } from "./way.jsx";

export function ProposalView(props) {
  return (
    <ReactFlowProvider>
      <View {...props} />
    </ReactFlowProvider>
  );
}

function View({ model, graph: given, canEdit, onSay }) {
  const root = useRef(null);
  const [shape, setShape] = useState({ nodes: [], edges: [] });
  const [chosen, setChosen] = useState("");
  const marks = given?.marks ?? {};
  const graph = useMemo(() => ({ epoch: `proposal-${given?.seq}`, rev: 0, nodes: given?.graph?.nodes ?? [], edges: given?.graph?.edges ?? [] }), [given]);
  useEffect(() => setShape(() => withEdges(flowOf(graph), given?.marks ?? {})), [graph, given]);
  useEffect(() => setChosen(""), [given?.seq]);
  const part = model?.parts?.find(({ id }) => id === model.of?.[chosen]) ?? null;
  const shared = useMemo(() => ({ runs: createStore({}), ways: createStore(NO_WAY), quickAdd: () => {}, say: () => {}, lift: () => {}, draw: () => {}, readOnly: true }), []);
  const dress = useMemo(
    () => ({
      picked: new Set(part ? graph.nodes.filter(({ id }) => model.of[id] === part.id).map(({ id }) => id) : chosen ? [chosen] : []),
      painted: Object.fromEntries(Object.entries(marks).map(([id, mark]) => [id, `cmp-${mark}`])),
    }),
    [chosen, part, marks, model, graph],
  );
  const close = useCallback(() => onSay?.({ type: "look", message: "" }), [onSay]);
  const onKeyDown = useCallback((event) => {
    if (isEditing(event.target)) return true;
    if (event.key === "Escape") close();
    return event.key !== "Escape" || undefined;
  }, [close]);
  const counts = Object.values(marks).reduce((found, mark) => ({ ...found, [mark]: (found[mark] ?? 0) + 1 }), {});
  const accept = (parts) => onSay?.({ type: "accept", message: model.message, parts });
  return (
    <section className="wf-compare wf-over" aria-label="The proposal on the canvas" data-testid="overlay" onKeyDown={(event) => event.key === "Escape" && close()}>
      <header className="wf-over-bar">
        <Eye size={15} aria-hidden="true" />
        <span className="wf-over-words" role="status">
          {part ? <Said text={`${part.title}.`} /> : <><strong>You are looking at a proposal.</strong> <span>Nothing of it is saved.</span></>}
        </span>
        {part && canEdit && model.parts.length > 1 ? (
          <button type="button" className={`w-button small ${part.risks.length ? "danger" : ""}`} data-testid="overlay-accept-part" onClick={() => accept([part.id])}><Check size={14} aria-hidden="true" /> Accept only this</button>
        ) : null}
        {canEdit ? <button type="button" className={`w-button small ${model?.lowers ? "danger" : "primary"}`} data-testid="overlay-accept" onClick={() => accept(null)}>{model?.lowers ? "Accept, with less safety" : "Accept"}</button> : null}
        <button type="button" className="w-button small" data-testid="overlay-close" onClick={close}><X size={14} aria-hidden="true" /> Back to mine</button>
      </header>
      <div className="wf-over-stage">
        <Canvas.Provider value={shared}>
          <Stage ref={root} graph={graph} shape={shape} setShape={setShape} marks={dress} chosen={chosen || null} choose={(path) => setChosen(path ?? "")} say={null} readOnly least={0.6} inset={0} onKeyDown={onKeyDown} />
        </Canvas.Provider>
        <ul className="wf-compare-legend" aria-label="Colours" data-testid="overlay-legend">
          {Object.entries(LEGEND).filter(([mark]) => counts[mark]).map(([mark, words]) => <li key={mark} className={`cmp-${mark}`}>{words}</li>)}
        </ul>
      </div>
    </section>
  );
}
