// What the editor offers in the command palette: the canvas' actions, steps to add, steps to go to, the page's buttons.
import { useEffect, useRef } from "react";
import { CircleAlert, CodeXml, FlaskConical, History, MessageSquare, Play, Rocket, Split } from "lucide-react";
import { offer, withdraw } from "$/public/external/studio/shell/commands/offers.js";
import { ACTIONS, fits, WRAPS } from "./actions.js";
import { kindIcon } from "./icons.jsx";
import { isStep, nameOf } from "./selection.js";

// Buttons of the page by their marks; what is not there or cannot be pressed is not offered.
const BUTTONS = [
  ["publish", "Publish…", Rocket],
  ["run-open", "Run…", Play],
  ["tab-problems", "Problems", CircleAlert],
  ["tab-text", "Text", CodeXml],
  ["tab-run", "Test the draft", FlaskConical],
  ["tab-ways", "What can happen", Split],
  ["tab-versions", "Versions", History],
  ["chat-open", "Show the chat", MessageSquare],
  ["chat-close", "Hide the chat", MessageSquare],
];
const buttonOf = (mark) => document.querySelector(`[data-testid="${mark}"]:not([disabled])`);

export function useCommands({ can, context, graph, palette, readOnly, add, go }) {
  const latest = useRef(null);
  latest.current = { context, graph, palette, readOnly, add, go };
  useEffect(() => {
    offer("editor", () => commandsOf(can, latest.current));
    return () => withdraw("editor");
  }, [can]);
}

function commandsOf(can, { context, graph, palette, readOnly, add, go }) {
  const now = context();
  const what = now.steps.length === 1 ? nameOf(graph.nodes.find((node) => node.id === now.steps[0]) ?? {}) : now.steps.length ? `${now.steps.length} steps` : "";
  const actions = ACTIONS.filter((action) => !action.silent && fits(action, now)).map((action) => ({
    id: `do:${action.id}`, title: action.title, of: action.needs ? what : "", group: "Canvas", keys: action.keys[0], icon: action.icon, run: () => action.run(can.current),
  }));
  const wraps = now.steps.length && !readOnly ? WRAPS.map(([into, title, about]) => ({
    id: `wrap:${into}`, title: `Wrap in: ${title}`, about, group: "Canvas", icon: kindIcon(into === "catch" ? "fail" : into), run: () => can.current.handle("wrap", { into }),
  })) : [];
  const buttons = BUTTONS.filter(([mark]) => buttonOf(mark)).map(([mark, title, icon]) => ({ id: `press:${mark}`, title, group: "This workflow", icon, run: () => buttonOf(mark)?.click() }));
  const adds = readOnly ? [] : (palette ?? []).flatMap((group) => group.items.map((item) => ({
    id: `add:${item.key}`, title: `Add: ${item.title}`, about: item.description, words: `${item.key} ${group.title}`, group: "Add", icon: kindIcon(item.kind, item.tool), run: () => add(item),
  })));
  const steps = graph.nodes.filter(isStep).map((node) => ({
    id: `step:${node.id}`, title: nameOf(node), about: node.sentence, words: `${node.step} ${node.tool ?? ""}`, group: "Steps", passing: true, icon: kindIcon(node.kind, node.tool), run: () => go(node.id),
  }));
  return [...actions, ...wraps, ...buttons, ...steps, ...adds];
}
