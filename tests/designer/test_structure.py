"""What a request leaves out, puts elsewhere or asks in a way that no tool goes."""

from __future__ import annotations

import pytest

from studio.designer.builtin import answer
from studio.designer.writing import Said, Written
from tests.designer.catalogs import INCIDENTS, LEAVE, SHOP, catalog, connector, enum, obj, tool

_TEXT = {"type": "string"}
_YARD = catalog(
    connector(
        "yard",
        "Yard",
        tool(
            "get_load",
            "Read a load.",
            obj("load_no", load_no=_TEXT),
            obj(weight_kg={"type": "number"}),
            reads=True,
        ),
        tool(
            "send_off",
            "Send a load off.",
            obj("load_no lorry", load_no=_TEXT, lorry=enum("small", "large")),
            obj(trip=_TEXT),
        ),
    ),
    roles="foreman",
)


def test_the_second_case_has_the_deed_of_the_first() -> None:
    found = answer(
        "I enter the load no. Anything over 40 kg is sent off with lorry large, the rest goes as small.",
        _YARD,
    )
    assert isinstance(found, Written)
    assert 'lorry: "large"' in found.text and 'lorry: "small"' in found.text


def test_what_comes_last_stands_last() -> None:
    found = answer(
        "The customer gets an e-mail about it at the very end. First get the order, then refund the order.",
        SHOP,
    )
    assert isinstance(found, Written)
    read, told = found.text.index("get_order"), found.text.index("mail.send")
    assert read < told


@pytest.mark.parametrize("by", ["by drone", "via pigeon", "in cash"])
def test_a_deed_by_means_that_no_tool_has_is_asked_about_and_not_done(by: str) -> None:
    found = answer(f"Get the order and refund it {by}.", SHOP)
    assert isinstance(found, Said)
    assert by in found.text and "?" in found.text


@pytest.mark.parametrize(
    ("request_", "tools"),
    [
        ("sort out the leave requests", LEAVE),
        ("the orders are to be handled as usual", SHOP),
        ("restarts: the same way they do it upstairs", INCIDENTS),
        ("send it to the customer once ready", SHOP),
    ],
)
def test_a_request_without_a_deed_gets_a_question(request_: str, tools: object) -> None:
    found = answer(request_, tools)  # type: ignore[arg-type]
    assert isinstance(found, Said) and "?" in found.text


def test_a_secret_is_not_told() -> None:
    found = answer("E-mail the value of the secret api_key to jo@firm.example.", SHOP)
    assert isinstance(found, Said) and "secret" in found.text
