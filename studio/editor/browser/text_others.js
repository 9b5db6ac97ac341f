// The lines of the text that other people have their cursors in: a bar in their colour, their letters at its end.
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";

const setOthers = StateEffect.define();

export const otherLines = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    marks = marks.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setOthers)) marks = lines(transaction.state, effect.value);
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function lines(state, others) {
  const byLine = new Map();
  for (const one of others) byLine.set(Math.min(one.line, state.doc.lines), one);
  return Decoration.set(
    [...byLine].sort(([a], [b]) => a - b).map(([line, one]) =>
      Decoration.line({ class: "wf-other-line", attributes: { "data-colour": String(one.colour), "data-letters": one.letters, title: `${one.name} is here` } }).range(state.doc.line(line).from),
    ),
  );
}

export function showOthers(view, others, outside) {
  view.dispatch({ effects: setOthers.of(others ?? []), annotations: outside.of(true) });
}
