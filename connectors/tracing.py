"""Which trace a call belongs to, for whoever sends it on: set by the caller, read where the request is made."""

from __future__ import annotations

from contextvars import ContextVar

TRACEPARENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""A header of W3C Trace Context; None: nobody traces."""
