"""A toolset over one MCP client session.

The SDK's client is a context that must be left by the task that entered it, and that is cancelled as a
whole when its connection breaks. So each session has an owner task, which enters, waits, and leaves;
callers only ever wait for answers, and a broken connection reaches them as a `ToolError`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from abc import ABC, abstractmethod
from typing import Any, cast

from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    RequestParamsMeta,
    TextContent,
)
from pydantic import ValidationError

from connectors.bounds import Bounds
from connectors.tool import (
    KEY_ARGUMENT,
    KEY_META,
    Health,
    Json,
    Outcome,
    ToolDefinition,
    ToolError,
    ToolResult,
)
from connectors.tracing import TRACEPARENT

logger = logging.getLogger(__name__)

CLIENT = Implementation(name="weft", title="Weft Studio", version="0.1.0")

# Our own transport reports through a JSON-RPC error with this code; see `undelivered`.
UNDELIVERED = -32950
_MOST_PAGES = 100
# What an error may call itself: a catch names it, so it is a word.
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_CLOSE_SECONDS = 10.0


class SessionToolset(ABC):
    """What all transports share. `open_seconds` bounds each exchange of connecting."""

    bounds = Bounds()

    def __init__(self, name: str, *, open_seconds: float = 10.0) -> None:
        self.name = name
        self.open_seconds = open_seconds
        self._owner: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._leave = asyncio.Event()
        self._client: Client | None = None
        self._definitions: dict[str, ToolDefinition] = {}
        self._health = Health("unopened")

    @abstractmethod
    async def _connect(self, resources: contextlib.AsyncExitStack) -> Client:
        """Make the client, not yet entered; `resources` are let go of after it."""

    def _is_connected(self) -> bool:
        """Whether the connection is there as far as one can tell without asking."""
        return True

    async def open(self) -> None:
        if self._leave.is_set():
            raise self._unavailable("it has been closed")
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._owner = asyncio.create_task(self._own(self._ready), name=f"connector {self.name}")
        # Shielded: a caller that gives up must not take the opening away from the others.
        await asyncio.shield(self._ready)

    async def _own(self, ready: asyncio.Future[None]) -> None:
        try:
            async with contextlib.AsyncExitStack() as resources:
                client = await self._connect(resources)
                await resources.enter_async_context(client)
                self._client = client
                await self.list_tools()
                ready.set_result(None)
                await self._leave.wait()
        except BaseException as error:
            reason = _reason(error)
            self._health = Health("down", reason)
            if not ready.done():
                ready.set_exception(self._unavailable(reason))
                # Somebody may have stopped waiting; the exception has been seen here.
                ready.exception()
            elif not self._leave.is_set():
                logger.warning("the connection to connector %r broke: %s", self.name, reason)
            if not isinstance(error, Exception | BaseExceptionGroup):
                raise
        finally:
            self._client = None

    async def close(self) -> None:
        self._leave.set()
        if self._owner is None or self._owner.done():
            return
        _, late = await asyncio.wait({self._owner}, timeout=_CLOSE_SECONDS)
        if late:
            self._owner.cancel()
            await asyncio.wait({self._owner}, timeout=_CLOSE_SECONDS)

    async def health(self) -> Health:
        if self._client is not None and not self._is_connected():
            return Health("down", "the server has gone away")
        return self._health

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        client = self._connected()
        found: list[ToolDefinition] = []
        cursor: str | None = None
        try:
            for _ in range(_MOST_PAGES):
                page = await client.list_tools(cursor=cursor, cache_mode="bypass")
                for tool in page.tools:
                    raw = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
                    found.append(ToolDefinition.from_raw(raw))
                cursor = page.next_cursor
                if not cursor:
                    break
        except (MCPError, ValidationError, RuntimeError) as error:
            raise self._failed(error, "tools/list") from error
        self._definitions = {definition.name: definition for definition in found}
        self._health = Health("ok")
        return tuple(found)

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        definition = self._definitions.get(name)
        client = self._connected()
        if definition is None:
            raise ToolError(
                "unknown_tool",
                f"connector {self.name!r} has no tool {name!r}; refresh its catalog",
                "not_done",
            )
        meta, arguments = _with_key(definition, arguments, key)
        if (traceparent := TRACEPARENT.get()) is not None:
            meta = cast(RequestParamsMeta, {**(meta or {}), "traceparent": traceparent})
        self.bounds.check_arguments(name, arguments)
        try:
            result = await self._send(client, name, arguments, meta, timeout_s)
        except (MCPError, ValidationError, RuntimeError) as error:
            raise self._failed(error, name, timeout_s) from error
        if isinstance(result, InputRequiredResult):
            raise ToolError(
                "input_required",
                f"the tool {name!r} asks a person for input, which is not supported",
                "not_done",
            )
        self._health = Health("ok")
        # The SDK has held the content of a success against the output schema of the live definition.
        answer = _result(result, checked=definition.sha256)
        self.bounds.check_result(name, answer.value)
        return answer

    async def _send(
        self,
        client: Client,
        name: str,
        arguments: dict[str, Json],
        meta: RequestParamsMeta | None,
        timeout_s: float,
    ) -> CallToolResult | InputRequiredResult:
        async def send() -> CallToolResult | InputRequiredResult:
            return await client.session.call_tool(
                name, arguments, read_timeout_seconds=timeout_s, meta=meta, allow_input_required=True
            )

        try:
            return await send()
        except MCPError as error:
            if error.code != HEADER_MISMATCH:
                raise
            # The server refused before acting: what it wants mirrored into headers has changed since we
            # listed it.
            await self.list_tools()
            return await send()

    def _connected(self) -> Client:
        if self._client is None or self._leave.is_set():
            raise self._unavailable("it is not open")
        if not self._is_connected():
            raise self._unavailable("the server has gone away")
        return self._client

    def _unavailable(self, reason: str, outcome: Outcome = "not_done") -> ToolError:
        return ToolError(
            "unavailable",
            f"connector {self.name!r} is not available: {reason}; check that its server is running and reachable",
            outcome,
        )

    def _failed(self, error: Exception, what: str, timeout_s: float = 0.0) -> ToolError:
        """The SDK's exceptions, told apart by whether the server may have acted."""
        failure = self._translated(error, what, timeout_s)
        if failure.code == "unavailable":
            self._health = Health("down", failure.message)
        return failure

    def _translated(self, error: Exception, what: str, timeout_s: float) -> ToolError:
        if isinstance(error, ValidationError):
            return ToolError("invalid_result", f"{what}: the answer does not follow the protocol", "unknown")
        if not isinstance(error, MCPError):
            # The SDK raises a bare RuntimeError when the content does not fit the tool's output schema.
            return ToolError("invalid_result", f"{what}: {_first_line(error)}", "unknown")
        code = error.code
        if code == UNDELIVERED and isinstance(error.data, dict):
            outcome: Outcome = "not_done" if error.data.get("outcome") == "not_done" else "unknown"
            if (told := error.data.get("code")) in ("too_large", "invalid_result"):
                return ToolError(told, f"{what}: {error.message}", outcome)
            return self._unavailable(error.message, outcome)
        if code == REQUEST_TIMEOUT:
            return ToolError("timeout", f"{what}: no answer within {timeout_s:g} seconds", "unknown")
        if code == CONNECTION_CLOSED:
            return self._unavailable("the connection was lost before the answer came", "unknown")
        if code == INVALID_PARAMS:
            return ToolError("invalid_arguments", f"{what}: {error.message}", "not_done")
        if code == METHOD_NOT_FOUND:
            return self._unavailable(f"the server knows no tools ({error.message})")
        if code == INVALID_REQUEST:
            # The SDK's own word for an ended session, but also for an answer of the wrong kind.
            return self._unavailable(f"the server did not answer the request ({error.message})", "unknown")
        if code == PARSE_ERROR:
            return ToolError("invalid_result", f"{what}: {error.message}", "unknown")
        return ToolError("tool_error", f"{what}: {error.message}", "unknown")


def undelivered(message: str, outcome: Outcome, code: str = "unavailable") -> dict[str, Json]:
    """A JSON-RPC error in the server's place, for a request that the transport could not bring home."""
    data = {"outcome": outcome, "code": code}
    return {"jsonrpc": "2.0", "id": None, "error": {"code": UNDELIVERED, "message": message, "data": data}}


def _with_key(
    definition: ToolDefinition, arguments: dict[str, Json], key: str | None
) -> tuple[RequestParamsMeta | None, dict[str, Json]]:
    # A key that the caller wrote out among the arguments wins, in both places: two keys would be two effects.
    given = arguments.get(KEY_ARGUMENT) if definition.honours_key else None
    key = given or key
    if not key:
        return None, arguments
    meta = cast(RequestParamsMeta, {KEY_META: key})
    return meta, {**arguments, KEY_ARGUMENT: key} if definition.honours_key else arguments


def _result(result: CallToolResult, checked: str) -> ToolResult:
    text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
    value: Json = result.structured_content
    if value is None and "structured_content" not in result.model_fields_set:
        all_text = all(isinstance(block, TextContent) for block in result.content)
        value = text if all_text else [_block(block) for block in result.content]
    if not result.is_error:
        return ToolResult(value, checked=checked)
    told: dict[str, Any] = value if isinstance(value, dict) else {}
    code, message = told.get("code"), told.get("message")
    if not isinstance(code, str) or _CODE.fullmatch(code) is None:
        code = "tool_error"
    return ToolResult(
        value,
        is_error=True,
        error_code=code,
        message=message
        if isinstance(message, str) and message
        else text or "the tool failed and gave no reason",
        outcome="unknown" if told.get("outcome") == "unknown" else "not_done",
    )


def _block(block: Any) -> Json:
    return block.model_dump(mode="json", by_alias=True, exclude_none=True)


def _reason(error: BaseException) -> str:
    """The first real cause, in one line: task groups wrap it in groups of groups."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    if isinstance(error, asyncio.CancelledError):
        return "opening was cancelled"
    return _first_line(error)


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
