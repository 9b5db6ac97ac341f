"""What every word of a text is, for colouring by meaning: what a pattern alone cannot know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl import tree
from dsl.assist.bindings import Sort, bindings_of
from dsl.assist.lexing import extent, is_keyword, tokens_of
from dsl.parse import parse
from dsl.tree import Span
from dsl.walk import walk

Colour: TypeAlias = Literal[
    "keyword",
    "variable",
    "parameter",
    "property",
    "function",
    "method",
    "namespace",
    "type",
    "number",
    "decorator",
]
COLOURS: tuple[Colour, ...] = (
    "keyword",
    "variable",
    "parameter",
    "property",
    "function",
    "method",
    "namespace",
    "type",
    "number",
    "decorator",
)

_OF: dict[Sort, Colour] = {
    "step": "variable",
    "item": "parameter",
    "error": "parameter",
    "carry": "parameter",
    "variable": "parameter",
    "input": "property",
    "output": "property",
    "config": "property",
    "secret": "property",
    "block": "variable",
    "use": "namespace",
    "type": "type",
}


@dataclass(frozen=True, slots=True)
class Coloured:
    """``declared``: the word is introduced here."""

    span: Span
    colour: Colour
    declared: bool = False


def semantic_tokens(text: str) -> tuple[Coloured, ...]:
    """In order of place, none over another; texts and comments are left to patterns."""
    found: dict[int, Coloured] = {}
    for token in tokens_of(text):
        if is_keyword(token):
            found[extent(token).start] = Coloured(extent(token), "keyword")
        elif token.type in ("INT", "FLOAT", "DURATION"):
            found[extent(token).start] = Coloured(extent(token), "number")
    for one in _of_tree(text):
        found[one.span.start] = one
    for use in bindings_of(text).uses:
        declared = use.span == use.origin.span and use.origin.sort != "block"
        if use.origin.sort != "block" or use.span != use.origin.span:
            found[use.span.start] = Coloured(use.span, _OF[use.origin.sort], declared)
    ordered = sorted(found.values(), key=lambda one: one.span.start)
    kept: list[Coloured] = []
    for one in ordered:
        if one.span.end > one.span.start and (not kept or kept[-1].span.end <= one.span.start):
            kept.append(one)
    return tuple(kept)


def _of_tree(text: str) -> list[Coloured]:
    found: list[Coloured] = []

    def add(word: str, span: Span, colour: Colour, *, last: bool = False) -> None:
        at = (text.rfind if last else text.find)(word, span.start, span.end)
        if at >= 0:
            found.append(Coloured(Span(at, at + len(word)), colour))

    for node in walk(parse(text).workflow):
        match node:
            case tree.Member(name=name, span=span):
                add(name, span, "property", last=True)
            case tree.MethodCall(method=method, target=target, span=span):
                add(method, Span(target.span.end, span.end), "method")
            case tree.FunctionCall(function=function, span=span):
                add(function, span, "function")
            case tree.Call(tool=tool, target_span=span) | tree.ToolRef(tool=tool, span=span):
                add(tool, span, "function", last=True)
            case tree.Arg(name_span=span) if text[span.start : span.start + 1] != '"':
                found.append(Coloured(span, "property"))
            case tree.NamedType(name=name, span=span):
                add(name, span, "type")
            case tree.Annotation(name=name, span=span):
                add(name, span, "decorator")
    return found
