"""Text to flat JSON and back is the same program; what is wrong with a flat program is told in sentences."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from dsl import format_text, parse
from dsl.flat import Flat, FlatError, flatten, read_flat, text_of
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES, REFUND, meaning
from tests.dsl_meaning.programs import PROGRAMS


def comments(text: str) -> Counter[str]:
    return Counter(c.text.removeprefix("//").strip() for c in parse(text).comments)


def prove(text: str) -> None:
    parsed = parse(text)
    flat = flatten(parsed)
    wire = json.loads(json.dumps(flat.model_dump(mode="json", exclude_defaults=False)))
    back = text_of(read_flat(wire))
    again = parse(back)
    assert again.diagnostics == ()
    assert meaning(again.workflow) == meaning(parsed.workflow)
    assert comments(back) == comments(text)


@pytest.mark.parametrize("name", [*EXAMPLES, *PROGRAMS])
def test_a_written_program_comes_back_with_the_same_tree_and_every_comment(name: str):
    text = {**EXAMPLES, **PROGRAMS}[name]
    prove(text)
    back = text_of(flatten(parse(text)))
    assert format_text(back) == back == text_of(flatten(parse(back)))


@pytest.mark.properties
def test_any_program_comes_back_with_the_same_tree_and_every_comment():
    tried = 0
    for seed in programs():
        text = program(seed)
        if parse(text).diagnostics:
            continue
        tried += 1
        try:
            prove(text)
        except (AssertionError, FlatError) as wrong:
            raise AssertionError(f"seed {seed}") from wrong
    assert tried > len(programs()) // 2


def test_a_comment_goes_with_the_step_it_belongs_to():
    steps = {step.id: step for step in flatten(parse(REFUND)).steps}
    assert steps["gate"].comments == ("Everything above the threshold stops here until a person says yes.",)
    assert steps["notify_failed"].note == "a failed e-mail must not undo the refund"
    assert (steps["approval"].block, steps["notify_failed"].block) == ("gate/then", "notify/catch0")


MINIMAL: dict[str, Any] = {
    "workflow": "w",
    "steps": [
        {"id": "b", "block": "a/then", "do": {"kind": "let", "value": "1"}},
        {"id": "a", "do": {"kind": "if", "branches": [{"tests": ["true"]}]}},
        {"id": "c", "do": {"kind": "call", "tool": "shop.get", "args": [{"name": "a b", "value": "a"}]}},
    ],
}


def test_steps_may_be_listed_before_the_block_they_stand_in():
    assert text_of(read_flat(MINIMAL)) == (
        'workflow w {\n  step a: if true {\n    step b: let 1\n  }\n\n  step c: call shop.get("a b": a)\n}\n'
    )


def step(**parts: Any) -> dict[str, Any]:
    return {"workflow": "w", "steps": [{"id": "a", "do": {"kind": "let", "value": "1"}, **parts}]}


WRONG = {
    "no object": ([], "the program: "),
    "an unknown kind": (step(do={"kind": "jump"}), "step `a`, `do`: "),
    "a missing value": (step(do={"kind": "let"}), "step `a`, `do.value`: this is missing"),
    "a field too many": (step(colour=1), "step `a`, `colour`: there is no such field: leave it out"),
    "a bad name": (step(id="a b"), "step `a b`, `id`: this is not written as it should be"),
    "a bad time": (step(clauses=[{"clause": "timeout", "time": "soon"}]), "step `a`, `clauses[0].time`: "),
    "no such block": (step(block="x/then"), "there is no block `x/then` for `a` to stand in"),
    "no expression": (
        step(do={"kind": "let", "value": "1 +"}),
        "step `a`, `do.value`: `1 +` is no expression",
    ),
    "a step in an expression": (
        step(do={"kind": "let", "value": "1 step b: let 2"}),
        "is no expression that can be read",
    ),
    "a comment in an expression": (
        step(do={"kind": "if", "branches": [{"tests": ["true // {"]}]}),
        "leave comments and braces out",
    ),
    "a step in a comment": (step(comments=["x\nstep b: let 2"]), ""),
    "no type": (
        {"workflow": "w", "header": [{"part": "type", "name": "T", "type": "{"}]},
        "the header's `type`, `type`: `{` is no type",
    ),
    "a name of the language": (step(id="input"), "that name means something already"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_in_sentences_that_name_the_step(name: str):
    value, told = WRONG[name]
    if not told:
        assert [one.id for one in parse(text_of(read_flat(value))).workflow.body.steps] == ["a"]
        return
    with pytest.raises(FlatError) as found:
        text_of(read_flat(value))
    assert any(told in problem for problem in found.value.problems), found.value.problems


def test_endless_nesting_is_a_problem_and_no_crash():
    steps = [{"id": "s0", "do": {"kind": "do"}}]
    path = "s0"
    for number in range(1, 200):
        steps.append({"id": f"s{number}", "block": f"{path}/body", "do": {"kind": "do"}})
        path += f".s{number}"
    with pytest.raises(FlatError, match="nested too deeply"):
        text_of(read_flat({"workflow": "w", "steps": steps}))


def test_the_schema_has_no_recursion_and_names_every_kind_of_step():
    schema = Flat.model_json_schema()
    definitions = schema["$defs"]

    def below(name: str, above: frozenset[str]) -> None:
        assert name not in above
        for other in definitions:
            if f'"#/$defs/{other}"' in json.dumps(definitions[name]):
                below(other, above | {name})

    for name in definitions:
        below(name, frozenset())
    assert {"Call", "Approve", "Loop", "WaitEvent", "Catch"} <= set(definitions)


def test_a_text_that_cannot_be_read_whole_is_not_told():
    with pytest.raises(ValueError, match="cannot be read whole"):
        flatten(parse(REFUND.replace("timeout 10s", "timeout soon")))
