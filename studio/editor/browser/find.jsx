// Finds steps by their names, titles, tools, sentences and what is written in them. The server looks, since only it
// has the text; here the hits are painted and walked.
import { useEffect, useRef, useState } from "react";
import { ChevronDown, ChevronUp, Search, X } from "lucide-react";

const QUIET = 60; // milliseconds without a key before it is looked

export function Find({ hits, graph, say, onHits, onGo, onClose }) {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(-1);
  const input = useRef(null);
  const found = words.trim() && hits?.words === words ? hits.steps : null;
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    const timer = setTimeout(() => say("find", { words }), words ? QUIET : 0);
    return () => clearTimeout(timer);
  }, [words, graph.rev, say]);
  useEffect(() => setAt(-1), [words]);
  useEffect(() => {
    if (found) onHits({ hits: new Set(found), hit: found[at] ?? null });
    else if (!words.trim()) onHits(null);
  }, [found, at, words, onHits]);
  useEffect(() => () => onHits(null), [onHits]);
  const go = (step) => {
    if (!found?.length) return;
    const next = at < 0 ? (step > 0 ? 0 : found.length - 1) : (at + step + found.length) % found.length;
    setAt(next);
    onGo(found[next]);
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" || event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      go(event.key === "ArrowUp" || event.shiftKey ? -1 : 1);
    }
  };
  const told = !words.trim() ? "" : !found ? "…" : !found.length ? "None" : at < 0 ? `${found.length} found` : `${at + 1} of ${found.length}`;
  return (
    <div className="wf-find nopan nowheel" role="search" data-testid="find" onKeyDown={onKeyDown}>
      <Search size={14} aria-hidden="true" />
      <input ref={input} value={words} onChange={(event) => setWords(event.target.value)} placeholder="Find a step" aria-label="Find a step by its name, tool or text" autoComplete="off" spellCheck={false} maxLength={200} data-testid="find-input" />
      <span className={`wf-find-count ${found && !found.length ? "none" : ""}`} role="status" data-testid="find-count">{told}</span>
      <button type="button" className="wf-bare" disabled={!found?.length} aria-label="The one before" title="The one before (Shift+Enter)" onClick={() => go(-1)}><ChevronUp size={15} /></button>
      <button type="button" className="wf-bare" disabled={!found?.length} aria-label="The next one" title="The next one (Enter)" onClick={() => go(1)}><ChevronDown size={15} /></button>
      <button type="button" className="wf-bare" aria-label="Close" title="Close (Esc)" onClick={onClose}><X size={15} /></button>
    </div>
  );
}
