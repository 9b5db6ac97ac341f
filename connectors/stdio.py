"""A toolset over a server that we start ourselves and talk to through its stdin and stdout.

Only an operator names commands. The server gets the environment that is written down for it and nothing
else, a working folder of its own, and limits.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from mcp.client._transport import ReadStream, TransportStreams
from mcp.client.client import Client
from mcp.shared.message import SessionMessage

from connectors.pipe import pipe
from connectors.session import CLIENT, SessionToolset

_CONFINE = Path(__file__).with_name("confine.py")
_LOG = "server.log"


class StdioToolset(SessionToolset):
    """`command` is looked up on the PATH of `environment`, unless it is a path.

    `folder` is the working folder and receives the server's stderr as server.log; None makes one that goes
    when the server goes. `memory_mb` limits the server's data (not its address space), 0 does not.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        *,
        memory_mb: int = 0,
        open_seconds: float = 20.0,
    ) -> None:
        super().__init__(name, open_seconds=open_seconds)
        if not command:
            raise ValueError(f"connector {name!r} has an empty command")
        self._command = tuple(command)
        self._environment = dict(environment or {})
        self._folder = folder
        self._memory_mb = memory_mb
        self._reading: _Watched | None = None

    def _is_connected(self) -> bool:
        return self._reading is None or not self._reading.ended

    async def _connect(self, resources: contextlib.AsyncExitStack) -> Client:
        program = shutil.which(self._command[0], path=self._environment.get("PATH", ""))
        if program is None:
            raise FileNotFoundError(f"the command {self._command[0]!r} was not found")
        if self._folder is None:
            folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="weft-stdio-")))
        else:
            folder = self._folder
            folder.mkdir(parents=True, exist_ok=True)
        log = resources.enter_context((folder / _LOG).open("w", encoding="utf-8"))
        keep = ",".join(self._environment)
        confined = [sys.executable, "-I", str(_CONFINE), keep, str(self._memory_mb), program]

        @contextlib.asynccontextmanager
        async def transport() -> AsyncIterator[TransportStreams]:
            command = [*confined, *self._command[1:]]
            async with pipe(command, self._environment, folder, log) as (reading, writing):
                self._reading = _Watched(reading)
                yield self._reading, writing

        return Client(transport(), client_info=CLIENT, cache=None, read_timeout_seconds=self.open_seconds)


class _Watched:
    """A stream of incoming messages that remembers its end, so that nothing is sent to a server that is gone."""

    def __init__(self, inner: ReadStream[SessionMessage | Exception]) -> None:
        self._inner = inner
        self.ended = False

    async def receive(self) -> SessionMessage | Exception:
        return await self._inner.receive()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __aiter__(self) -> _Watched:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self._inner.__anext__()
        except BaseException:
            self.ended = True
            raise

    async def __aenter__(self) -> _Watched:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        self.ended = True
        return await self._inner.__aexit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        # The SDK looks for `last_context` where a stream has one.
        return getattr(self._inner, name)
