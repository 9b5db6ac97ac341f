"""What nothing reads is told of, and only that."""

from __future__ import annotations

import pytest

import dsl
from tests.dsl_rules.rules import CATALOG, applied

HEAD = """  use shop: mcp "shop"
  use mail: mcp "mail"
  type Mark: { note: string }
  input { order_id: string, notes: Mark[] }
  config { limit: float = 100.0 }
  secret key
"""
READ = """  step order: call shop.get_order(order_id: input.order_id) timeout 10s
  step big: if order.total > config.limit { step stop: fail "too_big" }
  step told: call mail.send(to: secrets.key, subject: "x", body: "${input.notes}") timeout 10s
"""


def unread(body: str, head: str = HEAD) -> list[str]:
    text = f"workflow w {{\n{head}\n{body}\n}}\n"
    parsed = dsl.parse(text)
    assert parsed.diagnostics == ()
    return [text[one.span.start : one.span.end] for one in dsl.check(parsed, CATALOG) if one.code == "W303"]


def test_a_workflow_that_reads_everything_hears_nothing() -> None:
    assert unread(READ) == []


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        ("secrets.key", ["key"]),
        ("config.limit", ["limit"]),
        ("input.notes", ["notes"]),
    ],
)
def test_what_the_header_declares_must_be_read(left_out: str, expected: list[str]) -> None:
    assert unread(READ.replace(left_out, "order.id" if left_out != "config.limit" else "3.0")) == expected


def test_a_use_line_and_a_type_must_be_used() -> None:
    head = (
        '  use shop: mcp "shop"\n  use mail: mcp "mail"\n  type A: { b: B }\n  type B: string\n  type C: C\n'
    )
    body = 'step a: call mail.send(to: "a", subject: "b", body: "c") timeout 1s'
    assert unread(body, head) == ["shop", "A", "C"]


def test_an_input_that_is_passed_on_as_a_whole_is_read() -> None:
    head = "input { a: string, b: string }"
    assert unread("step x: return { all: input }", head) == []
    assert unread("step x: return { a: input.a }", head) == ["b"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("step a: let 1\nstep b: return { a: a }", []),
        ("step a: let 1\nstep b: return { a: 2 }", ["a"]),
        ("step f: foreach x in [1, 2] { step y: let x yield y }\nstep b: return { f: f }", []),
        ("step f: foreach x in [1, 2] { step y: let 3 yield y }\nstep b: return { f: f }", ["x"]),
        ("step f: foreach x in [1, 2] { step y: let x yield x }\nstep b: return { f: f }", ["y"]),
        (
            "step l: loop with acc = 1 while l.count < 3 max 5 { yield 2 }\nstep b: return { l: l.last }",
            ["acc"],
        ),
        ("step l: loop with acc = 1 while acc < 3 max 5 { yield acc + 1 }\nstep b: return { l: l.last }", []),
        ("step p: parallel settle { step a: let 1 step b: let 2 }\nstep r: return { p: p }", []),
        ("step p: parallel { step a: let 1 step b: let 2 yield a }\nstep r: return { p: p }", ["b"]),
        ("step a: let 1\nstep r: return { l: [1].map(a, a) }", ["a"]),
        ("step a: let 1\nstep d: do { step b: let a yield b }\nstep r: return { d: d }", []),
        ('step f: fail "x" catch as e { step n: let e.message }', []),
        ('step f: fail "x" catch as e { step n: let 1 }', ["e", "n"]),
        ('step f: fail "x" catch as e { step g: fail "y" with e.message }', []),
    ],
)
def test_the_value_of_a_step_or_variable_must_be_read(body: str, expected: list[str]) -> None:
    assert unread(body, "") == expected


def test_a_name_in_another_scope_is_another_name() -> None:
    body = "step f: foreach x in [1] { step y: let x }\nstep g: foreach x in [2] { step y: let x yield y }"
    assert unread(f"{body}\nstep r: return {{ g: g }}", "") == ["y"]


def test_what_changes_something_need_not_be_read_and_what_only_reads_must() -> None:
    head = 'use shop: mcp "shop"'
    fetched = 'step order: call shop.get_order(order_id: "A-1") timeout 1s'
    made = 'step ticket: call shop.escalate_ticket(order_id: "A-1", summary: "x") timeout 1s'
    assert unread(f"{fetched}\n{made}", head) == ["order"]
    assert unread(f'{fetched} catch {{ step no: fail "gone" }}', head) == []


def test_a_misspelt_name_is_not_told_of_twice() -> None:
    assert unread("step a: let input.order_ix\nstep r: return { a: a }", "input { order_id: string }") == []
    assert unread("step amount: let 1\nstep r: return { a: amuont }", "") == []


def test_what_could_not_be_read_may_be_where_it_is_used() -> None:
    text = "workflow w { secret key step a: cal x(secrets.key) }"
    assert "W303" not in {one.code for one in dsl.check(dsl.parse(text), CATALOG)}
    assert dsl.check(dsl.parse("workflow w { input { a: string } secret key }"), CATALOG) == ()


FIXED = [
    ('  use shop: mcp "shop" // the shop\n  step a: fail "x"\n', '  // the shop\n  step a: fail "x"\n'),
    ('  use shop: mcp "shop"\n  step a: fail "x"\n', '  step a: fail "x"\n'),
    ('  step a: let 1\n    timeout 1s\n  step b: fail "x"\n', '  step b: fail "x"\n'),
    ('  step a: fail "x" catch as e { }\n', '  step a: fail "x" catch { }\n'),
    ('  type A: {\n    b: string,\n  }\n  step a: fail "x"\n', '  step a: fail "x"\n'),
]


@pytest.mark.parametrize(("before", "after"), FIXED)
def test_what_is_left_over_is_removed_with_its_line(before: str, after: str) -> None:
    text = f"workflow w {{\n{before}}}\n"
    (one,) = [found for found in dsl.check(dsl.parse(text), CATALOG) if found.code == "W303"]
    assert one.fix is not None
    assert applied(text, one.fix) == f"workflow w {{\n{after}}}\n"


def test_a_step_that_others_wait_for_is_not_removed_by_machine() -> None:
    text = 'workflow w { step p: parallel { step a: let 1 step b: fail "x" after a } }'
    (one,) = [found for found in dsl.check(dsl.parse(text), CATALOG) if found.code == "W303"]
    assert one.fix is None
