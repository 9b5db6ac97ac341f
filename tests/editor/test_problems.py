"""The list of problems: where each stands, and fixes done one by one or all of a kind."""

from __future__ import annotations

from typing import Any

from studio.editor.desk import Desk
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.mending import mended, of_this_kind, problems_of
from tests.editor.conftest import CATALOG, REFUND, Editor

TWICE = REFUND.replace("shop.process_refund", "shop.proces_refund").replace("mail.send", "mail.sen")


def opened(text: str) -> Desk:
    return Desk("w", text, CATALOG, "e")


def test_a_problem_says_where_it_stands_and_what_its_fix_changes() -> None:
    reading = opened(TWICE).reading
    first = next(found for found in problems_of(reading) if found["code"] == "E106")
    assert TWICE[first["start"] : first["end"]] == "proces_refund"
    assert TWICE.count("\n", 0, first["start"]) + 1 == first["line"]
    [[start, end, new]] = first["edits"]
    assert "shop.process_refund" in TWICE[:start] + new + TWICE[end:]


def test_errors_are_listed_first() -> None:
    ranks = [found["severity"] for found in problems_of(opened(TWICE.replace("timeout 10s", "")).reading)]
    assert ranks == sorted(ranks, key=["error", "warning", "info"].index)


def test_all_of_a_kind_are_mended_at_once() -> None:
    found = opened(TWICE).reading.diagnostics
    kind = of_this_kind(next(one for one in found if one.code == "E106"), found)
    assert len(kind) == 2
    assert mended(TWICE, kind) == REFUND


def test_the_same_fix_twice_is_done_once_and_one_that_touches_another_waits() -> None:
    found = opened(TWICE).reading.diagnostics
    kind = of_this_kind(next(one for one in found if one.code == "E106"), found)
    assert mended(TWICE, [*kind, *kind]) == REFUND


async def broken(editor: Editor) -> dict[str, Any]:
    text = await editor.text()
    await editor.type(text.index("shop.process_refund") + len("shop.process"), "x")
    state = await editor.state()
    assert len(state.problems) == len(state.problem_places)
    shown = zip(state.problems, state.problem_places, strict=True)
    return next({**found, **place} for found, place in shown if found["code"] == "E106")


async def test_a_problem_that_is_clicked_selects_its_step_and_shows_its_place(editor: Editor) -> None:
    found = await broken(editor)
    await editor.says("on_problems", {"type": "go", "index": found["index"], "code": "E106", "focus": True})
    assert (await editor.state()).selected == "refund"
    assert (await editor.tab.state(CanvasFeed)).selected["id"] == "refund"
    place = (await editor.tab.state(TextFeed)).place
    assert (place["start"], place["focus"], place["scroll"]) == (found["start"], True, True)


async def test_fixing_all_of_a_kind_is_one_change_that_can_be_undone(editor: Editor) -> None:
    text = await editor.text()
    await editor.type(text.index("shop.get_order") + len("shop.get"), "x")
    found = await broken(editor)
    broken_text = await editor.text()
    await editor.says("on_problems", {"type": "mend", "index": found["index"], "code": "E106", "all": True})
    assert await editor.text() == text
    await editor.gesture("undo")
    assert await editor.text() == broken_text


async def test_a_number_that_stands_for_another_problem_by_now_does_nothing(editor: Editor) -> None:
    found = await broken(editor)
    before = await editor.text()
    await editor.says("on_problems", {"type": "mend", "index": found["index"], "code": "W999"})
    await editor.says("on_problems", {"type": "mend", "index": 99, "code": "E106"})
    assert await editor.text() == before


async def test_the_step_that_is_typed_in_is_selected_though_its_name_changes(editor: Editor) -> None:
    text = await editor.text()
    at = text.index("step notify") + len("step notify")
    await editor.says("on_text", await cursor(editor, at))
    await editor.type(at, "_them")
    assert (await editor.state()).selected == "notify_them"
    place = (await editor.tab.state(TextFeed)).place
    assert place["start"] >= 0 and not place["scroll"] and not place["focus"]


async def cursor(editor: Editor, at: int) -> dict[str, Any]:
    desk = (await editor.state())._desk
    return {"type": "cursor", "epoch": desk.epoch, "base": desk.document.revision, "offset": at}
