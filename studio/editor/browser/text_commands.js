// What can be done in the text with a key: go to where a name comes from, step through its places, give it another name,
// bring the text into its form. `pane` gives {here(offset), tell(words)}: a question's place, and a line for the person.
import { StateEffect, StateField } from "@codemirror/state";
import { EditorView, keymap, showPanel } from "@codemirror/view";
import { ask } from "./assist.js";
import { units } from "./splice.js";

export const commands = (pane) => [
  renaming(pane),
  keymap.of([
    { key: "F12", run: (view) => (goToDefinition(view, pane, view.state.selection.main.head), true) },
    { key: "Shift-F12", run: (view) => (nextPlace(view, pane), true) },
    { key: "F2", run: (view) => !view.state.readOnly && (beginRename(view, pane), true) },
    { key: "Shift-Alt-f", run: (view) => !view.state.readOnly && (format(view, pane), true) },
  ]),
  EditorView.domEventHandlers({
    mousedown(event, view) {
      if (event.button !== 0 || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return false;
      const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
      if (at === null) return false;
      event.preventDefault();
      goToDefinition(view, pane, at);
      return true;
    },
  }),
];

// An answer about the text as it is, null when it is another one by now.
async function about(view, pane, want, at, name = "") {
  const text = view.state.doc.toString();
  const found = await ask(want, () => {
    const place = pane.here(at);
    return place && { place, name };
  });
  return found && view.state.doc.toString() === text ? { ...found, at: (character) => units(text, character) } : null;
}

function jump(view, from, to) {
  view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }), userEvent: "select.jump" });
  view.focus();
}

async function goToDefinition(view, pane, offset) {
  const found = await about(view, pane, "definition", offset);
  if (found?.span) jump(view, ...found.span.map(found.at));
  else if (found) pane.tell("There is no name here that comes from elsewhere in the text.");
}

async function nextPlace(view, pane) {
  const { head, from } = view.state.selection.main;
  const found = await about(view, pane, "references", head);
  if (!found) return;
  const spans = found.spans.map((span) => span.map(found.at));
  if (!spans.length) return pane.tell("There is no name here that stands elsewhere too.");
  const here = spans.findIndex(([start, end]) => start <= from && head <= end);
  const next = (here + 1) % spans.length;
  jump(view, ...spans[next]);
  pane.tell(`Place ${next + 1} of ${spans.length}.`);
}

export async function format(view, pane) {
  const found = await about(view, pane, "format", view.state.selection.main.head);
  if (!found) return;
  if (found.error) return pane.tell(`${found.error} ${found.help}`);
  if (!found.edits.length) return pane.tell("The text is in form already.");
  const changes = view.state.changes(changesOf(found));
  const after = changes.apply(view.state.doc).toString();
  view.dispatch({ changes, selection: { anchor: units(after, found.cursor) }, userEvent: "input.format" });
  pane.tell("Formatted.");
}

const changesOf = (found) => found.edits.map(({ start, end, text }) => ({ from: found.at(start), to: found.at(end), insert: text }));

// ---- another name ----------------------------------------------------------------------------------------------------

const setRename = StateEffect.define();

const renaming = (pane) =>
  StateField.define({
    create: () => null,
    update(value, transaction) {
      for (const effect of transaction.effects) if (effect.is(setRename)) return effect.value;
      return transaction.docChanged ? null : value;
    },
    provide: (field) => showPanel.from(field, (asked) => asked && ((view) => panel(view, pane, asked))),
  });

async function beginRename(view, pane) {
  const found = await about(view, pane, "renameable", view.state.selection.main.head);
  if (!found) return;
  if (!found.span) return pane.tell("Put the cursor on the name of a step, a type or a variable to give it another one.");
  const [from, to] = found.span.map(found.at);
  view.dispatch({ selection: { anchor: from, head: to }, effects: setRename.of({ from, name: found.name }) });
}

function panel(view, pane, { from, name }) {
  const dom = document.createElement("form");
  dom.className = "wf-text-panel";
  dom.dataset.testid = "text-rename";
  const label = dom.appendChild(document.createElement("label"));
  label.append("Another name for ", Object.assign(document.createElement("code"), { className: "wf-code", textContent: name }));
  const input = label.appendChild(Object.assign(document.createElement("input"), { className: "w-input mono", value: name, autocomplete: "off", spellcheck: false }));
  dom.appendChild(Object.assign(document.createElement("button"), { className: "w-button small primary", textContent: "Rename" }));
  const cancel = dom.appendChild(Object.assign(document.createElement("button"), { type: "button", className: "w-button small", textContent: "Cancel" }));
  const trouble = dom.appendChild(Object.assign(document.createElement("span"), { className: "w-error", role: "alert" }));
  const close = () => (view.dispatch({ effects: setRename.of(null) }), view.focus());
  cancel.onclick = close;
  dom.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
  };
  dom.onsubmit = async (event) => {
    event.preventDefault();
    const wanted = input.value.trim();
    if (!wanted || wanted === name) return close();
    const found = await about(view, pane, "rename", from, wanted);
    if (!found) trouble.textContent = "The text has changed. Try again.";
    else if (found.error) trouble.textContent = sentence(`${found.error}: ${found.help}`);
    else {
      view.dispatch({ changes: changesOf(found), effects: setRename.of(null), selection: { anchor: from }, userEvent: "input.rename" });
      view.focus();
      pane.tell(`${found.edits.length} ${found.edits.length === 1 ? "place" : "places"} renamed.`);
    }
  };
  return { dom, top: true, mount: () => input.select() };
}

const sentence = (words) => words[0].toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
