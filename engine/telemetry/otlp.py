"""Spans on their way out: OTLP over HTTP, in protobuf."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1 import trace_pb2 as wire

from engine.telemetry.receiver import Receiver
from engine.telemetry.spans import Span, Value

log = logging.getLogger(__name__)

AGAIN = frozenset({429, 502, 503, 504})
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
"""Between the attempts to send one batch; then it is given up."""


def encoded(spans: Sequence[Span], resource: Mapping[str, str]) -> bytes:
    scope = wire.ScopeSpans(scope=InstrumentationScope(name="weft"), spans=[_wire(span) for span in spans])
    whole = wire.ResourceSpans(resource=Resource(attributes=_attributes(resource)), scope_spans=[scope])
    return bytes(ExportTraceServiceRequest(resource_spans=[whole]).SerializeToString())


def _wire(span: Span) -> wire.Span:
    failed = wire.Status(code=wire.Status.STATUS_CODE_ERROR, message=span.error or "")
    return wire.Span(
        trace_id=bytes.fromhex(span.trace),
        span_id=bytes.fromhex(span.id),
        parent_span_id=bytes.fromhex(span.parent or ""),
        name=span.name,
        kind=wire.Span.SPAN_KIND_CLIENT if span.client else wire.Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=round(span.start * 1_000_000) * 1000,
        end_time_unix_nano=round(span.end * 1_000_000) * 1000,
        attributes=_attributes(span.attributes),
        status=None if span.error is None else failed,
    )


def _attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in values.items()]


def _any(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case _:
            return AnyValue(string_value=value)


class Sender:
    """Sends batches, one after the other. ``send`` never raises."""

    def __init__(self, receiver: Receiver, instance: str) -> None:
        self._receiver = receiver
        self._resource = receiver.resource | {"service.instance.id": instance}
        headers = receiver.headers | {"content-type": "application/x-protobuf"}
        self._client = httpx.AsyncClient(headers=headers, timeout=receiver.timeout_s)
        self._told = False

    async def send(self, spans: Sequence[Span]) -> bool:
        """Whether the receiver has taken them."""
        body = encoded(spans, self._resource)
        why = ""
        for pause in (*PAUSES_S, None):
            try:
                answer = await self._client.post(self._receiver.url, content=body)
            except httpx.HTTPError as error:
                why = type(error).__name__
            else:
                if answer.is_success:
                    self._told = False
                    return True
                why = f"HTTP {answer.status_code}"
                if answer.status_code not in AGAIN:
                    break
            if pause is not None:
                await asyncio.sleep(pause)
        if not self._told:  # once, not at every batch
            self._told = True
            log.warning("spans could not be sent to the receiver of traces: %s", why)
        return False

    async def close(self) -> None:
        await self._client.aclose()
