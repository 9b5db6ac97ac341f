"""Reading a text: a tree, its comments and its problems. Never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lark import TextSlice, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from dsl import tree
from dsl.building.reading import Reading, reading
from dsl.diagnostic import Diagnostic
from dsl.grammar import grammar
from dsl.tree import Comment, Span, Workflow

MAX_CHARACTERS = 500_000
_COMMENT = re.compile(r"//[^\n]*")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What ``text`` says. With syntax errors, ``workflow`` holds the steps that could be kept.

    ``diagnostics`` are those of reading alone (E001, E002), in order of place; spans count in ``text``.
    """

    text: str
    workflow: Workflow
    diagnostics: tuple[Diagnostic, ...]
    comments: tuple[Comment, ...]


def parse(text: str) -> Parsed:
    """Read a whole workflow."""
    state = Reading(hole=lambda start, end: _hole(text, state, start, end))
    comments: list[Comment] = []
    with reading(state):
        try:
            workflow = _run(text, comments)
        except (UnexpectedToken, UnexpectedCharacters) as error:
            at = error.pos_in_stream or 0
            state.problem("E001", "this cannot be read", "look at the text around here", Span(at, at + 1))
            workflow = empty(text)
    return Parsed(text, workflow, tuple(state.problems), tuple(comments))


def empty(text: str) -> Workflow:
    nowhere = Span(len(text), len(text))
    return Workflow("", "", (), tree.Block((), None, nowhere, nowhere), nowhere, Span(0, len(text)))


def _run(text: str, comments: list[Comment]) -> Workflow:
    parser = grammar().parse_interactive(text, start="start")
    end = 0
    for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
        if "//" in (gap := text[end : token.start_pos]):
            comments.extend(comments_in(text, end, gap))
        end = token.end_pos or end
        parser.feed_token(token)
    if "//" in (gap := text[end:]):
        comments.extend(comments_in(text, end, gap))
    return parser.feed_token(Token("$END", "", end, end_pos=end))  # type: ignore[no-any-return]


def comments_in(text: str, start: int, gap: str) -> list[Comment]:
    """The ``//`` comments of ``gap``, which stands at ``start`` and has no other tokens in it."""
    found = []
    for match in _COMMENT.finditer(gap):
        begin = start + match.start()
        comment = match.group().rstrip()
        trailing = bool(text[text.rfind("\n", 0, begin) + 1 : begin].strip())
        found.append(Comment(comment, trailing, Span(begin, begin + len(comment))))
    return found


def _hole(text: str, state: Reading, start: int, end: int) -> tree.Expr:
    parser = grammar().parse_interactive(TextSlice(text, start, end), start="expr")
    try:
        last = start
        for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
            last = token.end_pos or last
            parser.feed_token(token)
        return parser.feed_token(Token("$END", "", last, end_pos=last))  # type: ignore[no-any-return]
    except (UnexpectedToken, UnexpectedCharacters):
        state.problem(
            "E002",
            f"`{text[start - 2 : end + 1]}` holds no expression that can be read",
            "put one expression between the braces, with 'single quotes' around text, like ${order.total}",
            Span(start - 2, end + 1),
        )
        return tree.Constant("", Span(start, end))
