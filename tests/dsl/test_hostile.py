"""Input made to break a reader. A watched process reads it, so that a hang is a failure, not the end of the suite."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from dsl import format_text, parse, position
from dsl.parse import MAX_CHARACTERS
from tests.dsl.hostile import DEEP, DEPTH, MUCH, NEARLY_TOO_MUCH, TEN_MEGABYTES
from tests.dsl.texts import REFUND, meaning, step_ids
from tests.fuzz.watched import Watched

LIMIT = 60.0
"""Seconds for one thing that is done with one text, on a machine that is busy with other things."""
READERS = ("reading", "checking", "formatting", "drawing", "lowering")


@pytest.fixture(scope="module")
def child() -> Iterator[Watched]:
    with Watched(LIMIT) as watched:
        yield watched


def prove(child: Watched, text: str, targets: tuple[str, ...] = READERS) -> None:
    for target in targets:
        ended = child.run(target, text)
        if os.environ.get("WEFT_SHOW_TIMES"):
            print(f"{target:<12} {ended.seconds * 1e3:>8.0f} ms")
        assert (ended.how, ended.detail) == ("well", ""), target


@pytest.mark.parametrize("name", MUCH)
def test_ten_megabytes_are_refused_in_a_sentence(name: str):
    text = MUCH[name](TEN_MEGABYTES)
    (found,) = parse(text).diagnostics
    assert f"{len(text)} characters" in found.message and str(MAX_CHARACTERS) in found.message
    assert format_text(text) == text


@pytest.mark.parametrize("name", MUCH)
def test_as_much_as_is_read_is_read_in_bounded_time(child: Watched, name: str):
    text = MUCH[name](NEARLY_TOO_MUCH)
    assert NEARLY_TOO_MUCH * 0.9 < len(text) < MAX_CHARACTERS
    prove(child, text, ("parsing",))


@pytest.mark.parametrize("name", MUCH)
def test_much_is_checked_formatted_drawn_and_lowered_in_bounded_time(child: Watched, name: str):
    prove(child, MUCH[name](12_000))


@pytest.mark.parametrize("name", DEEP)
def test_nesting_ten_thousand_deep_ends_well(child: Watched, name: str):
    prove(child, DEEP[name](DEPTH))


@pytest.mark.parametrize("name", DEEP)
def test_nesting_of_any_depth_on_the_way_there_ends_well(child: Watched, name: str):
    """Where the limits are is where recursion could be forgotten."""
    for depth in (59, 118):
        prove(child, DEEP[name](depth))


def test_a_watched_process_that_hangs_is_told_from_one_that_is_slow():
    with Watched() as watched:
        assert watched.run("reading", "workflow a {}").how == "well"
        assert watched.run("reading", MUCH["a prompt with holes"](NEARLY_TOO_MUCH), limit=0.001).how == "hung"
        assert watched.run("reading", "workflow a {}").how == "well"


SEEN = {
    "NUL": ("let \x001", "the character U+0000 cannot stand in a workflow"),
    "an escape character": ("let 1 // \x1b[31m", "the character U+001B cannot stand in a workflow"),
    "a lone surrogate": ('let "\ud800"', "the character U+D800 cannot stand in a workflow"),
    "right to left override": (
        'let "\u202e"',
        "the character U+202E cannot stand in a workflow: it shows the text in another order",
    ),
    "an isolate in a comment": (
        "let 1 // \u2066",
        "the character U+2066 cannot stand in a workflow: it shows the text in another order",
    ),
    "an Arabic letter mark": (
        "let \u061c1",
        "the character U+061C cannot stand in a workflow: it shows the text in another order",
    ),
    "a line separator": (
        "let 1 // \u2028step y: let 2",
        "the character U+2028 cannot stand in a workflow: it looks like the end of a line and is none",
    ),
    "a zero width space": ("let 1\u200b", "the character U+200B cannot be seen and means nothing here"),
    "a byte order mark in the middle": (
        "let \ufeff1",
        "the character U+FEFF cannot be seen and means nothing here",
    ),
    "a letter of another script": ("let \u0430", "expected a value after `let`"),
    "too large a number": ("let 9223372036854775808", "this number is too large"),
    "too large a decimal number": ("let 1e400", "this number is too large"),
    "too long a time": (f"let {'99w' * 60}", "this is longer than a hundred years"),
    "too long a time with zeros": (f"wait {'0' * 300}1d", "this is longer than a hundred years"),
    "a carriage return alone": ("let 1 // note\r  step y: let 2", "a line ends with a carriage return alone"),
}


@pytest.mark.parametrize("name", SEEN)
def test_what_should_not_be_there_is_told_once_and_the_next_step_is_kept(name: str):
    line, message = SEEN[name]
    parsed = parse(f"workflow a {{\n  step x: {line}\n  step last: let 1\n}}\n")
    assert [found.message.startswith(message) for found in parsed.diagnostics] == [True]
    assert "last" in step_ids(parsed.workflow)


SOUND = {
    "the largest number": "let 9223372036854775807",
    "the smallest number": "let -9223372036854775808",
    "a number with zeros": f"let {'0' * 100}7",
    "emoji with a joiner": 'let "\U0001f469\u200d\U0001f680"',
    "a right to left mark by its number": 'let "\\u200f"',
    "JSON's two halves of one character": 'let "\\ud83d\\ude42"',
    "tabs": "let\t1\t// a\tnote",
    "a character at the end of a line": "let '\\\\'",
}


@pytest.mark.parametrize("name", SOUND)
def test_what_may_be_there_is_read(name: str):
    assert parse(f"workflow a {{\n  step x: {SOUND[name]}\n}}\n").diagnostics == ()


def test_line_ends_and_a_byte_order_mark_change_neither_the_tree_nor_the_lines():
    wrong = REFUND.replace("timeout 30s", "timeout soon", 1)
    windows = "\ufeff" + wrong.replace("\n", "\r\n")
    plain, same = parse(wrong), parse(windows)
    assert meaning(same.workflow) == meaning(plain.workflow)
    (one,), (two,) = plain.diagnostics, same.diagnostics
    assert position(wrong, one.span.start).line == position(windows, two.span.start).line
    assert wrong[one.span.start : one.span.end] == windows[two.span.start : two.span.end] == "soon"
    assert format_text("\ufeff" + REFUND.replace("\n", "\r\n")) == REFUND


def test_places_after_characters_beyond_the_first_plane_are_counted_in_characters():
    text = 'workflow a {\n  step x: let "\U0001f642\U0001f642" + y z\n}\n'
    (found,) = parse(text).diagnostics
    assert text[found.span.start : found.span.end] == "z"


DOUBLED = ["timeout 1s timeout 2s", "retry 1 retry 2", "key 1 key 2", "after a after b"]


@pytest.mark.parametrize("clauses", DOUBLED)
def test_a_clause_that_stands_twice_is_read(clauses: str):
    assert step_ids(parse(f"workflow a {{ step x: let 1 {clauses} }}").workflow) == ["x"]
