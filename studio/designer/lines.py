"""Two texts, line by line, as runs that belong to one step or one line of the header each. Pure.

A line belongs to the innermost step that it is written in; a comment or an empty line belongs to what it stands before.
Lines are one another's only where their steps are, so a run never mixes what two steps have changed, and a text made
of old and new runs in any choice is one text or the other in each of its steps.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import TypeAlias

from dsl import Parsed, tree
from dsl.outline import places

Owner: TypeAlias = str
"""A step as "step PATH" with its path in the new text ("gone PATH" when only the old one has it), a piece of the header
as "use shop" or "config.limit", "" for what is left of the text."""


@dataclass(frozen=True, slots=True)
class Run:
    """Lines of one owner in their order; ``old`` and ``new`` are the same where nothing changed."""

    owner: Owner
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def same(self) -> bool:
        return self.old == self.new


def runs(old: Parsed, new: Parsed, partners: Mapping[str, str]) -> tuple[Run, ...]:
    """``partners``: the path in the new text for each step of the old one that is still there. The old lines of all
    runs are the old text, the new lines the new one."""
    blocks = _blocks(old) & _blocks(new)
    before = _owned(old, blocks, {place: f"step {path}" for place, path in partners.items()}, "gone ")
    after = _owned(new, blocks, {}, "step ")
    found: list[Run] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            for owner, group in groupby(before[i1:i2], key=lambda line: line[0]):
                lines = tuple(text for _, text in group)
                found.append(Run(owner, lines, lines))
        else:
            found += _split(before[i1:i2], after[j1:j2])
    return tuple(found)


_Line: TypeAlias = tuple[Owner, str]


def _split(before: Sequence[_Line], after: Sequence[_Line]) -> Iterator[Run]:
    """A place where both differ, an owner at a time."""
    olds, news = _grouped(before), _grouped(after)
    names = [owner for owner, _ in olds], [owner for owner, _ in news]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, *names, autojunk=False).get_opcodes():
        if tag == "equal":
            for (owner, was), (_, now) in zip(olds[i1:i2], news[j1:j2], strict=True):
                yield Run(owner, was, now)
        else:
            yield from (Run(owner, was, ()) for owner, was in olds[i1:i2])
            yield from (Run(owner, (), now) for owner, now in news[j1:j2])


def _grouped(lines: Sequence[_Line]) -> list[tuple[Owner, tuple[str, ...]]]:
    return [
        (owner, tuple(text for _, text in group)) for owner, group in groupby(lines, key=lambda line: line[0])
    ]


def lines_of(text: str) -> list[str]:
    """Lines with their ends: joined, they are the text."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _blocks(parsed: Parsed) -> frozenset[str]:
    """The blocks of the header whose fields stand on lines of their own. A field is a piece of its own only where its
    block is such a one in both texts."""
    return frozenset(
        head.role
        for head in parsed.workflow.heads
        if isinstance(head, tree.Fields) and all(_begins(parsed, field.span) for field in head.fields)
    )


def _begins(parsed: Parsed, span: tree.Span) -> bool:
    """Whether nothing stands before it on its line."""
    return not parsed.text[: span.start].rpartition("\n")[2].strip()


def _owned(parsed: Parsed, blocks: frozenset[str], known: Mapping[str, Owner], otherwise: str) -> list[_Line]:
    """Every line with its owner. Inner steps stand behind the outer ones, so the last that covers a line has it."""
    lines = lines_of(parsed.text)
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line)
    owners = [""] * len(lines)
    begins: dict[int, Owner] = {}

    def cover(span: tree.Span, owner: Owner) -> None:
        first = bisect_right(starts, span.start) - 1
        last = bisect_right(starts, max(span.start, span.end - 1)) - 1
        for n in range(max(first, 0), min(last, len(lines) - 1) + 1):
            owners[n] = owner
        begins.setdefault(first, owner)

    for head in parsed.workflow.heads:
        cover(head.span, _named(head))
        if isinstance(head, tree.Fields) and head.role in blocks:
            for field in head.fields:
                cover(field.span, f"{head.role}.{field.name}")
    for place in places(parsed.workflow.body):
        owner = known.get(place.path, otherwise + place.path)
        cover(place.step.span, owner)
        begins[bisect_right(starts, place.step.span.start) - 1] = owner
    following = ""
    for n in reversed(range(len(lines))):
        bare = lines[n].strip()
        if n in begins:
            following = begins[n]
        elif bare and not bare.startswith("//"):
            following = ""
        elif following and (not bare or bare.startswith("//")):
            owners[n] = following
    return list(zip(owners, lines, strict=True))


def _named(head: tree.Head) -> Owner:
    match head:
        case tree.Use(alias=alias):
            return f"use {alias}"
        case tree.Fields(role=role):
            return role
        case tree.TypeDecl(name=name) | tree.Secret(name=name) | tree.Trigger(name=name):
            return f"{type(head).__name__.lower()} {name}"


__all__ = ["Owner", "Run", "lines_of", "runs"]
