// Everything that can be done on the canvas, once: the keyboard, the context menu, the bar over the selection, the
// command palette and the sheet of shortcuts all read this table.
import {
  ArrowDown, ArrowDownToLine, ArrowLeft, ArrowRight, ArrowUp, BoxSelect, ClipboardPaste, Copy, CopyPlus, Group, HelpCircle,
  Maximize2, PencilLine, Pin, Play, Plus, Redo2, Scissors, Search, SquareSplitHorizontal, StickyNote, Trash2, Undo2,
  UnfoldVertical, Ungroup, WandSparkles,
} from "lucide-react";
import { parts, spelled } from "$/public/external/studio/shell/commands/keys.js";

export { spelled };

// A wrap is a block around the selected steps: [block, title, what it is for].
export const WRAPS = [
  ["if", "If", "Only when something holds"],
  ["switch", "Switch", "Only for some values"],
  ["parallel", "Parallel", "All of them at once"],
  ["foreach", "For each", "For every item of a list"],
  ["loop", "Loop", "Again, while something holds"],
  ["catch", "Catch", "Goes on when one of them fails"],
  ["do", "Group", "Together under one name"],
];

// `needs`: "steps" (one or more), "step" (exactly one), "block" (one that holds others), "inner" (in a block), "place"
// (one step, an empty place or the start).
// `edits`: only for those who may change the workflow. `on` is what the canvas offers (see hands.jsx).
export const ACTIONS = [
  { id: "add", title: "Add a step", keys: ["N", "+"], icon: Plus, group: "Steps", edits: true, run: (on) => on.add() },
  { id: "fields", title: "Fill in its fields", keys: ["Enter"], icon: SquareSplitHorizontal, group: "Steps", needs: "place", run: (on) => on.fields() },
  { id: "rename", title: "Rename", keys: ["F2"], icon: PencilLine, group: "Steps", needs: "step", edits: true, run: (on) => on.rename() },
  { id: "duplicate", title: "Duplicate", keys: ["Ctrl+D"], icon: CopyPlus, group: "Steps", needs: "steps", edits: true, run: (on) => on.handle("duplicate") },
  { id: "copy", title: "Copy", keys: ["Ctrl+C"], icon: Copy, group: "Steps", needs: "steps", native: true, run: (on) => on.copy("copy") },
  { id: "cut", title: "Cut", keys: ["Ctrl+X"], icon: Scissors, group: "Steps", needs: "steps", edits: true, native: true, run: (on) => on.copy("cut") },
  { id: "paste", title: "Paste", keys: ["Ctrl+V"], icon: ClipboardPaste, group: "Steps", edits: true, native: true, run: (on) => on.paste() },
  { id: "wrap", title: "Wrap in…", keys: ["Ctrl+G"], icon: Group, group: "Steps", needs: "steps", edits: true, run: (on) => on.wrap() },
  { id: "unwrap", title: "Unwrap", keys: ["Ctrl+Shift+G"], icon: Ungroup, group: "Steps", needs: "block", edits: true, run: (on) => on.handle("unwrap") },
  { id: "fold", title: "Fold or unfold", keys: ["F"], icon: UnfoldVertical, group: "Steps", needs: "block", edits: true, run: (on) => on.fold() },
  { id: "note", title: "Write a note on it", keys: ["Shift+N"], icon: StickyNote, group: "Steps", needs: "step", edits: true, run: (on) => on.note() },
  { id: "up", title: "Move up", keys: ["Alt+ArrowUp"], icon: ArrowUp, group: "Steps", needs: "steps", edits: true, run: (on) => on.handle("shift", { way: "up" }) },
  { id: "down", title: "Move down", keys: ["Alt+ArrowDown"], icon: ArrowDown, group: "Steps", needs: "steps", edits: true, run: (on) => on.handle("shift", { way: "down" }) },
  { id: "out", title: "Move out of its block", keys: ["Alt+ArrowLeft"], icon: ArrowLeft, group: "Steps", needs: "inner", edits: true, run: (on) => on.handle("shift", { way: "out" }) },
  { id: "in", title: "Move into the block beside it", keys: ["Alt+ArrowRight"], icon: ArrowRight, group: "Steps", needs: "steps", edits: true, run: (on) => on.handle("shift", { way: "in" }) },
  { id: "delete", title: "Delete", keys: ["Delete", "Backspace"], icon: Trash2, group: "Steps", needs: "steps", edits: true, danger: true, run: (on) => on.handle("delete") },
  { id: "pin", title: "Pin its output", keys: ["P"], icon: Pin, group: "Steps", needs: "step", edits: true, run: (on) => on.test("pin") },
  { id: "until", title: "Test up to here", keys: ["T"], icon: ArrowDownToLine, group: "Steps", needs: "step", run: (on) => on.test("until") },
  { id: "begin", title: "Test from here", keys: ["Shift+T"], icon: Play, group: "Steps", needs: "step", run: (on) => on.test("begin") },
  { id: "all", title: "Select all", keys: ["Ctrl+A"], icon: BoxSelect, group: "Canvas", run: (on) => on.pickAll() },
  { id: "find", title: "Find a step", keys: ["/", "Ctrl+F"], icon: Search, group: "Canvas", run: (on) => on.find() },
  { id: "fit", title: "Zoom to fit", keys: ["1"], icon: Maximize2, group: "Canvas", run: (on) => on.fit() },
  { id: "tidy", title: "Tidy: every step where the layout puts it", keys: [], icon: WandSparkles, group: "Canvas", edits: true, run: (on) => on.say("tidy") },
  { id: "undo", title: "Undo", keys: ["Ctrl+Z"], icon: Undo2, group: "Canvas", edits: true, anywhere: true, run: (on) => on.say("undo") },
  { id: "redo", title: "Redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], icon: Redo2, group: "Canvas", edits: true, anywhere: true, run: (on) => on.say("redo") },
  { id: "menu", title: "Open the menu", keys: ["M", "Shift+F10", "ContextMenu"], group: "Canvas", silent: true, run: (on) => on.menu() },
  { id: "sheet", title: "Keyboard shortcuts", keys: ["?"], icon: HelpCircle, group: "Canvas", run: (on) => on.sheet() },
];

// What the sheet tells besides.
export const MOVES = [
  ["Walk along the steps, into blocks and out of them", ["ArrowUp", "ArrowDown"]],
  ["Walk between what stands side by side", ["ArrowLeft", "ArrowRight"]],
  ["First and last of the block", ["Home", "End"]],
  ["Select nothing", ["Escape"]],
  ["Select one more", ["Shift+Click"]],
  ["Zoom to the selection, to the actual size", ["2", "0"]],
  ["Select with a frame", ["Shift+Drag"]],
  ["Select all of the block, then everything", ["Ctrl+A"]],
  ["Do anything, go anywhere", ["Ctrl+K"]],
];

export const actionOf = (id) => ACTIONS.find((action) => action.id === id);

// Whether it can be done now: {steps, slot, block, readOnly}.
export function fits(action, { steps, slot, block, readOnly }) {
  if (action.edits && readOnly) return false;
  if (action.needs === "steps") return steps.length > 0;
  if (action.needs === "step") return steps.length === 1;
  if (action.needs === "block") return steps.length === 1 && block;
  if (action.needs === "place") return steps.length === 1 || Boolean(slot);
  if (action.needs === "inner") return steps.length > 0 && /[.~]/.test(steps[0]);
  return true;
}

export function pressed(event, keys) {
  const held = parts(keys);
  const key = held.pop();
  const has = (name) => held.includes(name);
  const same = key.length === 1 && /[a-z]/i.test(key) ? event.key.toLowerCase() === key.toLowerCase() : event.key === key || (/\d/.test(key) && event.code === `Digit${key}`);
  // A sign such as "?" or "+" may need Shift on this keyboard or not.
  const shift = has("Shift") ? event.shiftKey : !event.shiftKey || (key.length === 1 && !/[a-z0-9]/i.test(key));
  return same && has("Ctrl") === (event.ctrlKey || event.metaKey) && has("Alt") === event.altKey && shift;
}
