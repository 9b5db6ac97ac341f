"""Sample servers that a test may stop and start again, and the three ways to reach one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn

from connectors import HttpToolset, MemoryToolset, StdioToolset
from connectors.samples.__main__ import application
from connectors.samples.mail import mail
from connectors.samples.shop import shop
from connectors.session import SessionToolset

ROOT = Path(__file__).parents[2]


class Server:
    """The sample servers in a process of their own, always on the same port once they have one."""

    def __init__(self, data: Path, token: str = "") -> None:
        self.data = data
        self.port = 0
        self._token = token
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "connectors.samples",
            "--port",
            str(self.port),
            "--data",
            str(self.data),
        ]
        if self._token:
            command += ["--token-env", "WEFT_SAMPLES_TOKEN"]
        environment = {**os.environ, "WEFT_SAMPLES_TOKEN": self._token}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("listening on "), f"the sample servers did not start: {line!r}"
        self.port = int(line.rpartition(":")[2])
        # The socket listens already; the first request waits until the application answers.
        with urllib.request.urlopen(f"{self.url}/health", timeout=20) as answer:
            assert answer.status == 200

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start sample servers; they stop when the test ends."""
    started: list[Server] = []

    def start(data: Path = tmp_path, token: str = "") -> Server:
        server = Server(data, token)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests that neither stop it nor mind each other's refunds."""
    server = Server(tmp_path_factory.mktemp("shared"))
    server.start()
    yield server
    server.stop()


T = TypeVar("T", bound=SessionToolset)
Reach = Callable[[str], SessionToolset]


@asynccontextmanager
async def serving(data: Path) -> AsyncIterator[str]:
    """The sample servers over HTTP in this very process, which starts faster; gives their address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(data), log_config=None, access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.wait_for(running, 10)


@pytest.fixture(params=["http", "stdio", "memory"])
async def reach(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Reach]:
    """A client for a sample server, not open, over each transport. The server is real and has fresh data."""
    match request.param:
        case "http":
            async with serving(tmp_path / "http") as url:
                yield lambda name: HttpToolset(name, f"{url}/{name}/mcp")
        case "stdio":
            yield lambda name: StdioToolset(
                name,
                [sys.executable, "-m", f"connectors.samples.{name}", "--data", str(tmp_path / "stdio")],
                {"PYTHONPATH": str(ROOT)},
            )
        case _:
            makers = {"shop": shop, "mail": mail}
            yield lambda name: MemoryToolset(name, makers[name](tmp_path / "memory"))


@asynccontextmanager
async def opened(toolset: T) -> AsyncIterator[T]:
    await toolset.open()
    try:
        yield toolset
    finally:
        await toolset.close()
