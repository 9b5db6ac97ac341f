// Two texts of a workflow beside each other, over the whole editor: in words, as graphs, as texts. Arrows or J and K go
// through the changes, Escape closes.
import "./compare.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ArrowLeftRight, ArrowRight, ChevronDown, ChevronUp, LoaderCircle, X } from "lucide-react";
import { Changes } from "./changes.jsx";
import { CompareGraphs } from "./compare_graphs.jsx";
import { Said } from "./said.jsx";
import { TextDiff } from "./text_diff.jsx";

const TABS = { words: "In words", graph: "Graph", text: "Text" };
const isTyping = (target) => target?.closest?.("input, textarea, select") != null;
const nameOf = (model, side) => model.choices?.find(({ value }) => value === model[side])?.label ?? "";

export function CompareView({ open, model, graphs, onSay }) {
  const dialog = useRef(null);
  const [tab, setTab] = useState("words");
  const [chosen, setChosen] = useState(null);
  const changes = useMemo(() => (model?.groups ?? []).flatMap((group) => group.changes), [model]);
  useEffect(() => {
    const element = dialog.current;
    if (open && element && !element.open) element.showModal();
    if (!open) setTab("words");
  }, [open]);
  useEffect(() => setChosen(null), [model?.seq]);
  const close = useCallback(() => onSay?.({ type: "close" }), [onSay]);
  if (!open) return null;

  const step = (by) => changes.length && setChosen((at) => (at === null ? (by > 0 ? 0 : changes.length - 1) : Math.max(0, Math.min(changes.length - 1, at + by))));
  const onKey = (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const scrolls = event.target.closest?.(".wf-diff-scroll, [role=menu]");
    const by = { j: 1, k: -1, J: 1, K: -1, ...(scrolls ? {} : { ArrowDown: 1, ArrowUp: -1 }) }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    step(by);
  };
  const pick = (change) => {
    setChosen(change.index);
    setTab(change.old || change.new ? "graph" : "text");
  };
  const sides = (old, fresh) => onSay?.({ type: "sides", old: Number(old), new: Number(fresh) });
  const change = chosen === null ? null : changes[chosen];
  const ready = model?.groups && !model.trouble;

  return (
    <dialog ref={dialog} className="wf-compare" aria-label="Compare" data-testid="compare" data-busy={model?.busy ? "true" : undefined} onCancel={(event) => (event.preventDefault(), close())} onKeyDownCapture={onKey}>
      <header className="wf-compare-head">
        <h2>Compare</h2>
        {model?.choices ? (
          <div className="wf-compare-sides">
            <Side label="From" value={model.old} choices={model.choices} onChange={(value) => sides(value, model.new)} />
            <ArrowRight size={15} aria-hidden="true" />
            <Side label="To" value={model.new} choices={model.choices} onChange={(value) => sides(model.old, value)} />
            <button type="button" className="w-button ghost icon small" aria-label="Swap the two" title="Swap the two" onClick={() => sides(model.new, model.old)} data-testid="compare-swap"><ArrowLeftRight size={15} /></button>
            {model.busy ? <LoaderCircle size={15} className="w-spin" aria-label="Loading" /> : null}
          </div>
        ) : null}
        <Tabs tab={tab} setTab={setTab} />
        <button type="button" className="w-button ghost icon small" aria-label="Close" title="Close (Esc)" onClick={close} data-testid="compare-close"><X size={16} /></button>
      </header>
      <div className={`wf-compare-body is-${tab}`} role="tabpanel" id="compare-panel" aria-labelledby={`compare-${tab}`} tabIndex={tab === "words" ? 0 : undefined}>
        {model?.trouble ? <p className="w-note danger" role="alert">{model.trouble}</p> : null}
        {!ready && !model?.trouble ? <p className="wf-calm" role="status"><LoaderCircle size={16} className="w-spin" /> Comparing…</p> : null}
        {ready && tab === "words" ? <Words model={model} chosen={chosen} pick={pick} /> : null}
        {ready && tab === "graph" ? <CompareGraphs graphs={graphs} seq={model.seq} change={change} labels={[nameOf(model, "old"), nameOf(model, "new")]} onStep={(side, path) => setChosen(changes.find((one) => one[side] === path)?.index ?? null)} /> : null}
        {ready && tab === "text" ? <Texts model={model} change={change} /> : null}
      </div>
      {ready ? (
        <footer className="wf-compare-foot">
          <button type="button" className="w-button ghost icon small" onClick={() => step(-1)} disabled={!changes.length} aria-label="The change before" title="The change before (K)" data-testid="compare-back"><ChevronUp size={16} /></button>
          <button type="button" className="w-button ghost icon small" onClick={() => step(1)} disabled={!changes.length} aria-label="The next change" title="The next change (J)" data-testid="compare-next"><ChevronDown size={16} /></button>
          <span className={`wf-compare-now ${change ? `is-${change.weight}` : ""}`} role="status" data-testid="compare-now">
            {change ? <><strong>{chosen + 1} of {changes.length}</strong> <Said text={`${change.sentence}.`} /></> : changes.length ? `${changes.length} ${changes.length === 1 ? "change" : "changes"}` : "No changes"}
          </span>
          {change && model.new === model.draft && (change.new || change.newLine) ? (
            <button type="button" className="w-button small" onClick={() => onSay?.({ type: "go", step: change.new, line: change.newLine })} data-testid="compare-go">Go there in the editor</button>
          ) : null}
          <span className="wf-compare-keys" aria-hidden="true"><kbd className="w-kbd">J</kbd> <kbd className="w-kbd">K</kbd> changes <kbd className="w-kbd">Esc</kbd> close</span>
        </footer>
      ) : null}
    </dialog>
  );
}

function Side({ label, value, choices, onChange }) {
  return (
    <select className="w-input" aria-label={label} value={value} onChange={(event) => onChange(event.target.value)} data-testid={`compare-${label.toLowerCase()}`}>
      {choices.map((choice) => <option key={choice.value} value={choice.value}>{choice.label}</option>)}
    </select>
  );
}

function Tabs({ tab, setTab }) {
  const keys = Object.keys(TABS);
  const onKeyDown = (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = keys[(keys.indexOf(tab) + by + keys.length) % keys.length];
    setTab(next);
    document.getElementById(`compare-${next}`)?.focus();
  };
  return (
    <div className="wf-compare-tabs wf-tab-list" role="tablist" aria-label="How to compare" onKeyDown={onKeyDown}>
      {keys.map((key) => (
        <button key={key} id={`compare-${key}`} type="button" role="tab" aria-selected={tab === key} aria-controls="compare-panel" tabIndex={tab === key ? 0 : -1} onClick={() => setTab(key)} data-testid={`compare-tab-${key}`}>{TABS[key]}</button>
      ))}
    </div>
  );
}

function Words({ model, chosen, pick }) {
  const list = useRef(null);
  useEffect(() => list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }), [chosen]);
  return (
    <div className="wf-compare-words" ref={list}>
      <Changes found={model} chosen={chosen} onPick={pick} />
      {model.runs.count ? (
        <section className="w-note" data-testid="compare-runs">
          <div><strong>Runs under way on {nameOf(model, "old").toLowerCase()}: {model.runs.count}</strong> ({model.runs.words}). They stay on their version.{model.runs.waiting.map(({ path, title, count }) => <div key={path} className="w-small w-muted">{count} at {title}</div>)}</div>
        </section>
      ) : null}
    </div>
  );
}

// The text's place of a change: the row with its line, brought into view.
function Texts({ model, change }) {
  const element = useRef(null);
  useEffect(() => {
    if (!change) return;
    const rows = [...(element.current?.querySelectorAll("tr") ?? [])];
    const shows = (row, number) => number && [...row.querySelectorAll(".wf-diff-number")].some((cell) => cell.textContent === String(number));
    const row = rows.find((one) => one.querySelector(".is-add, .is-del") && (shows(one, change.newLine) || shows(one, change.oldLine))) ?? rows.find((one) => shows(one, change.newLine) || shows(one, change.oldLine));
    rows.forEach((one) => one.classList.toggle("is-here", one === row));
    row?.scrollIntoView({ block: "center" });
  }, [change, model.seq]);
  return <div className="wf-compare-texts" ref={element}><TextDiff old={model.texts.old} new={model.texts.new} oldLabel={nameOf(model, "old")} newLabel={nameOf(model, "new")} /></div>;
}
