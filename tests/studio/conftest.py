"""The studio's pages without a browser: its event processor, a socket that keeps what is sent, a signed-in person."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

os.environ["__REFLEX_SKIP_COMPILE"] = "true"

from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.token import BaseStateToken
from reflex.state import BaseState, State, StateUpdate
from reflex_base.event import Event, EventSpec
from reflex_base.event.processor import BaseStateEventProcessor

from engine import people
from engine.actor import Actor
from engine.database import Database, Urls
from studio.shell import services
from studio.studio import app

PASSWORD = "a password for tests"


@dataclass
class Socket:
    """Stands where the browser's socket is: keeps the events that the server sent to the browser."""

    sent: list[Event] = field(default_factory=list)

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        self.sent.extend(update.events)


@dataclass
class Tab:
    """A browser tab: its token, its cookie, its address. `failures` are exceptions that reached the framework."""

    processor: BaseStateEventProcessor
    states: StateManagerMemory
    socket: Socket
    failures: list[Exception]
    token: str = "a-tab"
    cookie: str = ""
    url: str = "http://localhost:3000/workflows"

    async def send(self, event: EventSpec | Event) -> None:
        """What a page does: names a handler with arguments. Returns when it and what it set off is done."""
        for each in Event.from_event_type([event]) if isinstance(event, EventSpec) else [event]:
            await self.call(each.name, dict(each.payload))

    async def call(self, name: str, payload: dict[str, Any]) -> None:
        headers = {"host": "localhost:3000", "cookie": self.cookie}
        router = {"headers": headers, "pathname": "/x", "asPath": self.url, "origin": "http://localhost:3000"}
        event = Event(name=name, payload=payload, router_data={**router, "token": self.token, "path": "/x"})
        future = await self.processor.enqueue(self.token, event)
        await future.wait_all()

    async def state(self, of: type[BaseState]) -> Any:
        """The page's state as the server holds it."""
        async with self.states.modify_state(BaseStateToken(ident=self.token, cls=State)) as root:
            return await root.get_state(of)

    @property
    def redirects(self) -> list[str]:
        return [str(each.payload["path"]) for each in self.socket.sent if each.name == "_redirect"]

    @property
    def scripts(self) -> str:
        """Everything else the browser was told to do, as text."""
        return " ".join(str(each.payload) for each in self.socket.sent if each.name != "_redirect")


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    """A tab that nobody is signed in on."""
    socket, states, failures = Socket(), StateManagerMemory(), list[Exception]()

    def failed(error: Exception) -> None:
        failures.append(error)

    with app.set_contexts():
        processor = BaseStateEventProcessor(middleware=app, backend_exception_handler=failed)
        async with processor.configure(state_manager=states, event_namespace=socket):  # type: ignore[arg-type]
            yield Tab(processor, states, socket, failures)
    assert failures == []


@dataclass(frozen=True)
class Workspace:
    db: Database
    owner: Actor
    token: str
    runner_url: str


@pytest.fixture
async def workspace(urls: Urls, owner_url: str, db: Database) -> AsyncIterator[Workspace]:
    """A workspace with its administrator signed in; the pages use this database."""
    owner_db = await Database.open(owner_url)
    try:
        actor, _ = await people.ensure_workspace(owner_db)
        await people.reset_password(owner_db, actor.email, PASSWORD)
    finally:
        await owner_db.close()
    token, _ = await people.sign_in(db, actor.email, PASSWORD)
    services.use(db)
    yield Workspace(db, actor, token, urls.runner)
    services.use(None)


@pytest.fixture
async def signed_in(tab: Tab, workspace: Workspace) -> Tab:
    """A tab after its page came up: the first event of another would also load the page of its address."""
    tab.cookie = f"weft_session={workspace.token}"
    await tab.call("reflex___state____state.hydrate", {})
    return tab
