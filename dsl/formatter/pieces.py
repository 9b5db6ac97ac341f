"""A text as the formatter sees it: tokens and comments in order, and what the tree says about some of them."""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
from dataclasses import dataclass
from typing import Any, Literal

from lark import Token

from dsl import tree
from dsl.grammar import grammar
from dsl.parse import Parsed, readable
from dsl.tree import Span
from dsl.walk import walk

BraceKind = Literal["steps", "items", "switch", "fields"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One token or comment. ``blank``: an empty line stands before it; ``trailing``: a comment behind something."""

    type: str
    text: str
    start: int
    blank: bool
    trailing: bool = False

    @property
    def comment(self) -> bool:
        return self.type == "COMMENT"


@dataclass(frozen=True, slots=True)
class Source:
    """``braces`` names the opening braces that are no values; ``types`` and ``choices`` are the offsets of tokens
    inside types and of the ``:`` of conditional expressions."""

    pieces: tuple[Piece, ...]
    braces: dict[int, BraceKind]
    types: frozenset[int]
    choices: frozenset[int]


def tokens(text: str) -> list[Token]:
    """The tokens of a text without errors."""
    parser = grammar().parse_interactive(text, start="start")
    parser.parser_state.parse_conf = copy(parser.parser_state.parse_conf)
    parser.parser_state.parse_conf.callbacks = {}
    found = []
    for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
        found.append(token)
        parser.feed_token(token)
    return found


def source(parsed: Parsed) -> Source:
    """``parsed`` has no errors."""
    text = readable(parsed.text)
    found = tokens(text)
    places = sorted(
        [(token.start_pos or 0, token.end_pos or 0, token.type, str(token), False) for token in found]
        + [(c.span.start, c.span.end, "COMMENT", c.text, c.trailing) for c in parsed.comments]
    )
    pieces = []
    before = 0
    for start, end, type, written, trailing in places:
        blank = before > 0 and text.count("\n", before, start) > 1
        pieces.append(Piece(type, written.rstrip() if type == "DOC" else written, start, blank, trailing))
        before = end
    starts = [token.start_pos or 0 for token in found]
    types: set[int] = set()
    choices: set[int] = set()
    for node in walk(parsed.workflow):
        match node:
            case tree.Field(type=type_) | tree.TypeDecl(type=type_):
                types.update(_within(starts, type_.span))
            case tree.Agent(output=output) if output is not None:
                types.update(_within(starts, output.span))
            case tree.Conditional(then=then, other=other):
                choices.update(_within(starts, Span(then.span.end, other.span.start)))
    return Source(tuple(pieces), _braces(parsed.workflow, found), frozenset(types), frozenset(choices))


def _within(starts: list[int], span: Span) -> list[int]:
    return starts[bisect_left(starts, span.start) : bisect_left(starts, span.end)]


def _braces(workflow: tree.Workflow, found: list[Token]) -> dict[int, BraceKind]:
    opening = [token.start_pos or 0 for token in found if token.type == "LBRACE"]
    kinds: dict[int, BraceKind] = {}

    def first(after: int) -> int:
        return opening[bisect_left(opening, after)]

    nodes: Any = walk(workflow)
    for node in nodes:
        match node:
            case tree.Block(span=span):
                kinds[span.start] = "steps"
            case tree.Agent(model=model):
                kinds[first(model.span.end)] = "items"
            case tree.Approve(approvers=approvers):
                kinds[first(approvers[-1].span.end)] = "items"
            case tree.Switch(subject=subject):
                kinds[first(subject.span.end)] = "switch"
            case tree.Fields(span=span):
                kinds[first(span.start)] = "fields"
    return kinds
