"""Tokens for programs: a JWT that lives ten minutes, and a refresh token that is good for one use.

Refresh tokens form a family. Whoever presents one a second time (a thief, or the person who was robbed) ends the
whole family, and both have to sign in again.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy import func, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, sessions
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadCredentials
from engine.identity import new_id
from engine.settings import Settings
from engine.tables import RefreshToken, User

ACCESS_S = 600
REFRESH = timedelta(days=30)
ISSUER = "weft"
AUDIENCE = "weft-api"
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Tokens:
    """``expires_in``: seconds that ``access`` is good for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int = ACCESS_S


async def issue_tokens(db: Database, settings: Settings, actor: Actor) -> Tokens:
    """A new family."""
    async with db.account(actor) as session:
        refresh = await _link(session, actor.account_id, actor.user_id, new_id())
        await audit.append(session, actor.account_id, actor.email, "tokens.issue", actor.email, {})
    return Tokens(_access(settings, actor), refresh)


async def refresh(db: Database, settings: Settings, token: str) -> tuple[Tokens, Actor]:
    """The next link of the family. Raises ``BadCredentials``, and ends the family when the token was used before."""
    hash_ = sessions.fingerprint(token)
    async with db.lookup(hash_.hex()) as session:
        found = (await session.exec(select(RefreshToken).where(RefreshToken.token_hash == hash_))).first()
        if found is not None:
            await sessions.enter(session, found.account_id)
            take = text(
                "UPDATE refresh_tokens SET used_at = now() WHERE id = :id AND used_at IS NULL"
                " AND revoked_at IS NULL AND expires_at > now()"
            )
            taken = (await session.execute(take, {"id": found.id})).rowcount == 1  # type: ignore[attr-defined]
            user = await session.get(User, found.user_id)
            if taken and user is not None and user.disabled_at is None:
                actor = sessions.actor_of(user)
                next_token = await _link(session, actor.account_id, actor.user_id, found.family)
                return Tokens(_access(settings, actor), next_token), actor
            end = text(
                "UPDATE refresh_tokens SET revoked_at = now() WHERE family = :family AND revoked_at IS NULL"
            )
            ended = (await session.execute(end, {"family": found.family})).rowcount  # type: ignore[attr-defined]
            if ended and not taken:
                await audit.append(
                    session,
                    found.account_id,
                    "unknown",
                    "tokens.reuse",
                    str(found.family),
                    {"revoked": ended},
                )
    raise BadCredentials("This refresh token is not valid.", "Sign in again.")


async def actor_of_token(db: Database, settings: Settings, access: str) -> Actor:
    """Whom a JWT speaks for, with the role they have now. Raises ``BadCredentials``."""
    try:
        token = jwt.decode(access, _key(settings), algorithms=[ALGORITHM])
        claims = jwt.JWTClaimsRegistry(
            leeway=0,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        )
        claims.validate(token.claims)
        account_id, user_id = UUID(token.claims["acc"]), UUID(token.claims["sub"])
    except (JoseError, KeyError, ValueError, TypeError) as error:
        raise BadCredentials("The access token is not valid.", "Refresh it, or sign in again.") from error
    async with db.account(account_id) as session:
        return sessions.actor_of(await session.get(User, user_id))


async def _link(session: AsyncSession, account_id: UUID, user_id: UUID, family: UUID) -> str:
    token = secrets.token_urlsafe(32)
    now = (await session.execute(select(func.now()))).scalar_one()
    session.add(
        RefreshToken(
            account_id=account_id,
            user_id=user_id,
            family=family,
            token_hash=sessions.fingerprint(token),
            expires_at=now + REFRESH,
        )
    )
    await session.flush()
    return token


def _access(settings: Settings, actor: Actor) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(actor.user_id),
        "acc": str(actor.account_id),
        "iat": now,
        "exp": now + ACCESS_S,
        "jti": str(new_id()),
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key(settings))


def _key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.derived("weft access token"))
