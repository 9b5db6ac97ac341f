"""Signing in with an identity provider: to it, and back from it. Both are 404 when none is set up."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

from engine import oidc, people
from engine.api.access import Open, database, settings
from engine.api.login import set_cookie
from engine.errors import NotFound
from engine.settings import Settings

router = APIRouter(prefix="/oidc", dependencies=[Depends(Open())])


@router.get("/login", response_class=RedirectResponse)
async def login(request: Request) -> RedirectResponse:
    url, trip = await _client(request).begin()
    response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        trip_cookie(settings(request)),
        oidc.sealed(settings(request), trip),
        max_age=oidc.TRIP_S,
        path="/",
        secure=settings(request).https,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/callback", response_class=RedirectResponse)
async def callback(request: Request) -> RedirectResponse:
    client = _client(request)
    name = trip_cookie(settings(request))
    trip = oidc.opened(settings(request), request.cookies.get(name, ""))
    identity = await client.finish(trip, dict(request.query_params))
    db = database(request)
    token, _ = await people.begin_session(db, await oidc.user_of(db, identity), how="oidc")
    response = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    response.delete_cookie(name, path="/", httponly=True, secure=settings(request).https, samesite="lax")
    set_cookie(response, settings(request), token)
    return response


def trip_cookie(settings: Settings) -> str:
    return "__Host-weft_oidc" if settings.https else "weft_oidc"


def _client(request: Request) -> oidc.Client:
    wanted = settings(request).oidc
    if wanted is None:
        raise NotFound("No identity provider is set up.", "Set WEFT_OIDC_ISSUER and WEFT_OIDC_CLIENT_ID.")
    return oidc.Client(wanted, getattr(request.app.state, "oidc_transport", None))
