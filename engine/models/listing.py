"""The account's models, in the order in which they are tried. A key goes in and never comes out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from engine import audit, tables, vault
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.identity import new_id
from engine.model.entry import HOSTED, TIERS, ModelEntry
from engine.ownmodels import Allowed, check_address, is_local, secret_name
from engine.ownmodels.entry import PROTOCOL, Kind
from engine.permissions import Permission, require
from engine.settings import BadSettings

MOST: Final = 20
LONGEST_NAME: Final = 60
LONGEST: Final = 400
"""Characters of an address, a model's name and a key."""
_PRICES: Final = ("usd_in", "usd_out", "usd_cached", "usd_stored")


@dataclass(frozen=True, slots=True)
class Form:
    """What an administrator says of a model. ``key``: None keeps the one there is, "" takes it away. ``usd_in``,
    ``usd_out``: per million tokens; None: nobody knows, and token budgets alone bound it. ``usd_cached``,
    ``usd_stored``: of tokens read from the provider's cache and written into it; None: as ``usd_in``."""

    name: str
    provider: str
    url: str
    model: str
    tier: str = ""
    usd_in: float | None = None
    usd_out: float | None = None
    key: str | None = field(default=None, repr=False)
    enabled: bool = True
    usd_cached: float | None = None
    usd_stored: float | None = None


@dataclass(frozen=True, slots=True)
class ModelView:
    """``has_key`` is all that is told of a key. ``local``: what is said to it stays on this machine or in its network.
    ``probe``: what the last test found: ``{"answers", "tools", "grammar", "json_schema", "ms", "findings": [{"what",
    "yes", "words"}]}``, or ``{}``."""

    id: UUID
    name: str
    provider: str
    url: str
    model: str
    tier: str
    usd_in: float | None
    usd_out: float | None
    has_key: bool
    enabled: bool
    local: bool
    probe: dict[str, Any]
    probed_at: datetime | None
    usd_cached: float | None = None
    usd_stored: float | None = None


async def list_models(db: Database, actor: Actor) -> tuple[ModelView, ...]:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await read(session)


async def add_model(db: Database, actor: Actor, form: Form) -> ModelView:
    """At the end of the order. Raises ``BadInput``, ``Conflict`` for a name that is taken or too many models."""
    require(actor, Permission.MODELS)
    url = await _checked(form)
    entry_id = new_id()
    async with db.account(actor) as session:
        await lock(session, actor)
        known = await read(session)
        if len(known) >= MOST:
            raise Conflict(f"There are {MOST} models already.", "Delete one that is not used.")
        _refuse_taken(known, form.name, None)
        row = tables.AccountModel(
            id=entry_id,
            account_id=actor.account_id,
            position=len(known),
            name="",
            provider="",
            url="",
            model="",
            probe={},
        )
        _put(row, form, url)
        session.add(row)
        await session.flush()
        await _audited(session, actor, "model.add", row, {"key": row.sealed_key is not None})
        await session.refresh(row)
        return view_of(row)


async def change_model(db: Database, actor: Actor, entry_id: UUID, form: Form) -> ModelView:
    """Raises ``BadInput``, ``NotFound``, ``Conflict``. A key goes only where it was meant to go: another address wants
    it again."""
    require(actor, Permission.MODELS)
    url = await _checked(form)
    async with db.account(actor) as session:
        await lock(session, actor)
        row = await found(session, entry_id)
        _refuse_taken(await read(session), form.name, entry_id)
        elsewhere = (row.url, row.provider) != (url, form.provider)
        if elsewhere and row.sealed_key is not None and form.key is None:
            raise BadInput(
                "The key was given for another address.",
                [("key", "give it again, or take it away")],
                "A stored key is never sent to a place it was not given for.",
            )
        before = _facts(row)
        if elsewhere or row.model != form.model.strip():
            row.probe, row.probed_at = {}, None
        keys_before = row.sealed_key
        _put(row, form, url)
        row.updated_at = await _now(session)
        session.add(row)
        await session.flush()
        changed: dict[str, Any] = {
            name: value for name, value in _facts(row).items() if value != before[name]
        }
        if row.sealed_key != keys_before:
            changed["key"] = row.sealed_key is not None
        await _audited(session, actor, "model.change", row, changed)
        return view_of(row)


async def switch_model(db: Database, actor: Actor, entry_id: UUID) -> ModelView:
    """Off instead of on, or on instead of off. Its address is not judged here: turning off always works."""
    require(actor, Permission.MODELS)
    async with db.account(actor) as session:
        await lock(session, actor)
        row = await found(session, entry_id)
        row.enabled, row.updated_at = not row.enabled, await _now(session)
        session.add(row)
        await session.flush()
        await _audited(session, actor, "model.change", row, {"enabled": row.enabled})
        return view_of(row)


async def delete_model(db: Database, actor: Actor, entry_id: UUID) -> tuple[ModelView, ...]:
    """And its key with it. Returns those that are left."""
    require(actor, Permission.MODELS)
    async with db.account(actor) as session:
        await lock(session, actor)
        row = await found(session, entry_id)
        await session.delete(row)
        await session.flush()
        await _audited(session, actor, "model.delete", row, {})
        return await read(session)


async def order_models(db: Database, actor: Actor, ids: Sequence[UUID]) -> tuple[ModelView, ...]:
    """The order in which they are tried. Raises ``Conflict`` where ``ids`` are not those there are."""
    require(actor, Permission.MODELS)
    async with db.account(actor) as session:
        await lock(session, actor)
        rows = {row.id: row for row in await session.exec(select(tables.AccountModel))}
        if len(ids) != len(rows) or set(ids) != rows.keys():
            raise Conflict(
                "The list of models has changed meanwhile.",
                "Look at it again.",
                current=await read(session),
            )
        now = await _now(session)
        for position, entry_id in enumerate(ids):
            rows[entry_id].position, rows[entry_id].updated_at = position, now
            session.add(rows[entry_id])
        await session.flush()
        names = [rows[entry_id].name for entry_id in ids]
        await audit.append(session, actor.account_id, actor.email, "model.order", "models", {"order": names})
        return await read(session)


# ---- parts ---------------------------------------------------------------------------------------------------


async def lock(session: Session, actor: Actor) -> tables.Account:
    """Whoever changes what an account says of models comes one after the other."""
    account = await session.get(tables.Account, actor.account_id, with_for_update={"key_share": True})
    if account is None:
        raise NotFound("This workspace is not there any more.", "Sign in again.")
    return account


async def found(session: Session, entry_id: UUID) -> tables.AccountModel:
    row = await session.get(tables.AccountModel, entry_id)
    if row is None:
        raise NotFound("There is no such model.", "Look at the list of models.")
    return row


async def read(session: Session) -> tuple[ModelView, ...]:
    query = select(tables.AccountModel).order_by(
        col(tables.AccountModel.position), col(tables.AccountModel.id)
    )
    return tuple(view_of(row) for row in await session.exec(query))


def view_of(row: tables.AccountModel) -> ModelView:
    return ModelView(
        id=row.id,
        name=row.name,
        provider=row.provider,
        url=row.url,
        model=row.model,
        tier=row.tier,
        usd_in=_float(row.usd_in),
        usd_out=_float(row.usd_out),
        usd_cached=_float(row.usd_cached),
        usd_stored=_float(row.usd_stored),
        has_key=row.sealed_key is not None,
        enabled=row.enabled,
        local=is_local(ModelEntry(provider=PROTOCOL[row.provider], url=row.url, model=row.model)),
        probe=dict(row.probe),
        probed_at=row.probed_at,
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def _checked(form: Form) -> str:
    """The address as it is stored. Raises ``BadInput``. Names are resolved here, before any transaction."""
    problems = []
    if not 0 < len(form.name.strip()) <= LONGEST_NAME:
        problems.append(("name", f"must have 1 to {LONGEST_NAME} characters"))
    if form.provider not in get_args(Kind):
        problems.append(("provider", "must be openai, anthropic or local"))
    if not 0 < len(form.model.strip()) <= LONGEST or "\0" in form.model + form.name:
        problems.append(("model", f"must have 1 to {LONGEST} characters: the model's name at its server"))
    if form.tier not in ("", *TIERS):
        problems.append(("tier", f"must be {', '.join(TIERS)} or nothing"))
    if len(form.url) > LONGEST or (form.provider == "local" and not form.url.strip()):
        problems.append(("url", "is needed: http(s)://host:port/v1"))
    for name in _PRICES:
        price = getattr(form, name)
        if price is not None and not 0 <= price <= 100_000:
            problems.append((name, "must be from 0 to 100,000 US dollars per million tokens"))
    if (form.usd_in is None) != (form.usd_out is None):
        problems.append(("usd_out" if form.usd_out is None else "usd_in", "both prices are needed, or none"))
    if form.usd_in is None:
        for name in ("usd_cached", "usd_stored"):
            if getattr(form, name) is not None:
                problems.append((name, "needs the price of what goes in"))
    if form.key and len(form.key) > LONGEST:
        problems.append(("key", f"must have at most {LONGEST} characters"))
    if problems:
        raise BadInput("This model cannot be kept.", problems)
    url = form.url.strip() or HOSTED[PROTOCOL[form.provider]]
    try:
        ModelEntry(provider=PROTOCOL[form.provider], url=url, model=form.model, key=form.key or "")
    except BadSettings as error:
        about = "key" if "key" in error.message else "url"
        raise BadInput(error.message, [(about, error.message)], error.help) from None
    return await check_address(url, Allowed.from_environment())


def _put(row: tables.AccountModel, form: Form, url: str) -> None:
    row.name, row.provider, row.url = form.name.strip(), form.provider, url
    row.model, row.tier, row.enabled = form.model.strip(), form.tier, form.enabled
    row.usd_in, row.usd_out = _decimal(form.usd_in), _decimal(form.usd_out)
    row.usd_cached, row.usd_stored = _decimal(form.usd_cached), _decimal(form.usd_stored)
    if form.key is not None:
        safe = vault.configured()
        row.sealed_key = safe.seal(row.account_id, secret_name(row.id), form.key) if form.key else None


def _refuse_taken(known: Sequence[ModelView], name: str, but: UUID | None) -> None:
    if any(one.name == name.strip() and one.id != but for one in known):
        raise Conflict(f"There is a model named {name.strip()!r} already.", "Give it another name.")


def _facts(row: tables.AccountModel) -> dict[str, Any]:
    """What the audit may say: everything but the key and what a test found."""
    facts = asdict(view_of(row))
    return {name: facts[name] for name in ("name", "provider", "url", "model", "tier", *_PRICES, "enabled")}


async def _now(session: Session) -> datetime:
    return (await session.exec(select(func.now()))).one()


async def _audited(
    session: Session, actor: Actor, action: str, row: tables.AccountModel, said: dict[str, Any]
) -> None:
    known = _facts(row) if action == "model.add" else {}
    await audit.append(session, actor.account_id, actor.email, action, row.name, {**known, **said})
