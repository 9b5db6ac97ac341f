// What hands do on the canvas besides dragging: shortcuts, clipboard, menu, the frame that selects, the bar over the
// selection, finding a step. It stands on the stage, as a child of it, and listens to what happens there.
import "./select.css";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useReactFlow, useStore } from "@xyflow/react";
import { boxes } from "./graph.js";
import { ACTIONS, actionOf, fits, spelled, WRAPS } from "./actions.js";
import { useClipboard } from "./clipboard.js";
import { useCommands } from "./commands.js";
import { Find } from "./find.jsx";
import { KindIcon } from "./icons.jsx";
import { useShortcuts } from "./keys.js";
import { Marquee } from "./marquee.jsx";
import { Menu } from "./menu.jsx";
import { writing } from "./notes.jsx";
import { wished } from "./previewed.js";
import { RenameBox } from "./rename.jsx";
import { isStep, nameOf, outer, walk } from "./selection.js";
import { Sheet } from "./sheet.jsx";

const HELD = 480; // milliseconds of a finger that stays
const STAYS = 2400; // milliseconds of a note
const BAR = ["duplicate", "copy", "cut", "wrap", "unwrap", "delete"];
const MENUS = {
  step: ["fields", "rename", "note", "fold", null, "add", "duplicate", "copy", "cut", "paste", null, "wrap", "unwrap", "up", "down", "out", "in", null, "pin", "until", "begin", null, "delete"],
  several: ["duplicate", "copy", "cut", "paste", null, "wrap", "up", "down", "out", "in", null, "delete"],
  slot: ["add", "paste"],
  canvas: ["add", "paste", null, "all", "find", "fit", null, "undo", "redo", null, "sheet"],
};

export function Hands({ root, graph, latest, selection, copied, hits, palette, readOnly, inset, say, quickAdd, add, onHits }) {
  const flow = useReactFlow();
  const { chosen, steps, slot, current } = selection;
  const [menu, setMenu] = useState(null);
  const [finding, setFinding] = useState(false);
  const [sheet, setSheet] = useState(false);
  const [renaming, setRenaming] = useState(null);
  const [note, setNote] = useState("");
  const aim = useRef(null);

  const outermost = useMemo(() => outer(steps), [steps]);
  const block = outermost.length === 1 && Boolean(graph.nodes.find((node) => node.id === outermost[0])?.container);
  const context = useCallback(() => ({ steps: outermost, slot, block, readOnly }), [outermost, slot, block, readOnly]);
  const focus = useCallback(() => root.current?.element?.focus({ preventScroll: true }), [root]);

  useEffect(() => {
    if (!note) return undefined;
    const timer = setTimeout(() => setNote(""), STAYS);
    return () => clearTimeout(timer);
  }, [note]);

  // Where something new goes: the slot that was pointed at, the empty place or the step that is selected, or the end.
  const place = useCallback(() => {
    const there = aim.current ?? slot;
    return there ? { container: there.container, before: there.before } : { after: outermost.at(-1) ?? null };
  }, [slot, outermost]);
  const clipboard = useClipboard({ root, latest, steps: outermost, copied, readOnly, say, place, note: setNote });

  const screenBox = useCallback((id) => {
    const box = boxes(latest.current).get(id);
    const view = flow.getViewport();
    const area = root.current.element.getBoundingClientRect();
    if (!box) return { x: area.left + inset + 40, y: area.top + 60, width: 0, height: 0 };
    const head = Math.min(box.height, 64);
    return { x: area.left + box.x * view.zoom + view.x, y: area.top + box.y * view.zoom + view.y, width: box.width * view.zoom, height: head * view.zoom };
  }, [flow, latest, root, inset]);

  const itemsOf = useCallback((ids) => {
    const found = ids.map((id) => id && actionOf(id)).filter((one) => one === null || fits(one, context()));
    const tidy = found.filter((one, index) => one || (found[index - 1] && found.slice(index).some(Boolean)));
    return tidy.map((one) => one && { ...one, run: () => one.run(can.current) });
  }, [context]);

  const openMenu = useCallback((at, kind) => setMenu({ at, kind }), []);
  const can = useRef(null);
  can.current = {
    say,
    handle: (type, rest = {}) => say(type, { steps: outermost, ...rest }),
    copy: (kind) => (focus(), clipboard.copy(kind)),
    paste: () => (focus(), clipboard.paste()),
    pickAll: selection.pickAll,
    add: () => {
      const there = aim.current ?? slot;
      const box = screenBox(chosen ?? outermost.at(-1) ?? "~start");
      quickAdd(there, { getBoundingClientRect: () => ({ left: box.x, top: box.y, width: box.width, height: box.height }) });
    },
    fields: () => (slot && chosen !== "~start" ? can.current.add() : toFields(chosen)),
    rename: () => setRenaming(outermost[0]),
    test: (what) => wished.set({ type: what, step: outermost[0] }),
    wrap: () => {
      const box = screenBox(outermost[0]);
      openMenu({ x: box.x + 12, y: box.y + box.height + 4, above: box.y }, "wrap");
    },
    menu: () => {
      const box = screenBox(chosen ?? outermost[0]);
      openMenu({ x: box.x + 24, y: box.y + box.height - 8, above: box.y }, slot ? "slot" : outermost.length > 1 ? "several" : outermost.length ? "step" : "canvas");
    },
    fold: () => {
      const node = graph.nodes.find((one) => one.id === outermost[0]);
      say("place", { spots: { [node.id]: { collapsed: !node.collapsed } } });
    },
    note: () => writing.set(outermost[0]),
    find: () => setFinding(true),
    fit: () => root.current?.see?.("all"),
    sheet: () => setSheet(true),
    leave: () => (finding ? setFinding(false) : selection.choose(null)),
    walk: (key, event) => {
      const from = chosen ?? outermost.at(-1) ?? null;
      const next = walk(latest.current, from, key);
      if (!next || next === chosen) return;
      const node = latest.current.nodes.find((one) => one.id === next);
      selection.choose(next, event.shiftKey && isStep(node) ? event : undefined);
      root.current?.reveal?.(next);
    },
  };
  useShortcuts({ root, on: proxied(can), context });
  useCommands({ can, context, graph, palette, readOnly, add: (item) => add(item, aim.current), go: (id) => (selection.choose(id), root.current?.reveal?.(id), focus()) });

  // The right button and a finger that stays: what lies under it is selected, and its menu opens.
  const openAt = useCallback((target, x, y) => {
    const id = target.closest(".react-flow__node")?.dataset.id;
    const edge = target.closest(".react-flow__edge")?.dataset.id;
    const node = latest.current.nodes.find((one) => one.id === id);
    aim.current = null;
    let kind = "canvas";
    if (node && isStep(node)) {
      if (!current.current.picked.includes(id)) selection.choose(id);
      kind = current.current.picked.length > 1 ? "several" : "step";
    } else if (node?.slot || edge) {
      aim.current = node?.slot ?? latest.current.edges.find((one) => one.id === edge)?.slot ?? null;
      kind = aim.current ? "slot" : "canvas";
    } else if (current.current.picked.length) selection.choose(null);
    openMenu({ x, y }, kind);
  }, [latest, selection.choose, current, openMenu]); // eslint-disable-line

  useEffect(() => {
    const element = root.current?.element;
    if (!element) return undefined;
    let timer = 0;
    let from = null;
    const inside = (target) => target.closest?.(".react-flow") && !target.closest(".wf-camera, .react-flow__minimap");
    const onMenu = (event) => {
      if (!inside(event.target)) return;
      event.preventDefault();
      clearTimeout(timer);
      if (from?.opened) return;
      openAt(event.target, event.clientX, event.clientY);
    };
    const down = (event) => {
      from = null;
      clearTimeout(timer);
      if (event.pointerType !== "touch" || !event.isPrimary || !inside(event.target)) return;
      from = { x: event.clientX, y: event.clientY, opened: false };
      timer = setTimeout(() => {
        from.opened = true;
        openAt(event.target, event.clientX, event.clientY);
      }, HELD);
    };
    const moved = (event) => from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > 10 && clearTimeout(timer);
    const up = () => clearTimeout(timer);
    element.addEventListener("contextmenu", onMenu);
    element.addEventListener("pointerdown", down, true);
    element.addEventListener("pointermove", moved, true);
    element.addEventListener("pointerup", up, true);
    element.addEventListener("pointercancel", up, true);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("contextmenu", onMenu);
      element.removeEventListener("pointerdown", down, true);
      element.removeEventListener("pointermove", moved, true);
      element.removeEventListener("pointerup", up, true);
      element.removeEventListener("pointercancel", up, true);
    };
  }, [root, openAt]);

  // Escape in a field of the inspector leads back to the canvas, once the field has let go of the focus.
  useEffect(() => {
    const back = (event) => {
      if (event.key !== "Escape" || !event.target.closest?.("[data-testid=inspector]")) return;
      setTimeout(() => (document.activeElement === document.body || document.activeElement?.matches(".wf-inspector, .wf-right")) && focus());
    };
    window.addEventListener("keydown", back, true);
    return () => window.removeEventListener("keydown", back, true);
  }, [focus]);

  // The one that has the keyboard, for those who hear the page.
  useEffect(() => {
    const element = root.current?.element;
    const id = chosen ?? steps.at(-1);
    const shown = id ? element?.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`) : null;
    if (shown) {
      shown.id ||= `wf-node-${id}`;
      element.setAttribute("aria-activedescendant", shown.id);
    } else element?.removeAttribute("aria-activedescendant");
  }, [root, chosen, steps, graph]);

  const closeMenu = useCallback((back) => {
    setMenu(null);
    if (back) focus();
    else aim.current = null;
  }, [focus]);
  const items = useMemo(() => {
    if (!menu) return [];
    if (menu.kind !== "wrap") return itemsOf(MENUS[menu.kind]);
    return WRAPS.map(([into, title, about]) => ({ id: `wrap-${into}`, title, about, icon: () => <KindIcon kind={into === "catch" ? "fail" : into} size={15} />, run: () => can.current.handle("wrap", { into }) }));
  }, [menu, itemsOf]);

  return (
    <>
      <div className="w-visually-hidden" role="status" aria-live="polite" data-testid="selection-told">{note || selection.sentence}</div>
      {note ? <div className="wf-brief" aria-hidden="true" data-testid="canvas-note">{note}</div> : null}
      <Marquee root={root} latest={latest} flow={flow} selection={selection} />
      {outermost.length && !readOnly ? <Bar graph={graph} ids={outermost} inset={inset} items={itemsOf(BAR)} root={root} /> : null}
      {finding ? <Find hits={hits} graph={graph} say={say} onHits={onHits} onGo={(id) => (selection.choose(id), root.current?.reveal?.(id))} onClose={() => (setFinding(false), focus())} /> : null}
      {renaming ? <RenameBox node={graph.nodes.find((node) => node.id === renaming)} at={screenBox(renaming)} onDone={(id) => (setRenaming(null), focus(), id && say("rename", { step: renaming, id }))} /> : null}
      {sheet ? <Sheet readOnly={readOnly} onClose={() => (setSheet(false), focus())} /> : null}
      {menu ? <Menu at={menu.at} label={menu.kind === "wrap" ? "Wrap in" : menuLabel(graph, outermost)} items={items} onClose={closeMenu} /> : null}
    </>
  );
}

const menuLabel = (graph, ids) => (ids.length === 1 ? nameOf(graph.nodes.find((node) => node.id === ids[0]) ?? {}) : ids.length ? `${ids.length} steps` : "Canvas");

// Handlers that outlive a render reach what is current.
const proxied = (ref) => new Proxy({}, { get: (_, name) => (...given) => ref.current[name](...given) });

// Into the first field of the inspector, as soon as it shows this step. Escape leads back.
function toFields(step, tries = 40) {
  const form = document.querySelector(`[data-testid=inspector][data-step="${CSS.escape(step ?? "")}"]`);
  const field = form?.querySelector(".wf-inspector-body :is(input, textarea, select, [contenteditable=true]):not([disabled])");
  if (field) field.focus();
  else if (tries > 0) requestAnimationFrame(() => toFields(step, tries - 1));
}

// The bar over the selection. It stays in sight, and off the "+" above a single step.
function Bar({ graph, ids, inset, items, root }) {
  const [x, y, zoom] = useStore((state) => state.transform);
  const bar = useRef(null);
  const area = root.current?.element?.getBoundingClientRect();
  const all = boxes(graph);
  const found = ids.map((id) => all.get(id)).filter(Boolean);
  if (!found.length || !area) return null;
  const width = items.length * 30 + (ids.length > 1 ? 74 : 8);
  const left = Math.min(...found.map((box) => box.x)) * zoom + x;
  const right = Math.max(...found.map((box) => box.x + box.width)) * zoom + x;
  const top = Math.min(...found.map((box) => box.y)) * zoom + y;
  const wanted = ids.length > 1 ? (left + right - width) / 2 : Math.max(right - width, (left + right) / 2 + 20);
  const at = {
    left: Math.round(Math.max(inset + 12, Math.min(wanted, area.width - width - 12))),
    top: Math.round(Math.max(10, Math.min(top - 42, area.height - 46))),
  };
  return (
    <div ref={bar} className="wf-bar nopan nowheel" role="toolbar" aria-label="The selection" data-testid="selection-bar" style={at}>
      {ids.length > 1 ? <span className="wf-bar-count" data-testid="selection-count">{ids.length} steps</span> : null}
      {items.filter(Boolean).map((item) => (
        <button key={item.id} type="button" className={item.danger ? "danger" : ""} aria-label={item.title} title={`${item.title} (${spelled(item.keys[0])})`} data-testid={`bar-${item.id}`} onClick={item.run}>
          <item.icon size={15} aria-hidden="true" />
        </button>
      ))}
    </div>
  );
}
