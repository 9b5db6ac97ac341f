"""An account's named secrets. A value goes in and never comes out again: it is opened where it is used, and only there.

A secret that is replaced has two values for a while: the new one is current, the one before stays valid until a moment
that is said with the change (a day by default), so that whoever signs with it can follow without a request refused.
Names are those that a text declares: ``secret shop_key``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from engine import audit, catalog, tables, vault
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.identity import new_id
from engine.permissions import Permission, require

MOST: Final = 200
"""Secrets of an account."""
SHORTEST: Final = 8
LONGEST: Final = 4_096
"""Characters of a value. Shorter ones could be guessed from one signed request."""
KEEP_HOURS: Final = 24.0
MOST_HOURS: Final = 24.0 * 90

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,63}")

_USED = text(
    """
    SELECT s.name, w.id, w.name FROM workflows w
    JOIN versions v ON v.account_id = w.account_id AND v.id = w.live_version_id
    CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(v.plan -> 'secrets', '[]')) AS s(name)
    WHERE w.account_id = :account AND w.archived_at IS NULL AND (CAST(:name AS text) IS NULL OR s.name = :name)
    ORDER BY w.name
    """
)


@dataclass(frozen=True, slots=True)
class Use:
    """A workflow whose live version declares the secret."""

    workflow_id: UUID
    workflow: str


@dataclass(frozen=True, slots=True)
class SecretView:
    """All that is ever told of a secret. ``before_until``: until when the value before is still valid; None: it is
    not. ``set_by``: a person's name, "" when they are gone."""

    name: str
    set_at: datetime
    set_by: str
    before_until: datetime | None
    used_by: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """Values that are valid now, the current one first. For whoever checks a signature, and for nobody's eyes."""

    name: str
    values: tuple[str, ...] = field(repr=False)


async def list_secrets(db: Database, actor: Actor) -> tuple[SecretView, ...]:
    """By name, with the workflows that need each."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _views(session, actor.account_id)


async def missing(db: Database, actor: Actor) -> dict[str, tuple[Use, ...]]:
    """Names that live versions need and nobody has set."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        known = set(await session.exec(select(tables.SecretRow.name)))
        return {
            name: uses for name, uses in (await _uses(session, actor.account_id)).items() if name not in known
        }


async def set_secret(
    db: Database, actor: Actor, name: str, value: str, keep_hours: float = KEEP_HOURS
) -> SecretView:
    """A new secret, or a new value of one: then the value before stays valid for ``keep_hours`` (0: not at all), and
    one before that is valid no more. The value that is current already changes nothing.

    Spaces and line breaks around the value are not part of it. Raises ``BadInput``, ``Conflict`` for too many.
    """
    require(actor, Permission.SECRETS)
    value = _checked(name, value, keep_hours)
    safe, sealing = vault.configured(), sealed_as(name)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _find(session, name)
        if row is None:
            if (await session.exec(select(func.count()).select_from(tables.SecretRow))).one() >= MOST:
                raise Conflict(f"There are {MOST} secrets already.", "Delete one that no workflow needs.")
            row = tables.SecretRow(
                id=new_id(),
                account_id=actor.account_id,
                name=name,
                sealed=safe.seal(actor.account_id, sealing, value),
                set_by=actor.user_id,
            )
            session.add(row)
            await session.flush()
            await audit.append(session, actor.account_id, actor.email, "secret.set", name, {})
        elif _current(safe, row) != value:
            now: datetime = (await session.exec(select(func.now()))).one()
            until = None
            if keep_hours > 0 and _current(safe, row) is not None:
                until = now + timedelta(hours=keep_hours)
            row.sealed_before = row.sealed if until is not None else None
            row.before_until = until
            row.sealed = safe.seal(actor.account_id, sealing, value)
            row.set_by, row.set_at = actor.user_id, now
            session.add(row)
            await session.flush()
            said = {"before_until": None if until is None else until.isoformat()}
            await audit.append(session, actor.account_id, actor.email, "secret.rotate", name, said)
        view = await _view(session, actor.account_id, name)
    catalog.forget(actor.account_id)
    return view


async def revoke_before(db: Database, actor: Actor, name: str) -> SecretView:
    """The value before is valid no more, from now on. Raises ``NotFound``."""
    require(actor, Permission.SECRETS)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _found(session, name)
        if row.sealed_before is not None:
            row.sealed_before, row.before_until = None, None
            session.add(row)
            await session.flush()
            await audit.append(session, actor.account_id, actor.email, "secret.revoke", name, {})
        return await _view(session, actor.account_id, name)


async def delete_secret(db: Database, actor: Actor, name: str, *, forced: bool = False) -> None:
    """Raises ``NotFound``, and ``Conflict`` while a live version needs it: ``forced`` deletes it all the same, and
    what needs it is refused from then on."""
    require(actor, Permission.SECRETS)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _found(session, name)
        uses = (await _uses(session, actor.account_id, name)).get(name, ())
        if uses and not forced:
            raise Conflict(
                f"The secret {name!r} is needed by {_listed(uses)}.",
                "Publish them without it first, or delete it all the same: their requests are then refused.",
            )
        await session.delete(row)
        await session.flush()
        said = {"forced": True, "used_by": [use.workflow for use in uses]} if uses else {}
        await audit.append(session, actor.account_id, actor.email, "secret.delete", name, said)
    catalog.forget(actor.account_id)


async def opened(session: Session, account_id: UUID, name: str) -> Opened | None:
    """What is valid of a secret now, by the database's clock; None: nobody has set it. In the caller's transaction.
    Raises ``Sealed`` where the installation's key is another one."""
    query = text(
        "SELECT sealed, CASE WHEN before_until > clock_timestamp() THEN sealed_before END FROM secrets"
        " WHERE account_id = :account AND name = :name"
    )
    row = (await session.execute(query, {"account": account_id, "name": name})).first()
    if row is None:
        return None
    safe, sealing = vault.configured(), sealed_as(name)
    return Opened(name, tuple(safe.open(account_id, sealing, one) for one in row if one is not None))


def sealed_as(name: str) -> str:
    """The name a secret's values are sealed under."""
    return f"secret/{name}"


# ---- parts ---------------------------------------------------------------------------------------------------


def _checked(name: str, value: str, keep_hours: float) -> str:
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(("name", "needs a letter first, then letters, digits and _; at most 64 in all"))
    value = value.strip()
    if not SHORTEST <= len(value) <= LONGEST:
        problems.append(("value", f"needs {SHORTEST} to {LONGEST:,} characters"))
    elif "\0" in value:
        problems.append(("value", "must not hold a NUL character"))
    if not 0 <= keep_hours <= MOST_HOURS:
        problems.append(("keep_hours", f"must be from 0 to {MOST_HOURS:,.0f}"))
    if problems:
        raise BadInput("This secret cannot be kept.", problems, "Correct these and save it again.")
    return value


def _current(safe: vault.Vault, row: tables.SecretRow) -> str | None:
    """None where it does not open: giving it again is how it is mended."""
    try:
        return safe.open(row.account_id, sealed_as(row.name), row.sealed)
    except vault.Sealed:
        return None


async def _lock(session: Session, actor: Actor) -> None:
    """Whoever changes an account's secrets comes one after the other; starting runs does not wait for them."""
    account = await session.get(tables.Account, actor.account_id, with_for_update={"key_share": True})
    if account is None:
        raise NotFound("This workspace is not there any more.", "Sign in again.")


async def _find(session: Session, name: str) -> tables.SecretRow | None:
    return (await session.exec(select(tables.SecretRow).where(tables.SecretRow.name == name))).first()


async def _found(session: Session, name: str) -> tables.SecretRow:
    row = await _find(session, name)
    if row is None:
        raise NotFound(f"There is no secret {name!r}.", "Look at the list of secrets.")
    return row


async def _uses(session: Session, account_id: UUID, name: str | None = None) -> dict[str, tuple[Use, ...]]:
    found: dict[str, tuple[Use, ...]] = {}
    rows: Any = await session.execute(_USED, {"account": account_id, "name": name})
    for secret, workflow_id, workflow in rows:
        found[secret] = (*found.get(secret, ()), Use(workflow_id, workflow))
    return found


async def _views(session: Session, account_id: UUID, name: str | None = None) -> tuple[SecretView, ...]:
    uses = await _uses(session, account_id, name)
    valid = col(tables.SecretRow.before_until) > func.now()
    query = (
        select(
            tables.SecretRow.name, tables.SecretRow.set_at, tables.SecretRow.before_until, tables.User.name
        )
        .add_columns(valid)
        .join(tables.User, col(tables.User.id) == col(tables.SecretRow.set_by), isouter=True)
        .order_by(tables.SecretRow.name)
    )
    if name is not None:
        query = query.where(col(tables.SecretRow.name) == name)
    rows: Any = (await session.execute(query)).all()
    return tuple(
        SecretView(secret, set_at, by or "", until if still else None, uses.get(secret, ()))
        for secret, set_at, until, by, still in rows
    )


async def _view(session: Session, account_id: UUID, name: str) -> SecretView:
    [view] = await _views(session, account_id, name)
    return view


def _listed(uses: Sequence[Use]) -> str:
    names = [use.workflow for use in uses]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
