"""Signing in: a cookie for browsers, tokens for programs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from engine import people, sessions, tokens
from engine.actor import Actor
from engine.api.access import Guard, Open, cookie_name, database, settings
from engine.permissions import ALLOWED
from engine.settings import Settings

router = APIRouter()


class Login(BaseModel):
    email: str = Field(max_length=320)
    password: str = Field(max_length=1000, repr=False)


class Refresh(BaseModel):
    refresh_token: str = Field(max_length=200, repr=False)


class TokenAnswer(BaseModel):
    """As in RFC 6749, 5.1."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"
    expires_in: int


class Me(BaseModel):
    """``permissions``: what this person may do, so that a page can leave out the rest. ``account_id``: the workspace,
    as it stands in the addresses of webhooks."""

    account_id: UUID
    email: str
    name: str
    role: str
    groups: tuple[str, ...]
    permissions: tuple[str, ...]


@router.post("/login", dependencies=[Depends(Open())])
async def login(body: Login, request: Request) -> TokenAnswer:
    db = database(request)
    user = await people.authenticate(db, body.email, body.password, client=client_of(request))
    return _answer(await tokens.issue_tokens(db, settings(request), sessions.actor_of(user)))


@router.post("/token/refresh", dependencies=[Depends(Open())])
async def refresh(body: Refresh, request: Request) -> TokenAnswer:
    made, _ = await tokens.refresh(database(request), settings(request), body.refresh_token)
    return _answer(made)


@router.post("/session", dependencies=[Depends(Open(browser=True))])
async def begin_session(body: Login, request: Request, response: Response) -> Me:
    token, actor = await people.sign_in(
        database(request), body.email, body.password, client=client_of(request)
    )
    set_cookie(response, settings(request), token)
    return me_of(actor)


@router.delete("/session", status_code=204, dependencies=[Depends(Open(browser=True))])
async def end_session(request: Request, response: Response) -> None:
    name = cookie_name(settings(request))
    token = request.cookies.get(name)
    if token:
        await people.sign_out(database(request), token)
    response.delete_cookie(name, path="/", httponly=True, secure=settings(request).https, samesite="lax")


@router.get("/me")
async def me(actor: Annotated[Actor, Depends(Guard(None))]) -> Me:
    return me_of(actor)


def me_of(actor: Actor) -> Me:
    granted = tuple(permission.value for permission, roles in ALLOWED.items() if actor.role in roles)
    return Me(
        account_id=actor.account_id,
        email=actor.email,
        name=actor.name,
        role=actor.role,
        groups=actor.groups,
        permissions=granted,
    )


def set_cookie(response: Response, settings: Settings, token: str) -> None:
    response.set_cookie(
        cookie_name(settings),
        token,
        max_age=int(sessions.LIFETIME.total_seconds()),
        path="/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def client_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _answer(made: tokens.Tokens) -> TokenAnswer:
    return TokenAnswer(access_token=made.access, refresh_token=made.refresh, expires_in=made.expires_in)
