"""A journal's ledger in memory: for tests of the runtime without a database, with the same promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from engine.journal import Answer, ApprovalRequest, Entry, Event, Fenced, Finish, Lease
from engine.strict import decode, encode

Json = Any


@dataclass(slots=True)
class MemoryRun:
    """What Postgres would hold of one run."""

    lease: Lease
    events: list[Event] = field(default_factory=list)
    state: str = "running"
    output: Json = None
    error: Json = None
    due_at: float | None = None
    waiting_on: list[str] = field(default_factory=list)
    approvals: dict[str, ApprovalRequest] = field(default_factory=dict)
    noted: list[Entry] = field(default_factory=list)


class MemoryLedger:
    """``before_write`` and ``after_write`` are called around each write with its name; what they raise goes up to
    the run. A noted entry is written with the next write, as in Postgres: a crash in between loses it."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        before_write: Callable[[str], None] = lambda _: None,
        after_write: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.runs: dict[UUID, MemoryRun] = {}
        self._clock = clock
        self.before_write = before_write
        self.after_write = after_write

    def accept(self, lease: Lease) -> MemoryRun:
        run = self.runs[lease.run_id] = MemoryRun(lease)
        return run

    def claim(self, run_id: UUID, owner: str) -> Lease:
        """Take the run over: what its former holder writes from now on is refused, what it noted is lost."""
        run = self.runs[run_id]
        run.lease = replace(run.lease, owner=owner, epoch=run.lease.epoch + 1)
        run.state, run.noted = "running", []
        return run.lease

    def answer(self, run_id: UUID, path: str, answer: Answer) -> None:
        """What a decision does, from outside the run."""
        run = self.runs[run_id]
        if not any(event.kind == "gate.answered" and event.path == path for event in run.events):
            self._write(run, [Entry("gate.answered", path, encode(answer.data()))])
            run.approvals.pop(path, None)
        if run.state == "waiting":
            run.state = "queued"

    def note(self, lease: Lease, entry: Entry) -> None:
        self.runs[lease.run_id].noted.append(entry)

    async def append(self, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None) -> None:
        names = " ".join(f"{entry.kind} {entry.path}" for entry in entries)
        self.before_write(names)
        run = self._held(lease)
        self._write(run, entries)
        if finish is not None:
            run.state = finish.state
            run.output = None if finish.output is None else decode(finish.output)
            run.error = None if finish.error is None else decode(finish.error)
        self.after_write(names)

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
        self.before_write(f"{entry.kind} {entry.path}")
        run = self._held(lease)
        run.approvals[entry.path] = approval
        self._write(run, [entry])
        self.after_write(f"{entry.kind} {entry.path}")

    async def close_gate(self, lease: Lease, path: str, state: str) -> Answer:
        self.before_write(f"close {path}")
        run = self._held(lease)
        answer = next((a for p, a in self._answers(run) if p == path), None)
        if answer is None:
            answer = Answer(state)
            run.approvals.pop(path, None)
            self._write(run, [Entry("gate.answered", path, encode(answer.data()))])
        self.after_write(f"close {path}")
        return answer

    async def park(self, lease: Lease, paths: Sequence[str], due_at: float | None) -> dict[str, Answer]:
        self.before_write("park")
        run = self._held(lease)
        answers = {path: answer for path, answer in self._answers(run) if path in paths}
        if not answers:
            self._write(run, [])
            run.state, run.due_at, run.waiting_on = "waiting", due_at, list(paths)
        self.after_write("park")
        return answers

    def _held(self, lease: Lease) -> MemoryRun:
        run = self.runs[lease.run_id]
        if run.lease != lease or run.state != "running":
            raise Fenced
        return run

    @staticmethod
    def _answers(run: MemoryRun) -> list[tuple[str, Answer]]:
        return [(event.path, Answer.of(event.data)) for event in run.events if event.kind == "gate.answered"]

    def _write(self, run: MemoryRun, entries: Sequence[Entry]) -> None:
        noted, run.noted = [entry for entry in run.noted if not entry.dropped], []
        for entry in (*noted, *entries):
            entry.taken = True
            event = Event(len(run.events) + 1, self._clock(), entry.kind, entry.path, decode(entry.data))
            run.events.append(event)
