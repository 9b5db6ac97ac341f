// How Weft is laid out while it is typed: what a new line begins with, and what folds. Both by the indentation, which the
// formatter keeps true; so neither waits for the server.
import { codeFolding, foldGutter, foldKeymap, foldService, indentService } from "@codemirror/language";
import { keymap } from "@codemirror/view";

const OPENS = /[{([]\s*(\/\/.*)?$/;
const CLOSES = /^\s*[})\]]/;

const indents = indentService.of((context, pos) => {
  const line = context.lineAt(pos, -1);
  const { text: behind } = context.lineAt(pos, 1);
  let from = line.from;
  let before = pos > line.from ? line.text.slice(0, pos - line.from) : "";
  while (!before.trim() && from > 0) {
    const earlier = context.lineAt(from - 1, -1);
    [from, before] = [earlier.from, earlier.text];
  }
  const width = /^\s*/.exec(before)[0].length;
  const closing = CLOSES.test(behind);
  const opened = OPENS.test(before);
  return Math.max(0, width + (opened ? context.unit : 0) - (closing ? context.unit : 0));
});

// From the end of a line to before the line that closes what it opens: all that stands further in.
const folds = foldService.of((state, from) => {
  const line = state.doc.lineAt(from);
  if (!/[{([]\s*(\/\/.*)?$|"""\s*$/.test(line.text)) return null;
  const width = /^\s*/.exec(line.text)[0].length;
  for (let n = line.number + 1; n <= state.doc.lines; n++) {
    const next = state.doc.line(n);
    if (!next.text.trim() || /^\s*/.exec(next.text)[0].length > width) continue;
    const last = state.doc.line(n - 1);
    return last.number > line.number ? { from: line.to, to: last.to } : null;
  }
  return null;
});

export const shape = () => [
  indents,
  folds,
  codeFolding({ placeholderText: "…" }),
  foldGutter({ markerDOM: marker }),
  keymap.of(foldKeymap),
];

function marker(open) {
  const mark = document.createElement("span");
  mark.className = `wf-fold ${open ? "" : "is-folded"}`;
  mark.textContent = open ? "▾" : "▸";
  mark.title = open ? "Fold" : "Unfold";
  return mark;
}
