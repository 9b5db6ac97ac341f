"""Runs that have to do with one: what started it, what it started, what it goes on from, what its failure started."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import text

from engine.actor import Actor
from engine.database import Database
from engine.watching import RunSummary

MOST: Final = 20
"""Of one kind."""

_CAME_AFTER: Final = text(
    """
    (SELECT 'started' AS how, id, state, coalesce(parent_path, '') AS place FROM runs
      WHERE account_id = :account AND parent_run_id = :run ORDER BY id LIMIT :most)
    UNION ALL (SELECT 'fork', id, state, '' FROM runs WHERE account_id = :account AND forked_from = :run
      ORDER BY id DESC LIMIT :most)
    UNION ALL (SELECT 'error', id, state, '' FROM runs WHERE account_id = :account AND caused_by = :run
      ORDER BY id DESC LIMIT :most)
    """
)
_WORDS: Final = {"started": "Started", "fork": "Run again as", "error": "Its failure started"}


async def of(db: Database, actor: Actor, run: RunSummary) -> list[dict[str, str]]:
    """``{"how", "words", "id", "short", "state", "place"}``: those before it first."""
    before = (
        ("parent", "Started by", run.parent_run_id, run.parent_path or ""),
        ("forked", "Goes on from", run.forked_from, ""),
        ("caused", "Started by the failure of", run.caused_by, ""),
    )
    found = [
        _relation(how, words, other, "", place) for how, words, other, place in before if other is not None
    ]
    about: dict[str, Any] = {"account": actor.account_id, "run": run.id, "most": MOST}
    async with db.account(actor) as session:
        for how, other, state, place in await session.execute(_CAME_AFTER, about):
            found.append(_relation(how, _WORDS[how], other, state, place))
    return found


def _relation(how: str, words: str, other: object, state: str, place: str) -> dict[str, str]:
    run = str(other)
    return {"how": how, "words": words, "id": run, "short": run[-8:], "state": state, "place": place}
