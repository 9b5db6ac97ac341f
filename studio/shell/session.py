"""Who is behind an event: the session cookie, checked against the database for every event.

Any browser that opened the socket may call any registered handler by its name, with any token it likes, so nothing
here trusts the page:

- `Guard` runs before every handler. An unknown or ended session gets no further than a redirect to the sign-in page.
  What is not labelled with `@guarded(...)` is refused: the framework makes a handler of every public method of a
  state, also of one that is only meant to be called by another. Page state of another session is emptied first.
- `authorized(state, permission)` gives a handler its Actor. It asks the database again when the answer is older than
  two seconds, so a long background handler that calls it in its loop ends soon after a sign-out or a change of role.
"""

from __future__ import annotations

import contextvars
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

import reflex as rx
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext

from engine.actor import Actor
from engine.errors import BadCredentials, Forbidden, Unavailable
from engine.people import actor_of_session
from engine.permissions import Permission, require
from studio.shell import services
from studio.shell.payload import fits
from studio.veil import session_token

Handler = TypeVar("Handler", bound=Callable[..., Any])

FRESH_SECONDS: Final = 2.0

# The framework's own handlers that a page needs to come up; none of them reads or changes anything of an account.
# (`setvar`, which every state has, is not among them: it would let a browser set any variable.)
FRAMEWORK: Final = frozenset(
    {
        "hydrate",
        "hydrate_and_load",
        "on_load_internal",
        "set_is_hydrated",
        "handle_frontend_exception",
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A session that the database confirmed; `at` is monotonic seconds, `token` the cookie it was for."""

    actor: Actor
    token: str
    at: float


_checked: contextvars.ContextVar[Checked | None] = contextvars.ContextVar("weft_checked", default=None)


def guarded(permission: Permission | str) -> Callable[[Handler], Handler]:
    """Labels a handler with what it needs ("view", "edit", "run", ...). Goes under `@rx.event`."""
    needed = Permission(permission)

    def label(handler: Handler) -> Handler:
        handler.weft_permission = needed  # type: ignore[attr-defined]
        return handler

    return label


def permission_of(handler: Callable[..., Any]) -> Permission | None:
    """The label that `@guarded` left on a handler, or None."""
    return getattr(handler, "weft_permission", None)


async def authorized(state: BaseState, permission: Permission | str = Permission.VIEW) -> Actor:
    """The person behind this event. Raises BadCredentials, Forbidden, Unavailable."""
    token = session_token(state.router.headers.cookie)
    known = _checked.get()
    if known is None or known.token != token or time.monotonic() - known.at > FRESH_SECONDS:
        if not token:
            raise BadCredentials(
                "You are signed out.", "Sign in again; what you typed here is kept in the page."
            )
        actor = await actor_of_session(await services.database(), token)
        known = Checked(actor, token, time.monotonic())
        _checked.set(known)
    require(known.actor, Permission(permission))
    return known.actor


class Guard(rx.Middleware):
    """Stands before every event of every page: default deny."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """None lets the event through; a StateUpdate answers in its place."""
        _checked.set(None)
        root = state._get_root_state()
        session = await root.get_state(SessionState)
        handler = event.name.rpartition(".")[2]
        try:
            if handler in FRAMEWORK and _is_framework(event.name):
                token = session_token(root.router.headers.cookie)
                self._bind(root, session, token)
                return None
            registered = RegistrationContext.get().event_handlers.get(event.name)
            permission = permission_of(registered.handler.fn) if registered is not None else None
            await authorized(root, permission or Permission.VIEW)
            if registered is None or permission is None:
                raise Forbidden("That is not something a page may ask for.", "Reload the page.")
            if not fits(registered.handler.fn, event.payload):
                raise Forbidden("The page sent something that does not fit.", "Reload the page.")
            token = session_token(root.router.headers.cookie)
            if self._bind(root, session, token):
                return _answer(rx.call_script("location.reload()"))
        except BadCredentials:
            self._bind(root, session, "")
            return _answer(rx.redirect(f"/login?next={quote(_path_of(root), safe='')}"))
        except (Forbidden, Unavailable) as refused:
            return _answer(rx.toast.error(refused.message, description=refused.help))
        return None

    def _bind(self, root: BaseState, session: SessionState, token: str) -> bool:
        """Empties the page's state when it was filled for another session. Returns whether it did."""
        if session._bound_to == token:
            return False
        had = bool(session._bound_to)
        if had:
            root.reset()
        session._bound_to = token
        return had


class SessionState(rx.State):
    """Which session filled this page's state. Kept on the server only."""

    _bound_to: str = ""


def _is_framework(name: str) -> bool:
    registered = RegistrationContext.get().event_handlers.get(name)
    return registered is not None and registered.handler.fn.__module__.startswith("reflex")


def _path_of(root: BaseState) -> str:
    page = root.router.url
    path = str(page.path or "/")
    return path if path.startswith("/") and not path.startswith("//") else "/"


def _answer(spec: Any) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type([spec]))
