"""E401: what may be tried again."""

from __future__ import annotations

import pytest

import dsl
from tests.dsl_proofs.programs import CATALOG, places, text_of, told

FINE = {
    "no retry": "step a: call shop.pay(amount: 1.0)",
    "a read": "step a: call shop.get(id: 1) retry 3",
    "a key": 'step a: call shop.pay(amount: 1.0) key "a" retry 3',
    "a tool that honours keys": "step a: call shop.charge(amount: 1) retry 3",
    "a tool that may be repeated": "step a: call shop.set(x: 1) retry 3",
    "an agent that reads": 'step a: agent "m" { prompt "x" tools shop.get } retry 3',
    "a block of reads": "step a: do { step b: call shop.get(id: 1) } retry 3",
    "a block in which all have keys": 'step a: do { step b: call shop.charge(amount: 1) key "b" } retry 3',
    "a block that undoes what it did": (
        "step a: do { step b: call shop.pay(amount: 1.0) compensate { step c: call shop.set(x: 1) } } retry 3"
    ),
    "a block of what may be repeated": "step a: do { step b: call shop.set(x: 1) } retry 3",
    "the catch of a block": "step a: do { step b: let 1 } retry 3 catch { step c: call shop.pay(amount: 1.0) }",
}
AGAIN = {
    "a call": ("step a: call shop.pay(amount: 1.0) retry 3", ["a"]),
    "an agent": ('step a: agent "m" { prompt "x" tools shop.get, shop.erase } retry 2', ["a"]),
    "a message": ('step a: call mail.send(to: "x") retry 3', ["a"]),
    "what nothing is said about": ('step a: call shop.worst(x: 1) retry 1 on "timeout"', ["a"]),
    "inside a block": ("step a: do { step b: call shop.pay(amount: 1.0) } retry 3", ["a.b"]),
    "a key of each try": ("step a: do { step b: call shop.charge(amount: 1) } retry 3", ["a.b"]),
    "deep inside": (
        "step a: do { step i: if input.flag { step b: call shop.pay(amount: 1.0) } } retry 3",
        ["a.i.b"],
    ),
    "in a catch inside": (
        "step a: do { step r: call shop.get(id: 1) catch { step b: call shop.pay(amount: 1.0) } } retry 3",
        ["a.r~catch0.b"],
    ),
}


@pytest.mark.parametrize("steps", FINE.values(), ids=FINE.keys())
def test_nothing_is_done_twice(steps: str) -> None:
    assert told("E401", steps) == []


@pytest.mark.parametrize(("steps", "paths"), AGAIN.values(), ids=AGAIN.keys())
def test_it_may_be_done_twice(steps: str, paths: list[str]) -> None:
    assert places("E401", steps) == paths


@pytest.mark.parametrize(
    "steps",
    [
        "step a: call shop.worst(x: 1)\n    timeout 1s\n    retry 3 // why\n    catch { step b: let 1 }",
        "step a: call shop.worst(x: 1) // one\n    retry 3\n  // two\n  step b: let 1",
        "step a: call shop.worst(x: 1) // one\n    retry 3 timeout 1s",
        "step a: call shop.worst(x: 1) retry 3",
    ],
)
def test_the_retry_can_be_taken_out(steps: str) -> None:
    text = text_of(steps)
    (one,) = told("E401", steps)
    assert one.fix is not None
    for part in one.fix.replacements:
        text = text[: part.span.start] + part.text + text[part.span.end :]
    parsed = dsl.parse(text)
    assert parsed.diagnostics == () and "retry" not in text
    assert all(found.code != "E401" for found in dsl.check(parsed, CATALOG))
    assert text.count("//") == text_of(steps).count("//")
