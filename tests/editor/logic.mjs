// What the pure parts of the page's code give, asked by tests/editor/test_browser_logic.py: {function: [arguments, ...]}
// on stdin, {function: [result, ...]} on stdout.
import { besides, framed, seen } from "../../studio/editor/browser/framing.js";
import { flowOf } from "../../studio/editor/browser/graph.js";
import { inLine, runs } from "../../studio/editor/browser/line_diff.js";
import { followed, nearby } from "../../studio/editor/browser/together.js";

const known = { besides, framed, seen, flowOf, inLine, runs, followed, nearby };
let asked = "";
for await (const part of process.stdin) asked += part;
const given = JSON.parse(asked);
console.log(JSON.stringify(Object.fromEntries(Object.entries(given).map(([name, calls]) => [name, calls.map((all) => known[name](...all))]))));
