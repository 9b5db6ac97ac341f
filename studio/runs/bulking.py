"""What can be done with several runs at once: a table, shown over the list as soon as one is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from uuid import UUID

from engine import runs
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict, NotFound
from engine.permissions import ALLOWED, Permission

MOST: Final = 200
"""Runs of one go."""

Do: TypeAlias = Callable[[Database, Actor, Sequence[UUID]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Bulk:
    """``states``: of the chosen runs, those it is for; the button counts them, and shows while there are some.
    ``asks``: the question before it, with ``{n}``. ``does`` says in a sentence what became of it."""

    words: str
    permission: Permission
    states: frozenset[str]
    asks: str
    does: Do
    tone: Literal["", "danger"] = ""
    opens: str = ""
    """The event of the browser that opens a dialog of its own instead of the question."""


async def _cancel(db: Database, actor: Actor, ids: Sequence[UUID]) -> str:
    over = 0
    for run_id in ids:
        try:
            await runs.cancel_run(db, actor, run_id)
        except (Conflict, NotFound):
            over += 1
    told = len(ids) - over
    late = f" {over} had ended already." if over else ""
    return f"{told} {'run stops' if told == 1 else 'runs stop'} after the step they are in.{late}"


async def _asked_first(db: Database, actor: Actor, ids: Sequence[UUID]) -> str:
    return "Look at what would happen again first."


BULK: Final[dict[str, Bulk]] = {
    "retry": Bulk(
        "Run again",
        Permission.REPLAY,
        frozenset({"failed", "timed_out"}),
        "",
        _asked_first,
        opens="weft-retry-runs",
    ),
    "cancel": Bulk(
        "Cancel",
        Permission.CANCEL,
        frozenset({"queued", "running", "waiting", "needs_review"}),
        "Cancel {n}? A step in the middle of its work is finished first; what the workflow can undo is undone.",
        _cancel,
        "danger",
    ),
}


def offered(role: str) -> list[dict[str, object]]:
    """As the list's page takes it, for a person of this role."""
    return [
        {
            "key": key,
            "words": each.words,
            "states": sorted(each.states),
            "asks": each.asks,
            "tone": each.tone,
            "opens": each.opens,
        }
        for key, each in BULK.items()
        if role in ALLOWED[each.permission]
    ]
