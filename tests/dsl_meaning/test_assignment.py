"""A step that some way does not come past has no value there; a no that goes on ends at what it stands before."""

from __future__ import annotations

import pytest

from tests.dsl_meaning.sample import problems, underlined

IF = 'step i: if input.note == "x" { step a: let 1 }'
BOTH = 'step i: if input.note == "x" { step a: let 1 } else { %s }\n'
GATE = 'step g: approve by role "manager" { on reject { step no: %s } }\n'
PAY = 'step pay: call shop.process_refund(order_id: "x", amount: 1.0) timeout 9s\n'


@pytest.mark.parametrize(
    ("steps", "way"),
    [
        (f"{IF}\nstep z: let a", "at `i`, a run that goes on with “otherwise” comes here without `a`"),
        (BOTH % "step b: let 2" + "step z: let a", "with “otherwise”"),
        (BOTH % "step b: let 2" + "step z: let b", "with “if the note is x”"),
        ('step s: switch input.note { case "x" { step a: let 1 } }\nstep z: let a', "with “anything else”"),
        (
            'step s: switch input.note { case "x" { step a: let 1 } case "y" { } default { step d: fail "no" } }\n'
            "step z: let a",
            "with “when y”",
        ),
        (f"step d: do {{ {IF} yield a }}", "with “otherwise”"),
        (f"step d: do {{ {IF} }}\nstep z: let a", "with “otherwise”"),
        (f"{IF}\nstep f: foreach n in input.amounts {{ step z: let a }}", "with “otherwise”"),
        (f"{IF}\nstep z: let 1 catch {{ step y: let a }}", "with “otherwise”"),
        (f"step p: parallel {{ {IF} step z: let a after i }}", "with “otherwise”"),
        ("step p: parallel any { step a: let 1 step b: let 2 }\nstep z: let a", "when another step of `p`"),
        (GATE % "let 1" + "step z: let no", "with “when approved”"),
        (
            "step d: do { step a: let 1 } catch { step c: let 2 }\nstep z: let a",
            "when `d` fails, its `catch` goes on",
        ),
        (
            'step i: if input.note == "x" { step r: return { status: "done" } }\nstep z: let r',
            "with “otherwise”",
        ),
    ],
)
def test_reading_what_some_way_does_not_come_past_is_an_error_that_names_the_way(
    steps: str, way: str
) -> None:
    (found,) = problems(steps, "E102")
    assert way in found.help


@pytest.mark.parametrize(
    "steps",
    [
        BOTH % 'step b: fail "no"' + "step z: let a",
        BOTH % 'step b: return { status: "done" }' + "step z: let a",
        BOTH % 'step j: if input.note == "y" { step r: fail "r" } else { step t: fail "t" }'
        + "step z: let a",
        f"{IF}\nstep z: let i",
        f"step p: parallel {{ {IF} step b: let 1 }}\nstep z: let b",
        "step p: parallel { step a: let 1 step b: let 2 }\nstep z: let a + b",
        "step p: parallel any { step a: let 1 step b: let a after a }\nstep z: let p",
        GATE % "let 1" + "step z: let g.comment",
        'step d: do { step a: let 1 } catch { step c: fail "no" }\nstep z: let a',
        "step d: let 1 catch { step c: let 2 }\nstep z: let d",
        f"{IF}\nstep f: foreach a in input.amounts {{ step z: let a }}",
        f"{IF}\nstep z: let input.amounts.map(a, a + 1.0)",
    ],
)
def test_reading_what_every_way_comes_past_is_fine(steps: str) -> None:
    assert problems(steps, "E101", "E102") == []


def test_every_reading_of_a_name_that_may_be_missing_is_marked() -> None:
    assert underlined(f"{IF}\nstep z: let a + a", "E102") == [("E102", "a"), ("E102", "a")]


def test_a_no_that_goes_on_to_what_the_gate_stands_before_is_told() -> None:
    (found,) = problems(GATE % "let 1" + PAY, "W505")
    assert found.message == "after a no, the run will stop at `pay`: it may not happen without the approval"
    assert found.help == "end the `on reject` branch with `return` or `fail`"
    assert underlined(GATE % "let 1" + PAY, "W505") == [("W505", "on reject")]


@pytest.mark.parametrize(
    "steps",
    [
        GATE % 'return { status: "not_done" }' + PAY,
        GATE % 'fail "no"' + PAY,
        'step g: approve by role "manager" { }\n' + PAY,
        GATE % "let 1" + "step z: let 2",
        PAY + GATE % "let 1",
    ],
)
def test_a_no_that_ends_or_guards_nothing_is_fine(steps: str) -> None:
    assert problems(steps, "W505") == []


def test_a_timeout_that_goes_on_is_told_too() -> None:
    steps = 'step g: approve by role "manager" { on timeout { step late: let 1 } }\n' + PAY
    (found,) = problems(steps, "W505")
    assert found.message.startswith("after no answer in time, the run will stop at `pay`")
