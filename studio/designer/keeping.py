"""What a request did not touch stays, although a model wrote the whole text again.

A model that writes a text anew drops comments, descriptions and the layout of steps that it did not mean to change.
Each step and declaration that says the same in both texts is put back as it stood, together with its comments and what
stands between it and its neighbours. If the text that comes of it means anything else than what the model wrote, the
model's text is taken as it is: nothing is ever put back at the price of a change that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import dsl
from dsl import tree
from dsl.changes import changes
from dsl.edits import EditError
from dsl.edits.ground import Ground, Spanned, shifted, spliced
from dsl.edits.models import Splice
from dsl.outline import Place


def kept(base: str, text: str) -> str:
    """``text`` with everything of ``base`` that it only repeats, byte for byte."""
    old, new = Ground.of(base), Ground.of(text)
    if old.parsed.diagnostics or new.parsed.diagnostics or base == text:
        return text
    try:
        found = spliced(text, [*_heads(old, new), *_steps(old, new)])
        if old.workflow.doc and not new.workflow.doc:
            found = dsl.apply(found, dsl.SetDoc(path="", doc=old.workflow.doc)).text
    except EditError:
        return text
    again = dsl.parse(found)
    return found if not again.diagnostics and changes(new.parsed, again).same else text


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbours in both texts that say the same in both: they are taken over together with what is between them."""

    old: list[Spanned]
    new: list[Spanned]

    def splice(self, old: Ground, new: Ground) -> Splice:
        before = old.region(self.old[0]).start, old.region(self.old[-1]).end
        after = new.region(self.new[0]).start, new.region(self.new[-1]).end
        text = shifted(
            old.text[before[0] : before[1]],
            old.indent(self.old[0].span.start),
            new.indent(self.new[0].span.start),
        )
        return Splice(after[0], after[1], text)


def _runs(pairs: list[tuple[int, Spanned, int, Spanned]]) -> Iterator[_Run]:
    """``pairs`` are (place in the old block, node, place in the new block, node), in the order of the new block."""
    run, last = _Run([], []), (-2, -2)
    for i, a, j, b in pairs:
        if run.old and (i, j) != (last[0] + 1, last[1] + 1):
            yield run
            run = _Run([], [])
        run.old.append(a)
        run.new.append(b)
        last = i, j
    if run.old:
        yield run


def _heads(old: Ground, new: Ground) -> Iterator[Splice]:
    known = {_name(head): (i, head) for i, head in enumerate(old.workflow.heads)}
    pairs: list[tuple[int, Spanned, int, Spanned]] = []
    for j, head in enumerate(new.workflow.heads):
        found = known.get(_name(head))
        if found is not None and _only_repeats(old, found[1], new, head):
            pairs.append((found[0], found[1], j, head))
    yield from (run.splice(old, new) for run in _runs(pairs))


def _name(head: tree.Head) -> tuple[str, str]:
    match head:
        case tree.Use(alias=name):
            return "use", name
        case tree.Fields(role=role):
            return role, ""
        case _:
            return type(head).__name__, str(getattr(head, "name", ""))


def _steps(old: Ground, new: Ground) -> Iterator[Splice]:
    """The outermost steps that say the same, block by block; of others, the comments on top of them."""
    blocks: dict[str, list[Place]] = {}
    for place in new.places.values():
        blocks.setdefault(place.container, []).append(place)
    done: set[str] = set()
    for container, places in blocks.items():
        if any(container.startswith((f"{path}.", f"{path}/", f"{path}~")) for path in done):
            continue
        pairs: list[tuple[int, Spanned, int, Spanned]] = []
        for place in sorted(places, key=lambda one: one.index):
            was = old.places.get(place.path)
            if was is None:
                continue
            if _only_repeats(old, was.step, new, place.step):
                pairs.append((was.index, was.step, place.index, place.step))
                done.add(place.path)
            elif (lost := _lost_comments(old, was.step, new, place.step)) is not None:
                yield lost
        yield from (run.splice(old, new) for run in _runs(pairs))


def _only_repeats(old: Ground, was: Any, new: Ground, now: Any) -> bool:
    """Whether ``now`` says what ``was`` says and adds no words of its own; it may have lost some."""
    if not _same(was, now):
        return False
    return set(new.comments(new.region(now))) <= set(old.comments(old.region(was)))


def _same(was: Any, now: Any) -> bool:
    """Two parts of trees, apart from where they stand; words of documentation may be missing in ``now``."""
    if isinstance(was, tuple) and isinstance(now, tuple):
        return len(was) == len(now) and all(map(_same, was, now))
    if is_dataclass(was) and not isinstance(was, type):
        if type(was) is not type(now):
            return False
        for field in fields(was):
            one, two = getattr(was, field.name), getattr(now, field.name)
            if isinstance(one, tree.Span) or (field.name == "doc" and not two) or field.name == "lines":
                continue
            if not _same(one, two):
                return False
        return True
    return bool(was == now)


def _lost_comments(old: Ground, was: tree.Step, new: Ground, now: tree.Step) -> Splice | None:
    above, below = old.region(was), new.region(now)
    lines = old.text[above.start : was.span.start]
    if not lines.strip() or new.text[below.start : now.span.start].strip():
        return None
    indented = shifted(lines, old.indent(was.span.start), new.indent(now.span.start))
    return Splice(below.start, below.start, indented.rstrip(" \t"))


__all__ = ["kept"]
