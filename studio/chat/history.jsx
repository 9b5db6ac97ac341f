// Old conversations: found by words, opened, renamed, deleted and taken back. Escape closes.
import { useEffect, useRef, useState } from "react";
import { GitBranch, Link2, Pencil, Search, Trash2, X } from "lucide-react";

const PAUSE = 180; // ms without a key before it is looked for

export function ChatHistory({ open, rows, deleted, failure, current, onSay, onOpen }) {
  const [words, setWords] = useState("");
  const box = useRef(null);
  useEffect(() => {
    if (open) box.current?.focus();
    else setWords("");
  }, [open]);
  useEffect(() => {
    if (!open || !words) return undefined;
    const timer = setTimeout(() => onSay({ type: "show", words }), PAUSE);
    return () => clearTimeout(timer);
  }, [words, open]); // eslint-disable-line
  if (!open) return null;
  const close = () => onSay({ type: "close" });
  const typed = (text) => {
    setWords(text);
    if (!text) onSay({ type: "show", words: "" });
  };
  return (
    <section className="wc-history" aria-label="Conversations" data-testid="chat-history-panel" onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), close())}>
      <div className="wc-history-head">
        <Search size={14} aria-hidden="true" />
        <input ref={box} type="search" className="w-input" placeholder="Search titles and messages" aria-label="Search conversations" data-testid="history-search" maxLength={200} value={words} onChange={(event) => typed(event.target.value)} />
        <button type="button" className="w-button ghost icon small" aria-label="Close the list" title="Close (Esc)" data-testid="history-close" onClick={close}><X size={15} /></button>
      </div>
      {failure ? <p className="w-note danger" role="alert">{failure}</p> : null}
      {deleted?.id ? (
        <p className="w-note" role="status" data-testid="history-deleted">
          <span>“{deleted.title}” was deleted.</span>
          <button type="button" className="w-button small" data-testid="history-undo" onClick={() => onSay({ type: "restore", id: deleted.id })}>Undo</button>
        </p>
      ) : null}
      {rows.length ? (
        <ul className="wc-rows">{rows.map((row) => <Row key={row.id} row={row} current={row.id === current} onSay={onSay} onOpen={() => (onOpen({ type: "switch", conversation: row.id }), close())} />)}</ul>
      ) : (
        <p className="w-small w-muted wc-none" data-testid="history-none">{words ? "Nothing was found." : "There are no conversations about this workflow yet."}</p>
      )}
    </section>
  );
}

function Row({ row, current, onSay, onOpen }) {
  const [title, setTitle] = useState(null);
  const [copied, setCopied] = useState(false);
  const rename = (event) => {
    event.preventDefault();
    if (title.trim() && title.trim() !== row.title) onSay({ type: "rename", id: row.id, title });
    setTitle(null);
  };
  const copy = async () => {
    const url = new URL(location.href);
    url.search = `?chat=${row.id}`;
    await navigator.clipboard?.writeText(url.href);
    setCopied(true);
  };
  if (title !== null)
    return (
      <li className="wc-row">
        <form className="wc-rename" onSubmit={rename}>
          <input className="w-input" autoFocus aria-label="Title" data-testid="history-title" maxLength={200} value={title} onChange={(event) => setTitle(event.target.value)} onKeyDown={(event) => event.key === "Escape" && (event.stopPropagation(), setTitle(null))} />
          <button type="submit" className="w-button small" disabled={!title.trim()}>Rename</button>
        </form>
      </li>
    );
  return (
    <li className="wc-row" data-testid="history-row">
      <button type="button" className="wc-row-open" aria-current={current ? "true" : undefined} data-testid="history-open" onClick={onOpen}>
        <span className="wc-row-title">{row.branch ? <GitBranch size={12} role="img" aria-label="Branch" /> : null}{row.title}</span>
        {row.found ? <span className="w-small w-muted">{row.found}</span> : <time className="w-small w-muted" dateTime={row.at}>{new Date(row.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}</time>}
      </button>
      <button type="button" className="w-button ghost icon small" aria-label={copied ? "Link copied" : `Copy a link to ${row.title}`} title={copied ? "Copied" : "Copy a link"} onClick={copy}><Link2 size={13} /></button>
      <button type="button" className="w-button ghost icon small" aria-label={`Rename ${row.title}`} title="Rename" data-testid="history-rename" onClick={() => setTitle(row.title)}><Pencil size={13} /></button>
      <button type="button" className="w-button ghost icon small" aria-label={`Delete ${row.title}`} title="Delete" data-testid="history-delete" onClick={() => onSay({ type: "delete", id: row.id })}><Trash2 size={13} /></button>
    </li>
  );
}
