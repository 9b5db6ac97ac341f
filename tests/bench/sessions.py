"""Open editors without browsers: each is a websocket of its own that says what the page says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

T = TypeVar("T")
READY = '"is_hydrated_rx_state_":true'
EDITOR = "reflex___state____state.studio___editor___"
GESTURE = "state____editor_state.on_gesture"
SECONDS = 60


class Sessions:
    """``greeting`` is what a real page said when it opened ``workflow``; ``cookie`` is who says it."""

    def __init__(self, url: str, cookie: str, greeting: str, workflow: str) -> None:
        self._address = url.replace("http", "ws", 1) + "/_event/?token={}&EIO=4&transport=websocket"
        self._headers = {"Cookie": cookie, "Origin": url}
        self._greeting, self._workflow = greeting, workflow
        self._open: list[ClientConnection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def grow(self, number: int, workflows: Sequence[str]) -> None:
        """Opens editors, on the workflows in turn, until there are so many. Every one of them selects a step, and
        every fifth adds one."""
        while len(self._open) < number:
            turn = len(self._open)
            self._wait(self._editor(workflows[turn % len(workflows)], adds=turn % 5 == 4))

    def close(self) -> None:
        for one in self._open:
            self._wait(one.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        found: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return found.result(SECONDS)

    async def _editor(self, workflow: str, *, adds: bool) -> None:
        address = self._address.format(uuid4())
        socket = await connect(address, additional_headers=self._headers, max_size=None, open_timeout=SECONDS)
        await socket.recv()
        await socket.send(self._greeting.replace(self._workflow, workflow))
        await _heard(socket, READY)
        # What a page says when a step is clicked: selected, its text for the clipboard, its data, what a test knows.
        await socket.send(self._say(workflow, GESTURE, {"type": "select", "rev": 0, "step": "order0"}))
        await _heard(socket, '"path":"order0"')
        await socket.send(self._say(workflow, GESTURE, {"type": "pick", "rev": 0, "steps": ["order0"]}))
        await _heard(socket, "copied_rx_state_")
        await socket.send(
            self._say(workflow, "inspecting____inspecting.ask", {"type": "look", "step": "order0"})
        )
        await _heard(socket, "live_rx_state_")
        await socket.send(self._say(workflow, "trial____trial.on_say", {"type": "show", "step": "order0"}))
        await _heard(socket, "step_rx_state_")
        if adds:
            said = {"type": "add", "rev": 0, "item": "wait", "after": "order0"}
            await socket.send(self._say(workflow, GESTURE, said))
            await _heard(socket, "patches_rx_state_")
        self._open.append(socket)
        task = asyncio.create_task(_answer(socket))
        self._tasks.add(task)

    def _say(self, workflow: str, handler: str, said: dict[str, Any]) -> str:
        path = f"/workflows/{workflow}"
        where = {"pathname": path, "asPath": path, "query": {"workflow_id": workflow}}
        return "42/_event," + json.dumps(
            ["event", {"name": EDITOR + handler, "payload": {"said": said}, "router_data": where}]
        )


async def _heard(socket: ClientConnection, words: str) -> None:
    """Until a message has these words in it."""
    while words not in await _said(socket):
        continue


async def _said(socket: ClientConnection) -> str:
    """The next message that is no ping."""
    while (said := str(await socket.recv())) == "2":
        await socket.send("3")
    return said


async def _answer(socket: ClientConnection) -> None:
    """As the page does while nobody touches it."""
    with contextlib.suppress(Exception):
        while True:
            await _said(socket)
