"""A run's place in a trace. Every id follows from the run and the structural path, so that whoever asks, in whatever
process and after whatever crash, gets the same one.

A run that came with a ``traceparent`` (W3C Trace Context) belongs to that trace, below the span it names. Any other
has a trace of its own, whose id is the run's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

_HEADER = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def accepted(header: str | None) -> str | None:
    """A ``traceparent`` as it is kept; None for one that does not follow the rules, which is then as good as none."""
    found = _HEADER.fullmatch((header or "").strip())
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not int(trace, 16) or not int(span, 16):
        return None
    return f"00-{trace}-{span}-{'01' if int(flags, 16) & 1 else '00'}"


@dataclass(frozen=True, slots=True)
class Trace:
    """``id`` has 32 hex digits, ``parent`` 16: the span above the run. Not ``sampled``: nothing is to be sent of it."""

    run_id: UUID
    id: str
    parent: str | None = None
    sampled: bool = True

    @staticmethod
    def of(run_id: UUID, traceparent: str | None) -> Trace:
        if traceparent is None:
            return Trace(run_id, run_id.hex)
        _, trace, span, flags = traceparent.split("-")
        return Trace(run_id, trace, span, flags == "01")

    def span(self, path: str, part: str = "") -> str:
        """The id, 16 hex digits, of the span of the step at ``path`` ("" is the run), or of a ``part`` of it: the
        number of a call's attempt, or "wait"."""
        return blake2b(f"{self.run_id}/{path}/{part}".encode(), digest_size=8).hexdigest()

    def header(self, path: str, part: str = "") -> str:
        """The ``traceparent`` that makes somebody else's spans children of that span."""
        return f"00-{self.id}-{self.span(path, part)}-{'01' if self.sampled else '00'}"
