"""People: the first workspace, signing in and out, passwords."""

from __future__ import annotations

import os
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, connections, delays, passwords, sessions
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadCredentials, BadInput, NotFound
from engine.identity import new_id
from engine.tables import Account, User

BUSINESS_ROLES = ("manager", "finance_manager", "support")
SHORTEST_PASSWORD = 10


async def ensure_workspace(
    owner: Database,
    *,
    name: str = "Sample workspace",
    email: str = "owner@weft.local",
    groups: Sequence[str] = BUSINESS_ROLES,
    samples_url: str | None = None,
) -> tuple[Actor, str | None]:
    """The workspace of this name with its administrator and the sample connectors, made when there is none.

    ``owner`` is a database opened with the owner's URL: services may not make accounts. The password comes back once,
    when the administrator was made now, and None later. ``samples_url`` (by default WEFT_SAMPLES_URL) is where the
    sample connectors are now; without one they are left alone.
    """
    email = email.lower()
    samples_url = samples_url if samples_url is not None else os.environ.get("WEFT_SAMPLES_URL", "")
    async with owner.platform() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('weft-workspace'))"))
        account = (await session.exec(select(Account).where(Account.name == name))).first()
        if account is None:
            account = Account(id=new_id(), name=name, settings={"four_eyes": False, "roles": list(groups)})
            await sessions.enter(session, account.id)
            session.add(account)
            await session.flush()
        else:
            await sessions.enter(session, account.id)
        if samples_url:
            await connections.put_samples(session, account.id, samples_url)
        query = select(User).where(User.account_id == account.id, User.email == email)
        user = (await session.exec(query)).first()
        if user is not None:
            return sessions.actor_of(user), None
        password = passwords.generated()
        user = await _add(session, account.id, email, "Owner", "admin", groups, password)
        return sessions.actor_of(user), password


async def add_user(
    db: Database,
    account_id: UUID,
    *,
    email: str,
    name: str,
    role: str,
    groups: Sequence[str] = (),
    password: str | None = None,
) -> Actor:
    """For set-up and tests; people are managed from the studio later on."""
    async with db.account(account_id) as session:
        return sessions.actor_of(await _add(session, account_id, email.lower(), name, role, groups, password))


async def _add(
    session: AsyncSession,
    account_id: UUID,
    email: str,
    name: str,
    role: str,
    groups: Sequence[str],
    password: str | None,
) -> User:
    secret = None if password is None else passwords.hashed(password)
    user = User(
        account_id=account_id, email=email, name=name, role=role, groups=list(groups), password_hash=secret
    )
    session.add(user)
    await session.flush()
    await audit.append(
        session, account_id, "set-up", "user.add", email, {"role": role, "groups": list(groups)}
    )
    return user


async def reset_password(db: Database, email: str, password: str | None = None) -> str:
    """Set a password (a generated one unless given), end the person's sessions, and return it.

    Raises ``NotFound`` when nobody has this address, ``BadInput`` when the password is too short.
    """
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise BadInput(
            "The password is too short.", [("password", f"needs {SHORTEST_PASSWORD} characters or more")]
        )
    fresh = password or passwords.generated()
    async with db.lookup(email.lower()) as session:
        users = (await session.exec(select(User).where(User.email == email.lower()))).all()
        if not users:
            raise NotFound(f"Nobody here has the address {email!r}.", "Look at the spelling.")
        for user in users:
            await sessions.enter(session, user.account_id)
            user.password_hash = passwords.hashed(fresh)
            session.add(user)
            await session.flush()
            for table in ("sessions", "refresh_tokens"):
                revoke = f"UPDATE {table} SET revoked_at = now() WHERE user_id = :user AND revoked_at IS NULL"
                await session.execute(text(revoke), {"user": user.id})
            await audit.append(session, user.account_id, "set-up", "user.reset_password", user.email, {})
    return fresh


async def authenticate(db: Database, email: str, password: str, *, client: str = "") -> User:
    """The user with this address and password. ``client`` tells apart who is trying (an address), for the delay.

    Raises ``BadCredentials``, the same for a wrong password, an unknown address and a disabled login.
    """
    email = email.strip().lower()
    key = delays.key_of(email, client)
    await delays.take(db, key)
    async with db.lookup(email) as session:
        users = (await session.exec(select(User).where(User.email == email))).all()
    for user in users or (None,):
        secret = None if user is None or user.disabled_at is not None else user.password_hash
        if await passwords.verified(password, secret) and user is not None:
            await delays.forget(db, key)
            return user
    raise BadCredentials(
        "The e-mail address or the password is wrong.", "Try again, or have the password reset."
    )


async def sign_in(db: Database, email: str, password: str, *, client: str = "") -> tuple[str, Actor]:
    """A new browser session: (token, actor). Raises ``BadCredentials``."""
    return await begin_session(db, await authenticate(db, email, password, client=client))


async def begin_session(db: Database, user: User, *, how: str = "password") -> tuple[str, Actor]:
    actor = sessions.actor_of(user)
    async with db.account(actor) as session:
        token = await sessions.begin(session, user)
        await audit.append(session, actor.account_id, actor.email, "session.begin", actor.email, {"how": how})
    return token, actor


async def sign_out(db: Database, token: str) -> None:
    await sessions.end(db, token)


actor_of_session = sessions.actor_of_session
