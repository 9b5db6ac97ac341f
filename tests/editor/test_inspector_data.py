"""What can be read at a step, with the values that are known, and what an expression comes out as."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from studio.editor.desk import Desk
from studio.editor.inspection.known import Known
from studio.editor.inspection.preview import preview, previews
from studio.editor.inspection.readable import data_tree, names_at, values_at
from tests.editor.conftest import CATALOG, REFUND, Editor
from tests.editor.test_inspector_steps import CONTROL, fields

ORDER = {"id": "A-1", "total": 249.9, "items": [{"sku": "x"}], "customer": {"name": "Ada"}}
KNOWN = Known({"order_id": "A-1"}, {"order": ORDER}, "run", "succeeded", "")


def seen(path: str, text: str = REFUND, known: Known = KNOWN) -> tuple[Desk, dict[str, Any], dict[str, Any]]:
    desk = Desk("w", text, CATALOG, "e")
    names = dict(names_at(desk.reading, CATALOG, path))
    return desk, names, values_at(desk.reading, path, names, known)


def test_data_are_the_earlier_steps_newest_first_then_inputs_and_settings() -> None:
    desk, names, values = seen("refund")
    groups = {group["title"]: group["items"] for group in data_tree(desk.reading, names, values)}
    assert list(groups) == ["Earlier steps", "Inputs", "Settings"]
    assert [item["name"] for item in groups["Earlier steps"]][-1] == "order"
    order = groups["Earlier steps"][-1]
    total = next(item for item in order["items"] if item["name"] == "total")
    assert (total["path"], total["sample"]) == ("order.total", "249.9")
    assert {item["path"]: item["sample"] for item in groups["Inputs"]} == {
        "input.order_id": '"A-1"',
        "input.reason": '"requested by the customer"',
    }


def test_a_step_reads_nothing_that_comes_after_it() -> None:
    desk, names, values = seen("order")
    assert [group["title"] for group in data_tree(desk.reading, names, values)] == ["Inputs", "Settings"]


def test_an_item_of_a_loop_is_the_first_of_its_list() -> None:
    _, names, values = seen("all.d", CONTROL)
    assert values["item"] == 1
    assert "a" in names


def test_a_pin_stands_for_what_the_run_gave() -> None:
    _, _, values = seen("refund", known=KNOWN.with_pins({"order": {"total": 1.0}}))
    assert values["order"] == {"total": 1.0}


@pytest.mark.parametrize(
    ("source", "plain", "told"),
    [
        ("order.total", False, {"ok": True, "text": "249.9"}),
        ("order.total > config.threshold", False, {"ok": True, "text": "true"}),
        ("order.items.map(one, one.sku)", False, {"ok": True, "text": '["x"]'}),
        ("For ${order.customer.name}", True, {"ok": True, "text": '"For Ada"'}),
        ("no holes", True, {}),
        ("5", False, {}),
        ("", False, {}),
        ("order.", False, {"ok": False, "text": "This cannot be read yet."}),
        ("nobody.total", False, {"ok": False, "text": "There is no nobody here."}),
        ("secrets.key", False, {"ok": None, "text": "A secret is not shown."}),
    ],
)
def test_an_expression_shows_what_it_comes_out_as_or_why_not(source: str, plain: bool, told: Any) -> None:
    _, names, values = seen("refund")
    assert preview(source, names, values, plain=plain) == told


def test_what_has_no_value_yet_shows_its_kind() -> None:
    _, names, values = seen("refund", known=Known())
    assert preview("order.total > 1.0", names, values) == {"ok": None, "text": "True or false; no value yet"}


def test_an_input_that_nobody_has_given_yet_is_no_mistake() -> None:
    _, names, values = seen("refund", known=Known())
    assert preview("input.order_id", names, values) == {"ok": None, "text": "A text; no value yet"}
    assert preview("For ${input.order_id}", names, values, plain=True)["ok"] is None
    assert preview("input.reason", names, values) == {"ok": True, "text": '"requested by the customer"'}
    assert preview("input.ordr_id", names, values)["ok"] is False


def test_a_field_that_is_not_there_is_told_by_name() -> None:
    _, names, values = seen("refund")
    told = preview("order.nothing", names, values)
    assert told["ok"] is False and "nothing" in told["text"]


def test_fields_that_hold_expressions_have_previews_by_their_place() -> None:
    desk, names, values = seen("notify")
    found = previews(list(fields(desk, "notify").values()), names, values)
    assert found["arg:subject"] == {"ok": True, "text": '"Your refund for order A-1"'}
    assert not found["arg:to"]["ok"]


async def test_the_page_asks_for_data_and_tries_what_is_typed(editor: Editor) -> None:
    from engine import pins
    from studio.editor.inspecting import Inspecting

    pin = {"output": {"total": 5.0}}
    await pins.set_pin(editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id), "order", pin)
    await editor.tab.send(Inspecting.ask({"type": "look", "step": "notify"}))
    live = (await editor.tab.state(Inspecting)).live
    assert live["step"] == "notify"
    assert [group["title"] for group in live["data"]] == ["Earlier steps", "Inputs", "Settings"]
    await editor.tab.send(
        Inspecting.ask({"type": "try", "seq": 3, "step": "notify", "value": "order.total * 2.0"})
    )
    assert (await editor.tab.state(Inspecting)).tried == {"seq": 3, "ok": True, "text": "10.0"}


async def test_a_question_that_is_none_is_dropped(editor: Editor) -> None:
    from studio.editor.inspecting import Inspecting

    for said in ({}, {"type": "look"}, {"type": "try", "seq": "x", "step": "a", "value": []}):
        await editor.tab.send(Inspecting.ask(said))
    assert (await editor.tab.state(Inspecting)).live == {}
