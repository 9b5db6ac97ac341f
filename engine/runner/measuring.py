"""What a runner counts of what it does, and the trace of it, if anybody asked for one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from uuid import UUID

from connectors import Health
from connectors.tracing import TRACEPARENT
from engine.lease import Claim
from engine.tallies import (
    BATCH_EVENTS,
    CIRCUITS,
    CLAIMS,
    COMMIT_SECONDS,
    DEAD_LETTERS,
    LEASES_LOST,
    RETRIES,
    STEP_SECONDS,
    Tallies,
)
from engine.telemetry.receiver import Receiver
from engine.telemetry.subject import RUN, STEP, RunSubject
from engine.telemetry.trace import Trace
from engine.writer import Writer

if TYPE_CHECKING:
    from engine.telemetry.tracer import Tracer


class Measuring:
    """``tallies``: since they were last added up. Looks on at what ``writer`` commits."""

    def __init__(self, url: str, me: str, writer: Writer) -> None:
        self.tallies = Tallies()
        self._tracer = _tracer(url, me, self.tallies)
        writer.measured = self.committed
        if self._tracer is not None:
            writer.written = self._tracer.mark

    def open(self) -> None:
        if self._tracer is not None:
            self._tracer.open()

    async def close(self) -> None:
        if self._tracer is not None:
            await self._tracer.close()

    def claimed(self, claim: Claim) -> None:
        self.tallies.add(CLAIMS, claim.why)

    def given_up(self) -> None:
        self.tallies.add(DEAD_LETTERS)

    def lost(self) -> None:
        self.tallies.add(LEASES_LOST)

    def circuit(self, health: Health) -> None:
        self.tallies.add(CIRCUITS, "opened" if health.state == "down" else "closed")

    def said_of(self, run_id: UUID) -> None:
        """Something was said of a run that is not ours."""
        if self._tracer is not None:
            self._tracer.noticed(run_id)

    def begun(self, claim: Claim) -> None:
        """From here on this task is about this run: its lines in the log say so."""
        trace = Trace.of(claim.lease.run_id, claim.traceparent)
        RUN.set(RunSubject(claim.lease.run_id, claim.lease.workflow_id, claim.lease.account_id, trace.id))

    def trace(self, claim: Claim) -> Trace | None:
        """None when nobody asked for traces: then tools and runs that are started are told of none."""
        return None if self._tracer is None else Trace.of(claim.lease.run_id, claim.traceparent)

    def observed(self, outcome: str, seconds: float) -> None:
        self.tallies.observe(STEP_SECONDS, seconds, outcome)

    def calling(self, trace: Trace | None, path: str, attempt: int) -> None:
        STEP.set(path)
        if trace is not None:
            TRACEPARENT.set(trace.header(path, str(attempt)))
        if attempt > 1:
            self.tallies.add(RETRIES)

    def committed(self, events: int, seconds: float) -> None:
        self.tallies.observe(BATCH_EVENTS, events)
        self.tallies.observe(COMMIT_SECONDS, seconds)


def _tracer(url: str, me: str, tallies: Tallies) -> Tracer | None:
    receiver = Receiver.from_environment(os.environ)
    if receiver is None:
        return None
    from engine.telemetry.tracer import Tracer  # its exporter takes 0.1 s to import, and few ask for traces

    return Tracer(url, receiver, me, tallies)
