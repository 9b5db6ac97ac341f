// What can be put on the canvas: kinds of steps, and every connector's tools. Dragged with the pointer (so it feels the
// same by mouse, pen and finger), or picked with the keyboard.
import { useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { ChevronLeft, ChevronRight, Search, Zap } from "lucide-react";
import { KindIcon, toneOf } from "./icons.jsx";

export function found(groups, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return groups;
  return groups
    .map((group) => ({
      ...group,
      items: group.items.filter((item) => {
        const text = `${item.key} ${item.title} ${item.description} ${group.title}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter((group) => group.items.length);
}

export function ItemFace({ item }) {
  return (
    <>
      <span className={`wf-icon small ${toneOf(item.kind)}`}>
        <KindIcon kind={item.kind} tool={item.tool} size={14} />
      </span>
      <span className="wf-item-words">
        <span className="wf-item-title">
          <span>{item.title}</span>
          {item.effect === "write" ? <Zap size={10} className="wf-item-effect" aria-label="changes something outside" /> : null}
        </span>
        <span className="wf-item-about">{item.description}</span>
      </span>
    </>
  );
}

export function Palette({ groups, onGrab, onPick, open, setOpen }) {
  const [query, setQuery] = useState("");
  const shown = useMemo(() => found(groups, query), [groups, query]);
  if (!open)
    return (
      <button type="button" className="wf-palette-tab nopan" onClick={() => setOpen(true)} aria-label="Show the palette" data-testid="palette-open">
        <ChevronRight size={15} />
      </button>
    );
  return (
    <section className="wf-palette nowheel nopan" aria-label="Palette" data-testid="palette">
      <div className="wf-palette-head">
        <label className="wf-search">
          <Search size={14} aria-hidden="true" />
          <input
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            placeholder="Find a step or a tool"
            aria-label="Find a step or a tool"
            data-testid="palette-search"
            onKeyDown={(event) => {
              if (event.key === "Enter" && shown[0]) onPick(shown[0].items[0]);
              if (event.key === "Escape") setQuery("");
            }}
          />
        </label>
        <button type="button" className="wf-bare" onClick={() => setOpen(false)} aria-label="Hide the palette">
          <ChevronLeft size={15} />
        </button>
      </div>
      <div className="wf-palette-list">
        {shown.map((group) => (
          <section key={group.key}>
            <h3>{group.title}</h3>
            {group.items.map((item) => (
              <button
                type="button"
                key={item.key}
                className="wf-item"
                title={item.description}
                data-testid={`palette-item-${item.key}`}
                onPointerDown={(event) => onGrab(event, item)}
                onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), onPick(item))}
              >
                <ItemFace item={item} />
              </button>
            ))}
          </section>
        ))}
        {shown.length ? null : <p className="wf-none">Nothing is called that. Connectors bring more tools.</p>}
      </div>
    </section>
  );
}

export function QuickAdd({ groups, at, onPick, onClose }) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef(null);
  const shown = useMemo(() => found(groups, query), [groups, query]);
  const flat = useMemo(() => shown.flatMap((group) => group.items), [shown]);
  useEffect(() => setActive(0), [query]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const onKey = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    if (event.key === "ArrowDown") (event.preventDefault(), setActive((active + 1) % Math.max(1, flat.length)));
    if (event.key === "ArrowUp") (event.preventDefault(), setActive((active - 1 + flat.length) % Math.max(1, flat.length)));
    if (event.key === "Enter" && flat[active]) onPick(flat[active]);
  };
  const left = Math.max(8, Math.min(at.x - 150, window.innerWidth - 308));
  const top = Math.max(8, Math.min(at.y + 14, window.innerHeight - 356));
  return createPortal(
    <>
      <div className="wf-shade" onPointerDown={onClose} />
      <div className="wf-quick" style={{ left, top }} role="dialog" aria-label="Add a step" data-testid="quick-add" onKeyDown={onKey}>
        <label className="wf-search">
          <Search size={14} aria-hidden="true" />
          <input autoFocus value={query} onChange={(event) => setQuery(event.target.value)} placeholder="Add a step or a tool" aria-label="Add a step or a tool" data-testid="quick-add-search" />
        </label>
        <div className="wf-palette-list" role="listbox" ref={list}>
          {shown.map((group) => (
            <section key={group.key}>
              <h3>{group.title}</h3>
              {group.items.map((item) => (
                <button
                  type="button"
                  key={item.key}
                  role="option"
                  className="wf-item"
                  aria-selected={flat[active] === item}
                  data-testid={`quick-item-${item.key}`}
                  onMouseMove={() => setActive(flat.indexOf(item))}
                  onClick={() => onPick(item)}
                >
                  <ItemFace item={item} />
                </button>
              ))}
            </section>
          ))}
          {flat.length ? null : <p className="wf-none">Nothing is called that.</p>}
        </div>
      </div>
    </>,
    document.body,
  );
}

export function Ghost({ state }) {
  if (!state.item || state.own) return null;
  return createPortal(
    <div className={`wf-ghost ${state.slot ? "will-land" : ""}`} style={{ transform: `translate(${state.x + 10}px, ${state.y + 8}px)` }}>
      <span className={`wf-icon small ${toneOf(state.item.kind)}`}>
        <KindIcon kind={state.item.kind} tool={state.item.tool} size={14} />
      </span>
      {state.item.title}
    </div>,
    document.body,
  );
}
