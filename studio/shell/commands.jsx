// The command palette: whatever can be done or gone to, found by typing. Ctrl+K opens it on every page.
import "./commands.css";
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Activity, ChartNoAxesColumn, CornerDownLeft, LogOut, Monitor, Moon, Plug, Plus, Search, Stamp, Store, Sun, Workflow } from "lucide-react";
import { ColorModeContext } from "$/utils/context";
import { spelled } from "./keys.js";
import { offered, ranked } from "./offers.js";

const ICONS = { dashboard: ChartNoAxesColumn, workflows: Workflow, runs: Activity, approvals: Stamp, connectors: Plug, sample: Store };
const RECENT = "weft.commands.recent";
const KEPT = 6;
const SHOWN = 60;
const AT_FIRST = 14; // rows that are seen at once: the rest comes a moment later

const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(RECENT) ?? "[]");
  } catch {
    return [];
  }
};
const remember = (id) => localStorage.setItem(RECENT, JSON.stringify([id, ...remembered().filter((one) => one !== id)].slice(0, KEPT)));

// `places` are the pages {key, title, href}; `workflows` {id, title, name}, asked for by `onOpen`.
export function Commands({ places, workflows, onOpen, signOut }) {
  const [open, setOpen] = useState(false);
  const back = useRef(null);
  const show = useCallback(() => {
    back.current = document.activeElement;
    setOpen(true);
    onOpen?.();
  }, [onOpen]);
  useEffect(() => {
    const onKey = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      event.stopPropagation();
      if (!document.querySelector("dialog.w-modal[open]")) show();
    };
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [show]);
  const close = useCallback((returns) => {
    setOpen(false);
    if (returns) back.current?.focus?.({ preventScroll: true });
  }, []);
  return (
    <>
      <button type="button" className="w-nav-link w-commands-open" onClick={show} title="Do anything, go anywhere (Ctrl+K)" data-testid="commands-open">
        <Search size={17} strokeWidth={1.75} aria-hidden="true" />
        <span className="w-nav-words">Search</span>
        <kbd className="w-nav-words">{spelled("Ctrl+K")}</kbd>
      </button>
      {open ? <Dialog places={places} workflows={workflows} signOut={signOut} onClose={close} /> : null}
    </>
  );
}

function Dialog({ places, workflows, signOut, onClose }) {
  const navigate = useNavigate();
  const { setColorMode } = useContext(ColorModeContext);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const [rows, setRows] = useState(AT_FIRST);
  const dialog = useRef(null);
  const list = useRef(null);
  const here = useRef(null);
  here.current ??= { offered: offered(), recent: remembered() };

  const all = useMemo(() => {
    const go = (href) => () => navigate(href);
    return [
      ...here.current.offered,
      ...(workflows ?? []).map((one) => ({ id: `workflow:${one.id}`, title: one.title, words: one.name, group: "Workflows", icon: Workflow, run: go(`/workflows/${one.id}`) })),
      ...places.map((place) => ({ id: `page:${place.key}`, title: place.title, words: "go to page", group: "Go to", icon: ICONS[place.key], run: go(place.href) })),
      { id: "new", title: "New workflow", words: "create make", group: "Go to", icon: Plus, run: () => (navigate("/workflows"), pressSoon("new-workflow", "new-workflow-first")) },
      ...[["system", "System", Monitor], ["light", "Light", Sun], ["dark", "Dark", Moon]].map(([mode, title, icon]) => ({ id: `theme:${mode}`, title: `Colours: ${title}`, words: "theme appearance mode", group: "Settings", icon, run: () => setColorMode(mode) })),
      { id: "sign-out", title: "Sign out", group: "Settings", icon: LogOut, passing: true, run: () => signOut?.() },
    ];
  }, [places, workflows, navigate, setColorMode, signOut]);

  const shown = useMemo(() => {
    if (query.trim()) return ranked(all, query, SHOWN);
    const known = new Map(all.map((command) => [command.id, command]));
    const recent = here.current.recent.map((id) => known.get(id)).filter(Boolean).map((command) => ({ ...command, group: "Recent" }));
    const ids = new Set(recent.map((command) => command.id));
    return [...recent, ...all.filter((command) => !ids.has(command.id))].slice(0, SHOWN);
  }, [all, query]);

  useEffect(() => {
    dialog.current?.showModal();
    const later = setTimeout(() => setRows(SHOWN), 60);
    return () => clearTimeout(later);
  }, []);
  useEffect(() => setAt(0), [query]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, shown]);

  const run = (command) => {
    if (!command) return;
    if (!command.passing) remember(command.id);
    onClose(true);
    // After the dialog has given back the focus, so that what the command focuses keeps it.
    requestAnimationFrame(() => command.run());
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (move) {
      event.preventDefault();
      const next = at + move;
      const wraps = Math.abs(move) === 1;
      setAt(wraps ? (next + shown.length) % Math.max(1, shown.length) : Math.max(0, Math.min(shown.length - 1, next)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(shown[at]);
    } else if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onClose(true);
    }
  };
  const grouped = !query.trim();
  return (
    <dialog ref={dialog} className="w-dialog w-commands" aria-label="Commands" data-testid="commands" onKeyDown={onKeyDown} onCancel={(event) => (event.preventDefault(), onClose(true))} onMouseDown={(event) => event.target === dialog.current && onClose(true)}>
      <div className="w-commands-inner">
        <div className="w-commands-head">
          <Search size={17} aria-hidden="true" />
          <input
            autoFocus
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            placeholder="What do you want to do, or where to go?"
            role="combobox"
            aria-expanded="true"
            aria-controls="w-commands-list"
            aria-activedescendant={shown[at] ? `w-command-${at}` : undefined}
            aria-label="What do you want to do, or where to go?"
            autoComplete="off"
            spellCheck={false}
            maxLength={200}
            data-testid="commands-input"
          />
        </div>
        <div className="w-commands-list" id="w-commands-list" role="listbox" aria-label="Commands" ref={list}>
          {shown.slice(0, rows).map((command, index) => {
            const Icon = command.icon;
            const heading = grouped && command.group !== shown[index - 1]?.group ? command.group : null;
            return (
              <div key={`${command.group}:${command.id}`} role="presentation">
                {heading ? <div className="w-commands-group" role="presentation">{heading}</div> : null}
                <div
                  id={`w-command-${index}`}
                  role="option"
                  aria-selected={index === at}
                  className="w-command"
                  data-testid={`command-${command.id}`}
                  onMouseMove={() => setAt(index)}
                  onClick={() => run(command)}
                >
                  {Icon ? <Icon size={16} strokeWidth={1.75} aria-hidden="true" /> : <span className="w-command-gap" />}
                  <span className="w-command-title">{command.title}</span>
                  {command.about || command.of ? <span className="w-command-about">{command.about || command.of}</span> : null}
                  <span className="w-spacer" />
                  {command.keys ? <kbd className="w-kbd">{spelled(command.keys)}</kbd> : grouped ? null : <span className="w-command-kind">{command.group}</span>}
                </div>
              </div>
            );
          })}
          {shown.length ? null : <p className="w-commands-none">Nothing is called that. Try another word, such as a step, a tool or a page.</p>}
        </div>
        <div className="w-commands-foot" aria-hidden="true">
          <span><kbd className="w-kbd">↑</kbd><kbd className="w-kbd">↓</kbd> choose</span>
          <span><kbd className="w-kbd"><CornerDownLeft size={11} /></kbd> do it</span>
          <span><kbd className="w-kbd">Esc</kbd> close</span>
        </div>
      </div>
    </dialog>
  );
}

// A button of the page that is on its way.
function pressSoon(...marks) {
  const until = performance.now() + 4000;
  const look = () => {
    const button = marks.map((mark) => document.querySelector(`[data-testid="${mark}"]`)).find(Boolean);
    if (button) button.click();
    else if (performance.now() < until) requestAnimationFrame(look);
  };
  look();
}
