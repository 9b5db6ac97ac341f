// The editing canvas. It owns its graph (snapshot and patches from the server) and everything that happens while a
// pointer is down; the server only ever hears what was meant: select, add, move, remove, undo, redo.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { createStore, EMPTY, flowOf, marked, received } from "./graph.js";
import { added } from "./habits.js";
import { useLifting } from "./lifting.js";
import { useKept, useLast, useLink } from "./link.js";
import { Canvas } from "./surface.js";
import { Stage } from "./stage.jsx";
import { Flags } from "./others.jsx";
import { Palette, QuickAdd } from "./palette.jsx";
import { usePreviewed } from "./previewed.js";
import { NO_WAY, WayNote, wayOf } from "./way.jsx";
import { Refusal, useWiring } from "./wires.jsx";
import { Hands } from "./hands.jsx";
import { useWalking } from "./keys.js";
import { useSelection } from "./picking.js";
import { outer } from "./selection.js";

export function WeftCanvas(props) {
  return (
    <ReactFlowProvider>
      <Editor {...props} />
    </ReactFlowProvider>
  );
}

const NARROW = 700; // pixels of canvas below which the palette folds into a rail by itself
const RAIL = 52;
const LOOKS = new Set(["select", "pick", "find", "resync"]); // said again when the draft is open again
const AWAY = { message: "This was not done: the studio is away.", help: "Look around meanwhile, and do it again when it is back." };
// Words that somebody wrote.
const isWritten = (type, rest) => type === "rename" || (type === "place" && Object.values(rest.spots).some((spot) => spot.note));

function Editor({ snapshot, patches, problems, palette: items, selected, way, others, states, refused, readOnly: locked, copied, picked, hits, opened, onGesture }) {
  const flow = useReactFlow();
  const readOnly = useLast(locked, opened);
  const palette = useLast(items, opened);
  const [graph, setGraph] = useState(EMPTY);
  const [shape, setShape] = useState({ nodes: [], edges: [] });
  const [quick, setQuick] = useState(null);
  const [wanted, setOpen] = useState(null);
  const [width, setWidth] = useState(window.innerWidth);
  const open = wanted ?? width > NARROW;
  const [found, setFound] = useState(null);
  const [heard, setHeard] = useState(0); // the last refusal that is over
  const refusedSeq = useRef(0);
  refusedSeq.current = refused?.seq ?? 0;
  const root = useRef(null);
  const latest = useRef(EMPTY);
  const asked = useRef(null);
  const runs = useRef(null);
  runs.current ??= createStore({});
  const ways = useRef(null);
  ways.current ??= createStore(NO_WAY);
  const inset = readOnly ? 0 : open ? 236 : RAIL;
  const room = useRef(inset);
  room.current = inset;

  const { here } = useLink(opened);
  const [missed, setMissed] = useState(false); // whether a gesture was made while the studio is away
  const send = useCallback((message) => onGesture?.({ rev: latest.current.rev, ...message }), [onGesture]);
  const keep = useKept(send, opened);
  const say = useCallback((type, rest = {}) => {
    if (here()) {
      if (!LOOKS.has(type)) setMissed(false);
      send({ type, ...rest });
    } else if (isWritten(type, rest)) keep({ type, ...rest });
    else if (!LOOKS.has(type)) {
      setMissed(true);
      setShape((previous) => flowOf(latest.current, previous));
    }
  }, [here, send, keep]);
  const reveal = useCallback((id) => root.current?.reveal?.(id), []);
  const selection = useSelection({ graph, latest, selected, given: picked, opened, say, reveal });
  const { chosen, choose, slot: empty } = selection;
  const marks = useMemo(() => ({ picked: new Set(selection.picked), ...found }), [selection.picked, found]);

  useEffect(() => runs.current.set(states ?? {}), [states]);
  const preview = usePreviewed();
  useEffect(() => ways.current.set(wayOf(preview ?? way)), [way, preview]);

  useEffect(() => {
    const { graph: told, gap } = received(latest.current, snapshot, patches);
    const next = marked(told, problems);
    if (gap && asked.current !== `${next.epoch}:${next.rev}`) {
      asked.current = `${next.epoch}:${next.rev}`;
      say("resync");
    }
    if (next === latest.current) return;
    latest.current = next;
    setGraph(next);
    setShape((previous) => flowOf(next, previous));
    setHeard((seq) => Math.max(seq, refusedSeq.current));
  }, [snapshot, patches, problems, say]);

  const add = useCallback((item, slot) => {
    const there = slot ?? empty;
    added(item.key);
    say("add", { item: item.key, ...(there ? { container: there.container, before: there.before } : { after: chosen }) });
  }, [say, chosen, empty]);

  const show = useCallback((drawn) => setShape((previous) => flowOf(drawn, previous)), []);
  // A step that is selected with others takes them along.
  const move = useCallback((id, { container, before }) => {
    const { picked: held } = selection.current.current;
    if (held.length > 1 && held.includes(id)) say("drop", { steps: outer(held), container, before });
    else say("move", { step: id, container, before });
  }, [say, selection.current]);
  const company = useCallback((id) => {
    const { picked: held } = selection.current.current;
    return held.includes(id) ? outer(held).length : 1;
  }, [selection.current]);
  // Let go off every line, they keep their places to each other.
  const place = useCallback((id, at) => {
    const { picked: held } = selection.current.current;
    const { nodes } = latest.current;
    const own = nodes.find((node) => node.id === id);
    const along = held.includes(id) ? nodes.filter((node) => node.parent === own.parent && held.includes(node.id)) : [own];
    say("place", { spots: Object.fromEntries(along.map((node) => [node.id, { x: node.x + at.x - own.x, y: node.y + at.y - own.y }])) });
  }, [say, selection.current]);
  const lift = useLifting({ flow, latest, root, room, show, add, move, place, company });
  const grab = useCallback((event, item) => lift(event, { item }), [lift]);
  const offer = useCallback((source, at) => setQuick({ follows: source, ...at }), []);
  const draw = useWiring({ flow, latest, root, say, offer });
  const pick = (item) => {
    setQuick(null);
    if (!quick.follows) return add(item, quick.slot);
    added(item.key);
    return say("follow", { item: item.key, source: quick.follows });
  };

  const nameOf = (path) => graph.nodes.find((node) => node.id === path)?.title || path;
  const visit = useCallback((path) => {
    choose(path);
    reveal(path);
  }, [choose, reveal]);

  const quickAdd = useCallback((slot, element) => {
    const box = element.getBoundingClientRect();
    setQuick({ slot, x: box.left + box.width / 2, y: box.top + box.height / 2 });
  }, []);

  const shared = useMemo(() => ({ runs: runs.current, ways: ways.current, quickAdd, readOnly, say, lift, draw }), [quickAdd, readOnly, say, lift, draw]);

  return (
    <Canvas.Provider value={shared}>
      <Stage ref={root} graph={graph} shape={shape} setShape={setShape} marks={marks} chosen={chosen} choose={choose} say={say} readOnly={readOnly} inset={inset} onSize={setWidth}>
        <Flags graph={graph} others={others} />
        <Hands root={root} graph={graph} latest={latest} selection={selection} copied={copied} hits={hits} palette={palette} readOnly={readOnly} inset={inset} say={say} quickAdd={quickAdd} add={add} onHits={setFound} />
        {missed ? <Refusal told={AWAY} onClose={() => setMissed(false)} /> : null}
        {(refused?.seq ?? 0) > heard && !missed ? <Refusal told={refused} onInstead={() => say("instead")} onClose={() => setHeard(refused.seq)} /> : null}
        {way?.steps?.length && !preview ? <WayNote way={way} nameOf={nameOf} onVisit={visit} onClose={() => say("select", { step: chosen })} /> : null}
        {readOnly ? null : <Palette groups={palette ?? []} onGrab={grab} onPick={(item) => add(item, null)} open={open} setOpen={setOpen} />}
      </Stage>
      {quick ? (
        <QuickAdd groups={palette ?? []} at={quick} onClose={() => setQuick(null)} onPick={pick} />
      ) : null}
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
  useEffect(() => setShape((previous) => flowOf(graph, previous)), [graph]);
  useEffect(() => setChosen(selected || null), [selected]);
  const choose = useCallback((id) => {
    setChosen(id);
    onSelect?.(id ?? "");
  }, [onSelect]);
  const shared = useMemo(() => ({ runs: runs.current, ways: createStore(NO_WAY), quickAdd: () => {}, say: () => {}, lift: () => {}, draw: () => {}, readOnly: true }), []);
  const marks = useMemo(() => ({ picked: new Set(chosen ? [chosen] : []) }), [chosen]);
  const onKeyDown = useWalking({ latest, chosen, choose });
  return (
    <Canvas.Provider value={shared}>
      <Stage ref={root} graph={graph} shape={shape} setShape={setShape} marks={marks} chosen={chosen} choose={choose} say={null} readOnly least={0.34} inset={0} onKeyDown={onKeyDown} />
    </Canvas.Provider>
  );
}
