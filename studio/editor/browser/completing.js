// Completion, signatures and hover in a CodeMirror editor, answered by the server. `here(offset)` gives a question's
// place for an offset of the editor's text, null where there is nothing to ask; answers count characters of that text.
import { autocompletion, completionKeymap, insertCompletionText, snippet } from "@codemirror/autocomplete";
import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, showTooltip } from "@codemirror/view";
import { ask } from "./assist.js";
import { markdown } from "./markdown.js";
import { units } from "./splice.js";

// What opens the list while typing, by what stands in front of the cursor.
const OPENS = /(\w|[.@"'({]|: |, |\$\{)$/;
const GLYPHS = { keyword: "k", snippet: "k", name: "x", field: "•", method: "ƒ", function: "ƒ", tool: "⚙", argument: "≔", value: "”", type: "T", role: "@", user: "@", connector: "◫", workflow: "◫", secret: "●", step: "▸", code: "!", operator: "±" };

export const completing = (here) => [
  autocompletion({ override: [(context) => complete(context, here)], icons: false, maxRenderedOptions: 80, addToOptions: [{ render: glyph, position: 20 }], optionClass: () => "wf-offer" }),
  keymap.of(completionKeymap),
];

const placed = (place) => place && { place };

async function complete(context, here) {
  const text = context.state.doc.toString();
  const before = text.slice(Math.max(0, context.pos - 40), context.pos);
  if (!context.explicit && !OPENS.test(before)) return null;
  const found = await ask("complete", () => !context.aborted && placed(here(context.pos)));
  if (!found?.items?.length || context.aborted) return null;
  const [from, to] = found.span.map((at) => units(text, at));
  const typed = text.slice(from, to);
  // A word that is written already would only take the Enter that was meant for a new line.
  if (!context.explicit && found.items.some((item) => item.insert === typed && item.label === typed)) return null;
  return { from, to, options: found.items.map((item, order) => option(item, order, text)), validFor: found.more ? undefined : /^\w*$/ };
}

function option(item, order, text) {
  return {
    label: item.label,
    detail: item.detail,
    type: item.kind,
    boost: Math.max(-99, 90 - order),
    info: item.doc ? () => markdown(item.doc) : undefined,
    apply: (view, completion, from, to) => {
      const edits = item.edits.map(({ start, end, text: insert }) => ({ from: units(text, start), to: units(text, end), insert }));
      if (edits.length) {
        const moved = view.state.changes(edits);
        view.dispatch({ changes: moved });
        [from, to] = [moved.mapPos(from, -1), moved.mapPos(to, 1)];
      }
      if (item.snippet) snippet(template(item.snippet))(view, completion, from, to);
      else view.dispatch(insertCompletionText(view.state, item.insert, from, to));
    },
  };
}

// From `$1` and `${1:name}` to what the editor takes: `${1}`, `${1:name}`, and an unnumbered place for the last.
function template(form) {
  return form.replace(/\\([\\$}])|\$(\d+)|\$\{(\d+)(?::([^}]*))?\}/g, (whole, escaped, bare, number, words) => {
    if (escaped) return literal(escaped);
    const place = bare ?? number;
    return place === "0" ? `\${${words ?? ""}}` : `\${${place}${words ? `:${words}` : ""}}`;
  });
}

const literal = (text) => text.replace(/([$#])\{/g, "$1\\{");

function glyph(completion) {
  const mark = document.createElement("span");
  mark.className = `wf-offer-kind is-${completion.type}`;
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = GLYPHS[completion.type] ?? "·";
  return mark;
}

// ---- hover -----------------------------------------------------------------------------------------------------------

export const hovering = (here) =>
  hoverTooltip(
    async (view, pos) => {
      const text = view.state.doc.toString();
      const found = await ask("hover", () => view.state.doc.toString() === text && placed(here(pos)));
      if (!found?.markdown || view.state.doc.toString() !== text) return null;
      const [start, end] = found.span.map((at) => units(text, at));
      return { pos: Math.max(0, start), end: Math.min(text.length, end), above: true, create: () => ({ dom: framed(markdown(found.markdown), "hover") }) };
    },
    { hideOnChange: true, hoverTime: 350 },
  );

function framed(content, name) {
  const dom = document.createElement("div");
  dom.className = `wf-help-box is-${name}`;
  dom.dataset.testid = `text-${name}`;
  dom.append(content);
  return dom;
}

// ---- the call that is being written ----------------------------------------------------------------------------------

const setSignature = StateEffect.define();
const shown = StateField.define({
  create: () => null,
  update(value, transaction) {
    for (const effect of transaction.effects) if (effect.is(setSignature)) return effect.value;
    return value && transaction.docChanged ? { ...value, pos: transaction.changes.mapPos(value.pos) } : value;
  },
  provide: (field) => showTooltip.from(field),
});

// Shown once a bracket or a comma was typed, kept while the cursor is in the call, gone with Escape.
export const signing = (here) => [
  shown,
  EditorView.updateListener.of((update) => {
    if (!update.docChanged && !update.selectionSet) return;
    const open = update.state.field(shown);
    const typed = update.transactions.some((one) => one.isUserEvent("input"));
    const { head } = update.state.selection.main;
    const begins = typed && /[(,]\s?$/.test(update.state.sliceDoc(Math.max(0, head - 2), head));
    if (!open && !begins) return;
    refresh(update.view, here);
  }),
  keymap.of([
    { key: "Escape", run: (view) => view.state.field(shown) !== null && (hide(view), true) },
    { key: "Ctrl-Shift-Space", run: (view) => (refresh(view, here), true) },
  ]),
];

async function refresh(view, here) {
  const pos = view.state.selection.main.head;
  const found = await ask("signature", () => view.dom.isConnected && placed(here(view.state.selection.main.head)));
  if (!view.dom.isConnected) return;
  if (!found?.label || !view.hasFocus) return hide(view);
  const at = Math.min(pos, view.state.doc.length);
  view.dispatch({ effects: setSignature.of({ pos: at, above: true, strictSide: false, create: () => ({ dom: framed(call(found), "signature") }) }) });
}

function hide(view) {
  if (view.state.field(shown) !== null) view.dispatch({ effects: setSignature.of(null) });
}

function call(found) {
  const box = document.createElement("div");
  const head = box.appendChild(document.createElement("div"));
  head.className = "wf-call";
  const active = found.parameters[found.active ?? -1];
  let at = 0;
  for (const one of found.parameters) {
    const start = found.label.indexOf(one.label, Math.max(at, found.label.indexOf("(") + 1));
    if (start < 0) continue;
    head.append(found.label.slice(at, start));
    const part = head.appendChild(document.createElement("span"));
    part.textContent = one.label;
    if (one === active) part.className = "is-active";
    at = start + one.label.length;
  }
  head.append(found.label.slice(at));
  box.append(markdown(active?.doc || found.doc));
  return box;
}
