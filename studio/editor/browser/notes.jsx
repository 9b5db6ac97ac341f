// Notes: on a step, or on their own. Written in place; kept beside the text, so a note is never part of what runs.
import { memo, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { StickyNote, Trash2 } from "lucide-react";
import { createStore } from "./graph.js";
import { Canvas } from "./surface.js";

const MOST = 4000;

// The id of the node whose note is being written; null for none.
export const writing = createStore(null);

export function useWriting(id) {
  const read = () => writing.get() === id;
  return useSyncExternalStore(writing.subscribe, read, read);
}

// Bold, code and links as people write them in a note; everything else as it stands.
export function Plainly({ text }) {
  return text.split("\n").map((line, index) => (
    <p key={index}>{line.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part, at) => {
      if (part.startsWith("**") && part.length > 4) return <strong key={at}>{part.slice(2, -2)}</strong>;
      if (part.startsWith("`") && part.length > 2) return <code key={at}>{part.slice(1, -1)}</code>;
      return <span key={at}>{at === 0 ? part.replace(/^[-*] /, "• ") : part}</span>;
    })}</p>
  ));
}

export function NoteField({ id, text, onDone }) {
  const field = useRef(null);
  const [draft, setDraft] = useState(text);
  const left = useRef(false);
  const done = (save) => {
    if (left.current) return;
    left.current = true;
    writing.set(null);
    onDone(save && draft !== text ? draft.trim() : null);
  };
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.setSelectionRange(text.length, text.length);
  }, [text.length]);
  return (
    <textarea
      ref={field}
      className="wf-sticky-field nodrag nopan nowheel"
      value={draft}
      maxLength={MOST}
      placeholder="Write a note. **Bold** and `code` work."
      aria-label="Note"
      data-testid={`note-field-${id}`}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={() => done(true)}
      onPointerDown={(event) => event.stopPropagation()}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
          event.preventDefault();
          done(true);
        }
      }}
    />
  );
}

// The note of a step, at the foot of its card.
export const StepNote = memo(function StepNote({ id, note }) {
  const { readOnly, say } = useContext(Canvas);
  const edits = useWriting(id);
  if (!note && !edits) return null;
  const keep = (text) => text !== null && say("place", { spots: { [id]: { note: text } } });
  return (
    <div
      className={`wf-sticky on-step ${edits ? "is-written" : ""}`}
      data-testid={`note-${id}`}
      title={readOnly || edits ? undefined : "Double-click to change the note"}
      onDoubleClick={(event) => !readOnly && (event.stopPropagation(), writing.set(id))}
    >
      {edits ? <NoteField id={id} text={note} onDone={keep} /> : <Plainly text={note} />}
    </div>
  );
});

// A note of its own.
export const NoteNode = memo(function NoteNode({ data }) {
  const { readOnly, say, lift } = useContext(Canvas);
  const edits = useWriting(data.id);
  const keep = (text) => (text ?? data.note ? text !== null && say("place", { spots: { [data.id]: { note: text } } }) : gone());
  const gone = () => say("place", { spots: { [data.id]: { note: "", x: null, y: null, width: 0, height: 0 } } });
  return (
    <div
      className="wf-sticky on-canvas nopan"
      data-testid={`note-${data.id}`}
      role="note"
      onDoubleClick={(event) => !readOnly && (event.stopPropagation(), writing.set(data.id))}
      onPointerDown={(event) => !readOnly && !edits && lift(event, { item: { title: "Note", kind: "note" }, own: data.id, card: event.currentTarget })}
    >
      {edits ? <NoteField id={data.id} text={data.note} onDone={keep} /> : <Plainly text={data.note} />}
      {readOnly || edits ? null : (
        <button type="button" className="wf-sticky-gone" onPointerDown={(event) => event.stopPropagation()} onClick={gone} aria-label="Delete the note" title="Delete the note">
          <Trash2 size={12} />
        </button>
      )}
    </div>
  );
}, (one, other) => one.data === other.data);

export function NoteButton({ id, note }) {
  return (
    <button type="button" className="wf-node-tool" onPointerDown={(event) => event.stopPropagation()} onClick={(event) => (event.stopPropagation(), writing.set(id))} aria-label={note ? "Change the note" : "Add a note"} title={note ? "Change the note" : "Add a note"} data-testid={`note-add-${id}`}>
      <StickyNote size={13} />
    </button>
  );
}
