"""An account's connectors: the rows, what is pinned, and what their servers say now.

A tool's raw definition is pinned by SHA-256. The first pins of a connector that the operator trusts are taken over by
themselves; whatever differs afterwards is only noted (``changed``, ``new``, ``missing``) until somebody accepts it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from connectors import ConnectorSpec, Health, ToolDefinition, ToolError, describe, toolset_of
from engine import audit, tables
from engine.actor import Actor
from engine.database import Database, HasAccount
from engine.errors import NotFound, Unavailable
from engine.identity import new_id
from engine.permissions import Permission, require
from engine.sample_policy import SAMPLE_POLICY

DESCRIBE_S = 20.0

SAMPLES = (("shop", "Shop"), ("mail", "Mail"), ("http", "HTTP"))
"""Names and titles of the sample connectors; ``<samples url>/<name>/mcp`` is where each is."""


@dataclass(frozen=True, slots=True)
class ToolView:
    """``state``: "pinned", or "changed" since, "missing" now, or "new" and not accepted yet."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    effect: str
    idempotent: bool
    sha256: str
    state: str


@dataclass(frozen=True, slots=True)
class ConnectorView:
    """``health``: "ok", "down" or "unopened"; ``message`` says why it is down."""

    id: UUID
    name: str
    title: str
    url: str
    trusted: bool
    enabled: bool
    health: str
    message: str
    checked_at: datetime | None
    tools: tuple[ToolView, ...]


@dataclass(frozen=True, slots=True)
class Repinned:
    """What becomes of the pins after a look at the server: ``pins`` to keep, and names that differ."""

    pins: dict[str, Any]
    changed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    offered: dict[str, Any] = field(default_factory=dict)


def repinned(pins: Mapping[str, Any], offered: Sequence[ToolDefinition], *, trusted: bool) -> Repinned:
    """Compare the pins with what the server offers now. Pure."""
    now = {tool.name: pin_of(tool) for tool in offered}
    if not pins:
        return Repinned(
            now if trusted else {}, new=() if trusted else tuple(now), offered={} if trusted else now
        )
    changed = tuple(name for name in pins if name in now and now[name]["sha256"] != pins[name]["sha256"])
    new = tuple(name for name in now if name not in pins)
    missing = tuple(name for name in pins if name not in now)
    return Repinned(dict(pins), changed, new, missing, {name: now[name] for name in (*changed, *new)})


def pin_of(tool: ToolDefinition) -> dict[str, Any]:
    return {"definition": tool.raw, "sha256": tool.sha256}


def spec_of(row: tables.ConnectorRow) -> ConnectorSpec:
    """Raises ``Unavailable`` for a row that names a command: accounts name addresses, only an operator commands."""
    if row.transport.get("kind") != "http":
        raise Unavailable(
            f"{row.title or row.name} is not at an address.", "Give the address of an MCP server."
        )
    return ConnectorSpec.model_validate(
        {"name": row.name, "title": row.title, "transport": row.transport, "trusted": row.trusted}
    )


async def list_connectors(db: Database, actor: Actor) -> tuple[ConnectorView, ...]:
    """As last seen; ``refresh`` looks again."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        rows = await session.exec(select(tables.ConnectorRow).order_by(tables.ConnectorRow.name))
        return tuple(_view(row) for row in rows)


async def connect_samples(db: Database, account_id: UUID, samples_url: str) -> None:
    """Add the sample connectors, trusted, or correct their address, and say what their tools may do where no policy is
    stored yet. For setting up the sample workspace."""
    async with db.account(account_id) as session:
        await put_samples(session, account_id, samples_url)


async def put_samples(session: AsyncSession, account_id: UUID, samples_url: str) -> None:
    for name, title in SAMPLES:
        transport = {
            "kind": "http",
            "url": f"{samples_url.rstrip('/')}/{name}/mcp",
            "headers_env": {"Authorization": "WEFT_SAMPLES_TOKEN"},
        }
        statement = insert(tables.ConnectorRow).values(
            id=new_id(),
            account_id=account_id,
            name=name,
            title=title,
            transport=transport,
            trusted=True,
            enabled=True,
            pins={},
            health={"state": "unopened"},
        )
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["account_id", "name"], set_={"transport": statement.excluded.transport}
            )
        )
    # Once only: what an administrator said since stays.
    account = await session.get(tables.Account, account_id, with_for_update=True)
    if account is not None and "policy" not in account.settings:
        policy = SAMPLE_POLICY.model_dump(mode="json", exclude_none=True)
        account.settings = {**account.settings, "policy": policy}
        session.add(account)
        await session.flush()
        said = {"rules": {rule["tool"]: rule for rule in policy["rules"]}}
        await audit.append(session, account_id, "set-up", "policy.set", "policy", said)


async def refresh(db: Database, who: HasAccount | UUID, *, older_than_s: float = 0.0) -> None:
    """Ask every enabled connector that was not asked for ``older_than_s`` seconds for its tools, all at once.

    Servers that are down are noted as such. No transaction is open meanwhile.
    """
    async with db.account(who) as session:
        query = select(tables.ConnectorRow).where(col(tables.ConnectorRow.enabled).is_(True))
        if older_than_s:
            stale = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, older_than_s)
            checked_at = col(tables.ConnectorRow.checked_at)
            query = query.where(checked_at.is_(None) | (checked_at < stale))
        rows = (await session.exec(query)).all()
    found = await asyncio.gather(*(_described(row) for row in rows))
    for row, (tools, health) in zip(rows, found, strict=True):
        await _note(db, who, row.id, tools, health)


async def _described(row: tables.ConnectorRow) -> tuple[tuple[ToolDefinition, ...], Health]:
    try:
        spec = spec_of(row)
        async with asyncio.timeout(DESCRIBE_S):
            seen = await describe(spec)
    except Unavailable as refused:
        return (), Health("down", f"{refused.message} {refused.help}")
    except TimeoutError:
        return (), Health("down", f"{row.name} did not answer within {DESCRIBE_S:g} s.")
    return seen.tools, seen.health


async def _note(
    db: Database, who: HasAccount | UUID, row_id: UUID, tools: Sequence[ToolDefinition], health: Health
) -> None:
    async with db.account(who) as session:
        row = await session.get(tables.ConnectorRow, row_id, with_for_update=True)
        if row is None:
            return
        row.checked_at = (await session.exec(select(func.now()))).one()
        if health.state != "ok":
            row.health = {**row.health, "state": health.state, "message": health.message}
        else:
            seen = repinned(row.pins, tools, trusted=row.trusted)
            first = not row.pins and bool(seen.pins)
            row.pins = seen.pins
            row.health = {
                "state": "ok",
                "message": "",
                "changed": list(seen.changed),
                "new": list(seen.new),
                "missing": list(seen.missing),
                "offered": seen.offered,
            }
            if first:
                session.add(row)
                await session.flush()
                await _audited(session, row, "set-up", seen.pins)
        session.add(row)


async def accept(db: Database, actor: Actor, name: str, tools: Iterable[str] | None = None) -> ConnectorView:
    """Pin what the server offered last instead of what is pinned: all of it, or the named tools only."""
    require(actor, Permission.CONNECT)
    async with db.account(actor) as session:
        row = await _row(session, name, lock=True)
        offered = row.health.get("offered", {})
        wanted = set(offered if tools is None else tools)
        unknown = wanted - set(offered)
        if unknown:
            raise NotFound(f"{name} does not offer {min(unknown)!r} anew.", "Look at its tools again.")
        taken = {tool: offered[tool] for tool in offered if tool in wanted}
        kept = {
            tool: pin
            for tool, pin in row.pins.items()
            if tools is not None or tool not in row.health["missing"]
        }
        row.pins = {**kept, **taken}
        row.health = {
            **row.health,
            "changed": [tool for tool in row.health.get("changed", ()) if tool not in wanted],
            "new": [tool for tool in row.health.get("new", ()) if tool not in wanted],
            "missing": [tool for tool in row.health.get("missing", ()) if tool in row.pins],
            "offered": {tool: pin for tool, pin in offered.items() if tool not in wanted},
        }
        session.add(row)
        await session.flush()
        await _audited(session, row, actor.email, taken)
        return _view(row)


async def call(db: Database, actor: Actor, name: str, tool: str, arguments: dict[str, Any]) -> Any:
    """Read something through a connector, outside of any run. Only a tool known to be read-only is called.

    Raises ``NotFound``, ``Unavailable`` when the connector is down or refuses.
    """
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await _row(session, name)
    known = {view.name: view for view in _tools(row)}
    if tool not in known or known[tool].effect != "read":
        raise NotFound(f"{name} has no tool {tool!r} that only reads.", "Look at the connector's tools.")
    toolset = toolset_of(spec_of(row))
    try:
        await toolset.open()
        return (await toolset.call(tool, arguments, key=None, timeout_s=DESCRIBE_S)).unwrap()
    except ToolError as error:
        raise Unavailable(
            f"{row.title or name}: {error.message}", "Look at the connector's health."
        ) from error
    finally:
        await toolset.close()


async def _row(session: AsyncSession, name: str, *, lock: bool = False) -> tables.ConnectorRow:
    query = select(tables.ConnectorRow).where(tables.ConnectorRow.name == name)
    row = (await session.exec(query.with_for_update() if lock else query)).first()
    if row is None:
        raise NotFound(f"There is no connector {name!r}.", "Look at the list of connectors.")
    return row


async def _audited(
    session: AsyncSession, row: tables.ConnectorRow, who: str, pins: Mapping[str, Any]
) -> None:
    said = {name: pin["sha256"] for name, pin in pins.items()}
    await audit.append(session, row.account_id, who, "connector.pin", row.name, said)


def _view(row: tables.ConnectorRow) -> ConnectorView:
    return ConnectorView(
        id=row.id,
        name=row.name,
        title=row.title,
        url=str(row.transport.get("url", "")),
        trusted=row.trusted,
        enabled=row.enabled,
        health=str(row.health.get("state", "unopened")),
        message=str(row.health.get("message", "")),
        checked_at=row.checked_at,
        tools=tuple(_tools(row)),
    )


def _tools(row: tables.ConnectorRow) -> Iterable[ToolView]:
    changed, missing = row.health.get("changed", ()), row.health.get("missing", ())
    for name in sorted(row.pins):
        state = "changed" if name in changed else "missing" if name in missing else "pinned"
        yield _tool(row, row.pins[name], state)
    for name in sorted(row.health.get("new", ())):
        yield _tool(row, row.health["offered"][name], "new")


def _tool(row: tables.ConnectorRow, pin: Mapping[str, Any], state: str) -> ToolView:
    definition = ToolDefinition.from_raw(pin["definition"])
    return ToolView(
        name=definition.name,
        title=definition.title,
        description=definition.description,
        input_schema=definition.input_schema,
        output_schema=definition.output_schema,
        effect=effect_of(definition, trusted=row.trusted),
        idempotent=idempotent(definition, trusted=row.trusted),
        sha256=str(pin["sha256"]),
        state=state,
    )


def effect_of(definition: ToolDefinition, *, trusted: bool) -> str:
    """What a server says about effects counts only when an operator trusts it."""
    return "read" if trusted and definition.annotations.read_only else "write"


def idempotent(definition: ToolDefinition, *, trusted: bool) -> bool:
    """An argument for an idempotency key is part of the pinned contract, the hint only a hint."""
    return definition.honours_key or (trusted and definition.annotations.idempotent)
