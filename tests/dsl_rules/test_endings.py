"""Every way ends with the output, and everything that bounds a run is a sensible bound."""

from __future__ import annotations

import pytest

import dsl
from dsl.diagnostic import Diagnostic
from tests.dsl_rules.rules import CATALOG, applied


def told(body: str, code: str, head: str = "input { a: int } output { b: int }") -> list[Diagnostic]:
    found = dsl.check(dsl.parse(f"workflow w {{ {head}\n{body}\n}}"), CATALOG)
    return [one for one in found if one.code == code]


R = "return { b: 1 }"
ENDS = [
    f"step r: {R}",
    'step r: fail "x"',
    f"step i: if input.a > 1 {{ step r: {R} }} else {{ step q: {R} }}",
    f"step i: if input.a > 1 {{ step r: {R} }}\nstep q: {R}",
    f"step s: switch input.a {{ case 1 {{ step r: {R} }} default {{ step q: {R} }} }}",
    f"step d: do {{ step r: {R} }}",
    f'step d: do {{ step f: fail "x" }} catch {{ step q: {R} }}',
    f"step p: parallel {{ step a: let 1 step d: do {{ step r: {R} }} }}",
]
OPEN = [
    ("step a: let 1", "the run ends after `a` without the output that the workflow declares", ("a",)),
    (
        f"step i: if input.a > 1 {{ step r: {R} }}",
        "on the way where `i` goes on with “otherwise”, the run ends after `i` without the output that the workflow "
        "declares",
        ("i",),
    ),
    (
        f"step i: if input.a > 1 {{ step x: let 1 }} else {{ step r: {R} }}\nstep z: let 2",
        "on the way where `i` goes on with “if the a is over 1”, the run ends after `z` without the output that the "
        "workflow declares",
        ("i", "i.x", "z"),
    ),
    (
        f"step d: do {{ step r: {R} }} catch {{ step x: let 1 }}",
        "on the way where `d` fails, the run ends after `d` without the output that the workflow declares",
        ("d",),
    ),
    (
        f'step g: approve by role "manager" {{ within 1d on reject {{ step r: {R} }} }}\nstep z: let 1',
        "the run ends after `z` without the output that the workflow declares",
        ("g", "z"),
    ),
]


@pytest.mark.parametrize("body", ENDS)
def test_a_workflow_whose_ways_all_end_gives_its_output(body: str) -> None:
    assert told(body, "E105") == []


@pytest.mark.parametrize(("body", "message", "witness"), OPEN)
def test_a_way_that_just_ends_is_named(body: str, message: str, witness: tuple[str, ...]) -> None:
    (one,) = told(body, "E105")
    assert (one.message, one.witness) == (message, witness)
    assert one.help == 'end every way with `return { b: ... }` or `fail "code"`'


def test_a_workflow_that_owes_no_output_may_just_end() -> None:
    assert told("step a: let 1", "E105", "input { a: int }") == []
    assert told("step a: let 1", "E105", "output { b: int? }") == []
    assert told("", "E105") == []
    assert told("step a: retrun { b: 1 }", "E105") == []


BOUNDS = [
    ("step l: loop until l.count > 1 max 0 { }", "0", "`l` never does a round: its `max` is 0"),
    (
        "step l: loop until l.count > 1 max 20000 { }",
        "20000",
        "`l` may go on for 20000 rounds; a loop may have 10000 at most",
    ),
    (
        "step f: foreach x in [1] concurrency 0 { yield x }",
        "0",
        "`f` never starts an item: its `concurrency` is 0",
    ),
    (
        "step f: foreach x in [1] concurrency 5000 { yield x }",
        "5000",
        "`f` works on 5000 items at once; 1000 are the most",
    ),
    ("step f: do { } retry 1000", "1000", "`f` is tried again 1000 times; 100 times are the most"),
    (
        "step f: do { } retry 3 backoff 10s to 1s",
        "retry 3 backoff 10s to 1s",
        "the `backoff` of `f` shrinks: from 10s to 1s",
    ),
    ("step f: do { } timeout 0s", "timeout 0s", "`f` has no time at all: its `timeout` is 0"),
    (
        'step g: approve by role "manager" { within 1d quorum 0 }',
        "quorum 0",
        "`g` needs nobody's yes: its `quorum` is 0",
    ),
    (
        'step g: approve by user "owner@weft.local" { within 1d quorum 2 }',
        "quorum 2",
        "`g` can never open: 2 people must say yes, but only 1 person is asked",
    ),
    (
        'step g: approve by role "manager" { within 0s }',
        "within 0s",
        "`g` leaves no time to decide: its `within` is 0",
    ),
    (
        'step g: approve by role "manager" { within 1h escalate after 2h to role "support" }',
        'escalate after 2h to role "support"',
        "`g` never escalates: after 2h its `within 1h` is already over",
    ),
    ('step a: agent "m" { max_turns 0 }', "max_turns 0", "`a` never answers: its `max_turns` is 0"),
    (
        'step a: agent "m" { max_turns 5000 }',
        "max_turns 5000",
        "`a` may ask its model 5000 times; 1000 are the most",
    ),
]


@pytest.mark.parametrize(("body", "place", "message"), BOUNDS)
def test_a_bound_that_bounds_nothing_is_an_error(body: str, place: str, message: str) -> None:
    text = f"workflow w {{ {body} }}"
    (one,) = [found for found in dsl.check(dsl.parse(text), CATALOG) if found.severity == "error"]
    assert (one.code, text[one.span.start : one.span.end], one.message) == ("E205", place, message)


@pytest.mark.parametrize(
    "body",
    [
        "step l: loop until l.count > 1 max 10000 { }",
        "step f: foreach x in [1] concurrency 1 { yield x }",
        "step f: do { } retry 100 backoff 1s to 1s",
        'step g: approve by role "manager" { within 1d quorum 5 }',
        'step g: approve by user "owner@weft.local", role "manager" { within 1d quorum 2 }',
        "step g: approve by user input.who { within 1d quorum 2 }",
    ],
)
def test_a_sensible_bound_is_left_alone(body: str) -> None:
    assert told(body, "E205") == []


STILL = [
    ("loop until input.a > 1 max 3 { yield 1 }", True),
    ("loop while true max 3 { yield 1 }", True),
    ("loop until l.last == 1 max 3 { }", True),
    ("loop until l.last == 1 max 3 { yield 1 }", False),
    ("loop until l.count > 1 max 3 { }", False),
    ("loop with x = 1 until x > 1 max 3 { }", True),
    ("loop with x = 1 until x > 1 max 3 { yield x + 1 }", False),
    ("loop until [1].exists(l, l > 1) max 3 { yield 1 }", True),
]


@pytest.mark.parametrize(("loop", "still"), STILL)
def test_a_condition_that_no_round_changes_is_told_of(loop: str, still: bool) -> None:
    assert [one.code for one in told(f"step l: {loop}", "W503")] == ["W503"] * still


SWITCHES = [
    ("bool", 'case true { step x: fail "y" }', ["false"]),
    ("bool", 'case true, false { step x: fail "y" }', []),
    ("bool?", 'case true, false { step x: fail "y" }', ["null"]),
    ('"a" | "b" | "c"', 'case "b" { }', ['"a", "c"']),
    ('"a" | "b" | "c"', 'case "b" { } default { }', []),
    ('"a" | "b"', "", ['"a", "b"']),
    ("string", 'case "b" { }', []),
    ('"a" | "b"', "case input.other { }", []),
]


@pytest.mark.parametrize(("type_", "cases", "missing"), SWITCHES)
def test_a_switch_without_default_has_a_case_for_every_value(
    type_: str, cases: str, missing: list[str]
) -> None:
    head = f"input {{ a: {type_}, other: string }}"
    body = f"step s: switch input.a {{\n  {cases}\n}}"
    found = told(body, "W302", head)
    assert [one.message for one in found] == [
        f"`s` has no case for {values}, so the run just goes on then" for values in missing
    ]
    for one in found:
        assert one.fix is not None
        text = applied(f"workflow w {{ {head}\n{body}\n}}", one.fix)
        assert f"case {missing[0]} {{" in text
        assert not [
            new for new in dsl.check(dsl.parse(text), CATALOG) if new.code in ("W302", "E001", "E203")
        ]


NEVER = [
    (
        "bool",
        'case "yes" { }',
        '"yes"',
        'this case is never taken: `input.a` is true or false, and never "yes"',
    ),
    ("string", 'case "x" { } case "y", "x" { }', '"x"', 'this case is never taken: an earlier one takes "x"'),
    ('"x" | "y"', "case 3 { }", "3", "this case is never taken: `input.a` is a text, and never 3"),
    ('"low" | "high"', 'case "hihg" { }', '"hihg"', 'this case cannot be "hihg", did you mean "high"?'),
]


@pytest.mark.parametrize(("type_", "cases", "place", "message"), NEVER)
def test_a_case_that_can_never_match_is_an_error(type_: str, cases: str, place: str, message: str) -> None:
    text = f"workflow w {{ input {{ a: {type_} }} step s: switch input.a {{ {cases} default {{ }} }} }}"
    (one,) = [found for found in dsl.check(dsl.parse(text), CATALOG) if found.code == "E203"]
    assert (text[one.span.start : one.span.end], one.message) == (place, message)
    assert one.span.start == text.rindex(place)


@pytest.mark.parametrize(
    ("type_", "cases"),
    [
        ("int", "case 1, 2.0 { }"),
        ("string", "case null { }"),
        ("any", 'case 1, "1", true { }'),
        ("bool", "case true, false { }"),
    ],
)
def test_a_case_that_may_match_is_left_alone(type_: str, cases: str) -> None:
    assert (
        told(f"step s: switch input.a {{ {cases} default {{ }} }}", "E203", f"input {{ a: {type_} }}") == []
    )


APPROVALS = [
    ("{ }", "{  within 3d }"),
    ("{\n  }", "{\n    within 3d\n  }"),
    ('{\n    title "x" // why\n  }', '{\n    title "x" // why\n    within 3d\n  }'),
    ("{\n    on reject { }\n  }", "{\n    within 3d\n    on reject { }\n  }"),
    ("{\n    // nothing yet\n  }", "{\n    // nothing yet\n    within 3d\n  }"),
]


@pytest.mark.parametrize(("before", "after"), APPROVALS)
def test_an_approval_gets_its_time_where_it_belongs(before: str, after: str) -> None:
    text = f'workflow w {{\n  step g: approve by role "manager" {before}\n}}\n'
    (one,) = [found for found in dsl.check(dsl.parse(text), CATALOG) if found.code == "W502"]
    assert one.fix is not None
    assert applied(text, one.fix) == text.replace(before, after)
