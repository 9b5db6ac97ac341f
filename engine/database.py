"""The database: one transaction for one account, errors of the connection as ``Unavailable``, and notifications.

``async with db.account(actor) as session`` is the only way to an account's rows: it begins a transaction, names the
account to row-level security for that transaction alone, and commits unless the block raises.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import Executable, Result, text
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.asyncio import AsyncSession as PlainSession
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.errors import BadInput, Unavailable
from engine.migrate import Urls, prepare
from engine.notices import Notices
from engine.urls import libpq_url, sqlalchemy_url

__all__ = ["Database", "Session", "Urls", "prepare"]

strict_json = partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class Session(AsyncSession):
    """SQLModel's session, with SQLAlchemy's ``execute`` for textual and core statements as well."""

    async def execute(self, statement: Executable, params: Any = None, **options: Any) -> Result[Any]:
        return await PlainSession.execute(self, statement, params, **options)


class HasAccount(Protocol):
    @property
    def account_id(self) -> UUID: ...


class Database:
    """A pool of connections under one role. Long-lived: it finds Postgres again after a restart."""

    def __init__(self, url: str, engine: AsyncEngine) -> None:
        self.url = libpq_url(url)
        self.engine = engine
        self.notices = Notices(self.url)

    def __repr__(self) -> str:
        return "Database(...)"

    @classmethod
    async def open(cls, url: str, *, pool_size: int = 5) -> Database:
        """Connect once, so that a wrong address is known now. Raises ``Unavailable``."""
        engine = create_async_engine(
            sqlalchemy_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            json_serializer=strict_json,
            hide_parameters=True,  # an error message must not carry a password hash or somebody's data
            connect_args={"connect_timeout": 10, "application_name": "weft"},
        )
        db = cls(url, engine)
        try:
            async with db.platform() as session:
                await session.execute(text("SELECT 1"))
        except BaseException:
            await db.close()
            raise
        return db

    async def close(self) -> None:
        await self.notices.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def account(self, who: HasAccount | UUID) -> AsyncIterator[Session]:
        """A transaction that sees the rows of one account, and no others."""
        account_id = who if isinstance(who, UUID) else who.account_id
        async with self._transaction("app.account_id", str(account_id)) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self, who: HasAccount) -> AsyncIterator[Session]:
        """As ``account``, and every query sees the database as it was at the first one."""
        account = str(who.account_id)
        async with self._transaction("app.account_id", account, "REPEATABLE READ") as session:
            yield session

    @asynccontextmanager
    async def lookup(self, value: str) -> AsyncIterator[Session]:
        """A transaction that sees only the user with this e-mail address, or the session or refresh token with this
        SHA-256 (hex): for the moment before an account is known."""
        async with self._transaction("app.lookup", value) as session:
            yield session

    @asynccontextmanager
    async def platform(self) -> AsyncIterator[Session]:
        """A transaction without an account: the platform's tables, and no account's rows."""
        async with self._transaction(None, "") as session:
            yield session

    @asynccontextmanager
    async def _transaction(
        self, setting: str | None, value: str, isolation: IsolationLevel | None = None
    ) -> AsyncIterator[Session]:
        with _translated():
            async with Session(self.engine, expire_on_commit=False) as session, session.begin():
                if isolation is not None:
                    await session.connection(execution_options={"isolation_level": isolation})
                if setting is not None:
                    statement = text("SELECT set_config(:setting, :value, true)")
                    await session.execute(statement, {"setting": setting, "value": value})
                yield session


class _translated:
    """Errors of the connection as ``Unavailable``, values that Postgres cannot keep as ``BadInput``; others stay."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if is_unavailable(error):
            raise Unavailable(
                "The database does not answer.", "Try again in a moment; nothing was lost."
            ) from error
        if isinstance(error, DataError | UnicodeEncodeError):
            raise BadInput(
                "A value cannot be stored.", help="Look for NUL characters and numbers that are too large."
            )


# 08: connection; 53: no resources (too many connections); 57P: an operator's intervention (shutdown); then
# serialization failure, deadlock, lock not available: Postgres asks for another try.
_TRY_AGAIN = ("08", "53", "57P", "40001", "40P01", "55P03")


def is_unavailable(error: BaseException) -> bool:
    """Whether trying again later helps. Pure."""
    match error:
        case DBAPIError(connection_invalidated=True) | InterfaceError() | PoolTimeout():
            return True
        case OperationalError(orig=psycopg.Error(sqlstate=code)) | psycopg.OperationalError(sqlstate=code):
            return code is None or code.startswith(_TRY_AGAIN)
    return False
