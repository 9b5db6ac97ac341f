"""A receiver of traces on loopback, which reads what it is sent with the standard's own protobuf."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    trace: str
    id: str
    parent: str
    name: str
    start: int
    end: int
    kind: int
    failed: bool
    attributes: dict[str, object]


@dataclass
class Collector:
    """``status`` is what it answers; ``slow`` makes it take its time: until the event is set."""

    status: int = 200
    slow: asyncio.Event | None = None
    spans: list[Seen] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Collector:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while True:
                await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length")
        )
        body = await reader.readexactly(length)
        self.headers.append(head)
        if self.slow is not None:
            await self.slow.wait()
        if self.status == 200:
            self._keep(body)
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()

    def _keep(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            self.resources.append({one.key: one.value.string_value for one in resource.resource.attributes})
            for scope in resource.scope_spans:
                self.spans += [_seen(span) for span in scope.spans]

    def of(self, trace: str) -> list[Seen]:
        return [span for span in self.spans if span.trace == trace]

    def twice(self) -> list[str]:
        return [id for id, count in Counter(span.id for span in self.spans).items() if count > 1]


def _seen(span: object) -> Seen:
    attributes = {}
    for one in span.attributes:  # type: ignore[attr-defined]
        attributes[one.key] = getattr(one.value, one.value.WhichOneof("value"))
    return Seen(
        span.trace_id.hex(),  # type: ignore[attr-defined]
        span.span_id.hex(),  # type: ignore[attr-defined]
        span.parent_span_id.hex(),  # type: ignore[attr-defined]
        span.name,  # type: ignore[attr-defined]
        span.start_time_unix_nano,  # type: ignore[attr-defined]
        span.end_time_unix_nano,  # type: ignore[attr-defined]
        span.kind,  # type: ignore[attr-defined]
        span.status.code == 2,  # type: ignore[attr-defined]
        attributes,
    )
