"""Pins: what a step gives in tests of the draft, in place of being done. Everybody who edits the workflow shares them.

A pin belongs to a step's path and follows it when the step is renamed or moved (``engine.pinned``). The pin of a step
that is gone waits under its old path, so that undoing the removal brings it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text

import dsl
from dsl.catalog import Catalog, Schema
from dsl.outline import places
from engine import audit, catalog, drafts, pinned, strict, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, NotFound
from engine.permissions import Permission, require
from engine.runtime.outcome import LONGEST_MESSAGE
from engine.runtime.trial import Pin

Json: TypeAlias = Any

LARGEST_PIN = 64 * 1024
"""Bytes of JSON."""
MOST_PINS = 100
"""Of one workflow."""
LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class StepPin:
    """``content``: ``{"output"}`` or ``{"error": {"code", "message"}}``."""

    path: str
    content: dict[str, Json]
    updated_by: UUID | None
    updated_at: datetime


async def list_pins(db: Database, actor: Actor, workflow_id: UUID) -> tuple[StepPin, ...]:
    """By path. Pins of steps that are gone are among them."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        if await session.get(tables.Workflow, workflow_id) is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        return tuple(_view(row) for row in await pinned.rows(session, workflow_id))


async def set_pin(
    db: Database, actor: Actor, workflow_id: UUID, path: str, content: Mapping[str, Json]
) -> StepPin:
    """Pin what the step at ``path`` of the draft gives: ``{"output"}``, which must fit what the step can give, or
    ``{"error": {"code", "message"}}``. Raises ``NotFound``, ``BadInput`` naming each field that does not fit."""
    require(actor, Permission.EDIT)
    known = await catalog.catalog(db, actor)
    async with db.account(actor) as session:
        draft = await drafts.lock(session, workflow_id)
        pin = checked(draft.text, known, path, content)
        rows = await pinned.rows(session, workflow_id)
        row = next((one for one in rows if one.path == path), None)
        if row is None:
            await _make_room(session, workflow_id, draft.text, rows)
            row = tables.StepPin(
                workflow_id=workflow_id, path=path, account_id=actor.account_id, content=pin.data()
            )
        row.content, row.updated_by = pin.data(), actor.user_id
        row.updated_at = (await session.execute(text("SELECT now()"))).scalar_one()
        session.add(row)
        await session.flush()
        await audit.append(
            session, actor.account_id, actor.email, "pin.set", str(workflow_id), {"step": path}
        )
        return _view(row)


async def remove_pin(db: Database, actor: Actor, workflow_id: UUID, path: str) -> None:
    """Removing what is not there changes nothing."""
    require(actor, Permission.EDIT)
    async with db.account(actor) as session:
        await drafts.lock(session, workflow_id)
        row = await session.get(tables.StepPin, (workflow_id, path))
        if row is not None:
            await session.delete(row)
            said = {"step": path}
            await audit.append(session, actor.account_id, actor.email, "pin.remove", str(workflow_id), said)


def checked(source: str, known: Catalog, path: str, content: Mapping[str, Json]) -> Pin:
    """The pin, when the step of the text can give that. Raises ``NotFound``, ``BadInput``."""
    parsed = dsl.parse(source)
    if not any(place.path == path for place in places(parsed.workflow.body)):
        raise NotFound(f"There is no step {path!r} in the draft.", "Look at the draft as it is now.")
    return fitted(content, _schema(parsed, known, path))


def fitted(content: Mapping[str, Json], schema: Schema | None) -> Pin:
    """Raises ``BadInput``: the paths of its problems are those inside ``output``."""
    if set(content) == {"error"}:
        return _error(content["error"])
    if set(content) != {"output"}:
        raise _unfit([("", "needs an `output`, or an `error` with a code and a message")])
    output = content["output"]
    try:
        size = len(strict.encode(output).encode())
    except strict.NotJson as error:
        raise _unfit([("", f"holds {error}")]) from None
    if size > LARGEST_PIN:
        raise _unfit([("", f"has {size // 1024} KB of JSON; at most {LARGEST_PIN // 1024} KB can be pinned")])
    if schema:
        output = dsl.coerce(output, schema)
        problems = dsl.validate_input(output, schema)
        if problems:
            raise _unfit([(problem.path, problem.message) for problem in problems[:20]])
    return Pin(output)


def _error(said: Json) -> Pin:
    if not isinstance(said, dict) or not isinstance(said.get("code"), str) or not said["code"].strip():
        raise _unfit([("error.code", "needs the code of an error, such as timeout")])
    message = str(said.get("message", ""))
    if len(said["code"]) > LONGEST_CODE or len(message) > LONGEST_MESSAGE or "\0" in said["code"] + message:
        raise _unfit([("error", "is too long, or holds what no text can")])
    return Pin(error={"code": said["code"], "message": message})


def _unfit(problems: list[tuple[str, str]]) -> BadInput:
    return BadInput("This cannot be pinned.", problems, "Correct these fields and pin it again.")


def _schema(parsed: dsl.Parsed, known: Catalog, path: str) -> Schema | None:
    found = dsl.types_of(parsed, known).get(path)
    return None if found is None else found.schema or None


async def _make_room(session: Session, workflow_id: UUID, source: str, rows: list[tables.StepPin]) -> None:
    """Pins of steps that are gone give way first. Raises ``BadInput`` when all are of steps that there are."""
    if len(rows) < MOST_PINS:
        return
    there = {place.path for place in places(dsl.parse(source).workflow.body)}
    gone = [row for row in rows if row.path not in there]
    if not gone:
        raise _unfit([("", f"would be the pin number {MOST_PINS + 1}; unpin another step first")])
    for row in gone:
        await session.delete(row)
    await session.flush()


def _view(row: tables.StepPin) -> StepPin:
    return StepPin(row.path, row.content, row.updated_by, row.updated_at)
