"""What a run is found by: which pairs of it, and never what is secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine.finding.asking import TRIGGERS
from engine.finding.filling import keeper
from engine.finding.terms import MOST_PAIRS, asked, number, short_id, terms

RUN = UUID("01a22c96-d161-7c4c-86bb-61e3b7bce093")
KEEP = keeper("{}")
CANARY = "canary-4242"


def found(search: str, given: Any, output: Any = None, policy: str = "{}") -> bool:
    have = terms(RUN, given, output, keeper(policy))
    wanted = asked(search)
    return bool(wanted) and all(each in have for each in wanted)


@pytest.mark.parametrize(
    "search",
    [
        "order_id=A-1001",
        "ORDER_ID=a-1001",
        "A-1001",
        "amount=250",
        "amount=250.0",
        "250",
        "sku=X-9",
        "items.sku=X-9",
        'name="Ada Lovelace"',
        '"Ada Lovelace"',
        "refund_id=R-7",
        "order_id=A-1001 refund_id=R-7",
        "run=b7bce093",
        "email=ada@example.com",
    ],
)
def test_it_is_found_by_what_is_in_it(search: str) -> None:
    given = {
        "order_id": "A-1001",
        "amount": 250.0,
        "items": [{"sku": "X-8"}, {"sku": "X-9"}],
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com"},
    }
    assert found(search, given, {"refund_id": "R-7"})


@pytest.mark.parametrize(
    "search", ["order_id=A-1002", "amount=A-1001", "A-1001 B-7", "true", "", "  ", "=", "paid=true"]
)
def test_it_is_not_found_by_what_is_not(search: str) -> None:
    assert not found(search, {"order_id": "A-1001", "paid": True, "note": None})


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "access_token",
        "client_secret",
        "Authorization",
        "cvv",
        "sessionId",
        "card_pin",
        "cardPin",
        "ssn_last4",
        "customerIban",
        "pin2",
    ],
)
def test_what_stands_under_a_secret_name_is_never_found_however_deep(name: str) -> None:
    assert not found(CANARY, {name: CANARY})
    assert not found(CANARY, {"config": [{name: {"value": CANARY}}]})
    for plain in ("plain", "shipping", "spinning", "pinned", "ssnake"):
        assert found(CANARY, {plain: CANARY})


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("4111 1111 1111 1111", "{}"),
        ("DE89 3704 0044 0532 0130 00", "{}"),
        ("sk-abcdefghijklmnopqrstuvwx", "{}"),
        ("ada@example.com", '{"actions": {"email": "redact"}}'),
        ("CUST-1", '{"custom": [{"name": "customer", "pattern": "CUST-[0-9]+", "action": "redact"}]}'),
        ("anything at all: +49 170 1234567", '{"nonsense": 1, "actions": 7}'),
    ],
)
def test_what_the_account_keeps_from_models_is_never_found(value: str, policy: str) -> None:
    assert not found(f'"{value}"', {"about": value}, policy=policy)
    assert not found(f'about="{value}"', {"about": value}, policy=policy)


def test_a_run_of_any_size_makes_a_bounded_number() -> None:
    wide = {f"k{n}": f"v{n}" for n in range(100_000)}
    deep: Any = "x"
    for _ in range(500):
        deep = {"k": deep}
    for given in (wide, deep, list(range(1_000_000)), {"long": "x" * 101, "lines": "a\nb"}):
        assert len(terms(RUN, given, given, KEEP)) <= 2 * MOST_PAIRS + 1
    assert terms(RUN, {"long": "é" * 51, "lines": "a\nb"}, None, KEEP) == {number("run=b7bce093")}


def test_a_short_id_is_known_as_one() -> None:
    assert short_id(" B7BCE093 ") == number("run=b7bce093")
    assert short_id("A-1001") is None


def test_what_starts_a_run_is_offered_once():
    assert sorted(TRIGGERS) == sorted(set(TRIGGERS))
