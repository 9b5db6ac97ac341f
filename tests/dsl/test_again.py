"""Reading a text near one that was read gives what reading it alone gives."""

from __future__ import annotations

from random import Random

import pytest

import dsl
from dsl.parse import forget
from tests.bench.dsl import program as mixed
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import ROOT

PIECES = [
    *(
        "{",
        "}",
        '"',
        '"""',
        "'",
        "//",
        "///",
        "\n",
        " ",
        "(",
        ")",
        "[",
        "]",
        ".",
        ",",
        ":",
        "a",
        "step",
        "${",
    ),
    *(
        "\r",
        "\u200f",
        "\x00",
        '"${',
        '}"',
        "((((((((((",
        "9223372036854775808",
        "on ",
        "with ",
        "step ",
        "}\n}\n",
    ),
    *(
        "step x: let 1\n",
        "step step: let step",
        "else {",
        "timeout 3s",
        "retry 3 backoff 1s",
        "yield 3",
        'key "x"',
    ),
    *(
        "@x(a: 1)\n",
        "/// doc\n",
        "// note\n",
        "foreach q in [1] {\n",
        'catch "x" as e {',
        "parallel {",
        'case "a" {',
    ),
]


def edited(text: str, chance: Random) -> str:
    """What somebody might do to a text at one place: type, delete, type over, move, paste twice."""
    at = chance.randrange(len(text) + 1)
    match chance.randrange(6):
        case 0 | 1:
            return text[:at] + chance.choice(PIECES) + text[at:]
        case 2:
            return text[:at] + text[at + chance.choice([1, 1, 2, 5, 30]) :]
        case 3:
            return text[:at] + chance.choice(PIECES) + text[at + chance.choice([1, 2, 10]) :]
        case 4:
            end = at + chance.choice([20, 200])
            piece, rest = text[at:end], text[:at] + text[end:]
            to = chance.randrange(len(rest) + 1)
            return rest[:to] + piece + rest[to:]
        case _:
            return text[: at + 300] + text[at : at + 300] + text[at + 300 :]


def alone(text: str) -> dsl.Parsed:
    forget()
    return dsl.parse(text)


def same(one: dsl.Parsed, other: dsl.Parsed) -> bool:
    """Also in what they leave behind for the next reading."""
    trails = [(dict(it.trail.footings), it.trail.scars) for it in (one, other)]
    return one == other and trails[0] == trails[1]


def written(seed: int) -> str:
    if seed % 4 == 0:
        return program(seed)
    paths = sorted((ROOT / "examples").rglob("*.weft"))
    return [mixed(25), mixed(60), paths[seed % len(paths)].read_text(encoding="utf-8")][seed % 4 - 1]


@pytest.mark.properties
def test_a_text_read_near_another_is_read_as_if_it_were_alone() -> None:
    """Each text is read near the one before it, so that what is taken over was itself taken over."""
    for seed in range(max(24, len(programs()) // 12)):
        chance = Random(seed)
        text = written(seed)
        near = alone(text)
        for turn in range(6):
            text = edited(text, chance)
            found = dsl.parse(text, near)
            assert same(found, alone(text)), (seed, turn)
            near = found


@pytest.mark.properties
def test_steps_that_only_moved_are_taken_over_wherever_they_stand() -> None:
    text = mixed(60)
    first = alone(text)
    at = text.index("step news1:")
    found = dsl.parse(text[:at] + "step new: wait 5m\n  " + text[at:], first)
    before, after = first.workflow.body.steps, found.workflow.body.steps
    assert after[0] is before[0], "a step far before the change is the very same"
    assert [step.id for step in after if step.id != "new"] == [step.id for step in before]
    assert after[-1] == alone(found.text).workflow.body.steps[-1]


def test_a_step_that_is_continued_behind_its_end_is_read_again() -> None:
    """The negative control: its own characters are the same, and yet it is another step."""
    text = "workflow w {\n" + "".join(f"  step s{n}: wait 1s\n" for n in range(40)) + "}\n"
    first = alone(text)
    at = text.index("  step s20:")
    found = dsl.parse(text[:at] + "    timeout 3s\n" + text[at:], first)
    [step] = [step for step in found.workflow.body.steps if step.clauses]
    assert step.id == "s19"


def test_a_mistake_behind_known_steps_is_told_with_the_words_before_it() -> None:
    text = "workflow w {\n" + "".join(f"  step s{n}: let {n}\n" for n in range(60)) + "}\n"
    first = alone(text)
    wrong = text.replace("  step s58", "  stop s58")
    assert same(dsl.parse(wrong, first), alone(wrong))
