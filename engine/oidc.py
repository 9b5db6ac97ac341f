"""Signing in with an identity provider: OpenID Connect, authorization code with PKCE (S256).

What must survive the trip to the provider (state, nonce, code verifier) travels in an encrypted cookie that only this
browser has, so a code that somebody else obtained is of no use here. The issuer, the audience and the signature's
algorithm are pinned; the person is matched by the provider's subject, the first time by a verified e-mail address.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from httpx2 import AsyncBaseTransport, HTTPError  # what Authlib uses, when it is there
from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from sqlmodel import select

from engine import sessions
from engine.database import Database
from engine.errors import BadCredentials, Unavailable
from engine.settings import Oidc, Settings
from engine.tables import User

ALGORITHMS = ["RS256", "ES256", "PS256"]
TRIP_S = 600
LEEWAY_S = 60
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Trip:
    """What was sent along to the provider. ``until``: seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    until: int


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider's discovery document says."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Identity:
    subject: str
    email: str


class Client:
    """One identity provider. ``transport`` replaces the network in tests."""

    def __init__(self, oidc: Oidc, transport: AsyncBaseTransport | None = None) -> None:
        self._oidc = oidc
        self._transport = transport

    async def begin(self) -> tuple[str, Trip]:
        """Where to send the browser, and what to remember meanwhile."""
        trip = Trip(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            until=int(time.time()) + TRIP_S,
        )
        async with self._http() as http:
            provider = await self._discover(http)
            url, _ = http.create_authorization_url(
                provider.authorization_endpoint,
                state=trip.state,
                nonce=trip.nonce,
                code_challenge=create_s256_code_challenge(trip.verifier),
                code_challenge_method="S256",
            )
        return str(url), trip

    async def finish(self, trip: Trip, answer: Mapping[str, str]) -> Identity:
        """Who came back. Raises ``BadCredentials`` for anything that is not as it was agreed."""
        if not secrets.compare_digest(answer.get("state", "").encode(), trip.state.encode()):
            raise _refused("it belongs to another sign-in")
        if trip.until < time.time():
            raise _refused("it took too long")
        if "error" in answer or not answer.get("code"):
            raise _refused("the identity provider did not agree")
        if answer.get("iss", self._oidc.issuer).rstrip("/") != self._oidc.issuer:
            raise _refused("another identity provider answered")
        try:
            async with self._http() as http:
                provider = await self._discover(http)
                token = await http.fetch_token(
                    provider.token_endpoint,
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=trip.verifier,
                    redirect_uri=self._oidc.redirect_url,
                )
                keys = KeySet.import_key_set(
                    (await http.request("GET", provider.jwks_uri, withhold_token=True)).json()
                )
            return identity_of(token.get("id_token"), keys, provider.issuer, self._oidc.client_id, trip.nonce)
        except HTTPError as error:
            raise _unreachable() from error
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _refused("its token is not valid") from error
        except Exception as error:
            if type(error).__module__.startswith("authlib"):
                raise _refused("the identity provider refused the code") from error
            raise

    def _http(self) -> Any:
        return AsyncOAuth2Client(
            self._oidc.client_id,
            self._oidc.client_secret or None,
            scope="openid email profile",
            redirect_uri=self._oidc.redirect_url,
            token_endpoint_auth_method="client_secret_basic" if self._oidc.client_secret else "none",
            transport=self._transport,
            timeout=TIMEOUT_S,
            follow_redirects=False,
        )

    async def _discover(self, http: Any) -> Provider:
        try:
            url = f"{self._oidc.issuer}/.well-known/openid-configuration"
            said = (await http.request("GET", url, withhold_token=True)).json()
            provider = Provider(
                issuer=str(said["issuer"]),
                authorization_endpoint=str(said["authorization_endpoint"]),
                token_endpoint=str(said["token_endpoint"]),
                jwks_uri=str(said["jwks_uri"]),
            )
        except (HTTPError, ValueError, KeyError, TypeError) as error:
            raise _unreachable() from error
        if provider.issuer.rstrip("/") != self._oidc.issuer:
            raise _refused("its configuration names another issuer")
        return provider


def identity_of(id_token: Any, keys: KeySet, issuer: str, client_id: str, nonce: str) -> Identity:
    """The person an id token speaks of. Raises ``JoseError``, ``ValueError`` or ``KeyError`` for every defect."""
    if not isinstance(id_token, str):
        raise ValueError("no id token")
    token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
    claims = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_S,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    claims.validate(token.claims)
    audience = token.claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and token.claims.get("azp") != client_id:
        raise ValueError("issued to another party")
    if token.claims.get("email_verified") is not True or not isinstance(token.claims.get("email"), str):
        raise ValueError("no verified e-mail address")
    return Identity(str(token.claims["sub"]), token.claims["email"].strip().lower())


async def user_of(db: Database, identity: Identity) -> User:
    """The user of this identity; bound to its subject at the first sign-in. Raises ``BadCredentials``."""
    async with db.lookup(identity.email) as session:
        users = (await session.exec(select(User).where(User.email == identity.email))).all()
        for user in users:
            if user.disabled_at is None and user.oidc_subject in (None, identity.subject):
                if user.oidc_subject is None:
                    await sessions.enter(session, user.account_id)
                    user.oidc_subject = identity.subject
                    session.add(user)
                return user
    raise BadCredentials("Nobody here has your e-mail address.", "Ask an administrator to add you.")


def sealed(settings: Settings, trip: Trip) -> str:
    """The trip as a cookie's value: encrypted, so that the browser keeps it and nobody reads it."""
    payload = json.dumps(asdict(trip)).encode()
    return jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, payload, _key(settings))


def opened(settings: Settings, value: str) -> Trip:
    """Raises ``BadCredentials`` for a cookie that is missing or not ours."""
    try:
        found = jwe.decrypt_compact(value, _key(settings), algorithms=["dir", "A256GCM"])
        return Trip(**json.loads(found.plaintext or b""))
    except (JoseError, ValueError, TypeError) as error:
        raise _refused("it was not begun in this browser") from error


def _key(settings: Settings) -> OctKey:
    return OctKey.import_key(settings.derived("weft oidc trip"))


def _refused(why: str) -> BadCredentials:
    return BadCredentials(f"This sign-in cannot be used: {why}.", "Begin again from the sign-in page.")


def _unreachable() -> Unavailable:
    return Unavailable("The identity provider does not answer.", "Try again in a moment, or use a password.")
