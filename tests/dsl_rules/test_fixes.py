"""A fix makes its diagnostic go away: of every diagnostic, in whole programs and in ones with mistakes in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

import dsl
from dsl.diagnostic import Diagnostic
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl_meaning.programs import PROGRAMS, WIDE
from tests.dsl_rules.rules import ROOT, applied

TEXTS = {
    **PROGRAMS,
    **{path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.weft"))},
}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]+)?|\"[^\"\n]*\"")
_LINE = re.compile(r"[^\n]*\n")


def broken(seed: int) -> str:
    """A program with a few things changed as a hurried person would: a letter, a line too few or twice, a word."""
    random = Random(seed)
    text = TEXTS[random.choice(sorted(TEXTS))]
    for _ in range(random.randrange(1, 5)):
        text = random.choice((_misspelt, _without_a_line, _with_a_line_twice, _with_another_word))(
            text, random
        )
    return text


def _misspelt(text: str, random: Random) -> str:
    word = random.choice([found for found in _WORD.finditer(text) if len(found.group()) > 3])
    at = random.randrange(word.start() + 1, word.end() - 1)
    return text[:at] + random.choice(["", "e", text[at] * 2]) + text[at + 1 :]


def _without_a_line(text: str, random: Random) -> str:
    line = random.choice(list(_LINE.finditer(text)))
    return text[: line.start()] + text[line.end() :]


def _with_a_line_twice(text: str, random: Random) -> str:
    line = random.choice(list(_LINE.finditer(text)))
    return text[: line.end()] + line.group() + text[line.end() :]


def _with_another_word(text: str, random: Random) -> str:
    words = list(_WORD.finditer(text))
    old, new = random.choice(words), random.choice(words)
    return text[: old.start()] + new.group() + text[old.end() :]


def told(text: str) -> tuple[Diagnostic, ...]:
    parsed = dsl.parse(text)
    return (*dsl.check(parsed, WIDE), *dsl.notes(parsed, WIDE))


def fixes(text: str) -> Iterator[tuple[Diagnostic, Counter[tuple[str, str]], Counter[tuple[str, str]]]]:
    """Diagnostics with a fix, a few of each code, with what was said how often before and after it was applied."""
    found = told(text)
    before = Counter((one.code, one.message) for one in found)
    tried = Counter[str]()
    for one in found:
        tried[one.code] += one.fix is not None
        if one.fix is not None and tried[one.code] <= 2:
            after = told(applied(text, one.fix))
            yield one, before, Counter((new.code, new.message) for new in after)


@pytest.mark.properties
def test_every_fix_in_a_program_with_mistakes_makes_its_diagnostic_go_away() -> None:
    tried = Counter[str]()
    for seed in programs():
        text = broken(seed)
        for one, before, after in fixes(text):
            said = (one.code, one.message)
            assert after[said] < before[said], (seed, one, applied(text, one.fix) if one.fix else "")
            tried[one.code] += 1
    assert tried.keys() >= {"E101", "E106", "E202", "E204", "W303", "W501"}, tried


@pytest.mark.properties
def test_every_fix_in_a_program_that_means_nothing_makes_its_diagnostic_go_away() -> None:
    tried = 0
    for seed in programs():
        for one, before, after in fixes(program(seed)):
            assert after[one.code, one.message] < before[one.code, one.message], (seed, one)
            tried += 1
    assert tried > len(programs()) // 10, tried
