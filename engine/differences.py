"""What differs between two versions of a workflow, or a version and the draft, and what that would break now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import dsl
from dsl.changes import Change, Weight, breaking, changes
from dsl.diagnostic import Diagnostic
from dsl.tree import Span
from engine import catalog, drafts, inflight, tables
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, NotFound
from engine.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class Difference:
    """One change: ``kind`` as in :mod:`dsl.changes`, ``old`` and ``new`` are step paths, spans count in characters of
    the two texts."""

    kind: str
    weight: Weight
    sentence: str
    risks: tuple[str, ...]
    old: str | None
    new: str | None
    old_span: Span | None
    new_span: Span | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``old`` and ``new`` are version numbers, None for the draft. ``breaking`` has spans in the new text.

    ``in_flight`` counts the runs of the old version that have not ended, ``states`` how many are in which state;
    ``waiting`` those that wait, by the path of the step they wait at.
    """

    old: int | None
    new: int | None
    same: bool
    changes: tuple[Difference, ...]
    breaking: tuple[Diagnostic, ...]
    in_flight: int
    states: dict[str, int]
    waiting: dict[str, int]


async def compare(
    db: Database, actor: Actor, workflow_id: UUID, old: str | None = None, new: str = "draft"
) -> Comparison:
    """``old`` and ``new`` are version numbers or "draft"; without ``old``, the live version.

    Raises ``NotFound`` for a version that there is not, ``BadInput`` for what is neither a number nor "draft".
    """
    require(actor, Permission.VIEW)
    known = await catalog.catalog(db, actor)
    async with db.account(actor) as session:
        draft = await drafts.read(session, workflow_id)
        if old is None and draft.live_version is None:
            raise NotFound("Nothing of this workflow is published yet.", "Publish it, then compare.")
        first = await _text(session, draft, old or str(draft.live_version))
        second = await _text(session, draft, new)
        runs = await inflight.on_version(session, workflow_id, first.version_id)
    before, after = dsl.parse(first.text), dsl.parse(second.text)
    found = changes(before, after, known)
    return Comparison(
        old=first.number,
        new=second.number,
        same=found.same,
        changes=tuple(map(_told, found.changes)),
        breaking=breaking(before, after, known, tuple(runs.waiting)),
        in_flight=runs.count,
        states=runs.states,
        waiting=runs.waiting,
    )


@dataclass(frozen=True, slots=True)
class _Side:
    number: int | None
    version_id: UUID | None
    text: str


async def _text(session: AsyncSession, draft: drafts.Draft, which: str) -> _Side:
    if which == "draft":
        return _Side(None, None, draft.text)
    if not (which.isascii() and which.isdigit()) or len(which) > 9 or int(which) == 0:
        raise BadInput(
            f"{which[:40]!r} is no version.",
            [("from, to", "must be the number of a version, or draft")],
            "Give the number of a version, or: draft",
        )
    query = select(tables.Version.id, tables.Version.text).where(
        tables.Version.workflow_id == draft.workflow_id, tables.Version.number == int(which)
    )
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound(f"This workflow has no version {which}.", "Look at the workflow's versions.")
    return _Side(int(which), row[0], row[1])


def _told(change: Change) -> Difference:
    return Difference(
        kind=change.kind,
        weight=change.weight,
        sentence=change.sentence,
        risks=change.risks,
        old=change.old,
        new=change.new,
        old_span=change.old_span,
        new_span=change.new_span,
    )
