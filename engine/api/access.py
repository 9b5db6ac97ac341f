"""Who calls, and whether they may: every route carries exactly one ``Guard``, or the application does not start.

A caller is known by ``Authorization: Bearer`` (programs) or by the session cookie (browsers). A request that changes
something and comes with the cookie must name an allowed Origin: another site can make a browser send the cookie,
not the header.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from engine import people, tokens
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadCredentials, Forbidden
from engine.permissions import Permission, require
from engine.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """A route's label: ``Guard(Permission.X)``; ``Guard(None)`` for whoever is signed in."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    def __repr__(self) -> str:
        return f"Guard({self.permission})"

    async def __call__(self, request: Request) -> Actor:
        actor = await caller(request)
        if self.permission is not None:
            require(actor, self.permission)
        return actor


class Open:
    """The label of a route for everybody. ``browser``: it sets or clears a cookie, so its Origin must be ours."""

    def __init__(self, *, browser: bool = False) -> None:
        self.browser = browser

    async def __call__(self, request: Request) -> None:
        if self.browser:
            check_origin(request)


def database(request: Request) -> Database:
    db = request.app.state.db
    assert isinstance(db, Database)
    return db


def settings(request: Request) -> Settings:
    found = request.app.state.settings
    assert isinstance(found, Settings)
    return found


def cookie_name(settings: Settings) -> str:
    """The prefix makes a browser refuse the cookie unless it is Secure, for the whole host, and for no other."""
    return "__Host-weft_session" if settings.https else "weft_session"


async def caller(request: Request) -> Actor:
    """Who sends this request. Raises ``BadCredentials``, or ``Forbidden`` for a foreign Origin."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await tokens.actor_of_token(database(request), settings(request), value.strip())
    token = request.cookies.get(cookie_name(settings(request)))
    if not token:
        raise BadCredentials("You are not signed in.", "Sign in, or send a bearer token.")
    if request.method not in SAFE:
        check_origin(request)
    return await people.actor_of_session(database(request), token)


def check_origin(request: Request) -> None:
    if request.headers.get("origin") not in settings(request).origins:
        raise Forbidden("This request came from another site.", "Add the studio's address to WEFT_ORIGINS.")


def guards_of(route: BaseRoute) -> tuple[Guard | Open, ...]:
    """The labels among a route's dependencies."""
    if not isinstance(route, APIRoute):
        return ()
    return tuple(call for call in _calls(route.dependant) if isinstance(call, Guard | Open))


def _calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def refuse_unlabelled(app: FastAPI) -> None:
    """Raises ``RuntimeError`` naming every route without exactly one label: such an application must not start."""
    bad = [
        f"{sorted(getattr(route, 'methods', None) or ())} {getattr(route, 'path', route)}"
        for route in app.routes
        if len(guards_of(route)) != 1 and getattr(route, "path", "") != app.openapi_url
    ]
    if bad:
        raise RuntimeError("These routes have no permission, or several: " + ", ".join(bad))
