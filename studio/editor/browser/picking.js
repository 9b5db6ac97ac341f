// The selection as the canvas holds it: the steps that are picked, and the one of them that the inspector shows.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { blockOf, isStep, told } from "./selection.js";

const NOTHING = { chosen: null, picked: [] };
const QUIET = 60; // milliseconds without a change before the text of the selection is asked for

// `selected` and `given` are what the server selects: one step, and what a change made of several; `opened` is another
// value each time it opens the draft.
export function useSelection({ graph, latest, selected, given, opened, say, reveal }) {
  const [now, setNow] = useState(NOTHING);
  const current = useRef(NOTHING);
  const set = useCallback((next) => {
    current.current = next;
    setNow(next);
  }, []);

  const tell = useCallback(() => {
    const shown = latest.current.nodes.find((node) => node.id === current.current.chosen);
    say("select", { step: isStep(shown) ? shown.step : shown?.kind === "start" ? shown.id : null });
  }, [latest, say]);

  const choose = useCallback((id, event) => {
    const { picked } = current.current;
    const adds = id && event && (event.shiftKey || event.ctrlKey || event.metaKey);
    if (adds && picked.includes(id)) {
      const left = picked.filter((one) => one !== id);
      set({ chosen: left.at(-1) ?? null, picked: left });
    } else set({ chosen: id, picked: adds ? [...picked, id] : id ? [id] : [] });
    tell();
  }, [tell, set]);

  // Several at once. The inspector stays as it is, closed or open, so that nothing moves.
  const pick = useCallback((ids) => {
    if (ids.length < 2) return choose(ids[0] ?? null);
    const { chosen } = current.current;
    const shown = chosen === null || ids.includes(chosen) ? chosen : ids[0];
    set({ chosen: shown, picked: ids });
    if (shown !== chosen) say("select", { step: shown });
  }, [choose, say, set]);

  const pickAll = useCallback(() => {
    const { chosen, picked } = current.current;
    const from = chosen ?? picked[0];
    const block = from ? blockOf(latest.current, from) : [];
    const has = block.length > 0 && block.every((id) => picked.includes(id));
    pick(from && !has ? block : latest.current.nodes.filter(isStep).map((node) => node.id));
  }, [latest, pick]);

  useEffect(() => {
    if (!selected?.seq) return;
    const id = selected.id || null;
    set({ chosen: id, picked: id ? [id] : [] });
    if (id && selected.reveal) reveal(selected.lane ?? id);
  }, [selected]); // eslint-disable-line

  useEffect(() => {
    if (given?.steps?.length) set({ chosen: given.steps[0], picked: given.steps });
  }, [given]); // eslint-disable-line

  // What is no longer there is no longer selected.
  useEffect(() => {
    const { chosen, picked } = current.current;
    const there = new Set(graph.nodes.map((node) => node.id));
    if (graph.nodes.length && !picked.every((id) => there.has(id)))
      set({ chosen: there.has(chosen) ? chosen : null, picked: picked.filter((id) => there.has(id)) });
  }, [graph, set]);

  // A draft that is opened again does not know what was selected meanwhile.
  const before = useRef("");
  useEffect(() => {
    if (opened && before.current) tell();
    if (opened) before.current = opened;
  }, [opened]); // eslint-disable-line

  const steps = useMemo(() => now.picked.filter((id) => isStep(graph.nodes.find((node) => node.id === id))), [now, graph]);
  useEffect(() => {
    if (!steps.length) return undefined;
    let timer = 0;
    let asked = false;
    // Whoever writes in a field or in the text copies from there: what they change need not come back as a copy.
    const ask = () => {
      clearTimeout(timer);
      if (asked || document.activeElement?.closest("input, textarea, .cm-editor")) return;
      timer = setTimeout(() => ((asked = true), say("pick", { steps })), QUIET);
    };
    ask();
    document.addEventListener("focusin", ask);
    return () => (clearTimeout(timer), document.removeEventListener("focusin", ask));
  }, [steps, say]);

  // Where something goes while no step is selected: the empty place that is, or behind the start.
  const slot = useMemo(() => {
    const node = graph.nodes.find((one) => one.id === now.chosen);
    const first = node?.kind === "start" ? graph.edges.find((edge) => edge.source === node.id) : null;
    return node?.slot ?? first?.slot ?? null;
  }, [now, graph]);
  const sentence = useMemo(() => told(graph, steps, now.chosen), [graph, steps, now]);
  return { ...now, steps, slot, sentence, current, choose, pick, pickAll };
}
