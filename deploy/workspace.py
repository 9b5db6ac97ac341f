"""The local installation's workspace: made at the first start, its connectors looked at on every start."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy import local
from deploy.failure import Failure
from deploy.home import Home, write_private
from deploy.local import Databases
from engine import catalog, people
from engine.actor import Actor
from engine.database import Database
from engine.errors import WeftError


async def prepare_workspace(databases: Databases, home: Home, samples_url: str) -> str | None:
    """Make the sample workspace and its login when they are missing, pin the connectors' tools, and keep the catalog
    as a file for ``weft check``. Answers with the login's password when it was made now."""
    try:
        actor, password = await _ensure(databases)
        async with _services(databases) as db:
            await catalog.connect_samples(db, actor.account_id, samples_url)
            await catalog.refresh_connectors(db, actor.account_id)
            known = await catalog.catalog(db, actor)
    except WeftError as error:
        raise Failure(error.message, error.help) from None
    write_private(home.path / "catalog.json", known.model_dump_json(indent=1))
    return password


async def reset_login(databases: Databases) -> str:
    """A new password for the first login; its sessions end."""
    await _ensure(databases)
    owner = await Database.open(databases.owner, pool_size=1)
    try:
        return await people.reset_password(owner, local.LOGIN)
    finally:
        await owner.close()


@asynccontextmanager
async def at_the_desk(databases: Databases) -> AsyncIterator[tuple[Database, Actor]]:
    """The services, for whoever sits at this machine: the workspace's first login, without asking for its password.

    Reading the database's private files is proof enough: whoever can do that owns the installation.
    """
    actor, _ = await _ensure(databases)
    async with _services(databases) as db:
        yield db, actor


async def _ensure(databases: Databases) -> tuple[Actor, str | None]:
    owner = await Database.open(databases.owner, pool_size=1)
    try:
        return await people.ensure_workspace(
            owner, name=local.WORKSPACE, email=local.LOGIN, groups=local.BUSINESS_ROLES
        )
    finally:
        await owner.close()


@asynccontextmanager
async def _services(databases: Databases) -> AsyncIterator[Database]:
    db = await Database.open(databases.app, pool_size=2)
    try:
        yield db
    finally:
        await db.close()
