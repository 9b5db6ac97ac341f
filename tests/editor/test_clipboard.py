"""Steps as text on the clipboard and back: pure, on the refund example."""

from __future__ import annotations

import pytest

import dsl
from studio.editor.clipboard import Pasted, copied, pasted
from studio.editor.document import Refused
from studio.editor.reading import Reader, Reading
from tests.editor.conftest import CATALOG, REFUND

EMPTY = "workflow other {\n}\n"


def read(text: str) -> Reading:
    return Reader(CATALOG).read(text)


def paste(text: str, into: str = EMPTY, container: str = "", before: str | None = None) -> Pasted:
    found = pasted(text, container, before, read(into), CATALOG)
    assert isinstance(found, Pasted), found
    return found


def after(text: str, into: str = EMPTY, container: str = "", before: str | None = None) -> str:
    return dsl.apply(into, paste(text, into, container, before).edit).text


def refused(text: str) -> Refused:
    found = pasted(text, "", None, read(EMPTY), CATALOG)
    assert isinstance(found, Refused)
    return found


def test_what_is_copied_is_weft_with_the_use_lines_it_needs() -> None:
    text = copied(read(REFUND), ["refund"])
    assert text.startswith('use shop: mcp "shop"\n\nstep refund: call shop.process_refund(')
    assert copied(read(REFUND), ["nowhere"]) == ""


@pytest.mark.parametrize(
    "paths", [["order"], ["gate", "notify"], ["gate.approval"], ["order", "gate", "done"]]
)
def test_what_is_copied_can_be_pasted_elsewhere_and_means_the_same(paths: list[str]) -> None:
    text = copied(read(REFUND), paths)
    made = read(after(text))
    assert copied(made, [place.path for place in made.steps.values() if place.container == ""]) == text


def test_pasted_beside_itself_it_gets_names_of_its_own() -> None:
    text = after(copied(read(REFUND), ["order", "eligibility"]), REFUND, before="gate")
    assert "step order_2: call" in text and "order_id: order_2.id" in text
    assert text.count('use shop: mcp "shop"') == 1


def test_the_alias_of_this_workflow_is_used() -> None:
    here = 'workflow w {\n  use store: mcp "shop"\n}\n'
    text = after(copied(read(REFUND), ["order"]), here)
    assert "call store.get_order(" in text and text.count("use ") == 1


@pytest.mark.parametrize(
    "text",
    [
        'step note: let "hello"',
        '   step note: let "hello"\r\n',
        'Here is the step:\n\n```weft\n    step note: let "hello"\n```',
        'workflow whole {\n  step note: let "hello"\n}\n',
    ],
)
def test_steps_from_an_editor_a_chat_or_a_whole_workflow_are_pasted(text: str) -> None:
    assert after(text) == 'workflow other {\n  step note: let "hello"\n}\n'


def test_a_step_typed_elsewhere_brings_the_connector_it_names() -> None:
    text = after('step order: call shop.get_order(order_id: "A-1")')
    assert text.startswith('workflow other {\n  use shop: mcp "shop"\n\n  step order: call shop.get_order(')


def test_of_a_whole_workflow_the_steps_come_and_the_rest_is_named() -> None:
    found = paste(REFUND)
    assert (found.count, found.left) == (7, ("input", "output", "config"))
    assert [use.connector for use in found.edit.uses] == ["shop", "mail"]


def test_steps_wait_only_for_what_stands_beside_them_where_they_are_pasted() -> None:
    beside = (
        "workflow w {\n  step all: parallel {\n    step a: let 1\n    step b: let 2\n      after a\n  }\n}\n"
    )
    text = copied(read(beside), ["all.b"])
    assert "after a" in text
    assert "after a" in after(text, beside, "all/body")
    assert "after" not in after(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There is nothing on the clipboard to paste."),
        ("Dear Ms. Weaver,\nthank you", "This text is no workflow step."),
        ('use shop: mcp "shop"', "There is no step in what was copied."),
        ("workflow empty {\n}\n", "There is no step in what was copied."),
        ("step a: cal shop.x()", "The copied text has a mistake: "),
    ],
)
def test_what_cannot_be_pasted_says_what_can(text: str, message: str) -> None:
    why = refused(text)
    assert why.message.startswith(message)
    assert why.help
