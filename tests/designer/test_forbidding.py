"""What a request forbids is not done: it is read as the case that it is, or asked back."""

from __future__ import annotations

import pytest

from studio.designer.builtin.designing import design
from studio.designer.builtin.draft import CallStep, IfStep
from studio.designer.builtin.forbidding import forbidden, unkept
from studio.designer.builtin.tools import Toolbox
from studio.designer.evaluation import read_catalog
from studio.designer.writing import Said, Written

SHOP = read_catalog("shop")
TOOLS = Toolbox(SHOP)


@pytest.mark.parametrize(
    "request_",
    [
        "I enter the order number. Cancel the order, but not if it is shipped.",
        "I enter the order number. Cancel the order, except when it is shipped.",
        "I enter the order number. Cancel the order unless it is shipped.",
        "I enter the order number. Cancel the order; not if it is shipped.",
        "I enter the order number. Don't cancel the order when it is shipped, otherwise cancel it.",
        "I enter the order number. Cancel the order only if it is not shipped.",
        "I enter the order number. Shipped orders must not be cancelled, all others are cancelled.",
        "I enter the order number. Never cancel a shipped order; cancel the others.",
        "I enter the order number. Cancel the order. Not for shipped ones though.",
        "I enter the order number. No shipped order may be cancelled. Every other one is cancelled.",
        "I enter the order number. Cancel everything but shipped orders.",
        "I enter the order number. Cancel the order. Shipped: not allowed.",
    ],
)
def test_no_way_of_saying_it_has_the_forbidden_done(request_: str) -> None:
    answer = design(request_, SHOP)
    if isinstance(answer, Said):
        assert answer.text.endswith("?")
        return
    assert isinstance(answer, Written)
    before, _, behind = answer.text.partition('.status != "shipped" {')
    assert "call shop.cancel_order" in behind and "call shop.cancel_order" not in before


def cancelling(test: str, *, then: bool) -> tuple[IfStep, ...]:
    call = (CallStep("cancel", "shop", "cancel_order", (), writes=True),)
    return (IfStep("case", test, call if then else (), () if then else call),)


@pytest.mark.parametrize(
    ("test", "then", "kept"),
    [
        ('order.status == "shipped"', True, False),
        ('order.status == "shipped"', False, True),
        ('order.status != "shipped"', True, True),
        ('order.status != "shipped"', False, False),
        ('order.status == "paid"', True, False),
    ],
)
def test_a_draft_keeps_to_a_ban_where_a_test_speaks_of_it_and_the_deed_is_on_the_other_side(
    test: str, then: bool, kept: bool
) -> None:
    bans = forbidden("A shipped order must not be cancelled.", TOOLS)
    assert len(bans) == 1
    assert (unkept(bans, cancelling(test, then=then)) == ()) is kept


def test_who_it_is_about_is_the_case_and_not_what_the_deed_is_given() -> None:
    (ban,) = forbidden("No-shows may not be upgraded to a suite.", Toolbox(read_catalog("hotel")))
    assert ban.cases == ("no_show",)


@pytest.mark.parametrize(
    "request_",
    [
        "If the order is not shipped, cancel it.",
        "Orders that are not shipped are cancelled.",
        "The order must not be shipped before a manager has approved it.",
        "Cancel the order and don't tell anybody.",
        'Note "must not be shipped" on the order.',
    ],
)
def test_what_is_a_case_an_order_of_things_or_a_quoted_text_is_no_ban(request_: str) -> None:
    assert forbidden(request_, TOOLS) == ()
