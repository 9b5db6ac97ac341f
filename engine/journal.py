"""A run's journal: what was recorded, by path, and the way to record more.

The journal is the only durable state of a run. It is loaded whole when a run is claimed; while the run goes on, a
step asks it first. ``record`` returns when the event is durable; ``note`` hands an event over without waiting (it is
durable before any event recorded after it). Where events go is a ``Ledger``: Postgres' group-commit writer, or
memory in tests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from engine.strict import encode

Json: TypeAlias = Any


class Fenced(Exception):
    """Another runner holds this run by now: stop, write nothing more, tell nobody."""


class Interrupted(Exception):
    """The ledger did not answer; what was recorded last is unknown. The run is claimed again and reads the truth."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a run: every write carries owner and epoch and is refused when they are stale."""

    run_id: UUID
    account_id: UUID
    workflow_id: UUID
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Event:
    """One recorded event; ``at`` in seconds since 1970 by the database's clock."""

    seq: int
    at: float
    kind: str
    path: str
    data: dict[str, Json]


class Entry:
    """An event on its way out; ``data`` is JSON text. A noted entry that nobody ``taken`` yet may still be dropped."""

    __slots__ = ("data", "dropped", "kind", "path", "taken")

    def __init__(self, kind: str, path: str, data: str) -> None:
        self.kind = kind
        self.path = path
        self.data = data
        self.taken = False
        self.dropped = False


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a run, written with its last event. ``output`` and ``error`` are JSON text or None."""

    state: str
    output: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What a person is asked: the row of ``approvals``. ``expires_at`` and ``Gate.due_at`` in seconds since 1970."""

    id: UUID
    path: str
    step_id: str
    title: str
    effects: list[dict[str, Json]]
    shown: dict[str, Json]
    approvers: list[dict[str, str]]
    quorum: int
    args_hash: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """``outcome``: approved, rejected, expired, cancelled, or due (a wait's time has come)."""

    outcome: str
    by: tuple[str, ...] = ()
    comment: str = ""

    @staticmethod
    def of(data: dict[str, Json]) -> Answer:
        return Answer(str(data["answer"]), tuple(data.get("by", ())), str(data.get("comment", "")))

    def data(self) -> dict[str, Json]:
        if self.outcome in ("approved", "rejected"):
            return {"answer": self.outcome, "by": list(self.by), "comment": self.comment}
        return {"answer": self.outcome}


class Ledger(Protocol):
    """The durable side. Every method but ``note`` raises ``Fenced`` or ``Interrupted``."""

    def note(self, lease: Lease, entry: Entry) -> None: ...

    def append(
        self, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None
    ) -> Awaitable[None]: ...

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None: ...

    async def close_gate(self, lease: Lease, path: str, state: str) -> Answer:
        """Close an approval as ``expired`` or ``cancelled`` and record that, unless it was answered before: the
        answer that counts comes back."""
        ...

    async def park(self, lease: Lease, paths: Sequence[str], due_at: float | None) -> dict[str, Answer]:
        """running -> waiting, or the answers that came meanwhile (then the run stays running)."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """``error`` is None for a success. ``order`` grows with the journal."""

    order: int
    value: Json = None
    error: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Started:
    at: float
    data: dict[str, Json]
    order: int


class Journal:
    """The maps, by path, and the writing end of one run. Written to by one invocation of the run at a time."""

    def __init__(self, lease: Lease, ledger: Ledger, events: Sequence[Event] = ()) -> None:
        self.lease = lease
        self._ledger = ledger
        self._order = 0
        self.done: dict[str, Done] = {}
        self.started: dict[str, Started] = {}
        self.retrying: dict[str, Started] = {}
        self.arms: dict[str, int] = {}
        self.gates: dict[str, Started] = {}
        self.answers: dict[str, Answer] = {}
        self.closed: dict[str, Started] = {}
        self.empty = True
        for event in events:
            self._load(event)

    def _load(self, event: Event) -> None:
        self._order += 1
        kind, path, data = event.kind, event.path, event.data
        kept = Started(event.at, data, self._order)
        match kind:
            case "step.succeeded":
                self.done[path] = Done(self._order, data.get("result"))
            case "step.failed":
                if data.get("final", True):
                    self.done[path] = Done(self._order, None, data["error"])
            case "step.started":
                self.started[path] = kept
            case "step.retrying":
                self.retrying[path] = kept
            case "branch.taken":
                self.arms[path] = data["arm"]
            case "gate.opened":
                self.gates[path] = kept
            case "gate.answered":
                self.answers.setdefault(path, Answer.of(data))
            case "scope.closed":
                self.closed.setdefault(path, kept)
            case _:
                return
        self.empty = False

    def tick(self) -> int:
        """The place in the order of everything recorded so far, for what is only noted."""
        self._order += 1
        return self._order

    def note(self, kind: str, path: str, data: dict[str, Json]) -> Entry:
        """Hand over without waiting. Raises ``NotJson``."""
        entry = Entry(kind, path, encode(data))
        self._ledger.note(self.lease, entry)
        return entry

    def record(self, kind: str, path: str, data: dict[str, Json]) -> Awaitable[None]:
        """Durable once awaited. Raises ``NotJson`` at once; ``Fenced``, ``Interrupted`` when awaited."""
        return self._ledger.append(self.lease, (Entry(kind, path, encode(data)),))

    def finish(
        self, state: str, data: dict[str, Json], output: Json = None, error: dict[str, Json] | None = None
    ) -> Awaitable[None]:
        """The last event (``run.`` and the state) and the run's end, in one transaction. Raises ``NotJson``."""
        entry = Entry(f"run.{state}", "", encode(data))
        result = encode(output) if state == "succeeded" else None
        return self._ledger.append(
            self.lease, (entry,), Finish(state, result, None if error is None else encode(error))
        )

    async def open_gate(self, path: str, data: dict[str, Json], approval: ApprovalRequest | None) -> None:
        if approval is None:
            await self.record("gate.opened", path, data)
        else:
            encode(approval.shown)
            encode(approval.effects)
            await self._ledger.open_gate(self.lease, Entry("gate.opened", path, encode(data)), approval)

    async def close_gate(self, path: str, outcome: str) -> Answer:
        """Answer an open gate ourselves: ``due`` for a wait, ``expired`` or ``cancelled`` for either."""
        opened = self.gates.get(path)
        if opened is not None and "approval_id" in opened.data:
            answer = await self._ledger.close_gate(self.lease, path, outcome)
        else:
            answer = Answer(outcome)
            await self.record("gate.answered", path, answer.data())
        self.answers[path] = answer
        return answer

    async def park(self, paths: Sequence[str], due_at: float | None) -> dict[str, Answer]:
        return await self._ledger.park(self.lease, paths, due_at)
