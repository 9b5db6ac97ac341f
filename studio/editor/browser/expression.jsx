// One expression, or words with `${...}` in them, in a field that looks like the others: colours, completion of what can be
// read at its place in the workflow, hover, and the signature of a call.
//
// <Expression
//   step="refund" key_="arg:amount"   which field it is, as the inspector's "set" names it; what is offered follows from it
//   mode="expression" | "plain"       plain: words, with holes
//   value="order.total"               what the text holds; a new one replaces what is shown, unless something is being typed
//   at={["items", 0]}                 which part of it, from outside in (optional), and the control it has there
//   onChange={(value) => ...}         what is being typed, with every key (optional)
//   onCommit={(value) => ...}         Enter (several lines: Ctrl-Enter) or leaving the field, once, when the value changed
//   onDrop={() => ...}                Escape: what was typed is dropped (optional)
//   onReady={(field) => ...}          {insert(text), focus()}: to put something in at the cursor (optional; null at the end)
//   lines={1}                         more than one: Enter makes a line
//   id label describedBy placeholder readOnly invalid testId autoFocus
// />
//
// `label` names it for those who do not see it (or give `labelledBy`). Dropping text on it (a drag of "text/plain") puts it
// where it falls. Keys typed here do not reach the canvas.
import "./expression.css";
import { useEffect, useRef, useState } from "react";
import { acceptCompletion, closeBrackets, closeBracketsKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { Annotation, Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, dropCursor, EditorView, keymap, placeholder as hint, tooltips } from "@codemirror/view";
import { completing, hovering, signing } from "./completing.js";
import { difference, points } from "./splice.js";
import { weftField } from "./weft_language.js";

const Outside = Annotation.define(); // a value that came from the text

export function Expression(props) {
  const element = useRef(null);
  const [field] = useState(() => new Field());
  field.props = props;
  useEffect(() => {
    field.mount(element.current);
    props.onReady?.(field.handle);
    return () => {
      field.unmount();
      props.onReady?.(null);
    };
  }, [field]);
  useEffect(() => field.show(props.value ?? ""), [field, props.value]);
  useEffect(() => field.configure(), [field, props.mode, props.readOnly, props.label, props.labelledBy, props.describedBy, props.placeholder, props.invalid, props.id, props.lines]);
  return <div ref={element} className="w-input mono wf-expression" data-testid={props.testId} data-mode={props.mode ?? "expression"} data-invalid={props.invalid ? "" : undefined} data-disabled={props.readOnly ? "" : undefined} />;
}

// Whether the cursor stands inside of a call that is written in the field itself.
function called(before) {
  const code = before.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, "");
  return (code.match(/\w\(/g) ?? []).length > (code.match(/\)/g) ?? []).length;
}

class Field {
  props = {};
  view = null;
  dropped = false;
  settings = new Compartment();

  handle = {
    insert: (text) => {
      this.view.dispatch(this.view.state.replaceSelection(text), { userEvent: "input.paste" });
      this.view.focus();
    },
    focus: () => this.view.focus(),
  };

  mount(parent) {
    const state = EditorState.create({ doc: this.props.value ?? "", extensions: [this.settings.of(this.chosen()), ...this.extensions()] });
    this.view = new EditorView({ parent, state });
    if (this.props.autoFocus) this.view.focus();
  }

  unmount() {
    this.commit();
    this.view.destroy();
    this.view = null;
  }

  extensions() {
    const here = (offset) => this.place(offset);
    return [
      history(),
      tooltips({ parent: document.body }),
      drawSelection(),
      dropCursor(),
      bracketMatching(),
      closeBrackets(),
      EditorView.lineWrapping,
      completing(here),
      hovering(here),
      signing((offset) => (called(this.text.slice(0, offset)) ? this.place(offset) : null)),
      Prec.high(
        keymap.of([
          { key: "Tab", run: acceptCompletion },
          { key: "Enter", run: (view) => (completionStatus(view.state) === "active" ? acceptCompletion(view) : this.enter()) },
          { key: "Mod-Enter", run: () => (this.commit(), true) },
        ]),
      ),
      keymap.of([...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap, { key: "Escape", run: () => this.drop() }]),
      EditorView.updateListener.of((update) => update.docChanged && this.props.onChange?.(this.text)),
      EditorView.domEventHandlers({ blur: () => this.left() }),
      EditorView.domEventObservers({ keydown: (event) => event.stopPropagation() }),
    ];
  }

  chosen() {
    const { mode, readOnly, id, label, labelledBy, describedBy, placeholder, invalid, lines, testId } = this.props;
    const about = {
      ...(id && { id }),
      ...(label && { "aria-label": label }),
      ...(labelledBy && { "aria-labelledby": labelledBy }),
      ...(describedBy && { "aria-describedby": describedBy }),
      ...(invalid && { "aria-invalid": "true" }),
      ...(testId && { "data-testid": `${testId}-input` }),
      "aria-multiline": String((lines ?? 1) > 1),
      spellcheck: String(mode === "plain"),
    };
    return [
      weftField(mode),
      EditorState.readOnly.of(!!readOnly),
      EditorView.editable.of(!readOnly),
      EditorView.contentAttributes.of(about),
      placeholder ? hint(placeholder) : [],
    ];
  }

  configure() {
    this.view.dispatch({ effects: this.settings.reconfigure(this.chosen()) });
  }

  // Where this field's cursor stands in the workflow; the server puts the value where it would be.
  place(offset) {
    const { step, key_, at = [], control = "", mode = "expression" } = this.props;
    if (!this.view || step === undefined || !key_) return null;
    return { step, key: key_, at, control, mode, value: this.text, offset: points(this.text, offset) };
  }

  get text() {
    return this.view.state.doc.toString();
  }

  show(value) {
    if (this.view.hasFocus && this.text !== this.shown && this.shown !== undefined) return;
    this.shown = value;
    this.replace(value);
  }

  replace(value) {
    const { start, end, insert } = difference(this.text, value);
    if (start === end && !insert) return;
    this.view.dispatch({ changes: { from: start, to: end, insert }, annotations: Outside.of(true) });
  }

  enter() {
    if ((this.props.lines ?? 1) > 1) return false;
    this.commit();
    return true;
  }

  commit() {
    const value = this.text;
    if (this.props.readOnly || value === this.shown) return;
    this.shown = value;
    this.props.onCommit?.(value);
  }

  left() {
    if (!this.dropped) this.commit();
    this.dropped = false;
  }

  drop() {
    this.dropped = true;
    this.replace(this.shown ?? "");
    this.view.contentDOM.blur();
    this.props.onDrop?.();
    return true;
  }
}
