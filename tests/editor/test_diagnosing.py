"""What is wrong with a text is found bit by bit, and only as long as it is the text."""

from __future__ import annotations

import dsl
from studio.editor.mending import PLACE
from studio.editor.reading import Diagnosis, Reader
from tests.editor.conftest import CATALOG, REFUND, Editor

WRONG = REFUND.replace("shop.process_refund", "shop.process_refunds")


def test_bit_by_bit_is_found_what_is_found_at_once() -> None:
    parsed = dsl.parse(WRONG)
    diagnosis = Diagnosis(parsed, CATALOG)
    breaks = sum(1 for _ in diagnosis.steps())
    assert breaks > 20 and diagnosis.known
    assert diagnosis.found == dsl.check(parsed, CATALOG) != ()


def test_a_reading_is_drawn_before_anything_is_known_about_it() -> None:
    reading = Reader(CATALOG).read(WRONG)
    assert reading.graph["nodes"] and not reading.diagnosis.known
    assert reading.so_far.diagnostics == ()
    assert not reading.diagnosis.known, "asking what is known so far finds out nothing"
    assert reading.errors == 1
    assert reading.so_far is reading


async def test_a_change_before_a_problem_moves_its_place_and_sends_nothing_else(editor: Editor) -> None:
    text = await editor.text()
    await editor.type(text.index("shop.process_refund") + len("shop.process"), "x")
    before = await editor.state()
    [problem], [place] = before.problems, before.problem_places
    assert not set(PLACE) & set(problem)
    await editor.type(0, "// one line more\n")
    after = await editor.state()
    assert after.problems == [problem]
    assert [one["line"] for one in after.problem_places] == [place["line"] + 1]
