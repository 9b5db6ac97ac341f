"""Where people put steps is kept beside the text and follows the steps."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

import dsl
from dsl import Edit, EditError, Placement, Spot, apply, follow, parse, placed, view
from dsl.edits.ground import Ground
from tests.dsl.amount import programs
from tests.dsl.texts import REFUND
from tests.dsl_graph.anyedit import Edits
from tests.dsl_graph.test_any_edit import text_of
from tests.dsl_meaning.programs import PROGRAMS
from tests.dsl_meaning.sample import CATALOG
from tests.dsl_meaning.test_graph import assert_sound

WHERE = Placement(
    spots={
        "order": Spot(x=400, y=10),
        "gate": Spot(x=5, y=600, collapsed=True),
        "gate.approval": Spot(x=40, y=70, note="Ask the boss."),
    }
)


def after(text: str, edit: Edit, placement: Placement = WHERE) -> Placement:
    """The placement after an edit, having shown that undoing the edit brings everything back."""
    edited = apply(text, edit)
    found = follow(placement, parse(text), parse(edited.text))
    back = follow(found, parse(edited.text), parse(text))
    steps = Ground.of(text).places
    assert {p: s for p, s in back.spots.items() if p in steps} == {
        p: s for p, s in placement.spots.items() if p in steps
    }
    return found


def test_a_place_follows_its_step_and_those_inside_through_a_rename():
    spots = after(REFUND, dsl.RenameStep(path="gate", id="check")).spots
    assert spots == {
        "order": WHERE.spots["order"],
        "check": WHERE.spots["gate"],
        "check.approval": WHERE.spots["gate.approval"],
    }


def test_a_removed_step_has_its_place_again_when_it_comes_back():
    spots = after(REFUND, dsl.RemoveStep(path="gate")).spots
    assert spots == WHERE.spots


def test_a_step_in_another_block_is_laid_out_anew_there_and_keeps_its_note():
    spots = after(REFUND, dsl.MoveStep(path="gate.approval", before="gate")).spots
    assert spots["approval"] == Spot(note="Ask the boss.")
    wrapped = after(REFUND, dsl.Wrap(paths=("eligibility", "ineligible", "gate"), into="do")).spots
    assert wrapped["group.gate"] == Spot(collapsed=True)
    assert wrapped["group.gate.approval"] == WHERE.spots["gate.approval"]


def test_what_is_added_moves_nothing():
    copied = dsl.copy_text(parse(REFUND), ["gate"]).paste(before="gate")
    assert after(REFUND, copied).spots == WHERE.spots


@pytest.mark.properties
def test_any_edit_that_is_undone_leaves_every_step_where_it_was():
    kinds = sorted(set(Edits(REFUND, Random(0)).kinds) - {"replace_text"})
    for seed in programs():
        text = text_of(seed)
        random = Random(seed)
        paths = list(Ground.of(text).places)
        placement = Placement(
            spots={path: Spot(x=random.randrange(999), y=n) for n, path in enumerate(paths)}
        )
        try:
            after(text, Edits(text, random).kinds[kinds[seed % len(kinds)]](), placement)
        except EditError:
            continue
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}") from wrong


# ---- drawing -------------------------------------------------------------------------------------


def test_a_step_stands_where_it_was_put_and_a_collapsed_one_shows_nothing_inside():
    graph = placed(view(parse(REFUND)), WHERE)
    nodes = {node.id: node for node in graph.nodes}
    assert (nodes["order"].x, nodes["order"].y) == (400, 24)
    assert (nodes["gate"].x, nodes["gate"].y, nodes["gate"].collapsed) == (24, 600, True)
    assert "gate.approval" not in nodes and nodes["gate"].width == nodes["order"].width
    assert nodes["gate"].summary == "1 step · 1 approval"
    assert all({edge.source, edge.target} <= nodes.keys() for edge in graph.edges)
    assert_sound(graph)


def test_what_is_wrong_inside_a_collapsed_step_is_seen_on_it():
    text = REFUND.replace('role "manager"', 'role "nobody_has_this"')
    graph = view(parse(text), dsl.check(parse(text), CATALOG), CATALOG)
    at = {node.id: node for node in placed(graph, Placement(spots={"gate": Spot(collapsed=True)})).nodes}
    assert "E106" in {problem.code for problem in at["gate"].problems}


def test_a_note_of_its_own_stands_where_it_was_put_and_moves_nothing():
    graph = view(parse(REFUND))
    plain = {node.id: node for node in placed(graph, Placement()).nodes}
    spots = {"~note1": Spot(x=12, y=30, note="Ask Ann."), "~note2": Spot(note="nowhere")}
    noted = {node.id: node for node in placed(graph, Placement(spots=spots)).nodes}
    note = noted.pop("~note1")
    assert (note.kind, note.note, note.x, note.y, note.step) == ("note", "Ask Ann.", 12, 30, None)
    assert noted == plain


def test_without_a_placement_the_layout_is_the_layout():
    graph = view(parse(REFUND))
    assert placed(graph, Placement()) == dsl.layout(graph)


@pytest.mark.parametrize("name", PROGRAMS)
def test_however_steps_are_put_nothing_overlaps_or_leaves_its_container(name: str):
    graph = view(parse(PROGRAMS[name]))
    for seed in range(20):
        random = Random(seed)
        spots = {
            node.id: Spot(
                x=random.randint(-50, 900),
                y=random.randint(-50, 900),
                width=random.choice([0, 0, 700]),
                height=random.choice([0, 0, 300]),
                collapsed=random.random() < 0.2,
            )
            for node in graph.nodes
            if random.random() < 0.5
        }
        assert_sound(placed(graph, Placement(spots=spots)))


# ---- JSON ----------------------------------------------------------------------------------------


def test_a_placement_travels_as_json():
    assert dsl.read_placement(json.loads(json.dumps(dsl.placement_json(WHERE)))) == WHERE


GARBAGE: list[Any] = [
    None,
    [],
    {"spots": []},
    {"spots": {"a": 3, "": {"x": 1, "y": 1}, "b": {"x": "1", "y": 2, "note": 3, "collapsed": "yes"}}},
    {"spots": {"a": {"x": float("nan"), "y": float("inf"), "width": True, "height": -5}}},
    {"spots": {"a": {"x": 3}}},
]


@pytest.mark.parametrize("value", GARBAGE)
def test_what_is_no_placement_is_left_out(value: Any):
    assert dsl.read_placement(value) == Placement()


def test_sizes_are_bounded():
    spots = dsl.read_placement({"spots": {"a": {"x": 1e12, "y": -1e12, "note": "x" * 10**6}}}).spots
    assert (spots["a"].x, spots["a"].y, len(spots["a"].note)) == (100_000, -100_000, 4_000)
    assert (
        len(dsl.read_placement({"spots": {str(n): {"collapsed": True} for n in range(9_000)}}).spots) == 4_000
    )
