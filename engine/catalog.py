"""What an account's workflows may use, made from pinned tool definitions, live versions, people, roles and secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlmodel import col, select

from connectors import ToolDefinition
from dsl.catalog import Catalog, Connector, Tool, WorkflowInterface
from dsl.policy import Policy
from engine import connections, tables
from engine.actor import Actor
from engine.connections import (
    ConnectorView,
    ToolView,
    connect_samples,
    effect_of,
    idempotent,
    list_connectors,
)
from engine.database import Database, HasAccount
from engine.permissions import Permission, require

__all__ = [
    "ConnectorView",
    "ToolView",
    "accept_tools",
    "catalog",
    "connect_samples",
    "list_connectors",
    "policy_of",
    "refresh_connectors",
    "without_secrets",
]

FRESH_S = 2.0
"""How long a catalog is handed out again: checks run at every keystroke, connectors change rarely."""


@dataclass(frozen=True, slots=True)
class _Kept:
    catalog: Catalog
    until: float


_kept: dict[UUID, _Kept] = {}
_reading: dict[UUID, asyncio.Future[Catalog]] = {}
"""Who asks while it is read waits for what comes, instead of reading it as well."""


async def catalog(db: Database, actor: Actor, *, fresh: bool = False) -> Catalog:
    """The account's catalog, at most ``FRESH_S`` old; ``fresh`` reads it anew, as publishing does."""
    require(actor, Permission.VIEW)
    kept = _kept.get(actor.account_id)
    if kept is not None and kept.until > time.monotonic() and not fresh:
        return kept.catalog
    under_way = _reading.get(actor.account_id)
    if under_way is None or fresh or under_way.get_loop() is not asyncio.get_running_loop():
        under_way = _reading[actor.account_id] = asyncio.ensure_future(_read(db, actor))
    try:
        made = await asyncio.shield(under_way)  # whoever gives up takes nobody along
    finally:
        ours = _reading.get(actor.account_id) is under_way and under_way.done()
        if ours:
            del _reading[actor.account_id]
    if ours:
        _kept[actor.account_id] = _Kept(made, time.monotonic() + FRESH_S)
    return made


def without_secrets(known: Catalog) -> Catalog:
    """As ``known``, where no secret needs to be set yet: for designing and testing, which open none."""
    return known.model_copy(update={"secrets": None})


def forget(account_id: UUID) -> None:
    """Read it anew next time: the connectors or the secrets changed. What is being read now was asked for before."""
    _kept.pop(account_id, None)
    _reading.pop(account_id, None)


async def _read(db: Database, actor: Actor) -> Catalog:
    async with db.account(actor) as session:
        enabled = select(tables.ConnectorRow).where(col(tables.ConnectorRow.enabled).is_(True))
        connectors = (await session.exec(enabled)).all()
        plan = tables.Version.plan
        live = (
            select(plan["workflow"], plan["input_schema"], plan["output_schema"], plan["input_defaults"])
            .add_columns(col(tables.Version.id), col(tables.Version.content_hash))
            .join(tables.Workflow, col(tables.Workflow.live_version_id) == col(tables.Version.id))
            .where(col(tables.Workflow.archived_at).is_(None))
        )
        interfaces: Iterable[Any] = (await session.execute(live)).all()
        users = (await session.exec(select(tables.User).where(col(tables.User.disabled_at).is_(None)))).all()
        account = await session.get(tables.Account, actor.account_id)
        secrets = (await session.exec(select(tables.SecretRow.name))).all()
    roles = set(account.settings.get("roles", ()) if account is not None else ())
    return Catalog(
        connectors={row.name: connector_of(row) for row in connectors},
        workflows={
            name: WorkflowInterface(
                name=name,
                input_schema=given,
                output_schema=result or {},
                input_defaults=defaults or {},
                version=str(version_id),
                pin=content_hash,
            )
            for name, given, result, defaults, version_id, content_hash in interfaces
        },
        roles=frozenset(roles.union(*(user.groups for user in users))),
        users=frozenset(user.email for user in users),
        secrets=frozenset(secrets),
        policy=policy_of(account),
    )


def policy_of(account: tables.Account | None) -> Policy:
    """What is stored with an account. Nothing, or what this program cannot read, is a policy that says nothing: then
    every tool is taken for the worst."""
    said = {} if account is None else account.settings.get("policy", {})
    try:
        return Policy.model_validate(said)
    except ValidationError:
        return Policy()


def connector_of(row: tables.ConnectorRow) -> Connector:
    return Connector(name=row.name, title=row.title, tools={tool.name: tool for tool in tools_of(row)})


def tools_of(row: tables.ConnectorRow) -> Iterable[Tool]:
    """The tools as pinned, whatever their server says now."""
    for name in sorted(row.pins):
        definition = ToolDefinition.from_raw(row.pins[name]["definition"])
        yield Tool(
            name=name,
            title=definition.title,
            description=definition.description,
            input_schema=definition.input_schema,
            output_schema=definition.output_schema,
            effect="write" if effect_of(definition, trusted=row.trusted) == "write" else "read",
            idempotent=idempotent(definition, trusted=row.trusted),
            pin=definition.sha256,
        )


async def refresh_connectors(db: Database, who: HasAccount | UUID, *, older_than_s: float = 0.0) -> None:
    """Ask the connectors for their tools and health, see ``engine.connections.refresh``."""
    await connections.refresh(db, who, older_than_s=older_than_s)
    forget(who if isinstance(who, UUID) else who.account_id)


async def accept_tools(
    db: Database, actor: Actor, name: str, tools: Iterable[str] | None = None
) -> ConnectorView:
    """Pin what a connector offers now, see ``engine.connections.accept``."""
    view = await connections.accept(db, actor, name, tools)
    forget(actor.account_id)
    return view
