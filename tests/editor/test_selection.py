"""How the arrow keys walk the graph, what is said of a step, how commands are found: in the browser's code."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from studio.editor.desk import Desk
from tests.editor.conftest import CATALOG, REFUND
from tests.editor.test_feed import BROWSER, NODE

SHELL = BROWSER.parents[1] / "shell"
BESIDE = """workflow beside {
  step both: parallel {
    step a: let 1
    step b: let 2
    step c: let 3
      after a
  }
  step last: let 4
}
"""


def run(script: str, given: object, folder: Path) -> Any:
    """Runs a module over the browser's own code: ``given`` in, what it returns out."""
    (folder / "selection.js").write_text((BROWSER / "selection.js").read_text())
    (folder / "offers.js").write_text((SHELL / "offers.js").read_text())
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "run.js").write_text(
        'import { readFileSync, writeSync } from "node:fs";\n'
        'import * as selection from "./selection.js";\nimport * as offers from "./offers.js";\n'
        f'const given = JSON.parse(readFileSync("given.json"));\n'
        f"writeSync(1, JSON.stringify((() => {{ {script} }})()));\n"
    )
    (folder / "given.json").write_text(json.dumps(given))
    ran = subprocess.run([NODE, "run.js"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def graph(text: str) -> dict[str, Any]:
    return Desk("w", text, CATALOG, "epoch").canvas_snapshot()


def walked(text: str, start: str | None, keys: list[str], folder: Path) -> list[str | None]:
    script = "let at = given.start; return given.keys.map((key) => (at = selection.walk(given.graph, at, key) ?? at));"
    return list(run(script, {"graph": graph(text), "start": start, "keys": keys}, folder))


def test_down_goes_along_the_steps_into_blocks_and_out_of_them(tmp_path: Path) -> None:
    assert walked(REFUND, None, ["ArrowDown"] * 6, tmp_path) == [
        "order",
        "eligibility",
        "ineligible",
        "ineligible.not_eligible",
        "gate",
        "gate.approval",
    ]


def test_up_leads_to_the_block_and_past_blocks(tmp_path: Path) -> None:
    assert walked(REFUND, "gate.approval", ["ArrowUp"] * 6, tmp_path) == [
        "gate",
        "ineligible",
        "eligibility",
        "order",
        "~start",
        "~start",
    ]


def test_right_and_left_go_between_the_ways_of_a_block_and_in_and_out(tmp_path: Path) -> None:
    keys = ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"]
    assert walked(REFUND, "gate", keys, tmp_path) == [
        "gate.approval",
        "gate/else~empty",
        "gate.approval",
        "gate",
        "gate",
    ]


def test_steps_that_run_at_once_are_walked_sideways_and_along_their_edges(tmp_path: Path) -> None:
    keys = ["ArrowDown", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "ArrowUp", "End"]
    assert walked(BESIDE, "both", keys, tmp_path) == [
        "both.a",
        "both.b",
        "both.a",
        "both.c",
        "both.a",
        "both",
        "last",
    ]


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (["order"], "Order, step 1 of 7: Get an order."),
        (["order", "gate"], "2 steps are selected."),
        ([], ""),
    ],
)
def test_what_is_selected_is_said(chosen: list[str], sentence: str, tmp_path: Path) -> None:
    script = "return selection.told(given.graph, given.chosen, given.chosen.at(-1));"
    assert run(script, {"graph": graph(REFUND), "chosen": chosen}, tmp_path) == sentence


def test_of_a_step_in_a_block_it_is_said_where_it_stands(tmp_path: Path) -> None:
    script = 'return selection.told(given, [given.nodes[0].id], "gate.approval");'
    said = run(script, graph(REFUND), tmp_path)
    assert said.startswith("Approval, step 1 of 1 in Gate, if the order total is over the threshold")


def test_commands_are_found_by_words_beginnings_and_initials(tmp_path: Path) -> None:
    titles = ["Refund an order", "Reorder the list", "Go to runs", "Add: Refund an order", "Duplicate"]
    script = """
const commands = given.titles.map((title) => ({ id: title, title, words: title === "Go to runs" ? "history" : "" }));
return given.queries.map((query) => offers.ranked(commands, query).map((command) => command.title));
"""
    queries = ["refund", "order", "rao", "history", "order refund", "xyz", "dup"]
    assert run(script, {"titles": titles, "queries": queries}, tmp_path) == [
        ["Refund an order", "Add: Refund an order"],
        ["Refund an order", "Add: Refund an order", "Reorder the list"],
        ["Refund an order", "Add: Refund an order"],
        ["Go to runs"],
        ["Refund an order", "Add: Refund an order"],
        [],
        ["Duplicate"],
    ]
