"""What can happen: the ways through a draft as the panel tells and paints them."""

from __future__ import annotations

from typing import Any

import dsl
from dsl.simulation import Limits, simulate
from studio.editor import ways
from studio.editor.reading import Reader
from studio.editor.ways import Ways, look, told
from tests.editor.conftest import CATALOG, REFUND, Editor


def found(text: str = REFUND) -> dict[str, Any]:
    return look(Reader(CATALOG).read(text), CATALOG)


def test_ways_that_end_alike_and_change_the_same_are_one() -> None:
    seen = found()
    tones = {way["tone"] for way in seen["ways"]}
    assert tones >= {"good", "bad"}
    keys = [
        (way["ending"], tuple((one["tool"], one["step"], bool(one["approved"])) for one in way["effects"]))
        for way in seen["ways"]
    ]
    assert len(keys) == len(set(keys)) <= seen["count"]
    assert sum(one["count"] for one in seen["endings"]) == seen["count"]


def test_a_way_has_the_steps_to_paint_and_what_it_changes_behind_which_yes() -> None:
    way = next(
        way
        for way in found()["ways"]
        if way["tone"] == "good" and any(one["approved"] for one in way["effects"])
    )
    steps = Reader(CATALOG).read(REFUND).steps
    assert set(way["steps"]) <= set(steps)
    assert way["steps"].index("order") < way["steps"].index("gate.approval") < way["steps"].index("refund")
    refund = next(one for one in way["effects"] if one["tool"] == "shop.process_refund")
    assert (refund["verb"], refund["approved"]) == ("calls", "gate.approval")


def test_what_no_way_comes_to_is_told_with_the_reason() -> None:
    dead = REFUND.replace("if order.total > config.threshold {", "if false {")
    seen = found(dead)
    assert "gate.approval" in [one["path"] for one in seen["unreached"]]
    assert all(one["reason"] for one in seen["unreached"])


def test_that_there_are_more_ways_is_said() -> None:
    plan = dsl.lower(dsl.parse(REFUND), CATALOG)
    assert told(simulate(plan, CATALOG, limits=Limits(runs=2, paths=2)))["cut"]
    assert not told(simulate(plan, CATALOG, limits=Limits()))["cut"]


def test_of_a_draft_with_errors_nothing_is_said() -> None:
    seen = found(REFUND.replace("shop.get_order", "shop.nothing"))
    assert list(seen) == ["why"]
    assert "corrected" in seen["why"]


async def test_the_panel_follows_the_text(editor: Editor) -> None:
    await editor.tab.send(Ways.look())
    first = (await editor.tab.state(Ways)).found
    assert (first["count"] > 3, first["rev"]) == (True, (await editor.state()).revision)
    at = (await editor.text()).index("  step order: call")
    await editor.type(at, '  step early: return { status: "not_eligible", refund_id: null }\n')
    await editor.tab.send(Ways.look())
    now = (await editor.tab.state(Ways)).found
    assert now["rev"] > first["rev"]
    assert now["count"] == 1
    assert ways.TONES["succeeded"] == now["ways"][0]["tone"]
