"""Signing in with an identity provider: one that behaves, and the same with one defect at a time."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from engine import people
from engine.api import api
from engine.database import Database
from engine.settings import Oidc, Settings
from tests.engine_store.conftest import ORIGIN, Workspace

ISSUER = "https://id.example.com"
CLIENT = "weft"


@dataclass
class Provider:
    """An identity provider that checks what we send. ``defect`` changes claims, ``sign`` the way they are signed."""

    email: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    defect: Callable[[dict[str, Any]], None] = lambda claims: None
    discovery: dict[str, str] = field(default_factory=dict)
    sign: str = "RS256"
    challenge: str = ""
    nonce: str = ""

    def application(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def discovery() -> dict[str, str]:
            return {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
            } | self.discovery

        @app.get("/keys")
        async def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.post("/token")
        async def token(
            request: Request, code: str = Form(), code_verifier: str = Form(), redirect_uri: str = Form()
        ) -> JSONResponse:
            challenge = urlsafe_b64encode(sha256(code_verifier.encode()).digest()).decode().rstrip("=")
            basic = request.headers.get("authorization", "").startswith("Basic ")
            if (code, challenge, basic) != (
                "good",
                self.challenge,
                True,
            ) or "/api/oidc/callback" not in redirect_uri:
                return JSONResponse({"error": "invalid_grant"}, 400)
            return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self.id_token()})

        return app

    def id_token(self) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": CLIENT,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": self.email,
            "email_verified": True,
        }
        self.defect(claims)
        match self.sign:
            case "RS256":
                return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
            case "other key":
                return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048))
            case "HS256 with the public key":
                secret = OctKey.import_key(self.key.as_pem(private=False))
                return jwt.encode({"alg": "HS256", "kid": "1"}, claims, secret)
            case _:
                body = jwt.encode({"alg": "RS256"}, claims, self.key).split(".")[1]
                unsigned = urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
                return f"{unsigned}.{body}."


@pytest.fixture
def provider(workspace: Workspace) -> Provider:
    return Provider(workspace.people["builder"].email)


@pytest.fixture
async def browser(db: Database, settings: Settings, provider: Provider) -> AsyncIterator[httpx.AsyncClient]:
    oidc = Oidc(ISSUER, CLIENT, "secret", f"{ORIGIN}/api/oidc/callback")
    application = api(db, replace(settings, oidc=oidc))
    application.state.oidc_transport = httpx2.ASGITransport(provider.application())
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield opened


async def go(browser: httpx.AsyncClient, provider: Provider, **answer: str) -> httpx.Response:
    """To the provider and back; ``answer`` changes what comes back with the browser."""
    away = await browser.get("/oidc/login")
    assert away.status_code == 303, away.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert (asked["code_challenge_method"], asked["response_type"], asked["client_id"]) == (
        "S256",
        "code",
        CLIENT,
    )
    provider.challenge, provider.nonce = asked["code_challenge"], asked["nonce"]
    return await browser.get("/oidc/callback", params={"code": "good", "state": asked["state"]} | answer)


async def test_a_known_person_is_signed_in(browser: httpx.AsyncClient, provider: Provider, db: Database):
    back = await go(browser, provider)
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert (await people.actor_of_session(db, browser.cookies["weft_session"])).email == provider.email
    assert (await browser.get("/me")).json()["role"] == "builder"


async def test_the_way_back_works_once_per_browser_and_trip(browser: httpx.AsyncClient, provider: Provider):
    await go(browser, provider)
    again = await browser.get("/oidc/callback", params={"code": "good", "state": "x"})
    assert again.status_code == 401


CLAIMS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another issuer": lambda claims: claims.update(iss="https://evil.example.com"),
    "another audience": lambda claims: claims.update(aud="somebody"),
    "several audiences, another party": lambda claims: claims.update(aud=[CLIENT, "x"], azp="x"),
    "expired": lambda claims: claims.update(exp=int(time.time()) - 3600),
    "no expiry": lambda claims: claims.pop("exp"),
    "another nonce": lambda claims: claims.update(nonce="x"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "no subject": lambda claims: claims.pop("sub"),
    "unverified e-mail": lambda claims: claims.update(email_verified=False),
    "e-mail verified in words": lambda claims: claims.update(email_verified="true"),
    "no e-mail": lambda claims: claims.pop("email"),
    "unknown person": lambda claims: claims.update(email="nobody@example.com"),
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_a_token_with_a_wrong_claim_is_refused(
    browser: httpx.AsyncClient, provider: Provider, name: str
):
    provider.defect = CLAIMS[name]
    back = await go(browser, provider)
    assert (back.status_code, "weft_session" in browser.cookies) == (401, False)


@pytest.mark.parametrize("sign", ["other key", "HS256 with the public key", "none"])
async def test_a_token_that_the_provider_did_not_sign_is_refused(
    browser: httpx.AsyncClient, provider: Provider, sign: str
):
    provider.sign = sign
    back = await go(browser, provider)
    assert (back.status_code, "weft_session" in browser.cookies) == (401, False)


@pytest.mark.parametrize(
    "answer",
    [
        {"state": "x"},
        {"code": "stolen"},
        {"code": ""},
        {"error": "access_denied"},
        {"iss": "https://evil.example.com"},
    ],
)
async def test_a_wrong_answer_is_refused(
    browser: httpx.AsyncClient, provider: Provider, answer: dict[str, str]
):
    back = await go(browser, provider, **answer)
    assert (back.status_code, "weft_session" in browser.cookies) == (401, False)


@pytest.mark.parametrize("cookie", [None, "x", "eyJhbGciOiJub25lIn0..x"])
async def test_a_code_that_another_browser_obtained_is_of_no_use(
    browser: httpx.AsyncClient, provider: Provider, cookie: str | None
):
    await browser.get("/oidc/login")
    browser.cookies.clear()
    if cookie is not None:
        browser.cookies.set("weft_oidc", cookie)
    back = await browser.get("/oidc/callback", params={"code": "good", "state": "x"})
    assert back.status_code == 401


async def test_a_code_verifier_is_what_makes_a_code_good(browser: httpx.AsyncClient, provider: Provider):
    await browser.get("/oidc/login")
    away = await browser.get("/oidc/login")
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]
    provider.challenge = "of another trip"
    back = await browser.get("/oidc/callback", params={"code": "good", "state": state})
    assert back.status_code == 401


async def test_another_subject_with_the_same_address_is_not_the_same_person(
    browser: httpx.AsyncClient, provider: Provider
):
    assert (await go(browser, provider)).status_code == 303
    browser.cookies.clear()
    provider.defect = lambda claims: claims.update(sub="person-2")
    assert (await go(browser, provider)).status_code == 401


async def test_a_provider_that_names_another_issuer_is_refused(
    browser: httpx.AsyncClient, provider: Provider
):
    provider.discovery = {"issuer": "https://evil.example.com"}
    assert (await browser.get("/oidc/login")).status_code == 401


async def test_without_a_provider_there_is_no_such_way(client: httpx.AsyncClient):
    assert (await client.get("/oidc/login")).status_code == 404
    assert (await client.get("/oidc/callback")).status_code == 404
