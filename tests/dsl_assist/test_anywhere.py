"""Whatever the text and wherever the cursor: no help raises, and what is offered can be written there."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from dsl.assist import (
    complete,
    definition,
    folding,
    hover,
    references,
    rename,
    renameable,
    semantic_tokens,
    signature,
    symbols,
)
from dsl.assist.lexing import extent, is_keyword, tokens_of
from dsl.edits import EditError
from dsl.parse import parse
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES
from tests.dsl_assist.desk import CATALOG, FORMS, FORMS_CATALOG, mutated, with_chosen

TEXTS = {
    **{name: (text, CATALOG) for name, text in EXAMPLES.items()},
    **{n: (t, FORMS_CATALOG) for n, t in FORMS.items()},
}


def _ask_everything(text: str, offset: int, catalog) -> None:  # type: ignore[no-untyped-def]
    complete(text, offset, catalog)
    hover(text, offset, catalog)
    signature(text, offset, catalog)
    definition(text, offset, catalog)
    references(text, offset, catalog)
    renameable(text, offset)
    with suppress(EditError):
        rename(text, offset, "fresh_name")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_place_of_an_example_can_be_asked_about(name: str):
    text, catalog = TEXTS[name]
    step = max(1, len(text) // 250)
    for offset in range(0, len(text) + 1, step):
        _ask_everything(text, offset, catalog)


@pytest.mark.parametrize("seed", range(60))
def test_a_text_with_a_mistake_can_be_asked_about(seed: int):
    random = Random(seed)
    text, catalog = TEXTS[random.choice(sorted(TEXTS))]
    broken = mutated(text, random)
    semantic_tokens(broken)
    symbols(broken)
    folding(broken)
    for _ in range(8):
        _ask_everything(broken, random.randrange(-2, len(broken) + 5), catalog)


@pytest.mark.parametrize("seed", programs())
def test_a_random_program_can_be_asked_about(seed: int):
    random = Random(seed)
    text = program(seed)
    semantic_tokens(text)
    symbols(text)
    folding(text)
    for _ in range(4):
        _ask_everything(text, random.randrange(len(text) + 1), CATALOG)


_NO_TEXTS = {
    "empty": "",
    "nul": "\0",
    "lone surrogate": "\ud800",
    "braces": "{" * 100_000,
    "quotes": '"' * 1_001,
    "parentheses": "workflow x { step a: let " + "(" * 50_000,
    "holes": '"' + "${" * 500,
    "backslashes": "\\" * 100_000,
    "one word": "workflow x { step a: let " + "a" * 200_000,
    "blank lines": "workflow x {\n  step a: let 1" + "\n // no\n" * 20_000 + "  step b: let ",
    "many steps": "workflow x {" + "".join(f"step s{n}: let 1\n" for n in range(3_000)),
    "too long": "x" * 600_000,
}


@pytest.mark.parametrize("text", _NO_TEXTS.values(), ids=_NO_TEXTS.keys())
def test_a_text_that_is_none_can_be_asked_about(text: str):
    for offset in (0, len(text) // 2, len(text)):
        _ask_everything(text, offset, CATALOG)


_WORDS = ("keyword", "name", "field", "tool", "argument", "type", "step", "method", "function")


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_is_offered_can_be_written_there(name: str):
    """Up to the cursor, a text with a completion chosen has no mistake but that it ends there."""
    text, catalog = TEXTS[name]
    random = Random(name)
    words = [token for token in tokens_of(text) if token[0].isalpha()]
    for token in random.sample(words, min(25, len(words))):
        written = text[: extent(token).start]
        before = max(1, len(parse(written).diagnostics))
        for one in complete(written, len(written), catalog)[:15]:
            if one.kind in _WORDS:
                chosen = with_chosen(written, one)
                assert len(parse(chosen).diagnostics) <= before, (one, written[-60:])


def _wanted(name: str) -> tuple[int, int, list[str]]:
    """How many of the words of an example are offered where they stand, of how many, and those that are not."""
    text, catalog = TEXTS[name]
    hit, missed = 0, []
    tokens = tokens_of(text)
    for number, token in enumerate(tokens):
        if not token[0].isalpha() or _made_up(tokens, number):
            continue
        span = extent(token)
        gap = text[: span.start] + text[span.end :]
        label = {"else": "else", "reject": "on reject", "timeout": "timeout"}.get(str(token), str(token))
        found = {one.label for one in complete(gap, span.start, catalog)}
        if str(token) in found or label in found:
            hit += 1
        else:
            missed.append(f"{name}:{text.count(chr(10), 0, span.start) + 1}: {token}")
    return hit, hit + len(missed), missed


def _made_up(tokens, number: int) -> bool:  # type: ignore[no-untyped-def]
    """Whether the word is a name that is given here, which nobody can foresee."""
    if is_keyword(tokens[number]):
        return False
    before = tokens[number - 1]
    two_before = tokens[number - 2]
    after = tokens[number + 1]
    declared = before.type in ("STEP", "USE", "TYPE", "SECRET", "TRIGGER", "WORKFLOW", "FOREACH", "AS", "AT")
    carried = before.type == "WITH" and after.type == "EQUAL"
    bound = (
        before.type == "LPAR" and after.type == "COMMA" and two_before in ("map", "filter", "all", "exists")
    )
    field = after.type == "COLON" and before.type in ("LBRACE", "COMMA", "DOC")
    return declared or carried or bound or field or before.type == "WEBHOOK"


def test_a_word_that_was_taken_out_is_offered_in_its_place():
    """At least 95 of 100 words of the examples that are not names being given there."""
    found = [_wanted(name) for name in sorted(TEXTS)]
    hit, total = sum(one[0] for one in found), sum(one[1] for one in found)
    missed = [word for one in found for word in one[2]]
    assert hit / total >= 0.95, f"{hit} of {total}; missed: {missed}"
