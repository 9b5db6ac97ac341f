"""Where traces go, by the standard's own variables.

``OTEL_EXPORTER_OTLP_ENDPOINT`` (``/v1/traces`` is added) or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` (as it is), the same
with ``_HEADERS`` and ``_TIMEOUT`` (milliseconds), ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES``,
``OTEL_BSP_SCHEDULE_DELAY`` (milliseconds), ``OTEL_SDK_DISABLED``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where spans go. ``headers`` may hold a credential."""

    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    timeout_s: float = 10.0
    delay_s: float = 1.0
    resource: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def from_environment(environment: Mapping[str, str]) -> Receiver | None:
        """None: nobody asked for traces, and nothing of this is done."""

        def named(name: str) -> str:
            general = environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")
            return (environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or general).strip()

        url = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()
        if not url and (base := environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()):
            url = f"{base.rstrip('/')}/v1/traces"
        if not url or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
            return None
        protocol = named("PROTOCOL") or "http/protobuf"
        if protocol != "http/protobuf":
            log.error("no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL is %r; use http/protobuf", protocol)
            return None
        resource = {"service.name": "weft"} | _pairs(environment.get("OTEL_RESOURCE_ATTRIBUTES", ""))
        if service := environment.get("OTEL_SERVICE_NAME"):
            resource["service.name"] = service
        return Receiver(
            url,
            {name.lower(): value for name, value in _pairs(named("HEADERS")).items()},
            _seconds(named("TIMEOUT"), 10.0),
            _seconds(environment.get("OTEL_BSP_SCHEDULE_DELAY", ""), 1.0),
            resource,
        )


def _pairs(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(",") if "=" in part)
    return {name.strip(): unquote(value.strip()) for name, _, value in parts}


def _seconds(text: str, default: float) -> float:
    return int(text) / 1000 if text.isdigit() else default
