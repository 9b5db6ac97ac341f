"""Reading a text: a tree, its comments and its problems. Never raises."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any
from weakref import WeakValueDictionary

from lark import TextSlice, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from dsl import tree
from dsl.again import Known, Trail
from dsl.building.reading import MOST_PROBLEMS, Reading, reading
from dsl.diagnostic import Diagnostic
from dsl.grammar import grammar
from dsl.recovery import Blind, Reader, TooDeep
from dsl.tree import Comment, Span, Workflow
from dsl.walk import parts_of

MAX_CHARACTERS = 250_000
MAX_HOLES = 5_000
MAX_DEPTH = 120
"""Levels of the tree, so that whoever walks it may recurse."""

_LEAST = 2
"""Levels above every step: the workflow and its body."""
_ATTEMPTS = 4

_CHAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*")
_MOST_UNSEEN = 5
_QUOTED = 80
_DEEP = "this is nested too deeply"
_FLATTER = "make it flatter: give the inner parts steps of their own"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\ud800-\udfff\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
)
"""Characters that nothing can hold, and those that make a text look other than it is: they turn its direction or
break its lines for the eye alone. In a string they can be written as ``\\u200f``."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Parsed:
    """What ``text`` says. With syntax errors, ``workflow`` holds the steps that could be kept.

    ``diagnostics`` are those of reading alone (E001, E002), in order of place; spans count in ``text``. ``trail`` is
    for reading a text that is much the same.
    """

    text: str
    workflow: Workflow
    diagnostics: tuple[Diagnostic, ...]
    comments: tuple[Comment, ...]
    trail: Trail = field(default=Trail(), compare=False, repr=False)


def parse(text: str, near: Parsed | None = None) -> Parsed:
    """Read a whole workflow. The last few texts are remembered: an edit and its proof read the same ones.

    With ``near``, the reading of a text that differs in one place, only what changed is read; the result is the same.
    """
    found = _alive.get(text) or _parse(text, near)
    _alive[text] = found
    _latest.append(found)
    return found


def forget() -> None:
    """Forget the texts that were read: the next parse reads."""
    _latest.clear()
    _alive.clear()


_alive: WeakValueDictionary[str, Parsed] = WeakValueDictionary()
"""Readings that somebody holds: an open text is read once, whoever asks."""
_latest: deque[Parsed] = deque(maxlen=16)


def _parse(text: str, near: Parsed | None) -> Parsed:
    if len(text) > MAX_CHARACTERS:
        return _refused(
            text,
            f"this text has {len(text)} characters; a workflow may have {MAX_CHARACTERS}",
            "split it into workflows that run each other",
            Span(0, 0),
        )
    clean = readable(text)
    known = _known(near, clean)
    for _ in range(_ATTEMPTS if known else 0):
        try:
            return _read(text, clean, known)
        except Blind as blind:
            assert known is not None
            known.refused |= blind.starts
    return _read(text, clean, None)


def _known(near: Parsed | None, clean: str) -> Known | None:
    """What ``near`` is good for; None where what is counted over a whole text may make a difference."""
    if (
        near is None
        or not near.trail.clean
        or len(near.diagnostics) >= MOST_PROBLEMS
        or max(near.trail.clean.count("${"), clean.count("${")) > MAX_HOLES
    ):
        return None
    spans = (found.span for found in near.diagnostics)
    known = Known(near.workflow, near.comments, spans, near.trail, clean)
    return known if known.worthwhile else None


def _read(text: str, clean: str, known: Known | None) -> Parsed:
    problems = _unseen(text)
    state = Reading(hole=lambda start, end: _hole(clean, state, start, end), problems=problems)
    reader = Reader(clean, state.problem, known)
    try:
        with reading(state):
            workflow = reader.run()
    except TooDeep as deep:
        return _refused(text, _DEEP, _FLATTER, deep.args[0])
    deepest = 0
    if workflow is None:
        workflow = _nothing(text)
        if not state.problems:
            message = "there is no workflow here"
            state.problem("E001", message, "begin with: workflow my_name { ... }", Span(0, len(text)))
    else:
        place, deepest = _depth(workflow, reader.taken, known.deepest if known else 0)
        if place is not None:
            return _refused(text, _DEEP, _FLATTER, place)
    ordered = sorted(state.problems, key=lambda problem: (problem.span.start, problem.span.end))
    trail = Trail(clean, reader.footings, tuple(reader.scars), deepest)
    return Parsed(text, workflow, tuple(ordered), tuple(reader.comments), trail)


def expression_problem(source: str) -> str | None:
    """Why ``source`` cannot stand where an expression is wanted; None when it can."""
    problems: list[Diagnostic] = []
    state = Reading(hole=lambda start, end: _hole(source, state, start, end), problems=problems)
    with reading(state):
        found = _expression(source, 0, len(source))
    if found is None or _depth(found)[0] is not None:
        return f"`{_in_one_line(source)}` is no expression that can be read"
    return problems[0].message if problems else None


def readable(text: str) -> str:
    """The text as the lexer sees it, character by character in its place: a byte order mark and what nobody can see
    made blank, a carriage return that ends a line made a line feed."""
    clean = " " + text[1:] if text.startswith("\ufeff") else text
    return _UNSEEN.sub(lambda found: "\n" if found.group() == "\r" else " ", clean)


def _unseen(text: str) -> list[Diagnostic]:
    """The first of each sort of character that cannot stand in a workflow."""
    found: dict[str, int] = {}
    for match in _UNSEEN.finditer(text):
        found.setdefault(match.group(), match.start())
        if len(found) == _MOST_UNSEEN:
            break
    return [_cannot_stand(char, at) for char, at in found.items()]


def _cannot_stand(char: str, at: int) -> Diagnostic:
    span = Span(at, at + 1)
    code = f"U+{ord(char):04X}"
    if char == "\r":
        message, help = (
            "a line ends with a carriage return alone",
            "save the file with line feeds (LF or CRLF)",
        )
    elif char == "\x85" or "\u2028" <= char <= "\u2029":
        message = (
            f"the character {code} cannot stand in a workflow: it looks like the end of a line and is none"
        )
        help = f"remove it; in a string write `\\u{ord(char):04x}`"
    elif char > "\u0600" and not "\ud800" <= char <= "\udfff":
        message = f"the character {code} cannot stand in a workflow: it shows the text in another order"
        help = f"remove it; in a string write `\\u{ord(char):04x}`"
    else:
        message, help = f"the character {code} cannot stand in a workflow", "remove it"
    return Diagnostic("E001", "error", message, span, help)


def _refused(text: str, message: str, help: str, span: Span) -> Parsed:
    return Parsed(text, _nothing(text), (Diagnostic("E001", "error", message, span, help),), ())


def _nothing(text: str) -> Workflow:
    nowhere = Span(len(text), len(text))
    return Workflow("", "", (), tree.Block((), None, nowhere, nowhere), nowhere, Span(0, len(text)))


def _depth(root: Any, taken: Sequence[tree.Step] = (), deepest: int = 0) -> tuple[Span | None, int]:
    """Where the tree goes below ``MAX_DEPTH``, and a bound of how deep it is; walked without recursion.

    ``taken`` steps come from a tree that was no deeper than ``deepest``: where that is enough, they are not walked.
    """
    known = {id(step) for step in taken}
    waiting: list[tuple[Any, int]] = [(root, 0)]
    most = 0
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend((item, depth) for item in node)
        elif is_dataclass(node):
            if id(node) in known and depth + deepest - _LEAST <= MAX_DEPTH:
                most = max(most, depth + deepest - _LEAST)
                continue
            if depth > MAX_DEPTH:
                return getattr(node, "span", Span(0, 0)), depth
            most = max(most, depth)
            waiting.extend((getattr(node, name), depth + 1) for name in parts_of(type(node)))
    return None, most


def _plain_chain(text: str, start: int, end: int) -> tree.Expr | None:
    """``order.customer.name``, which most holes hold, without the parser."""
    if not _CHAIN.fullmatch(text, start, end):
        return None
    first, *rest = text[start:end].split(".")
    if first in ("true", "false", "null"):
        return None
    at = start + len(first)
    found: tree.Expr = tree.Name(first, Span(start, at))
    for name in rest:
        at += 1 + len(name)
        found = tree.Member(found, name, False, Span(start, at))
    return found


def _expression(text: str, start: int, end: int) -> tree.Expr | None:
    parser = grammar().parse_interactive(TextSlice(text, start, end), start="expr")
    try:
        last = start
        for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
            last = token.end_pos or last
            parser.feed_token(token)
        return parser.feed_token(Token("$END", "", last, end_pos=last))  # type: ignore[no-any-return]
    except (UnexpectedToken, UnexpectedCharacters):
        return None


def _hole(text: str, state: Reading, start: int, end: int) -> tree.Expr:
    state.holes += 1
    if state.holes > MAX_HOLES:
        if state.holes == MAX_HOLES + 1:
            message = f"this text has more than {MAX_HOLES} `${{...}}`"
            state.problem(
                "E002", message, "make the texts shorter, or build them in steps", Span(start - 2, end + 1)
            )
        return tree.Constant("", Span(start, end))
    found = _plain_chain(text, start, end) or _expression(text, start, end)
    if found is None:
        state.problem(
            "E002",
            f"`{_in_one_line(text[start - 2 : end + 1])}` holds no expression that can be read",
            "put one expression between the braces, with 'single quotes' around text, like ${order.total}",
            Span(start - 2, end + 1),
        )
    return found or tree.Constant("", Span(start, end))


def _in_one_line(text: str) -> str:
    """A piece of a text as a message can quote it: without line breaks, and no longer than a glance."""
    line = " ".join(text[: _QUOTED * 4].split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 4].rstrip() + "...}"
