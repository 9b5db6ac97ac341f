"""A journal's ledger in memory: for tests of the runtime without a database, with the same promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from engine.artifacts import Artifact
from engine.history import fold
from engine.journal import (
    LOOK,
    Answer,
    ApprovalRequest,
    Candidate,
    ChildRequest,
    Entry,
    Event,
    Fenced,
    Finish,
    Lease,
)
from engine.strict import decode, encode
from engine.testimony import Statement

Json = Any

ENDS = ("succeeded", "failed", "cancelled", "timed_out")


@dataclass(slots=True)
class MemoryRun:
    """What Postgres would hold of one run."""

    lease: Lease
    events: list[Event] = field(default_factory=list)
    state: str = "running"
    output: Json = None
    error: Json = None
    output_artifact: Artifact | None = None
    due_at: float | None = None
    waiting_on: list[str] = field(default_factory=list)
    approvals: dict[str, ApprovalRequest] = field(default_factory=dict)
    noted: list[Entry] = field(default_factory=list)
    parent: tuple[UUID, str] | None = None
    version: str = ""
    input: Json = None
    stopping: bool = False
    ears: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By the path of a wait for events: the name, and the number of the last event that was looked at."""


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
        self.published: list[tuple[str, Candidate]] = []
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

    def testify(self, run_id: UUID, path: str, said: Statement) -> None:
        """What a person's answer to a review does, from outside the run."""
        run = self.runs[run_id]
        asked = {step.path: step.question for step in fold(run.events).steps}
        question = asked.pop(path)
        assert run.state == "needs_review" and question is not None, f"nobody asks about {path!r}"
        kind, data = said.event(path, question.attempt)
        self._write(run, [Entry(kind, path, encode(data))])
        if not any(asked.values()):
            run.state, run.error = "queued", None

    def publish(self, name: str, payload: Json) -> None:
        """An event, from outside."""
        seq = len(self.published) + 1
        self.published.append((name, Candidate(seq, f"event-{seq}", decode(encode(payload)))))
        for run in self.runs.values():
            if run.state == "waiting" and any(ear == name for ear, _ in run.ears.values()):
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
            if finish.artifact is not None:
                run.output_artifact = Artifact.of(decode(finish.artifact))
            self._ended(lease.run_id)
        self.after_write(names)

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
        self.before_write(f"{entry.kind} {entry.path}")
        run = self._held(lease)
        run.approvals[entry.path] = approval
        self._write(run, [entry])
        self.after_write(f"{entry.kind} {entry.path}")

    async def escalate(self, lease: Lease, path: str) -> Answer | None:
        self.before_write(f"escalate {path}")
        run = self._held(lease)
        answer = self._answer(run, path)
        if answer is None:
            self._write(run, [Entry("gate.escalated", path, encode({"to": run.approvals[path].escalation}))])
        self.after_write(f"escalate {path}")
        return answer

    async def start_child(self, lease: Lease, entry: Entry, child: ChildRequest) -> None:
        self.before_write(f"start {entry.path}")
        run = self._held(lease)
        self._write(run, [entry])
        born = replace(lease, run_id=child.id, owner="", epoch=0, depth=lease.depth + 1)
        version = run.version if child.version_id is None else str(child.version_id)
        self.runs[child.id] = MemoryRun(
            born,
            state="queued",
            parent=(lease.run_id, entry.path),
            version=version,
            input=decode(encode(child.input)),
        )
        self.after_write(f"start {entry.path}")

    async def subscribe(self, lease: Lease, path: str, data: dict[str, Json], name: str) -> int:
        self.before_write(f"subscribe {path}")
        run = self._held(lease)
        after = len(self.published)
        self._write(run, [Entry("gate.opened", path, encode({**data, "after": after}))])
        run.ears[path] = (name, after)
        self.after_write(f"subscribe {path}")
        return after

    async def candidates(self, lease: Lease, path: str, after: int) -> list[Candidate]:
        name, seen = self._held(lease).ears[path]
        return [event for called, event in self.published if called == name and event.seq > max(seen, after)]

    async def close_gate(self, lease: Lease, path: str, answer: Answer) -> Answer:
        self.before_write(f"close {path}")
        run = self._held(lease)
        before = self._answer(run, path)
        if before is None:
            run.approvals.pop(path, None)
            run.ears.pop(path, None)
            self._write(run, [Entry("gate.answered", path, encode(answer.data()))])
            if answer.outcome == "cancelled":
                self._stop_child(lease.run_id, path)
        self.after_write(f"close {path}")
        return before or answer

    async def park(
        self, lease: Lease, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
    ) -> dict[str, Answer]:
        self.before_write("park")
        run = self._held(lease)
        answers = {path: answer for path, answer in self._answers(run) if path in paths}
        for path, upto in seen.items():
            name, before = run.ears[path]
            run.ears[path] = (name, max(before, upto))
            if any(called == name and event.seq > max(before, upto) for called, event in self.published):
                answers[path] = LOOK
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

    def _ended(self, run_id: UUID) -> None:
        """A run that ends answers the step that started it."""
        run = self.runs[run_id]
        if run.state not in ENDS or run.parent is None:
            return
        parent, path = self.runs[run.parent[0]], run.parent[1]
        if parent.state in ENDS or self._answer(parent, path) is not None:
            return
        error = None if run.state == "succeeded" else run.error
        data = Answer(
            "finished", value=run.output, error=error, ref=str(run_id), artifact=run.output_artifact
        ).data()
        self._write(parent, [Entry("gate.answered", path, encode(data))])
        if parent.state == "waiting":
            parent.state = "queued"

    def _stop_child(self, run_id: UUID, path: str) -> None:
        for child in self.runs.values():
            if child.parent == (run_id, path) and child.state not in ENDS:
                child.stopping = True
                if child.state == "queued" and child.lease.epoch == 0:
                    child.state = "cancelled"
                elif child.state != "running":
                    child.state = "queued"

    def _answer(self, run: MemoryRun, path: str) -> Answer | None:
        return next((answer for where, answer in self._answers(run) if where == path), None)

    @staticmethod
    def _answers(run: MemoryRun) -> list[tuple[str, Answer]]:
        return [(event.path, Answer.of(event.data)) for event in run.events if event.kind == "gate.answered"]

    def _write(self, run: MemoryRun, entries: Sequence[Entry]) -> None:
        noted, run.noted = [entry for entry in run.noted if not entry.dropped], []
        for entry in (*noted, *entries):
            entry.taken = True
            event = Event(len(run.events) + 1, self._clock(), entry.kind, entry.path, decode(entry.data))
            run.events.append(event)
