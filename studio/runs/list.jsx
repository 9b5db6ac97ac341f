// The list of runs: its filters, its rows, what can be done with several of them, all with the keyboard too.
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Link, useNavigate } from "react-router";
import { Elapsed, TimeAgo } from "$/public/external/studio/shell/elements/time.jsx";
import { Modal } from "$/public/external/studio/shell/elements/modal.jsx";
import { store, useHeld, usePatches } from "./patched.js";

const held = store();
const SPANS = { "15m": "Last 15 minutes", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days" };
const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable=true], .cm-editor");

function Several({ name, label, options, value, onChange }) {
  const chosen = value ? value.split(",") : [];
  const words = chosen.length ? (chosen.length === 1 ? options.find((each) => each.key === chosen[0])?.words ?? chosen[0] : `${label}: ${chosen.length}`) : label;
  const flip = (key) => onChange(chosen.includes(key) ? chosen.filter((each) => each !== key).join(",") : [...chosen, key].join(","));
  const id = `runs-${name}`;
  return (
    <div className="w-several">
      <button type="button" className={`w-input w-filter w-several-button ${chosen.length ? "is-set" : ""}`} popoverTarget={id} data-testid={`filter-${name}`} style={{ anchorName: `--${id}` }}>
        <span className="w-truncate">{words}</span>
      </button>
      <div id={id} popover="auto" className="w-menu w-several-list" role="group" aria-label={label} style={{ positionAnchor: `--${id}` }}>
        {options.map((each) => (
          <label key={each.key} className="w-check">
            <input type="checkbox" checked={chosen.includes(each.key)} onChange={() => flip(each.key)} data-testid={`${name}-${each.key}`} />
            {each.words}
          </label>
        ))}
      </div>
    </div>
  );
}

const local = (iso) => {
  if (!iso) return "";
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

function Choice({ name, label, options, value, onChange }) {
  return (
    <select className={`w-input w-filter ${value ? "is-set" : ""}`} aria-label={label} value={value ?? ""} onChange={(event) => onChange(event.target.value)} data-testid={`filter-${name}`}>
      <option value="">{label}</option>
      {value && !options.some((each) => each.key === value) && <option value={value}>{value}</option>}
      {options.map((each) => (
        <option key={each.key} value={each.key}>
          {each.words}
        </option>
      ))}
    </select>
  );
}

export function RunFilters({ asked: given = {}, choices = {}, kept = [], states = [], triggers = [], onAsk, onKeep, onForget }) {
  const { rest } = useHeld(held);
  // What is chosen shows at once; the rows follow.
  const [asked, setAsked] = useState(given);
  useEffect(() => setAsked(given), [given]);
  const [search, setSearch] = useState(asked.q ?? "");
  const [open, setOpen] = useState(false);
  const [custom, setCustom] = useState(false);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const box = useRef(null);
  useEffect(() => setSearch(asked.q ?? ""), [asked.q]);
  useEffect(() => {
    const onKey = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const ask = (changes) => {
    const next = { ...asked, ...changes };
    for (const key of Object.keys(next)) if (!next[key]) delete next[key];
    setAsked(next);
    onAsk?.(next);
  };
  const set = Object.keys(asked);
  const inside = set.filter((key) => key !== "q").length;
  const time = asked.span || (asked.since || asked.until || custom ? "custom" : "");
  const here = kept.find((view) => JSON.stringify(Object.entries(view.asked).sort()) === JSON.stringify(Object.entries(asked).sort()));
  return (
    <div className="w-runfilters" role="search" aria-label="Find runs">
      <div className="w-toolbar">
        <form
          className="w-runsearch"
          onSubmit={(event) => {
            event.preventDefault();
            ask({ q: search.trim() });
          }}
        >
          <input ref={box} className="w-input" type="search" value={search} onChange={(event) => (setSearch(event.target.value), event.target.value === "" && asked.q && ask({ q: "" }))} placeholder="order_id=A-1001, a value, or a run’s id" aria-label="Search in inputs and outputs" maxLength={200} data-testid="search-runs" title="A name and a value, a value alone, or the id of a run. Press / to come here." />
        </form>
        <button type="button" className="w-button w-runfilters-toggle" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="toggle-filters">
          Filters{inside ? ` (${inside})` : ""}
        </button>
        <span className="w-spacer" />
        {rest.count !== undefined && (
          <span className="w-muted w-small w-number w-runcount" data-testid="runs-count" aria-live="polite">
            {rest.count} {rest.count === "1" ? "run" : "runs"}
          </span>
        )}
      </div>
      <div className={`w-toolbar w-runfilters-fields ${open ? "open" : ""}`}>
        <Several name="state" label="Any state" options={states} value={asked.state} onChange={(state) => ask({ state })} />
        <Choice name="workflow" label="All workflows" options={choices.workflow ?? []} value={asked.workflow} onChange={(workflow) => ask({ workflow })} />
        <select
          className={`w-input w-filter ${time ? "is-set" : ""}`}
          aria-label="Time"
          value={time}
          data-testid="filter-time"
          onChange={(event) => {
            const value = event.target.value;
            setCustom(value === "custom");
            if (value !== "custom") ask({ span: value, since: "", until: "" });
            else ask({ span: "" });
          }}
        >
          <option value="">Any time</option>
          {Object.entries(SPANS).map(([key, words]) => (
            <option key={key} value={key}>
              {words}
            </option>
          ))}
          <option value="custom">From … to …</option>
        </select>
        {time === "custom" && (
          <span className="w-row w-runfilters-time">
            <input type="datetime-local" className="w-input" aria-label="From" value={local(asked.since)} onChange={(event) => ask({ span: "", since: event.target.value ? new Date(event.target.value).toISOString() : "" })} data-testid="filter-since" />
            <input type="datetime-local" className="w-input" aria-label="To" value={local(asked.until)} onChange={(event) => ask({ span: "", until: event.target.value ? new Date(event.target.value).toISOString() : "" })} data-testid="filter-until" />
          </span>
        )}
        <Several name="trigger" label="Any start" options={triggers} value={asked.trigger} onChange={(trigger) => ask({ trigger })} />
        {(choices.trigger_id ?? []).length > 0 && <Choice name="which-trigger" label="Any trigger" options={choices.trigger_id} value={asked.trigger_id} onChange={(trigger_id) => ask({ trigger_id })} />}
        <Choice name="by" label="By anyone" options={choices.by ?? []} value={asked.by} onChange={(by) => ask({ by })} />
        <Choice name="tests" label="Runs and tests" options={[{ key: "none", words: "Runs only" }, { key: "only", words: "Tests only" }]} value={asked.tests} onChange={(tests) => ask({ tests })} />
        <Typed name="version" label="Version" placeholder="Version" value={asked.version} inputMode="numeric" onChange={(version) => ask({ version: version.replace(/\D/g, "") })} />
        <Typed name="error" label="Error code" placeholder="Error code" value={asked.error} onChange={(error) => ask({ error })} />
      </div>
      <div className="w-row w-views" data-testid="views">
        {kept.map((view) => (
          <span key={view.key} className={`w-badge w-view ${here?.key === view.key ? "accent" : ""}`}>
            <button type="button" onClick={() => onAsk?.(view.asked)} aria-pressed={here?.key === view.key} data-testid="view" title={view.shared ? (view.mine ? "Shared by you" : "Shared by somebody else") : "Only you see it"}>
              {view.name}
              {view.shared && <span className="w-muted"> · shared</span>}
            </button>
            {view.mine && (
              <button type="button" aria-label={`Delete the view ${view.name}`} onClick={() => onForget?.(view.key)} data-testid="forget-view">
                ×
              </button>
            )}
          </span>
        ))}
        {(asked.ended_since || asked.ended_until) && (
          <button type="button" className="w-badge w-view accent" onClick={() => ask({ ended_since: "", ended_until: "" })} data-testid="filter-ended" title="Only runs that ended then; press to see them all">
            Ended {[asked.ended_since, asked.ended_until].filter(Boolean).map((at) => new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })).join(" to ")} ×
          </button>
        )}
        {set.length > 0 && !here && (
          <button type="button" className="w-button ghost small" onClick={() => setNaming(true)} data-testid="keep-view">
            Save this view
          </button>
        )}
        {set.length > 0 && (
          <button type="button" className="w-button ghost small" onClick={() => (setCustom(false), onAsk?.({}))} data-testid="clear-filters">
            Clear all
          </button>
        )}
      </div>
      <Modal open={naming} label="Save this view" onClose={() => setNaming(false)} data-testid="keep-view-dialog">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!name.trim()) return;
            onKeep?.(name, shared);
            setNaming(false);
            setName("");
          }}
        >
          <header>
            <h2>Save this view</h2>
          </header>
          <div className="body w-stack">
            <div className="w-field">
              <label htmlFor="view-name">Name</label>
              <input id="view-name" className="w-input" data-autofocus value={name} maxLength={60} onChange={(event) => setName(event.target.value)} data-testid="view-name" />
            </div>
            <label className="w-check">
              <input type="checkbox" checked={shared} onChange={(event) => setShared(event.target.checked)} data-testid="view-shared" />
              Everybody in the workspace sees it
            </label>
          </div>
          <footer>
            <button type="button" className="w-button" onClick={() => setNaming(false)}>
              Cancel
            </button>
            <button type="submit" className="w-button primary" disabled={!name.trim()} data-testid="confirm-keep-view">
              Save
            </button>
          </footer>
        </form>
      </Modal>
    </div>
  );
}

function Typed({ name, label, value, onChange, ...rest }) {
  const [typed, setTyped] = useState(value ?? "");
  useEffect(() => setTyped(value ?? ""), [value]);
  const say = () => typed.trim() !== (value ?? "") && onChange(typed.trim());
  return <input className={`w-input w-filter w-filter-typed ${value ? "is-set" : ""}`} aria-label={label} value={typed} maxLength={60} onChange={(event) => setTyped(event.target.value)} onBlur={say} onKeyDown={(event) => event.key === "Enter" && say()} data-testid={`filter-${name}`} {...rest} />;
}

const Row = memo(function Row({ row, words, tone, chosen, at, choosable, onChoose }) {
  return (
    <tr className={`w-row-link ${at ? "is-at" : ""} ${chosen ? "is-chosen" : ""}`} data-testid="run-row" data-id={row.id} data-state={row.state}>
      {choosable && (
        <td className="w-col-choose w-above">
          <input type="checkbox" aria-label={`Choose run ${row.short}`} checked={chosen} onChange={(event) => onChoose(row.id, event.nativeEvent.shiftKey)} data-testid="choose-run" />
        </td>
      )}
      <td className="w-col-run">
        <Link to={`/runs/${row.id}`} className="w-mono w-row-target">
          {row.short}
        </Link>
      </td>
      <td className="w-col-state">
        <span className={`w-pill ${tone}`} data-testid="run-state" data-state={row.state}>
          {words}
        </span>
        {row.trouble && <span className="w-small w-muted w-trouble w-truncate">{row.trouble}</span>}
      </td>
      <td className="w-col-workflow">
        {row.workflow} {row.trial ? <span className="w-badge square info" data-testid="test-badge">Test</span> : <span className="w-muted w-small">{row.version}</span>}
      </td>
      <td className="w-col-started w-nowrap">
        <TimeAgo at={row.queued} />
      </td>
      <td className="w-col-took w-nowrap w-number">
        <Elapsed since={row.started} until={row.finished} none="–" />
      </td>
      <td className="w-col-by w-muted w-truncate">{row.by}</td>
      <td className="w-col-cost w-muted w-number">{row.cost}</td>
    </tr>
  );
});

export function RunTable({ patches, states = [], bulks = [], onMissing, onMore, onBulk }) {
  usePatches(held, patches, onMissing);
  const { rows, order, rest, epoch } = useHeld(held);
  const navigate = useNavigate();
  const [chosen, setChosen] = useState(() => new Set());
  const [at, setAt] = useState(-1);
  const [frozen, setFrozen] = useState(null);
  const [asking, setAsking] = useState(null);
  const last = useRef(null);
  const words = useMemo(() => Object.fromEntries(states.map((each) => [each.key, each])), [states]);
  useEffect(() => (setChosen(new Set()), setAt(-1), setFrozen(null)), [epoch]);
  useEffect(() => {
    const none = () => setChosen(new Set());
    window.addEventListener("weft-choose-none", none);
    return () => window.removeEventListener("weft-choose-none", none);
  }, []);

  // Who reads further down, or has chosen some, is not pushed around by new runs: they wait above.
  const shown = useRef([]);
  const still = chosen.size > 0 || (typeof window !== "undefined" && window.scrollY > 160);
  let list = order;
  if (still && shown.current.length && shown.current.epoch === epoch) {
    const known = new Set(shown.current);
    const waiting = order.findIndex((key) => known.has(key));
    if (waiting > 0 && frozen !== order[0]) list = order.slice(waiting);
  }
  const waiting = order.length - list.length;
  shown.current = Object.assign([...list], { epoch });

  const choose = useCallback((id, range) => {
    setChosen((before) => {
      const next = new Set(before);
      const keys = shown.current;
      const [from, to] = [keys.indexOf(last.current), keys.indexOf(id)].sort((a, b) => a - b);
      if (range && from >= 0) keys.slice(from, to + 1).forEach((key) => next.add(key));
      else if (!next.delete(id)) next.add(id);
      last.current = id;
      return next;
    });
  }, []);

  useEffect(() => {
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open], [role=menu]")) return;
      const keys = shown.current;
      const go = (index) => {
        event.preventDefault();
        const next = Math.max(0, Math.min(keys.length - 1, index));
        setAt(next);
        document.querySelector(`[data-testid=run-row][data-id="${keys[next]}"]`)?.scrollIntoView({ block: "nearest" });
      };
      if (event.key === "j") go(at + 1);
      else if (event.key === "k") go(at - 1);
      else if (event.key === "Enter" && at >= 0 && !event.target.closest?.("a, button")) navigate(`/runs/${keys[at]}`);
      else if (event.key === "x" && at >= 0 && bulks.length) choose(keys[at], event.shiftKey);
      else if (event.key === "Escape") setChosen(new Set());
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [at, bulks.length, choose, navigate]);

  const picked = [...chosen].filter((id) => rows[id]);
  const fitting = (bulk) => picked.filter((id) => bulk.states.includes(rows[id].state));
  return (
    <>
      {waiting > 0 && (
        <button type="button" className="w-button small w-new-runs" onClick={() => (setFrozen(order[0]), window.scrollTo({ top: 0 }))} data-testid="new-runs">
          ↑ {waiting} new {waiting === 1 ? "run" : "runs"}
        </button>
      )}
      {picked.length > 0 && (
        <div className="w-bulk" role="toolbar" aria-label="With the chosen runs" data-testid="bulk">
          <span className="w-strong">{picked.length} chosen</span>
          {bulks.map((bulk) => {
            const ids = fitting(bulk);
            return ids.length ? (
              <button key={bulk.key} type="button" className={`w-button small ${bulk.tone}`} onClick={() => (bulk.opens ? window.dispatchEvent(new CustomEvent(bulk.opens, { detail: ids })) : setAsking({ bulk, ids }))} data-testid={`bulk-${bulk.key}`}>
                {bulk.words} {ids.length}
              </button>
            ) : null;
          })}
          <button type="button" className="w-button ghost small" onClick={() => setChosen(new Set(list))}>
            All {list.length} shown
          </button>
          <button type="button" className="w-button ghost small" onClick={() => setChosen(new Set())}>
            None
          </button>
        </div>
      )}
      <table className="w-table" data-testid="runs-table">
        <thead>
          <tr>
            {bulks.length > 0 && (
              <th className="w-col-choose">
                <input type="checkbox" aria-label="Choose all that are shown" checked={list.length > 0 && picked.length === list.length} onChange={() => setChosen(picked.length ? new Set() : new Set(list))} />
              </th>
            )}
            {["Run", "State", "Workflow", "Started", "Took", "By", "Cost"].map((head) => (
              <th key={head} className={`w-col-${head.toLowerCase()}`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((key, index) =>
            rows[key] ? <Row key={key} row={rows[key]} words={words[rows[key].state]?.words ?? rows[key].state} tone={words[rows[key].state]?.tone ?? ""} chosen={chosen.has(key)} at={index === at} choosable={bulks.length > 0} onChoose={choose} /> : null,
          )}
        </tbody>
      </table>
      {(rest.more || rest.until) && (
        <div className="w-after-table">
          {rest.until && <span className="w-small w-muted">Searched back to {new Date(rest.until).toLocaleString()}.</span>}
          {rest.more && (
            <button type="button" className="w-button" onClick={() => onMore?.()} data-testid="load-more">
              {rest.until ? "Search further back" : "Load more"}
            </button>
          )}
        </div>
      )}
      <Modal open={asking !== null} label="Are you sure?" onClose={() => setAsking(null)} data-testid="bulk-dialog">
        {asking && (
          <>
            <header>
              <h2>
                {asking.bulk.words} {asking.ids.length} {asking.ids.length === 1 ? "run" : "runs"}?
              </h2>
            </header>
            <div className="body">
              <p>{asking.bulk.asks.replace("{n}", asking.ids.length === 1 ? "this run" : `these ${asking.ids.length} runs`)}</p>
            </div>
            <footer>
              <button type="button" className="w-button" onClick={() => setAsking(null)}>
                Keep them
              </button>
              <button
                type="button"
                className={`w-button solid ${asking.bulk.tone || "primary"}`}
                onClick={() => {
                  onBulk?.(asking.bulk.key, asking.ids);
                  setAsking(null);
                  setChosen(new Set());
                }}
                data-testid="confirm-bulk"
              >
                {asking.bulk.words} {asking.ids.length}
              </button>
            </footer>
          </>
        )}
      </Modal>
    </>
  );
}
