"""A browser's session: an opaque token, kept as its SHA-256, looked up again on every use."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.actor import Actor
from engine.database import Database
from engine.errors import BadCredentials
from engine.tables import User, UserSession

LIFETIME = timedelta(days=7)


def fingerprint(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def begin(session: AsyncSession, user: User) -> str:
    """A new session for a user, in the caller's transaction; the token is returned once and not kept."""
    token = secrets.token_urlsafe(32)
    now = (await session.execute(select(func.now()))).scalar_one()
    session.add(
        UserSession(
            account_id=user.account_id,
            user_id=user.id,
            token_hash=fingerprint(token),
            expires_at=now + LIFETIME,
        )
    )
    old = text(
        "DELETE FROM sessions WHERE user_id = :user AND (expires_at < now() OR revoked_at IS NOT NULL)"
    )
    await session.execute(old, {"user": user.id})
    await session.flush()
    return token


async def actor_of_session(db: Database, token: str) -> Actor:
    """Who holds this token now. Raises ``BadCredentials`` when it is unknown, over, revoked, or the user disabled."""
    hash_ = fingerprint(token)
    async with db.lookup(hash_.hex()) as session:
        live = select(UserSession).where(
            UserSession.token_hash == hash_,
            col(UserSession.revoked_at).is_(None),
            col(UserSession.expires_at) > func.now(),
        )
        found = (await session.exec(live)).first()
        if found is None:
            raise BadCredentials("You are signed out.", "Sign in again.")
        await enter(session, found.account_id)
        user = await session.get(User, found.user_id)
        return actor_of(user)


async def end(db: Database, token: str) -> None:
    """Revoke the session; nothing happens when there is none."""
    hash_ = fingerprint(token)
    async with db.lookup(hash_.hex()) as session:
        found = (await session.exec(select(UserSession).where(UserSession.token_hash == hash_))).first()
        if found is not None:
            await enter(session, found.account_id)
            revoke = text("UPDATE sessions SET revoked_at = now() WHERE id = :id AND revoked_at IS NULL")
            await session.execute(revoke, {"id": found.id})


async def enter(session: AsyncSession, account_id: object) -> None:
    """Go on inside an account that a look-up found."""
    statement = text("SELECT set_config('app.account_id', :account, true)")
    await session.execute(statement, {"account": str(account_id)})


def actor_of(user: User | None) -> Actor:
    """Raises ``BadCredentials`` for a user who is gone or disabled."""
    if user is None or user.disabled_at is not None:
        raise BadCredentials("This login is disabled.", "Ask an administrator of your workspace.")
    return Actor(user.account_id, user.id, user.email, user.name, user.role, tuple(user.groups))  # type: ignore[arg-type]
