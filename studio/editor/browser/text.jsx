// The text pane. It holds the text the server has (`synced`, at `rev`) and what the person sees, and sends the one
// difference between them, one at a time. What others change comes as patches, applied around what is being typed.
import "./text.css";
import { useEffect, useRef, useState } from "react";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { difference, points, rebased, spliced, units } from "./splice.js";
import { markStep, showProblems, stepMark } from "./text_marks.js";
import { weft } from "./weft_language.js";

const Outside = Annotation.define(); // a change that was not typed here
const PAUSE = 200; // ms without a key before what was typed is sent
const BURST = 1000; // ms: typing with shorter pauses than this is one undo
export function TextPane({ snapshot, patches, lint, reveal, readOnly, onSay }) {
  const element = useRef(null);
  const [pane] = useState(() => new Pane());
  useEffect(() => {
    pane.say = onSay;
  }, [pane, onSay]);
  useEffect(() => {
    pane.mount(element.current);
    const leave = () => pane.send();
    window.addEventListener("pagehide", leave);
    let was = false;
    const watcher = new ResizeObserver(([entry]) => {
      const visible = entry.contentRect.height > 0;
      if (visible && !was) pane.shown();
      was = visible;
    });
    watcher.observe(element.current);
    return () => {
      watcher.disconnect();
      window.removeEventListener("pagehide", leave);
      pane.unmount();
    };
  }, [pane]);
  useEffect(() => pane.receive(snapshot, patches), [pane, snapshot, patches]);
  useEffect(() => pane.lock(readOnly), [pane, readOnly]);
  useEffect(() => pane.lint(lint), [pane, lint]);
  useEffect(() => pane.reveal(reveal), [pane, reveal]);
  return <div className="wf-text" data-testid="text-pane" ref={element} />;
}

class Pane {
  epoch = "";
  id = "";
  rev = -1;
  synced = "";
  sent = null; // {seq, text}: what is on its way to the server
  seq = 0;
  gesture = 0;
  typedAt = 0;
  view = null;
  locked = new Compartment();

  extensions() {
    return [
      weft(),
      lineNumbers(),
      lintGutter(),
      drawSelection(),
      dropCursor(),
      highlightSpecialChars(),
      bracketMatching(),
      indentOnInput(),
      highlightSelectionMatches(),
      search({ top: true }),
      stepMark,
      this.locked.of([]),
      indentUnit.of("  "),
      EditorView.lineWrapping,
      Prec.highest(EditorView.domEventHandlers({ keydown: (event) => this.pressed(event) })),
      keymap.of([indentWithTab, ...searchKeymap, ...lintKeymap, ...defaultKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "The workflow as text", spellcheck: "false" }),
      EditorView.updateListener.of((update) => this.updated(update)),
    ];
  }

  mount(parent) {
    this.view = new EditorView({ parent, state: EditorState.create({ doc: this.synced, extensions: this.extensions() }) });
  }

  unmount() {
    this.send();
    clearTimeout(this.sendTimer);
    clearTimeout(this.tellCursorTimer);
    this.view.destroy();
    this.view = null;
  }

  // One undo for the whole document, whoever changed it last; saving happens by itself.
  pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y" && key !== "s") return false;
    event.preventDefault();
    this.send();
    if (key !== "s") this.say({ type: key === "y" || event.shiftKey ? "redo" : "undo", epoch: this.epoch });
    return true;
  }

  lock(readOnly) {
    this.view.dispatch({ effects: this.locked.reconfigure([EditorState.readOnly.of(!!readOnly), EditorView.editable.of(!readOnly)]) });
  }

  updated(update) {
    if (update.transactions.some((transaction) => transaction.annotation(Outside))) return;
    if (update.docChanged) {
      const now = performance.now();
      if (now - this.typedAt > BURST) this.gesture++;
      this.typedAt = now;
      this.later("send", PAUSE);
    } else if (update.selectionSet) this.later("tellCursor", 150);
  }

  later(what, pause) {
    clearTimeout(this[`${what}Timer`]);
    this[`${what}Timer`] = setTimeout(() => this[what](), pause);
  }

  get text() {
    return this.view ? this.view.state.doc.toString() : this.synced;
  }

  send() {
    clearTimeout(this.sendTimer);
    if (!this.view || this.rev < 0) return;
    if (this.sent) {
      // An answer that never came (a lost connection): ask for the text as it is; what was typed stays here.
      if (performance.now() - this.sent.at > 6000) (this.sent = null), this.say({ type: "resync", epoch: this.epoch });
      this.later("send", PAUSE);
      return;
    }
    const text = this.text;
    if (text === this.synced) return;
    const { start, end, insert } = difference(this.synced, text);
    this.sent = { seq: ++this.seq, text, at: performance.now() };
    this.say({
      type: "typed",
      epoch: this.epoch,
      base: this.rev,
      seq: this.seq,
      start: points(this.synced, start),
      end: points(this.synced, end),
      text: insert,
      gesture: `${this.epoch}:${this.gesture}`,
    });
  }

  tellCursor() {
    if (this.sent || this.text !== this.synced) return this.later("tellCursor", PAUSE);
    this.say({ type: "cursor", epoch: this.epoch, base: this.rev, offset: points(this.synced, this.view.state.selection.main.head) });
  }

  receive(snapshot, patches) {
    if (snapshot?.epoch && (snapshot.epoch !== this.epoch || snapshot.rev > this.rev)) {
      const same = snapshot.id === this.id;
      const base = this.sent ? this.sent.text : this.synced;
      Object.assign(this, { epoch: snapshot.epoch, id: snapshot.id, rev: snapshot.rev, synced: snapshot.text, sent: null });
      this.merge(same ? base : this.text, snapshot.text);
    }
    for (const patch of patches ?? []) {
      if (patch.epoch !== this.epoch || patch.rev <= this.rev) continue;
      if (patch.base !== this.rev) return void this.say({ type: "resync", epoch: this.epoch });
      const before = this.synced;
      this.synced = spliced(before, { start: units(before, patch.start), end: units(before, patch.end), insert: patch.text });
      this.rev = patch.rev;
      if (this.sent && patch.seen === this.sent.seq) {
        const base = this.sent.text;
        this.sent = null;
        this.merge(base, this.synced);
      } else if (!this.sent) this.merge(before, this.synced);
    }
    if (this.text !== this.synced && !this.sent) this.later("send", PAUSE);
  }

  // Brings the editor from `base` to `target`, around what was typed since. Where both touch one place, what was typed stays.
  merge(base, target) {
    const change = difference(base, target);
    if (change.start === change.end && change.insert === "") return;
    const typed = difference(base, this.text);
    const moved = typed.start === typed.end && typed.insert === "" ? change : rebased(change, typed);
    if (!moved) return;
    this.view.dispatch({
      changes: { from: moved.start, to: moved.end, insert: moved.insert },
      annotations: Outside.of(true),
    });
  }

  lint(problems) {
    showProblems(this.view, problems?.items ?? [], this.synced, Outside);
  }

  // A pane that is hidden has no lines to scroll to: the place is shown when the pane is.
  shown() {
    if (this.place) markStep(this.view, { ...this.place, focus: false }, this.synced, Outside);
  }

  reveal(place) {
    if (place?.seq === undefined) return;
    this.place = place;
    markStep(this.view, this.view.dom.offsetParent ? place : { ...place, scroll: false }, this.synced, Outside);
  }
}
