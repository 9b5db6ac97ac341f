// What can be put on the canvas: kinds of steps, and every connector's tools. Dragged with the pointer (so it feels the
// same by mouse, pen and finger), or picked with the keyboard.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { Banknote, ChevronDown, ChevronLeft, ChevronRight, PanelLeftOpen, Search, Zap } from "lucide-react";
import { KindIcon, toneOf } from "./icons.jsx";
import { folded, recent, toggled } from "./habits.js";

// What is called so comes before what is only described so.
const isCalled = (item, words) => Number(words.every((word) => item.title.toLowerCase().includes(word)));

export function found(groups, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return groups;
  return groups
    .map((group) => ({
      ...group,
      items: group.items
        .filter((item) => {
          const text = `${item.key} ${item.title} ${item.description} ${group.title}`.toLowerCase();
          return words.every((word) => text.includes(word));
        })
        .toSorted((one, other) => isCalled(other, words) - isCalled(one, words)),
    }))
    .filter((group) => group.items.length);
}

// The groups with what was used last on top, where there is enough to choose from.
export function withRecent(groups, keys) {
  const all = new Map(groups.flatMap((group) => group.items.map((item) => [item.key, item])));
  const items = keys.map((key) => all.get(key)).filter(Boolean).slice(0, 4);
  return items.length && all.size > 8 ? [{ key: "recent", title: "Used last", items }, ...groups] : groups;
}

export function ItemFace({ item }) {
  const Effect = item.money ? Banknote : Zap;
  return (
    <>
      <span className={`wf-icon small ${toneOf(item.kind)}`}>
        <KindIcon kind={item.kind} tool={item.tool} size={14} />
      </span>
      <span className="wf-item-words">
        <span className="wf-item-title">
          <span>{item.title}</span>
          {item.effect === "write" ? <Effect size={item.money ? 12 : 10} className={`wf-item-effect ${item.money ? "money" : ""}`} aria-label={item.money ? "moves money" : "changes something outside"} /> : null}
        </span>
        <span className="wf-item-about">{item.description}</span>
      </span>
    </>
  );
}

// What an item is and takes, beside the palette while the pointer or the focus rests on it.
function Card({ card }) {
  if (!card) return null;
  const { item, x, y } = card;
  // In the lower half of the window it grows upwards.
  const at = y > window.innerHeight * 0.55 ? { left: x, bottom: Math.max(8, window.innerHeight - y - 48) } : { left: x, top: Math.max(8, y) };
  return createPortal(
    <div className="wf-item-card" role="tooltip" data-testid="palette-card" style={at}>
      <strong>{item.title}</strong>
      {item.tool ? <code>{item.tool}</code> : null}
      <p>{item.about || item.description}</p>
      {item.effect === "write" ? <p className="wf-item-card-effect">{item.money ? "It moves money." : "It changes something outside."}</p> : null}
      {item.args?.length ? (
        <dl>
          {item.args.map((arg) => (
            <div key={arg.name}>
              <dt>{arg.name}</dt>
              <dd>{arg.words}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <small>Drag it onto a line, or press Enter to add it behind the selected step.</small>
    </div>,
    document.body,
  );
}

const REST = 380; // milliseconds the pointer rests before the card comes

function useCard() {
  const [card, setCard] = useState(null);
  const timer = useRef(0);
  const hide = useCallback(() => {
    clearTimeout(timer.current);
    setCard(null);
  }, []);
  const rest = useCallback((event, item, wait = REST) => {
    const box = event.currentTarget.getBoundingClientRect();
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCard({ item, x: box.right + 12, y: box.top - 6 }), card ? 40 : wait);
  }, [card]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { card, rest, hide };
}

export function Palette({ groups, onGrab, onPick, open, setOpen }) {
  const [query, setQuery] = useState("");
  const [closed, setClosed] = useState(folded);
  const { card, rest, hide } = useCard();
  const search = useRef(null);
  // What was used last is asked for when the list begins anew: a list that changes under the pointer cannot be aimed at.
  const shown = useMemo(() => (query.trim() ? found(groups, query) : withRecent(groups, recent())), [groups, query]);
  const take = (event, item) => {
    hide();
    onGrab(event, item);
  };
  const pick = (item) => {
    hide();
    onPick(item);
  };
  const entry = (item, group, rail = false) => (
    <button
      type="button"
      key={item.key}
      className={rail ? "wf-rail-item" : "wf-item"}
      aria-label={rail ? item.title : undefined}
      data-testid={group === "recent" ? `palette-recent-${item.key}` : `palette-item-${item.key}`}
      onPointerDown={(event) => take(event, item)}
      onKeyDown={(event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), pick(item))}
      onPointerEnter={(event) => event.pointerType === "mouse" && !event.buttons && rest(event, item)}
      onPointerLeave={hide}
      onFocus={(event) => event.currentTarget.matches(":focus-visible") && rest(event, item, 600)}
      onBlur={hide}
    >
      {rail ? <span className={`wf-icon small ${toneOf(item.kind)}`}><KindIcon kind={item.kind} tool={item.tool} size={14} /></span> : <ItemFace item={item} />}
    </button>
  );
  const openAt = () => {
    setOpen(true);
    setTimeout(() => search.current?.focus(), 0);
  };
  if (!open)
    return (
      <section className="wf-palette is-rail nowheel nopan" aria-label="Palette" data-testid="palette-rail">
        <button type="button" className="wf-rail-item" onClick={() => setOpen(true)} aria-label="Show the palette" title="Show the palette" data-testid="palette-open">
          <PanelLeftOpen size={16} />
        </button>
        <button type="button" className="wf-rail-item" onClick={openAt} aria-label="Find a step or a tool" title="Find a step or a tool">
          <Search size={15} />
        </button>
        <div className="wf-rail-list">
          {groups.flatMap((group, index) => [index ? <hr key={group.key} /> : null, ...group.items.map((item) => entry(item, group.key, true))])}
        </div>
        <Card card={card} />
      </section>
    );
  return (
    <section className="wf-palette nowheel nopan" aria-label="Palette" data-testid="palette">
      <div className="wf-palette-head">
        <label className="wf-search">
          <Search size={14} aria-hidden="true" />
          <input
            ref={search}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            placeholder="Find a step or a tool"
            aria-label="Find a step or a tool"
            data-testid="palette-search"
            onKeyDown={(event) => {
              if (event.key === "Enter" && shown[0]) pick(shown[0].items[0]);
              if (event.key === "Escape") setQuery("");
            }}
          />
        </label>
        <button type="button" className="wf-bare" onClick={() => setOpen(false)} aria-label="Hide the palette" title="Hide the palette">
          <ChevronLeft size={15} />
        </button>
      </div>
      <div className="wf-palette-list" onScroll={hide}>
        {shown.map((group) => {
          const shut = !query.trim() && closed.includes(group.key);
          const Icon = shut ? ChevronRight : ChevronDown;
          return (
            <section key={group.key}>
              <h3>
                <button type="button" aria-expanded={!shut} onClick={() => setClosed(toggled(group.key))} data-testid={`palette-group-${group.key}`}>
                  <Icon size={13} aria-hidden="true" /> {group.title}
                  {shut ? <span className="wf-item-count">{group.items.length}</span> : null}
                </button>
              </h3>
              {shut ? null : group.items.map((item) => entry(item, group.key))}
            </section>
          );
        })}
        {shown.length ? null : (
          <div className="wf-none" data-testid="palette-none">
            <p><strong>Nothing is called “{query.trim()}”.</strong></p>
            <p>Try what it does (“mail”, “order”), or the name of a connector. Other services come in on the <a href="/connectors">Connectors</a> page; any web service can be called with <em>Send an HTTP request</em>.</p>
            <button type="button" className="w-button small" onClick={() => setQuery("")}>Show everything</button>
          </div>
        )}
      </div>
      <Card card={card} />
    </section>
  );
}

export function QuickAdd({ groups, at, onPick, onClose }) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef(null);
  const shown = useMemo(() => (query.trim() ? found(groups, query) : withRecent(groups, recent())), [groups, query]);
  const flat = useMemo(() => shown.flatMap((group) => group.items.map((item) => ({ item, group: group.key }))), [shown]);
  useEffect(() => setActive(0), [query]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const onKey = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    if (event.key === "ArrowDown") (event.preventDefault(), setActive((active + 1) % Math.max(1, flat.length)));
    if (event.key === "ArrowUp") (event.preventDefault(), setActive((active - 1 + flat.length) % Math.max(1, flat.length)));
    if (event.key === "Enter" && flat[active]) onPick(flat[active].item);
  };
  const left = Math.max(8, Math.min(at.x - 150, window.innerWidth - 308));
  const top = Math.max(8, Math.min(at.y + 14, window.innerHeight - 356));
  let number = -1;
  return createPortal(
    <>
      <div className="wf-shade" onPointerDown={onClose} />
      <div className="wf-quick" style={{ left, top }} role="dialog" aria-label="Add a step" data-testid="quick-add" onKeyDown={onKey}>
        <label className="wf-search">
          <Search size={14} aria-hidden="true" />
          <input autoFocus value={query} onChange={(event) => setQuery(event.target.value)} placeholder="Add a step or a tool" aria-label="Add a step or a tool" data-testid="quick-add-search" />
        </label>
        <div className="wf-palette-list" role="listbox" aria-label="Steps and tools" ref={list}>
          {shown.map((group) => (
            <section key={group.key} role="group" aria-label={group.title}>
              <h3 aria-hidden="true">{group.title}</h3>
              {group.items.map((item) => {
                const own = (number += 1);
                return (
                  <button
                    type="button"
                    key={item.key}
                    role="option"
                    className="wf-item"
                    aria-selected={active === own}
                    data-testid={group.key === "recent" ? `quick-recent-${item.key}` : `quick-item-${item.key}`}
                    onMouseMove={() => setActive(own)}
                    onClick={() => onPick(item)}
                  >
                    <ItemFace item={item} />
                  </button>
                );
              })}
            </section>
          ))}
          {flat.length ? null : <p className="wf-none">Nothing is called that. Try what it does, such as “mail”.</p>}
        </div>
      </div>
    </>,
    document.body,
  );
}
