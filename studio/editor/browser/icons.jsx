// One icon and one tone for each kind of step, the same on the canvas, in the palette and in the drag ghost.
import {
  ArrowRightLeft, Bot, Boxes, CircleStop, CornerDownLeft, FileWarning, GitBranch, Globe, ListOrdered, Mail, OctagonAlert, Play, Plug, Repeat, Rows3,
  ShoppingBag, Split, Timer, UserCheck, Variable, Workflow,
} from "lucide-react";

const KINDS = {
  call: [Plug, "tool"],
  run: [Workflow, "tool"],
  agent: [Bot, "accent"],
  approve: [UserCheck, "people"],
  if: [GitBranch, "control"],
  switch: [Split, "control"],
  parallel: [Rows3, "control"],
  do: [Boxes, "control"],
  foreach: [ListOrdered, "control"],
  loop: [Repeat, "control"],
  wait: [Timer, "people"],
  let: [Variable, "value"],
  return: [CornerDownLeft, "done"],
  fail: [OctagonAlert, "fail"],
  broken: [FileWarning, "fail"],
  start: [Play, "done"],
  end: [CircleStop, "value"],
};
const CONNECTORS = { shop: ShoppingBag, mail: Mail, http: Globe };

export function toneOf(kind) {
  return (KINDS[kind] ?? [null, "value"])[1];
}

export const kindIcon = (kind, tool) => CONNECTORS[tool ? tool.split(".")[0] : ""] ?? (KINDS[kind] ?? [ArrowRightLeft])[0];

export function KindIcon({ kind, tool, size = 16 }) {
  const Icon = kindIcon(kind, tool);
  return <Icon size={size} strokeWidth={1.9} aria-hidden="true" />;
}
