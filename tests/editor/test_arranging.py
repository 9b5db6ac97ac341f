"""What is done with selected steps, as edits: pure, on the refund example."""

from __future__ import annotations

from typing import Any

import pytest

import dsl
from studio.editor.arranging import Arranged, arrange, outer, readers
from studio.editor.document import Refused
from studio.editor.finding import find
from studio.editor.handling import Arranging, Delete, Drop, Duplicate, Rename, Shift, TakeOut, WrapIn
from studio.editor.reading import Reader, Reading
from tests.editor.conftest import CATALOG, REFUND

TOP = ["order", "eligibility", "ineligible", "gate", "refund", "notify", "done"]
BESIDE = """workflow beside {
  step both: parallel {
    step a: let 1
    step b: let 2 after a
  }
  step c: let 3
}
"""


def read(text: str = REFUND) -> Reading:
    return Reader(CATALOG).read(text)


def after(said: Arranging, text: str = REFUND) -> Reading:
    """What is there once it is done."""
    arranged = arrange(said, read(text))
    assert isinstance(arranged, Arranged), arranged
    return read(dsl.apply(text, arranged.edit).text)


def refused(said: Arranging, text: str = REFUND) -> str:
    why = arrange(said, read(text))
    assert isinstance(why, Refused)
    return why.message


def steps(reading: Reading, container: str = "") -> list[str]:
    return [place.step.id for place in reading.steps.values() if place.container == container]


def shift(*paths: str, way: Any) -> Shift:
    return Shift(type="shift", steps=paths, way=way)


def test_a_step_inside_another_selected_one_goes_along_with_it() -> None:
    found = outer(["gate.approval", "gate", "order", "nowhere"], read())
    assert [place.path for place in found] == ["order", "gate"]


def test_copies_stand_behind_the_last_of_their_block_and_never_behind_the_end() -> None:
    two = after(Duplicate(type="duplicate", steps=("order", "eligibility")))
    assert steps(two)[:5] == ["order", "eligibility", "order_2", "eligibility_2", "ineligible"]
    end = after(Duplicate(type="duplicate", steps=("done",)))
    assert steps(end)[-2:] == ["done_2", "done"]


def test_copies_from_two_blocks_stay_in_theirs() -> None:
    both = after(Duplicate(type="duplicate", steps=("order", "gate.approval")))
    assert steps(both)[:2] == ["order", "order_2"]
    assert steps(both, "gate/then") == ["approval", "approval_2"]


def test_all_that_is_selected_is_deleted_as_one_edit() -> None:
    left = after(Delete(type="delete", steps=("notify", "gate", "gate.approval")))
    assert steps(left) == [id for id in TOP if id not in ("gate", "notify")]


@pytest.mark.parametrize(
    ("chosen", "way", "expected"),
    [
        (("eligibility",), "up", ["eligibility", "order", *TOP[2:]]),
        (("order", "eligibility"), "down", ["ineligible", "order", "eligibility", *TOP[3:]]),
        (
            ("refund", "gate"),
            "up",
            ["order", "eligibility", "gate", "refund", "ineligible", "notify", "done"],
        ),
        (
            ("order", "gate"),
            "down",
            ["eligibility", "ineligible", "refund", "order", "gate", "notify", "done"],
        ),
    ],
)
def test_steps_move_together_by_one_place(chosen: tuple[str, ...], way: str, expected: list[str]) -> None:
    assert steps(after(shift(*chosen, way=way))) == expected


def test_a_step_goes_into_the_block_beside_it_and_out_again() -> None:
    into = after(shift("refund", way="in"))
    assert steps(into, "gate/then") == ["approval", "refund"]
    out = after(shift("gate.refund", way="out"), into.text)
    assert steps(out) == TOP


def test_what_cannot_move_says_why() -> None:
    assert refused(shift("order", way="up")) == "It is the first of its block."
    assert refused(shift("done", way="down")) == "It is the last of its block."
    assert refused(shift("notify", way="down")) == "`done` ends the run there."
    assert refused(shift("order", way="out")) == "It is in no block."
    assert refused(shift("order", way="in")) == "There is no block beside it."
    assert refused(shift("order", "gate.approval", way="up")) == "These stand in different blocks."
    assert refused(shift("nowhere", way="up")) == "What was selected is no longer there."


def test_carried_steps_land_in_the_order_they_are_written_wherever_they_are_dropped() -> None:
    drop = Drop(type="drop", steps=("refund", "order"), container="", before="done")
    assert steps(after(drop))[-4:] == ["notify", "order", "refund", "done"]
    beside_itself = Drop(type="drop", steps=("order", "eligibility"), container="", before="eligibility")
    assert steps(after(beside_itself)) == TOP
    inside = Drop(type="drop", steps=("gate", "refund"), container="gate/then")
    assert refused(inside) == "`gate` cannot go into itself."


@pytest.mark.parametrize("into", ["if", "switch", "parallel", "foreach", "loop", "catch", "do"])
def test_neighbours_are_wrapped_and_unwrapped_again(into: Any) -> None:
    wrapped = after(WrapIn(type="wrap", steps=("order", "eligibility"), into=into))
    block = steps(wrapped)[0]
    assert steps(wrapped)[1:] == TOP[2:]
    if into == "catch":
        # A block whose mistakes are caught is taken away with its catch, which is empty.
        assert wrapped.steps[block].step.clauses
    assert steps(after(TakeOut(type="unwrap", steps=(block,)), wrapped.text)) == TOP


def test_there_must_be_a_block_to_unwrap() -> None:
    assert refused(TakeOut(type="unwrap", steps=("order",))) == "There is no block to take away here."


def test_what_reads_a_deleted_step_is_told_but_not_what_goes_with_it() -> None:
    reading = read()
    assert readers(outer(["refund"], reading), reading) == ("done",)
    assert readers(outer(["eligibility", "ineligible"], reading), reading) == ("approval",)
    assert readers(outer(["done"], reading), reading) == ()


def test_a_renamed_step_keeps_its_place_and_what_reads_it() -> None:
    renamed = after(Rename(type="rename", step="order", id="purchase"))
    assert steps(renamed)[0] == "purchase"
    assert "amount: purchase.total" in renamed.text


def test_in_a_parallel_copies_wait_for_what_the_first_waited_for() -> None:
    copied = after(Duplicate(type="duplicate", steps=("both.b",)), BESIDE)
    assert "step b_2: let 2\n      after a" in copied.text or "step b_2: let 2 after a" in copied.text


def test_steps_are_found_by_name_title_tool_sentence_and_what_is_written_in_them() -> None:
    reading = read()
    assert find(reading, "gate") == ("gate",)
    assert find(reading, "process_refund") == ("refund",)
    assert find(reading, "a MANAGER") == ("gate.approval",)
    assert find(reading, "unavailable 1m") == ("refund",)
    assert find(reading, "problem.message") == ("notify~catch0.notify_failed",)
    assert find(reading, "nothing like this") == find(reading, "  ") == ()
