// What is painted on the text from outside: the server's problems and the step that is selected on the canvas.
import { setDiagnostics } from "@codemirror/lint";
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";
import { begun } from "./said.jsx";
import { difference, units } from "./splice.js";

const setMark = StateEffect.define();
const line = Decoration.line({ class: "wf-step-line" });

export const stepMark = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMark)) marks = lines(transaction.state, effect.value);
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function lines(state, range) {
  if (!range) return Decoration.none;
  const found = [];
  const last = state.doc.lineAt(Math.min(range.end, state.doc.length)).number;
  for (let n = state.doc.lineAt(Math.min(range.start, state.doc.length)).number; n <= last; n++)
    found.push(line.range(state.doc.line(n).from));
  return Decoration.set(found);
}

// A place in the server's text, in what the editor shows: moved by what is being typed.
function placed(synced, shown, start, end) {
  const from = units(synced, start);
  const to = units(synced, end);
  if (synced === shown) return [from, to];
  const typed = difference(synced, shown);
  const shift = typed.insert.length - (typed.end - typed.start);
  const move = (at) => (at >= typed.end ? at + shift : at);
  return [move(from), move(to)].map((at) => Math.max(0, Math.min(at, shown.length)));
}

export function markStep(view, place, synced, outside) {
  const shown = view.state.doc.toString();
  const range = place.start < 0 ? null : placed(synced, shown, place.start, place.end);
  const effects = [setMark.of(range && { start: range[0], end: range[1] })];
  if (range && place.scroll && !inView(view, range[0])) effects.push(EditorView.scrollIntoView(range[0], { y: "start", yMargin: 60 }));
  view.dispatch({ effects, selection: range && place.focus ? { anchor: range[0] } : undefined, annotations: outside.of(true) });
  if (place.focus) view.focus();
}

// What can be seen is not scrolled: the text would jump under the eyes of whoever reads it.
function inView(view, at) {
  const { scrollTop, clientHeight } = view.scrollDOM;
  const { top, bottom } = view.lineBlockAt(at);
  return top >= scrollTop && bottom <= scrollTop + clientHeight;
}

export function showProblems(view, items, synced, outside) {
  const shown = view.state.doc.toString();
  const found = items.map((item) => {
    let [from, to] = placed(synced, shown, item.start, item.end);
    if (to <= from) [from, to] = from < shown.length ? [from, from + 1] : [Math.max(0, from - 1), from];
    const actions = item.fix && !view.state.readOnly ? [{ name: item.fix.replaceAll("`", ""), apply: (editor) => mend(editor, item, synced) }] : [];
    return { from, to, severity: item.severity, source: item.code, message: item.message, renderMessage: () => message(item), actions };
  });
  const transaction = setDiagnostics(view.state, found.sort((a, b) => a.from - b.from));
  view.dispatch({ ...transaction, annotations: outside.of(true) });
}

// The fix as it stands in what is shown now; it is typed, as it were, so it is sent and undone like anything typed.
function mend(view, item, synced) {
  const shown = view.state.doc.toString();
  const changes = item.edits.map(([start, end, insert]) => {
    const [from, to] = placed(synced, shown, start, end);
    return { from, to, insert };
  });
  view.dispatch({ changes, userEvent: "input.fix" });
  view.focus();
}

function message(item) {
  const box = document.createElement("div");
  box.className = "wf-lint";
  const headline = box.appendChild(document.createElement("strong"));
  headline.append(...worded(item.message));
  const code = headline.appendChild(document.createElement("span"));
  code.className = "wf-problem-code";
  code.textContent = ` ${item.code}`;
  if (item.help) box.appendChild(document.createElement("span")).append(...worded(item.help));
  return box;
}

// As said.jsx: what stands between backticks is code, and a sentence begins with a capital.
function worded(text) {
  return text.split("`").map((part, index) => {
    if (index % 2 === 0) return index === 0 ? begun(part) : part;
    const code = document.createElement("code");
    code.className = "wf-code";
    code.textContent = part;
    return code;
  });
}
