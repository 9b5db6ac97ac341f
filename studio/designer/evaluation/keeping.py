"""Whether an edit left alone what nobody asked to change."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import places, slots


def judge_preserved(base: str, text: str, but: frozenset[str]) -> str:
    """Steps without blocks, the head of each step with blocks, and each part of the header, as they are written.

    Compared by name, line breaks and indentation aside (the formatter's business). Comments stay as well, but for those
    on top of a step that may go. ``but`` are names of steps and of header entries that may change or go; new
    ones may come.
    """
    before, after = _parts(base), _parts(text)
    for name, written in before.items():
        if name.partition(" ")[2] in but:
            continue
        if name not in after:
            return f"{name} is gone"
        if after[name] != written:
            return f"{name} is not as it was"
    lost = _comments(base, but) - _comments(text, frozenset())
    return f"the comment {min(lost)!r} is gone" if lost else ""


def _comments(text: str, but: frozenset[str]) -> set[str]:
    parsed = dsl.parse(text)
    spans = [place.step.span for place in places(parsed.workflow.body) if place.step.id in but]
    return {
        comment.text
        for comment in parsed.comments
        if not any(
            comment.span.end <= span.end and text[comment.span.end : span.start].strip() == ""
            for span in spans
        )
    }


def _parts(text: str) -> dict[str, str]:
    parsed = dsl.parse(text)
    found: dict[str, str] = {}
    for head in parsed.workflow.heads:
        match head:
            case tree.Fields(role=role, fields=fields):
                for field in fields:
                    found[f"{role} {field.name}"] = _said(text, field.span)
            case (
                tree.Use(alias=name)
                | tree.TypeDecl(name=name)
                | tree.Secret(name=name)
                | tree.Trigger(name=name)
            ):
                found[f"{type(head).__name__.lower()} {name}"] = _said(text, head.span)
    for place in places(parsed.workflow.body):
        step = place.step
        inner = [slot.block.inner for slot in slots(step)]
        pieces, at = [], step.span.start
        for span in sorted(inner, key=lambda one: one.start):
            pieces.append(text[at : span.start])
            at = span.end
        pieces.append(text[at : step.span.end])
        found[f"step {step.id}"] = "{}".join(_even(piece) for piece in pieces)
    return found


def _said(text: str, span: tree.Span) -> str:
    return _even(text[span.start : span.end])


def _even(piece: str) -> str:
    """Without what the formatter decides: where a line ends, and the comma after the last argument."""
    return re.sub(
        r"([(\[{]) | (?=[)\]}])", r"\1", re.sub(r",(?=\s*[)\]}])", "", " ".join(piece.strip(" \n,").split()))
    )
