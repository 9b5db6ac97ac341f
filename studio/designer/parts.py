"""A change cut into pieces that a person can take one by one. Pure.

A piece is what happened to one step (or one line of the header), with all that makes no sense without it: the inside
of a new block, both ends of a move, a connector that only a new step uses. Its name is what :mod:`dsl.changes` says.
All pieces together are the change, none of them is the text as it was. Whether a choice of pieces is a workflow that
can run is found by trying, in :mod:`studio.designer.choosing`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

import dsl
from dsl import Parsed
from dsl.catalog import Catalog
from dsl.changes import Change, changes
from dsl.changes.change import (
    HeadChanged,
    StepAdded,
    StepMoved,
    StepRemoved,
    StepRenamed,
    StepsUnwrapped,
    StepsWrapped,
    WordsChanged,
)
from dsl.changes.matching import Matching, match
from dsl.changes.meaning import Spot, Text
from studio.designer.lines import Owner, Run, runs

WHOLE = "1"
"""The only part of a change that cannot be cut."""


@dataclass(frozen=True, slots=True)
class Part:
    """``title`` and ``more`` are sentences; ``risks`` say in what it lowers safety. ``old`` and ``new`` are the steps
    it is about, by their paths in either text; ``added`` and ``removed`` count lines."""

    id: str
    title: str
    more: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    added: int = 0
    removed: int = 0

    @property
    def lowers(self) -> bool:
        return bool(self.risks)


class NotApart(ValueError):
    """This choice of parts is no text that can be read; the message says so in words."""


def parts(base: str, text: str, catalog: Catalog | None = None) -> tuple[Part, ...]:
    """The pieces of the change from ``base`` to ``text``, in the order of the text; empty when nothing changed."""
    return tuple(part for part, _ in _cut(base, text, catalog).parts)


def with_parts(base: str, text: str, chosen: Collection[str]) -> str:
    """``base`` with the chosen parts of the change, by their ids.

    Raises ValueError for a part that is not there, :class:`NotApart` when the choice does not parse.
    """
    cut = _cut(base, text, None)
    known = {part.id for part, _ in cut.parts}
    if unknown := sorted(set(chosen) - known):
        raise ValueError(f"There is no part {unknown[0]!r}; there are {len(known)}.")
    taken = {number for part, numbers in cut.parts if part.id in chosen for number in numbers}
    if not taken:
        return base
    if len(set(chosen)) == len(known):
        return text
    made = "".join(
        line for number, run in enumerate(cut.runs) for line in (run.new if number in taken else run.old)
    )
    broken = [d for d in dsl.parse(made).diagnostics if d.severity == "error"]
    if broken and not _broken(dsl.parse(base)):
        raise NotApart(f"These parts cannot be taken without the others: {broken[0].message}")
    return made


@dataclass(frozen=True, slots=True)
class _Cut:
    """``parts`` with the numbers of the runs that are theirs."""

    runs: tuple[Run, ...]
    parts: tuple[tuple[Part, frozenset[int]], ...]


def _cut(base: str, text: str, catalog: Catalog | None) -> _Cut:
    if base == text:
        return _Cut((), ())
    old, new = dsl.parse(base), dsl.parse(text)
    if not base.strip() or _broken(old) or _broken(new):
        found = changes(old, new, catalog).sentences() if base.strip() else ("The whole workflow is new.",)
        run = Run("", tuple(base.splitlines(True)), tuple(text.splitlines(True)))
        whole = Part(WHOLE, found[0], found[1:], (), (), (), len(run.new), len(run.old))
        return _Cut((run,), ((whole, frozenset({0})),))
    matching = match(Text(old.workflow), Text(new.workflow))
    partners = {one.path: other.path for one, other in matching.pairs()}
    rows = runs(old, new, partners)
    told = changes(old, new, catalog).changes
    groups = _Groups()
    changed = [n for n, run in enumerate(rows) if not run.same]
    for number in changed:
        groups.add(rows[number].owner)
    _bind(groups, told, matching)
    _bind_names(groups, told, [rows[n] for n in changed])
    _bind_rest(groups, told, rows, changed)
    made: list[tuple[Part, frozenset[int]]] = []
    ids = count(1)
    for owners in groups.sets():
        numbers = frozenset(n for n in changed if rows[n].owner in owners)
        if numbers:
            part = _part(str(next(ids)), owners, told, [rows[n] for n in sorted(numbers)], partners)
            made.append((part, numbers))
    return _Cut(rows, tuple(made))


def _broken(parsed: Parsed) -> bool:
    return any(d.severity == "error" for d in parsed.diagnostics)


# ---- what belongs together ---------------------------------------------------------------------------------------


class _Groups:
    """Owners that go together, in the order in which they came."""

    def __init__(self) -> None:
        self._of: dict[Owner, Owner] = {}

    def add(self, owner: Owner) -> None:
        self._of.setdefault(owner, owner)

    def __contains__(self, owner: Owner) -> bool:
        return owner in self._of

    def root(self, owner: Owner) -> Owner:
        while self._of[owner] != owner:
            owner = self._of[owner]
        return owner

    def join(self, owners: Iterable[Owner]) -> None:
        roots = [self.root(one) for one in owners if one in self._of]
        order = list(self._of)
        for other in roots[1:]:
            first, second = sorted((self.root(roots[0]), self.root(other)), key=order.index)
            self._of[second] = first

    def sets(self) -> list[frozenset[Owner]]:
        found: dict[Owner, set[Owner]] = {}
        for owner in self._of:
            found.setdefault(self.root(owner), set()).add(owner)
        return [frozenset(owners) for owners in found.values()]


def _bind(groups: _Groups, told: tuple[Change, ...], matching: Matching) -> None:
    """A block with its inside, both ends of a move, and what came into (or out of) a branch that only one text has."""
    old, new = matching.old, matching.new

    def below(text: Text, path: str | None) -> list[Owner]:
        spot = text.by_path.get(path or "")
        return [] if spot is None else [_owner(matching, one, of_new=text is new) for one in text.below(spot)]

    for change in told:
        match change:
            case StepAdded(new=path) | StepMoved(new=path):
                groups.join(below(new, path))
                _bind_around(groups, matching, new.by_path.get(path or ""), of_new=True)
                if isinstance(change, StepMoved):
                    _bind_around(groups, matching, old.by_path.get(change.old or ""), of_new=False)
            case StepRemoved(old=path):
                groups.join(below(old, path))
                _bind_around(groups, matching, old.by_path.get(path or ""), of_new=False)
            case StepsWrapped(new=path):
                groups.join(below(new, path))
            case StepsUnwrapped(old=path):
                groups.join(below(old, path))
            case _:
                continue


def _bind_around(groups: _Groups, matching: Matching, spot: Spot | None, *, of_new: bool) -> None:
    """A step in a branch that the other text has not is nothing without the branch."""
    if spot is None or spot.parent is None:
        return
    text, partners = (matching.new, matching.to_old) if of_new else (matching.old, matching.to_new)
    around = text.spots[spot.parent]
    partner = partners.get(around.key)
    known: set[str] = set()
    if partner is not None:
        ends = (matching.old.spots[partner], around) if of_new else (around, matching.new.spots[partner])
        known = {pair[1 if of_new else 0] for pair in matching.branches(*ends)}
    if spot.slot not in known:
        groups.join((_owner(matching, around, of_new=of_new), _owner(matching, spot, of_new=of_new)))


def _owner(matching: Matching, spot: Spot, *, of_new: bool) -> Owner:
    if of_new:
        return f"step {spot.path}"
    partner = matching.to_new.get(spot.key)
    return f"gone {spot.path}" if partner is None else f"step {matching.new.spots[partner].path}"


def _bind_names(groups: _Groups, told: tuple[Change, ...], changed: list[Run]) -> None:
    """A connector, setting or secret that came or went, with the one part that speaks of it, and a renamed step with
    all that reads it."""
    for change in told:
        match change:
            case HeadChanged(part="use" | "config" | "secret", name=name, was=was, now=now) if (
                was is None or now is None
            ):
                owner = next((o for o in _head_owners(change.part, name) if o in groups), None)
                word = rf"\b{re.escape(name)}\." if change.part == "use" else rf"\b{re.escape(name)}\b"
                users = {groups.root(run.owner) for run in changed if run.owner != owner and _says(run, word)}
                if owner is not None and len(users) == 1:
                    groups.join((users.pop(), owner))
            case StepRenamed(old=old, new=new) if old and new:
                words = [rf"\b{re.escape(_last(path))}\b" for path in (old, new)]
                readers = [run.owner for run in changed if any(_says(run, word) for word in words)]
                groups.join((f"step {new}", *readers))
            case _:
                continue


def _head_owners(part: str, name: str) -> tuple[Owner, ...]:
    return f"use {name}", f"{part}.{name}", f"{part} {name}", part


def _last(path: str) -> str:
    return re.split(r"[.~]", path)[-1]


def _says(run: Run, word: str) -> bool:
    was, now = "".join(run.old), "".join(run.new)
    return len(re.findall(word, was)) != len(re.findall(word, now))


def _bind_rest(groups: _Groups, told: tuple[Change, ...], rows: tuple[Run, ...], changed: list[int]) -> None:
    """Lines that no change speaks of (spaces, comments, the rim of a block) are one part, or go with what stands
    beside them."""
    spoken = {owner for change in told for owner in _owners_of(change) if owner in groups}
    spoken = {groups.root(owner) for owner in spoken}
    rest = [n for n in changed if groups.root(rows[n].owner) not in spoken]
    quiet: list[Owner] = []
    for number in rest:
        run = rows[number]
        beside = [rows[n].owner for n in (number + 1, number - 1) if 0 <= n < len(rows) and n in changed]
        near = next((owner for owner in beside if groups.root(owner) in spoken), None)
        if run.owner == "" and near is not None and _bare(run):
            groups.join((near, ""))
            spoken.add(groups.root(near))
        else:
            quiet.append(run.owner)
    groups.join(quiet)


def _bare(run: Run) -> bool:
    return all(not line.strip() for line in (*run.old, *run.new))


def _owners_of(change: Change) -> Iterator[Owner]:
    match change:
        case HeadChanged(part=part, name=name):
            yield from (
                *_head_owners(part, name),
                f"typedecl {name}",
                f"trigger {name}",
                *([""] if part == "name" else []),
            )
        case StepsWrapped(new=new):
            yield f"step {new}"
        case StepsUnwrapped(old=old):
            yield f"gone {old}"
        case WordsChanged(old=None, new=None):
            return
        case _:
            if change.new:
                yield f"step {change.new}"
            if change.old:
                yield f"gone {change.old}"


# ---- what it is called ---------------------------------------------------------------------------------------------


def _part(
    id: str, owners: frozenset[Owner], told: tuple[Change, ...], rows: list[Run], partners: dict[str, str]
) -> Part:
    about = [change for change in told if any(owner in owners for owner in _owners_of(change))]
    about.sort(key=lambda change: isinstance(change, HeadChanged))
    sentences = tuple(dict.fromkeys(change.sentence for change in about)) or (_quiet(rows),)
    back = {new: old for old, new in partners.items()}
    new = tuple(sorted(owner[5:] for owner in owners if owner.startswith("step ")))
    old = tuple(sorted(owner[5:] for owner in owners if owner.startswith("gone ")))
    return Part(
        id=id,
        title=sentences[0],
        more=sentences[1:],
        risks=tuple(dict.fromkeys(risk for change in about for risk in change.risks)),
        old=tuple(sorted({*old, *(back[path] for path in new if path in back)})),
        new=new,
        added=sum(len(run.new) for run in rows),
        removed=sum(len(run.old) for run in rows),
    )


def _quiet(rows: list[Run]) -> str:
    comments = any(line.strip().startswith("//") for run in rows for line in (*run.old, *run.new))
    return "The comments changed" if comments else "Only the layout of the text changed here"


__all__ = ["NotApart", "Part", "parts", "with_parts"]
