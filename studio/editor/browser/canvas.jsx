// The editing canvas. It owns its graph (snapshot and patches from the server) and everything that happens while a
// pointer is down; the server only ever hears what was meant: select, add, move, remove, undo, redo.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { createStore, EMPTY, flowOf, received } from "./graph.js";
import { drag, drift, nearest, places } from "./drag.js";
import { Canvas } from "./nodes.jsx";
import { DragGhost, Stage } from "./stage.jsx";
import { Palette, QuickAdd } from "./palette.jsx";
import { NO_WAY, WayNote, wayOf } from "./way.jsx";
import { useShortcuts } from "./keys.js";

export function WeftCanvas(props) {
  return (
    <ReactFlowProvider>
      <Editor {...props} />
    </ReactFlowProvider>
  );
}

const CLICK = 4; // pixels a pointer may wander and still be a click

function Editor({ snapshot, patches, palette, selected, way, states, readOnly, onGesture }) {
  const flow = useReactFlow();
  const [graph, setGraph] = useState(EMPTY);
  const [shape, setShape] = useState({ nodes: [], edges: [] });
  const [quick, setQuick] = useState(null);
  const [open, setOpen] = useState(() => window.innerWidth > 760);
  const [chosen, setChosen] = useState(null);
  const root = useRef(null);
  const latest = useRef(EMPTY);
  const asked = useRef(null);
  const runs = useRef(null);
  runs.current ??= createStore({});
  const ways = useRef(null);
  ways.current ??= createStore(NO_WAY);
  const inset = readOnly ? 0 : open ? 236 : 44;
  const room = useRef(inset);
  room.current = inset;

  const say = useCallback((type, rest = {}) => onGesture?.({ type, rev: latest.current.rev, ...rest }), [onGesture]);

  useEffect(() => runs.current.set(states ?? {}), [states]);
  useEffect(() => ways.current.set(wayOf(way)), [way]);

  useEffect(() => {
    const { graph: next, gap } = received(latest.current, snapshot, patches);
    if (gap && asked.current !== `${next.epoch}:${next.rev}`) {
      asked.current = `${next.epoch}:${next.rev}`;
      say("resync");
    }
    if (next === latest.current) return;
    latest.current = next;
    setGraph(next);
    setShape((previous) => flowOf(next, previous, { readOnly }));
  }, [snapshot, patches, say, readOnly]);

  const choose = useCallback((id, tell = true) => {
    setChosen(id);
    if (tell) say("select", { step: id });
  }, [say]);

  useEffect(() => {
    if (!selected) return;
    setChosen(selected.id || null);
    if (selected.id && selected.reveal) root.current?.reveal?.(selected.id);
  }, [selected]);

  const add = useCallback((item, slot) => say("add", { item: item.key, ...(slot ? { container: slot.container, before: slot.before } : { after: chosen }) }), [say, chosen]);

  const grab = useCallback((event, item) => {
    if (event.button !== 0) return;
    const from = { x: event.clientX, y: event.clientY };
    const area = root.current.element;
    const found = places(latest.current, null);
    let moved = false;
    let last = null;
    let frame = 0;
    const track = (now) => {
      if (!moved && Math.hypot(now.clientX - from.x, now.clientY - from.y) < CLICK) return;
      moved = true;
      last = now;
      const over = document.elementFromPoint(now.clientX, now.clientY);
      const inside = over !== null && area.contains(over) && !over.closest(".wf-palette");
      const place = inside ? nearest(found, flow.screenToFlowPosition({ x: now.clientX, y: now.clientY })) : null;
      drag.set({ item, x: now.clientX, y: now.clientY, slot: place?.key ?? null });
      track.place = place;
      track.inside = inside;
    };
    // What is out of sight comes into view while the step is held near the rim.
    const wander = () => {
      frame = requestAnimationFrame(wander);
      if (!track.inside) return;
      const { dx, dy } = drift({ x: last.clientX, y: last.clientY }, area.getBoundingClientRect(), room.current);
      if (!dx && !dy) return;
      const view = flow.getViewport();
      flow.setViewport({ ...view, x: view.x + dx, y: view.y + dy });
      track(last);
    };
    frame = requestAnimationFrame(wander);
    const finish = (dropped) => {
      cancelAnimationFrame(frame);
      window.removeEventListener("pointermove", track);
      window.removeEventListener("pointerup", up);
      window.removeEventListener("pointercancel", cancel);
      window.removeEventListener("keydown", escape, true);
      drag.set({ item: null, x: 0, y: 0, slot: null });
      if (!dropped) return;
      if (!moved) add(item, null);
      else if (track.place) add(item, track.place.slot);
    };
    const up = (now) => (moved && track(now), finish(true));
    const cancel = () => finish(false);
    const escape = (now) => now.key === "Escape" && (now.stopPropagation(), finish(false));
    window.addEventListener("pointermove", track);
    window.addEventListener("pointerup", up);
    window.addEventListener("pointercancel", cancel);
    window.addEventListener("keydown", escape, true);
  }, [flow, add]);

  const quickAdd = useCallback((slot, element) => {
    const box = element.getBoundingClientRect();
    setQuick({ slot, x: box.left + box.width / 2, y: box.top + box.height / 2 });
  }, []);

  const shared = useMemo(() => ({ runs: runs.current, ways: ways.current, quickAdd, readOnly }), [quickAdd, readOnly]);
  const onKeyDown = useShortcuts({ latest, chosen, choose, say: readOnly ? null : say });

  return (
    <Canvas.Provider value={shared}>
      <Stage ref={root} graph={graph} shape={shape} setShape={setShape} chosen={chosen} choose={choose} say={say} readOnly={readOnly} inset={inset} onKeyDown={onKeyDown}>
        {way?.steps?.length ? <WayNote way={way} onClose={() => say("select", { step: chosen })} /> : null}
        {readOnly ? null : <Palette groups={palette ?? []} onGrab={grab} onPick={(item) => add(item, null)} open={open} setOpen={setOpen} />}
      </Stage>
      {quick ? (
        <QuickAdd groups={palette ?? []} at={quick} onClose={() => setQuick(null)} onPick={(item) => (setQuick(null), add(item, quick.slot))} />
      ) : null}
      <DragGhost />
    </Canvas.Provider>
  );
}

// A run on its graph: nothing can be changed; clicking a step tells which.
export function RunCanvas(props) {
  return (
    <ReactFlowProvider>
      <Viewer {...props} />
    </ReactFlowProvider>
  );
}

function Viewer({ graph: given, states, selected, onSelect }) {
  const [shape, setShape] = useState({ nodes: [], edges: [] });
  const [chosen, setChosen] = useState(null);
  const runs = useRef(null);
  runs.current ??= createStore({});
  const root = useRef(null);
  const shown = useRef(0);
  const graph = useMemo(() => ({ epoch: `run-${(shown.current += 1)}`, rev: 0, nodes: given?.nodes ?? [], edges: given?.edges ?? [] }), [given]);
  const latest = useRef(graph);
  latest.current = graph;
  useEffect(() => runs.current.set(states ?? {}), [states]);
  useEffect(() => setShape((previous) => flowOf(graph, previous, { readOnly: true })), [graph]);
  useEffect(() => setChosen(selected || null), [selected]);
  const choose = useCallback((id) => {
    setChosen(id);
    onSelect?.(id ?? "");
  }, [onSelect]);
  const shared = useMemo(() => ({ runs: runs.current, ways: createStore(NO_WAY), quickAdd: () => {}, readOnly: true }), []);
  const onKeyDown = useShortcuts({ latest, chosen, choose, say: null });
  return (
    <Canvas.Provider value={shared}>
      <Stage ref={root} graph={graph} shape={shape} setShape={setShape} chosen={chosen} choose={choose} say={null} readOnly least={0.34} inset={0} onKeyDown={onKeyDown} />
    </Canvas.Provider>
  );
}
