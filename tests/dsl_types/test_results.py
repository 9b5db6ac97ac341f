"""What steps give: results flow through blocks, and what is not known is said to be unknown."""

from __future__ import annotations

import pytest

from dsl import parse, types_of
from dsl.catalog import Catalog
from dsl.checks import check
from tests.dsl_meaning.sample import CATALOG, problems, text_of
from tests.dsl_types.ground import catalog_of
from tests.dsl_types.ground import text_of as one_call

ORDER = "step order: call shop.get_order(order_id: input.order_id) timeout 10s\n"

GIVES: list[tuple[str, str, str]] = [
    # steps, path, words
    ("step a: let 1", "a", "a whole number"),
    ("step a: let 1.5", "a", "a number"),
    ('step a: let "x ${1}"', "a", "a text"),
    ("step a: let 24h", "a", "a length of time"),
    ("step a: let timestamp(input.order_id)", "a", "a time"),
    ("step a: let input.amounts", "a", "a list of numbers"),
    ("step a: let input.amounts.sum()", "a", "a number"),
    ("step a: let input.amounts.map(x, x > 1).size()", "a", "a whole number"),
    (
        "step a: let { b: 1, c: [true] }",
        "a",
        "an object with b (a whole number), c (a list of true or false)",
    ),
    ("step a: let input.note.orValue('x')", "a", "a text"),
    ("step a: do { step b: let 1 }", "a", "nothing (null)"),
    ("step a: do { step b: let 1 yield b }", "a", "a whole number"),
    ('step a: if true { yield 1 } else { yield "x" }', "a", "a text or a whole number"),
    ('step a: if true { yield "x" }', "a", '"x", or null'),
    ('step a: if true { yield "x" } else { step f: fail "no" }', "a", 'the text "x"'),
    (
        'step a: switch input.order_id { case "a" { yield "low" } default { yield "high" } }',
        "a",
        'one of "low", "high"',
    ),
    (
        "step a: foreach x in input.amounts { yield { x: x } }",
        "a",
        "a list of objects, each with x (a number)",
    ),
    ("step a: foreach x in input.amounts { step y: let x }", "a", "a list of null"),
    (
        "step a: loop with n = 0 while n < 3 max 4 { yield n + 1 }",
        "a",
        "an object with count (a whole number), last (a whole number, or null)",
    ),
    (
        "step a: loop until a.last > 3 max 4 { yield a.count }",
        "a",
        "an object with count (a whole number), last (a whole number)",
    ),
    ("step p: parallel { step a: let 1 yield a }", "p", "a whole number"),
    ("step p: parallel { step a: let 1 }", "p", "nothing (null)"),
    ("step p: parallel any { step a: let 1 step b: let 2.5 }", "p", "a number"),
    ("step p: parallel any { step a: let 1 step b: let true after a }", "p", "true or false"),
    ("step p: parallel settle { step a: let 1 }", "p", "an object with a (an object)"),
    (
        'step a: approve by role "manager" { }',
        "a",
        "an object with approved (true or false), by (a list of texts), comment (a text)",
    ),
    (
        'step a: approve by role "manager" { on reject { yield 1 } }',
        "a",
        "a whole number or an object with approved (true or false), by (a list of texts), comment (a text)",
    ),
    ("step a: let 1 catch { yield 2.5 }", "a", "a number"),
    ('step a: let 1 catch { step r: return { status: "done" } }', "a", "a whole number"),
    ("step a: wait 3d", "a", "nothing (null)"),
    ('step a: agent "m" { prompt "x" output { ok: bool } }', "a", "an object with ok (true or false)"),
    ("step a: run collect(customer_id: input.order_id)", "a", "an object with paid (true or false)"),
]


@pytest.mark.parametrize(("steps", "path", "words"), GIVES)
def test_a_step_gives_what_it_is_said_to_give(steps: str, path: str, words: str) -> None:
    found = types_of(parse(text_of(steps)), CATALOG)[path]
    assert (found.known, found.words, found.why) == (True, words, "")


UNKNOWN: list[tuple[str, str]] = [
    ('step a: wait event "paid"', 'unknown: the event "paid" can carry anything'),
    (
        'step a: agent "m" { prompt "x" }',
        "unknown: the agent does not say what it answers; write `output` to say it",
    ),
    ("step a: call shop.nothing()", "unknown: there is no tool `shop.nothing`"),
    ('step a: do { step b: wait event "x" yield b }', "unknown: what its blocks give is not known"),
]


@pytest.mark.parametrize(("steps", "words"), UNKNOWN)
def test_what_is_not_known_says_why(steps: str, words: str) -> None:
    found = types_of(parse(text_of(steps)), CATALOG)["a"]
    assert (found.known, found.words, found.schema) == (False, words, {})


def test_a_tool_that_does_not_say_what_it_returns_is_named() -> None:
    found = types_of(parse(one_call("s")), catalog_of(None))
    assert found["s"].words == "unknown: the tool `x.get` does not say what it returns"
    assert found["e"].words == "unknown: it is computed from values that are not known themselves"


def test_a_result_that_is_not_known_may_be_read_in_any_way() -> None:
    source = "s.a.b[3].c + 1 > 2 && s.d.map(x, x.y).size() == s.e ? s.f + 'x' : s.g * 2.0"
    assert [one for one in check(parse(one_call(source)), catalog_of(None)) if one.severity == "error"] == []


def test_results_without_a_catalog_are_said_to_be_unknown_here() -> None:
    found = types_of(parse(one_call("s")), Catalog())
    assert found["s"].why == "the connectors are not known here"


WRONG: list[tuple[str, str]] = [
    # what is read of a result, and how the message begins
    ("step a: do { step b: let 1 }\nstep z: let a.x", "`a` is null, it has no field `x`"),
    (
        ORDER + "step a: if true { yield order } else { yield order.customer }\nstep z: let a.nmae",
        "`a` has no field `nmae`",
    ),
    (
        ORDER + "step a: parallel settle { step b: let order }\nstep z: let a.b.value.totl",
        "`a.b.value` has no field `totl`",
    ),
    (
        ORDER + "step a: parallel settle { step b: let order }\nstep z: let a.b.total",
        "`a.b` has no field `total`",
    ),
    (
        "step a: loop with n = 0 while n < 3 max 4 { yield n + 1 }\nstep z: let a.last + 'x'",
        "cannot compute `+` of a whole number and a text",
    ),
    (
        "step a: loop with n = 0 while n.size() < 3 max 4 { yield n + 1 }",
        "`size` cannot be used on a whole number",
    ),
    (
        ORDER + "step a: foreach i in order.items { yield i.price }\nstep z: let a[0].upper()",
        "`upper` cannot be used on a number",
    ),
    (
        "step a: let 1 catch as e { step b: let e.code + 1 }",
        "cannot compute `+` of a text and a whole number",
    ),
    (
        'step g: approve by role "manager" { }\nstep z: if g.by { }',
        "the condition must be true or false, but `g.by` is a list",
    ),
]


@pytest.mark.parametrize(("steps", "message"), WRONG)
def test_a_result_is_checked_where_it_is_read(steps: str, message: str) -> None:
    (one,) = problems(steps, "E204")
    assert one.message.startswith(message), one.message


def test_loops_within_loops_are_told_in_good_time() -> None:
    import time

    steps = "".join(f"step l{n}: loop with a{n} = 0 while a{n} < 3 max 4 {{ " for n in range(30))
    steps += "step x: let 1 " + "yield 1 }" * 30
    started = time.perf_counter()
    types_of(parse(text_of(steps)), CATALOG)
    assert time.perf_counter() - started < 2
