// The data that can be read at a step: trees to search, with the values of the last run. A click puts a path into the
// field that was last typed in; it can be dragged there, too.
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { Braces, ChevronRight, ChevronUp, Search } from "lucide-react";
import { useForm } from "./inspector_live.js";

const KEPT = "weft-inspector-data";

export function Data() {
  const { live, step, readOnly } = useForm();
  const [open, setOpen] = useState(() => window.localStorage.getItem(KEPT) === "open");
  const [words, setWords] = useState("");
  const [told, setTold] = useState("");
  const shown = useSyncExternalStore(live.shown.subscribe, live.shown.get);
  const taker = useSyncExternalStore(live.taker.subscribe, live.taker.get);
  const groups = shown.step === step ? shown.data : [];
  const found = useMemo(() => groups.map((group) => ({ ...group, items: matching(group.items, words.trim().toLowerCase()) })).filter((group) => group.items.length), [groups, words]);
  const flip = () => {
    window.localStorage.setItem(KEPT, open ? "closed" : "open");
    setOpen(!open);
  };
  useEffect(() => setTold(""), [step]);
  const pick = async (path) => {
    if (taker && !readOnly) {
      taker.take(path);
      setTold(`${path} is in ${taker.label}.`);
    } else {
      await navigator.clipboard?.writeText(path).catch(() => null);
      setTold(`${path} is copied. Click into a field first to put it there.`);
    }
  };
  return (
    <section className={`wf-data ${open ? "is-open" : ""}`} aria-label="Data you can use here">
      <button type="button" className="wf-data-head" aria-expanded={open} data-testid="data-toggle" onClick={flip}>
        <Braces size={14} aria-hidden="true" />
        <span>Data</span>
        <span className="w-muted w-truncate">{open ? (taker ? `into ${taker.label}` : "click into a field, then pick") : groups.length ? "what you can use here" : ""}</span>
        <ChevronUp size={14} className={open ? "is-open" : ""} aria-hidden="true" />
      </button>
      {open ? (
        <div className="wf-data-body">
          <label className="wf-data-find">
            <Search size={13} aria-hidden="true" />
            <input type="search" value={words} placeholder="Search data" aria-label="Search data" data-testid="data-search" onChange={(event) => setWords(event.target.value)} onKeyDown={(event) => (event.stopPropagation(), event.key === "Escape" && setWords(""))} />
          </label>
          <p className="wf-data-from w-muted">{shown.run?.id ? <>Values of <a href={`/runs/${shown.run.id}`} target="_blank" rel="noopener">the last run</a></> : "No run yet: types only. Run it once to see values."}</p>
          <div className="wf-data-tree" role="tree" aria-label="Data" onMouseDown={(event) => event.target.closest("[data-path]") && event.preventDefault()}>
            {found.map((group) => (
              <div key={group.title} role="group" aria-label={group.title}>
                <div className="wf-data-group">{group.title}</div>
                {group.items.map((item) => <Item key={item.path} item={item} depth={0} all={words.trim() !== ""} onPick={pick} />)}
              </div>
            ))}
            {found.length ? null : <p className="w-help wf-data-none">{words ? "Nothing of that name here." : "Nothing can be read here yet: no inputs, and no step before this one."}</p>}
          </div>
          <p className="w-visually-hidden" role="status">{told}</p>
        </div>
      ) : null}
    </section>
  );
}

function matching(items, words) {
  if (!words) return items;
  const found = [];
  for (const item of items) {
    if (item.path.toLowerCase().includes(words)) found.push(item);
    else {
      const inner = matching(item.items, words);
      if (inner.length) found.push({ ...item, items: inner });
    }
  }
  return found;
}

function Item({ item, depth, all, onPick }) {
  const [opened, setOpened] = useState(false);
  const open = all || opened;
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === " ") (event.preventDefault(), onPick(item.path));
    else if (event.key === "ArrowRight" && item.items.length) (event.preventDefault(), setOpened(true));
    else if (event.key === "ArrowLeft") (event.preventDefault(), setOpened(false));
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const rows = [...event.currentTarget.closest("[role=tree]").querySelectorAll("[data-path]")];
      rows[rows.indexOf(event.currentTarget) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
    }
  };
  const onDragStart = (event) => {
    event.dataTransfer.setData("application/x-weft-path", item.path);
    event.dataTransfer.setData("text/plain", item.path);
    event.dataTransfer.effectAllowed = "copy";
  };
  return (
    <>
      <div
        role="treeitem"
        aria-level={depth + 1}
        aria-expanded={item.items.length ? open : undefined}
        aria-selected={false}
        tabIndex={0}
        className="wf-datum"
        style={{ paddingLeft: 6 + depth * 14 }}
        draggable
        data-path={item.path}
        data-testid={`datum-${item.path}`}
        title={`${item.path} · ${item.type}${item.sample ? `\n${item.sample}` : ""}`}
        onDragStart={onDragStart}
        onKeyDown={onKeyDown}
        onClick={() => onPick(item.path)}
      >
        {item.items.length ? (
          <span className="wf-datum-fold" aria-hidden="true" data-testid={`unfold-${item.path}`} onClick={(event) => (event.stopPropagation(), setOpened(!opened))}>
            <ChevronRight size={12} className={open ? "is-open" : ""} />
          </span>
        ) : <span className="wf-datum-fold" />}
        <span className="wf-datum-name">{item.name}</span>
        <span className={item.sample ? "wf-datum-value" : "wf-datum-type"}>{item.sample || item.type}</span>
      </div>
      {open ? item.items.map((inner) => <Item key={inner.path} item={inner} depth={depth + 1} all={all} onPick={onPick} />) : null}
    </>
  );
}
