// What the text pane holds: the text the server has (`synced`, at `rev`) and what the person sees. It sends the one
// difference between them, one at a time; what others change comes as patches, applied around what is being typed.
import { acceptCompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import { crosshairCursor, drawSelection, dropCursor, EditorView, highlightSpecialChars, keymap, lineNumbers, rectangularSelection, tooltips } from "@codemirror/view";
import { completing, hovering, signing } from "./completing.js";
import { carried, difference, points, spliced, units } from "./splice.js";
import { commands, format } from "./text_commands.js";
import { otherLines, showOthers } from "./text_others.js";
import { markStep, showProblems, stepMark } from "./text_marks.js";
import { shape } from "./text_shape.js";
import { holds } from "./unsent.js";
import { weft } from "./weft_language.js";

const Outside = Annotation.define(); // a change that was not typed here
const PAUSE = 40; // ms without a key before what was typed is sent
const HELD = 240; // ms: what is typed without a pause is sent after this long
const AWAY = 300; // ms: while the studio is away, sending is tried again after this long
const BURST = 1000; // ms: typing with shorter pauses than this is one undo
const KEPT = 3600_000; // ms: how long what never reached the server is kept for the next time this page is opened
const MOST = 250_000; // characters a workflow may have

const PHRASES = { next: "Next", previous: "Previous", all: "Select all", "match case": "Match case", regexp: "Pattern", "by word": "Whole words", replace: "Replace", "replace all": "Replace all", close: "Close" };

const keptAt = (id) => `weft-text-${id}`;

export class Pane {
  epoch = "";
  id = "";
  rev = -1;
  synced = "";
  safe = ""; // what the draft is known to hold: all that differs from it must not get lost
  texts = new Map(); // text by revision, until it is known to be saved
  sent = null; // {seq, text}: what is on its way to the server
  seq = Date.now(); // another page's numbers are others
  gesture = 0;
  typedAt = 0;
  waitsSince = 0; // when what is typed now began to wait
  view = null;
  locked = new Compartment();

  tell = () => {}; // a line for the person
  isHere = () => true; // whether the studio is
  lost = false; // it was away, and has not opened the draft again

  extensions() {
    const here = (offset) => this.here(offset);
    return [
      weft(),
      shape(),
      lineNumbers(),
      lintGutter(),
      drawSelection(),
      dropCursor(),
      highlightSpecialChars(),
      bracketMatching(),
      indentOnInput(),
      highlightSelectionMatches({ highlightWordAroundCursor: true, wholeWords: true }),
      search({ top: true }),
      EditorState.phrases.of(PHRASES),
      stepMark,
      otherLines,
      this.locked.of([]),
      indentUnit.of("  "),
      tooltips({ parent: document.body }),
      closeBrackets(),
      completing(here),
      hovering(here),
      signing(here),
      commands(this),
      EditorState.allowMultipleSelections.of(true),
      rectangularSelection(),
      crosshairCursor(),
      EditorState.transactionFilter.of((transaction) => this.bounded(transaction)),
      EditorView.lineWrapping,
      Prec.highest(EditorView.domEventHandlers({ keydown: (event) => this.pressed(event) })),
      Prec.high(keymap.of([{ key: "Tab", run: acceptCompletion }])),
      keymap.of([...closeBracketsKeymap, indentWithTab, ...searchKeymap, ...defaultKeymap]),
      EditorView.contentAttributes.of({ tabindex: "0", "aria-label": "The workflow as text", spellcheck: "false" }),
      EditorView.updateListener.of((update) => this.updated(update)),
    ];
  }

  mount(parent) {
    this.view = new EditorView({ parent, state: EditorState.create({ doc: this.synced, extensions: this.extensions() }) });
  }

  unmount() {
    this.send();
    this.keep();
    for (const what of ["send", "tellCursor", "keep"]) clearTimeout(this[`${what}Timer`]);
    this.view.destroy();
    this.view = null;
    holds("text", false);
  }

  // One undo for the whole document, whoever changed it last; saving happens by itself.
  pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return false;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y" && key !== "s") return false;
    event.preventDefault();
    this.send();
    if (key === "s") return true;
    if (this.isHere()) this.say({ type: key === "y" || event.shiftKey ? "redo" : "undo", epoch: this.epoch });
    else this.tell("This was not done: the studio is away. Do it again when it is back.");
    return true;
  }

  // What did not reach the server waits in the browser: for a sign-in, a reload, a server that is away.
  keep() {
    if (!this.id) return;
    if (!this.sent && this.text === this.synced) return sessionStorage.removeItem(keptAt(this.id));
    sessionStorage.setItem(keptAt(this.id), JSON.stringify({ at: Date.now(), safe: this.safe, text: this.text }));
  }

  kept(id) {
    const found = JSON.parse(sessionStorage.getItem(keptAt(id)) ?? "null");
    sessionStorage.removeItem(keptAt(id));
    return found && Date.now() - found.at < KEPT ? found : null;
  }

  stuck() {
    return this.text !== this.synced && performance.now() - this.typedAt > 3000;
  }

  lock(readOnly) {
    this.view.dispatch({ effects: this.locked.reconfigure([EditorState.readOnly.of(!!readOnly), EditorView.editable.of(!readOnly)]) });
  }

  updated(update) {
    if (update.transactions.some((transaction) => transaction.annotation(Outside))) return;
    if (update.docChanged) {
      const now = performance.now();
      // Formatting is a deed of its own, however soon after a key it comes.
      const formatted = update.transactions.some((transaction) => transaction.isUserEvent("input.format"));
      if (formatted || now - this.typedAt > BURST) this.gesture++;
      this.typedAt = now;
      this.waitsSince ||= now;
      holds("text", true);
      this.later("send", Math.max(0, Math.min(PAUSE, this.waitsSince + HELD - now)));
      this.later("keep", 1500);
    } else if (update.selectionSet) this.later("tellCursor", 150);
  }

  // More than a workflow may have is not taken in at all, rather than cut off or refused later.
  bounded(transaction) {
    const { length } = transaction.newDoc;
    if (!transaction.docChanged || length <= MOST || length <= transaction.startState.doc.length || transaction.annotation(Outside)) return transaction;
    this.tell(`A workflow may have ${MOST.toLocaleString("en")} characters; with this it would have ${length.toLocaleString("en")}.`);
    return [];
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
    // Said now it would wait, and be heard beside what is said later of the same words.
    if (!this.isHere()) this.lost = true;
    if (this.lost) return this.later("send", AWAY);
    if (this.sent) {
      // An answer that never came (a lost connection): ask for the text as it is; what was typed stays here.
      if (performance.now() - this.sent.at > 6000) this.forget(), this.say({ type: "resync", epoch: this.epoch });
      this.later("send", PAUSE);
      return;
    }
    const text = this.text;
    this.waitsSince = 0;
    if (text === this.synced) return holds("text", false);
    const { start, end, insert } = difference(this.synced, text);
    this.sent = { seq: ++this.seq, text, base: this.synced, at: performance.now() };
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

  // What was on its way did not arrive: it is what was typed, around what others changed since.
  forget() {
    const { base } = this.sent;
    this.sent = null;
    this.merge(base, this.synced);
  }

  // The draft is open again, and what it holds was received. What it had not seen then never arrived.
  reopened() {
    if (this.lost && this.sent) this.forget();
    this.lost = false;
    if (this.text !== this.synced) this.later("send", PAUSE);
  }

  // Where a question is: in the text the server has, with what it has not seen yet.
  here(offset) {
    if (!this.view || this.rev < 0) return null;
    const text = this.text;
    const { start, end, insert } = difference(this.synced, text);
    const splice = start === end && insert === "" ? null : [points(this.synced, start), points(this.synced, end), insert];
    return { epoch: this.epoch, base: this.rev, splice, offset: points(text, offset) };
  }

  tellCursor() {
    if (!this.view || this.rev < 0 || !this.isHere()) return;
    if (this.sent || this.text !== this.synced) return this.later("tellCursor", PAUSE);
    this.say({ type: "cursor", epoch: this.epoch, base: this.rev, offset: points(this.synced, this.view.state.selection.main.head) });
  }

  receive(snapshot, patches, saved) {
    if (snapshot?.epoch && (snapshot.epoch !== this.epoch || snapshot.rev > this.rev)) this.opened(snapshot);
    for (const patch of patches ?? []) {
      if (patch.epoch !== this.epoch || patch.rev <= this.rev) continue;
      if (patch.base !== this.rev) return void this.say({ type: "resync", epoch: this.epoch });
      const before = this.synced;
      this.synced = spliced(before, { start: units(before, patch.start), end: units(before, patch.end), insert: patch.text });
      this.rev = patch.rev;
      this.texts.set(this.rev, this.synced);
      if (this.sent && patch.seen === this.sent.seq) {
        const base = this.sent.text;
        this.sent = null;
        this.merge(base, this.synced);
      } else if (!this.sent) this.merge(before, this.synced);
    }
    if (saved?.epoch === this.epoch && this.texts.has(saved.rev)) {
      this.safe = this.texts.get(saved.rev);
      for (const rev of this.texts.keys()) if (rev < saved.rev) this.texts.delete(rev);
    }
    const typed = this.text !== this.synced;
    holds("text", typed || this.sent !== null);
    if (typed && !this.sent) this.later("send", PAUSE);
  }

  // The whole text, at first or anew. A new epoch is another opening of the draft: the server may have ended before it
  // saved. What is here and was never saved goes to the server whole, which puts it together with what others did.
  opened({ epoch, id, rev, text, seen }) {
    const left = id === this.id ? null : this.kept(id);
    if (left) this.show(left.text);
    const returned = left !== null || (id === this.id && epoch !== this.epoch);
    let base = this.text;
    if (left) base = left.safe;
    else if (id === this.id) base = returned ? this.held(text) : this.sent?.seq === seen ? this.sent.text : (this.sent?.base ?? this.synced);
    // What is on its way will be heard, and answered, after this was said.
    if (epoch === this.epoch && this.sent && this.sent.seq !== seen && !this.lost) {
      Object.assign(this, { rev, synced: text });
      return void this.texts.set(rev, text);
    }
    if (epoch !== this.epoch) this.texts.clear(), (this.safe = text);
    Object.assign(this, { epoch, id, rev, synced: text, sent: null });
    this.texts.set(rev, text);
    if (!returned || this.text === base || base === text || this.text === text) {
      this.merge(base, text);
      return;
    }
    this.sent = { seq: ++this.seq, text: this.text, base: text, at: performance.now() };
    this.lost = false;
    this.say({ type: "returned", epoch, base: rev, seq: this.seq, safe: base, text: this.text });
  }

  // What the draft held last, as far as is known here: one of the texts that were on their way there, or what is safe.
  held(text) {
    return text === this.sent?.text || [...this.texts.values()].includes(text) ? text : this.safe;
  }

  show(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text }, annotations: Outside.of(true) });
  }

  // Brings the editor from `base` to `target`, around what was typed since, as the server will when it hears of that.
  merge(base, target) {
    const change = difference(base, target);
    if (change.start === change.end && change.insert === "") return;
    const shown = this.text;
    const typed = difference(base, shown);
    const now = shown === base ? target : spliced(target, carried(typed, change));
    const { start, end, insert } = difference(shown, now);
    this.view.dispatch({ changes: { from: start, to: end, insert }, annotations: Outside.of(true) });
  }

  others(people) {
    showOthers(this.view, people, Outside);
  }

  lint(problems) {
    showProblems(this.view, problems ?? [], this.synced, Outside);
  }

  format() {
    this.view.focus();
    format(this.view, this);
  }

  // A pane that is hidden has no lines to scroll to: the place is shown when the pane is.
  shown() {
    if (this.place) markStep(this.view, { ...this.place, focus: false }, this.synced, Outside);
  }

  // Another width breaks lines elsewhere: the line that is written on stays in view.
  keepCursor() {
    if (this.view.hasFocus) this.view.dispatch({ effects: EditorView.scrollIntoView(this.view.state.selection.main.head, { y: "nearest", yMargin: 40 }) });
  }

  reveal(place) {
    if (place?.seq === undefined) return;
    this.place = place;
    markStep(this.view, this.view.dom.offsetParent ? place : { ...place, scroll: false }, this.synced, Outside);
  }
}
