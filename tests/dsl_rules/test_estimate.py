"""The worst case of a run: what adds up, what is counted once, and which way takes longest."""

from __future__ import annotations

import pytest

import dsl
from dsl.estimation import Estimate
from tests.dsl_rules.rules import CATALOG, ROOT

SECOND = 1000
HEAD = 'use shop: mcp "shop" use other: workflow "x" input { a: int, all: string[] }'


def estimated(body: str) -> Estimate:
    return dsl.estimate(dsl.parse(f"workflow w {{ {HEAD}\n{body}\n}}"), CATALOG)


def call(name: str, clauses: str = "timeout 10s") -> str:
    return f'step {name}: call shop.get_order(order_id: "A-1") {clauses}\n'


TIMES = [
    ("step a: let 1", 0, 0, 0, ("a",)),
    (call("a"), 10, 0, 0, ("a",)),
    (call("a", ""), 30, 0, 0, ("a",)),
    # Three more tries of 10 s, and pauses of 1, 2 and 3 s.
    (call("a", "timeout 10s retry 3 backoff 1s to 3s"), 46, 0, 0, ("a",)),
    (call("a", "timeout 10s retry 2"), 33, 0, 0, ("a",)),
    (call("a") + call("b"), 20, 0, 0, ("a", "b")),
    (f"step d: do {{ {call('a')} {call('b')} }} timeout 15s", 15, 0, 0, ("d", "d.a", "d.b")),
    (
        f"step i: if input.a > 1 {{ {call('a')} }} else {{ {call('b', 'timeout 20s')} }}",
        20,
        0,
        0,
        ("i", "i.b"),
    ),
    (f"step i: if input.a > 1 {{ {call('a')} }}\n{call('z')}", 20, 0, 0, ("i", "i.a", "z")),
    (
        f'step i: if input.a > 1 {{ {call("a")} step f: fail "x" }}\n{call("z", "timeout 3s")}',
        10,
        0,
        0,
        ("i", "i.a", "i.f"),
    ),
    (
        f'step i: if input.a > 1 {{ {call("a")} step f: fail "x" }}\n{call("z", "timeout 11s")}',
        11,
        0,
        0,
        ("i", "z"),
    ),
    (f"step p: parallel {{ {call('a')} {call('b', 'timeout 15s')} {call('c')} }}", 15, 0, 0, ("p", "p.b")),
    (
        f"step p: parallel {{ {call('a')} {call('b', 'timeout 15s')} {call('c', 'timeout 10s after a')} }}",
        20,
        0,
        0,
        ("p", "p.a", "p.c"),
    ),
    (f"step p: parallel any {{ {call('a')} {call('b', 'timeout 15s')} }}", 10, 0, 0, ("p", "p.a")),
    (
        f"step l: loop until l.count > 3 max 5 {{ {call('a')} step w: wait 2s }}",
        50,
        0,
        10,
        ("l", "l.a", "l.w"),
    ),
    (f"step f: foreach x in [1, 2, 3] {{ {call('a')} }}", 30, 0, 0, ("f", "f.a")),
    (f"step f: foreach x in [1, 2, 3] concurrency 2 {{ {call('a')} }}", 20, 0, 0, ("f", "f.a")),
    (call("a", f"timeout 10s catch {{ {call('b', 'timeout 4s')} }}"), 14, 0, 0, ("a", "a~catch0.b")),
    ('step g: approve by role "manager" { within 1h }', 0, 3600, 0, ("g",)),
    ('step g: approve by role "manager" { }', 0, 3 * 86_400, 0, ("g",)),
    (
        f'step g: approve by role "manager" {{ within 1h on reject {{ {call("a")} step f: fail "x" }} }}',
        10,
        3600,
        0,
        ("g", "g.a", "g.f"),
    ),
    ('step w: wait event "paid" timeout 7s', 0, 0, 7, ("w",)),
    ('step m: agent "m" { budget 0.5 } timeout 2m', 120, 0, 0, ("m",)),
]


@pytest.mark.parametrize(("body", "work", "people", "pause", "critical"), TIMES)
def test_times_add_up_along_the_longest_way(
    body: str, work: int, people: int, pause: int, critical: tuple[str, ...]
) -> None:
    found = estimated(body)
    seconds = (found.work_ms / SECOND, found.people_ms / SECOND, found.pause_ms / SECOND)
    assert (seconds, found.critical, found.open) == ((work, people, pause), critical, ())


OPEN = [
    (f"step f: foreach x in input.all {{ {call('a')} }}", "f", "`f` does a round for each of `input.all`"),
    ('step w: wait event "paid"', "w", '`w` waits for the event "paid"'),
    (
        'step w: wait until timestamp("2030-01-01T00:00:00Z")',
        "w",
        "`w` waits for a moment that only the run knows",
    ),
    ('step m: agent "m" { budget 1 }', "m", "`m` has no `timeout`"),
    ("step r: run other()", "r", "`r` takes as long as `other` does"),
]


@pytest.mark.parametrize(("body", "path", "reason"), OPEN)
def test_what_has_no_bound_is_named_and_takes_longer_than_anything(body: str, path: str, reason: str) -> None:
    found = estimated(f"step i: if input.a > 1 {{ {body} }} else {{ {call('z', 'timeout 1h')} }}")
    assert [(one.path, one.reason) for one in found.open] == [(f"i.{path}", reason)]
    assert found.critical[:2] == ("i", f"i.{path}")


def test_a_list_whose_items_cost_nothing_has_no_need_of_a_bound() -> None:
    assert estimated("step f: foreach x in input.all { yield x }").open == ()


COSTS = [
    ('step m: agent "m" { budget 0.5 } timeout 1m', 0.5),
    ('step m: agent "m" { budget 0.5 } timeout 1m retry 3', 2.0),
    ("@cost(usd: 0.02) " + call("a"), 0.02),
    ("step l: loop until l.count > 3 max 5 { @cost(usd: 0.02) " + call("a") + "}", 0.1),
    (
        "step i: if input.a > 1 { @cost(usd: 1) " + call("a") + "} else { @cost(usd: 2) " + call("b") + "}",
        2.0,
    ),
    ("step p: parallel { @cost(usd: 1) " + call("a") + " @cost(usd: 2) " + call("b") + "}", 3.0),
    ('@cost(usd: 1) step m: agent "m" { budget 0.5 } timeout 1m', 0.5),
    ('@cost(usd: 1) step m: agent "m" { } timeout 1m', 1.0),
]


@pytest.mark.parametrize(("body", "usd"), COSTS)
def test_costs_add_up_over_all_that_can_happen(body: str, usd: float) -> None:
    found = estimated(body)
    assert (found.cost_usd, found.unpriced) == (pytest.approx(usd), ())


def test_an_agent_without_a_budget_has_a_price_nobody_knows() -> None:
    (one,) = estimated('step m: agent "m" { } timeout 1m').unpriced
    assert (one.path, one.reason) == ("m", "`m` has no `budget`")


def test_the_note_says_it_in_words_and_names_the_way() -> None:
    text = (ROOT / "examples" / "refund.weft").read_text(encoding="utf-8")
    (one,) = dsl.notes(dsl.parse(text), CATALOG)
    assert (one.code, one.severity, text[one.span.start : one.span.end]) == ("I801", "info", "refund")
    assert one.message == (
        "in the worst case a run takes 5 minutes 28 seconds of work and 1 day for people to answer"
    )
    assert one.witness[-3:] == ("refund", "notify", "done")


def test_a_text_that_could_not_be_read_has_no_notes_and_still_an_estimate() -> None:
    parsed = dsl.parse(f"workflow w {{ {HEAD} {call('a')} step b: cal x() }}")
    assert dsl.notes(parsed, CATALOG) == ()
    assert dsl.estimate(parsed, CATALOG).work_ms == 10 * SECOND


def test_a_long_text_is_estimated_in_good_time() -> None:
    body = "\n".join(call(f"s{number}") for number in range(1_500))
    found = estimated(body)
    assert (found.work_ms, len(found.critical)) == (15_000 * SECOND, 1_500)
