"""A run's journal: what was recorded, by path, and the way to record more.

The journal is the only durable state of a run. It is loaded whole when a run is claimed; while the run goes on, a
step asks it first. ``record`` returns when the event is durable; ``note`` hands an event over without waiting (it is
durable before any event recorded after it). Where events go is a ``Ledger``: Postgres' group-commit writer, or
memory in tests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from engine.artifacts import Artifact, ArtifactLost, Shelf, StoreFailed
from engine.artifacts.store import INLINE_BYTES, LARGEST_BYTES, is_large, size_words
from engine.strict import TooLarge, encode

Json: TypeAlias = Any

SMALL = INLINE_BYTES // 4
"""Characters of JSON that are never too many for the journal, whatever they are."""
BULKY = frozenset({"result", "args", "output", "value"})
"""What of an event may be an artifact: the journal then holds ``large: {name: {"sha256", "bytes"}}`` instead. In an
event that is only noted it is ``{"bytes"}`` alone: such a value follows from what is recorded, and is computed again.
"""


class Fenced(Exception):
    """Another runner holds this run by now: stop, write nothing more, tell nobody."""


class Interrupted(Exception):
    """The ledger did not answer; what was recorded last is unknown. The run is claimed again and reads the truth."""


class Refused(Exception):
    """The ledger does not take an event, and would not take it the next time either: the attempt counts."""


@dataclass(slots=True, eq=False)
class Numbers:
    """``last``: the number of the run's last event, as far as its holder knows. A service may have numbered one since;
    then the journal's key refuses the number a second time, and the holder asks."""

    last: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a run: every write carries owner and epoch and is refused when they are stale.

    ``depth``: how many runs stand above it, each started by a step of the one before; 0 for most."""

    run_id: UUID
    account_id: UUID
    workflow_id: UUID
    owner: str
    epoch: int
    depth: int = 0
    numbers: Numbers = field(default_factory=Numbers, compare=False, repr=False)


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
    """The end of a run, written with its last event. ``output``, ``error`` and ``artifact`` (which is where a large
    output is) are JSON text or None."""

    state: str
    output: str | None = None
    error: str | None = None
    artifact: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """What a person is asked: the row of ``approvals``. Times are seconds since 1970; at ``escalates_at`` whoever
    ``escalation`` names may decide too."""

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
    escalates_at: float | None = None
    escalation: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """A run that a step starts. ``version_id`` None: of the very version that the step is in."""

    id: UUID
    version_id: UUID | None
    input: dict[str, Json]
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that came after a wait for its name began. ``seq`` counts the account's events."""

    seq: int
    id: str
    payload: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """``outcome``: approved, rejected, expired; due (a wait's time has come); finished (a run that a step started:
    ``value``, or ``error`` when it did not succeed); event (``value`` is its content, ``ref`` its id); cancelled (the
    step was told to stop). "look" is no answer: there is news for a wait, look again; it is never journaled. A large
    ``value`` is an ``artifact`` instead."""

    outcome: str
    by: tuple[str, ...] = ()
    comment: str = ""
    value: Json = None
    error: dict[str, Json] | None = None
    ref: str = ""
    artifact: Artifact | None = None

    @staticmethod
    def of(data: dict[str, Json]) -> Answer:
        return Answer(
            str(data["answer"]),
            tuple(data.get("by", ())),
            str(data.get("comment", "")),
            data.get("value"),
            data.get("error"),
            str(data.get("event_id") or data.get("run_id") or ""),
            artifact_in(data, "value"),
        )

    def data(self) -> dict[str, Json]:
        match self.outcome:
            case "approved" | "rejected":
                return {"answer": self.outcome, "by": list(self.by), "comment": self.comment}
            case "finished":
                ended = {"value": self.value} if self.error is None else {"error": self.error}
                if self.artifact is not None:
                    ended = {"large": {"value": self.artifact.data()}}
                return {"answer": self.outcome, "run_id": self.ref, **ended}
            case "event":
                return {"answer": self.outcome, "event_id": self.ref, "value": self.value}
            case _:
                return {"answer": self.outcome}


LOOK = Answer("look")


class Ledger(Protocol):
    """The durable side. Every method but ``note`` raises ``Fenced`` or ``Interrupted``."""

    def note(self, lease: Lease, entry: Entry) -> None: ...

    def append(
        self, lease: Lease, entries: Sequence[Entry], finish: Finish | None = None
    ) -> Awaitable[None]: ...

    async def open_gate(self, lease: Lease, entry: Entry, approval: ApprovalRequest) -> None: ...

    async def escalate(self, lease: Lease, path: str) -> Answer | None:
        """Record that an approval has escalated, unless it was decided before: that answer comes back."""
        ...

    async def start_child(self, lease: Lease, entry: Entry, child: ChildRequest) -> None:
        """Queue a run that answers this gate when it ends. Both or neither."""
        ...

    async def subscribe(self, lease: Lease, path: str, data: dict[str, Json], name: str) -> int:
        """Open a gate for events of a name; the number of the account's last event comes back. Any later one is a
        candidate, and wakes the run."""
        ...

    async def candidates(self, lease: Lease, path: str, after: int) -> list[Candidate]:
        """The next events for an open gate, in the order in which they were published; some of them."""
        ...

    async def close_gate(self, lease: Lease, path: str, answer: Answer) -> Answer:
        """Answer a gate, unless it was answered before: the answer that counts comes back. With "cancelled" a run
        that was started here is told to stop."""
        ...

    async def park(
        self, lease: Lease, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
    ) -> dict[str, Answer]:
        """running -> waiting, or the answers that came meanwhile (then the run stays running). ``seen``: how far
        each wait for events has looked; the answer of one that has not seen all is ``LOOK``."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """``error`` is None for a success. ``order`` grows with the journal. A large ``value`` is an ``artifact``.
    ``reused``: another run did it, and this one has taken it over (``engine.forking``)."""

    order: int
    value: Json = None
    error: dict[str, Json] | None = None
    artifact: Artifact | None = None
    reused: bool = False

    @property
    def derived(self) -> bool:
        """The value is kept nowhere: compute it again."""
        return self.artifact is not None and not self.artifact.sha256


@dataclass(frozen=True, slots=True)
class Started:
    at: float
    data: dict[str, Json]
    order: int


class Journal:
    """The maps, by path, and the writing end of one run. Written to by one invocation of the run at a time."""

    def __init__(
        self, lease: Lease, ledger: Ledger, events: Sequence[Event] = (), shelf: Shelf | None = None
    ) -> None:
        self.lease = lease
        self._ledger = ledger
        self._shelf = shelf
        self._order = 0
        self.done: dict[str, Done] = {}
        self.started: dict[str, Started] = {}
        self.retrying: dict[str, Started] = {}
        self.arms: dict[str, int] = {}
        self.gates: dict[str, Started] = {}
        self.answers: dict[str, Answer] = {}
        self.unknown: dict[str, Started] = {}
        self.escalated: set[str] = set()
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
                artifact, reused = artifact_in(data, "result"), "reused" in data
                self.done[path] = Done(self._order, data.get("result"), None, artifact, reused)
                self.unknown.pop(path, None)
            case "step.failed":
                if data.get("final", True):
                    self.done[path] = Done(self._order, None, data["error"])
                    self.unknown.pop(path, None)
            case "step.started":
                self.started[path] = kept
            case "step.retrying":
                self.retrying[path] = kept
                self.unknown.pop(path, None)
            case "step.unknown":
                self.unknown[path] = kept
            case "branch.taken":
                self.arms[path] = data["arm"]
            case "gate.opened":
                self.gates[path] = kept
            case "gate.escalated":
                self.escalated.add(path)
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
        """Hand over without waiting; a large value stays out. Raises ``NotJson``."""
        text = encode(data)
        if len(text) > SMALL and is_large(text):
            text = encode(_slim(data))
        entry = Entry(kind, path, text)
        self._ledger.note(self.lease, entry)
        return entry

    def record(self, kind: str, path: str, data: dict[str, Json]) -> Awaitable[None]:
        """Durable once awaited, a large value as an artifact. Raises ``NotJson`` at once; ``Fenced``, ``Interrupted``,
        ``StoreFailed`` when awaited."""
        text = encode(data)
        if len(text) > SMALL and is_large(text):
            return self._record_large(kind, path, data, text)
        return self._ledger.append(self.lease, (Entry(kind, path, text),))

    def record_over(
        self, noted: Entry, kind: str, path: str, data: dict[str, Json], begun: dict[str, Json]
    ) -> Awaitable[None]:
        """As ``record``, in the place of a beginning that was noted (as ``begun``) and is not on its way yet: what it
        says, and what came of it."""
        text = encode(data)
        noted.dropped = True
        if len(text) + len(noted.data) > SMALL:
            return self.record(kind, path, {**data, **begun})
        return self._ledger.append(self.lease, (Entry(kind, path, f"{text[:-1]},{noted.data[1:]}"),))

    def finish(
        self,
        state: str,
        data: dict[str, Json],
        output: Json = None,
        error: dict[str, Json] | None = None,
        before: Sequence[Entry] = (),
    ) -> Awaitable[None]:
        """The last event (``run.`` and the state), those ``before`` it, and the run's end, in one transaction. Raises
        as ``record`` does."""
        text = encode(data)
        why = None if error is None else encode(error)
        if len(text) > SMALL and is_large(text):
            return self._record_large(f"run.{state}", "", data, text, Finish(state, None, why), before)
        result = encode(output) if state == "succeeded" else None
        entries = (*before, Entry(f"run.{state}", "", text))
        return self._ledger.append(self.lease, entries, Finish(state, result, why))

    def _record_large(
        self,
        kind: str,
        path: str,
        data: dict[str, Json],
        text: str,
        finish: Finish | None = None,
        before: Sequence[Entry] = (),
    ) -> Awaitable[None]:
        _refuse_huge(text)

        async def record() -> None:
            kept = await self._put_away(data)
            end = finish
            if end is not None and "output" in kept.get("large", ()):
                end = replace(end, artifact=encode(kept["large"]["output"]))
            await self._ledger.append(self.lease, (*before, Entry(kind, path, encode(kept))), end)

        return record()

    async def _put_away(self, data: dict[str, Json]) -> dict[str, Json]:
        """The data with its bulky values on the shelf."""
        if self._shelf is None:
            raise StoreFailed("There is no store of artifacts here.")
        large = {}
        for name in BULKY & data.keys():
            if len((text := encode(data[name])).encode()) > SMALL:
                artifact = await self._shelf.put(self.lease.account_id, self.lease.run_id, text)
                large[name] = artifact.data()
        return _without(data, large)

    async def fetch(self, artifact: Artifact, path: str) -> Json:
        """The value that was recorded at ``path``. Raises ``ArtifactLost``, naming the path, and ``StoreFailed``."""
        if self._shelf is None:
            raise StoreFailed("There is no store of artifacts here.")
        try:
            return await self._shelf.get(self.lease.account_id, artifact)
        except ArtifactLost as error:
            error.step = path
            raise

    async def filled(self, started: Started, path: str) -> dict[str, Json]:
        """An event's data with its artifacts read in. Raises as ``fetch`` does."""
        data = dict(started.data)
        for name, about in data.pop("large", {}).items():
            data[name] = await self.fetch(Artifact.of(about), path)
        return data

    async def open_gate(self, path: str, data: dict[str, Json], approval: ApprovalRequest | None) -> None:
        """Raises ``NotJson`` besides, also for more than a person could look at."""
        if approval is None:
            await self.record("gate.opened", path, data)
        else:
            _refuse_large(encode(approval.shown))
            text = encode(data)
            _refuse_large(text)
            await self._ledger.open_gate(self.lease, Entry("gate.opened", path, text), approval)

    async def escalate(self, path: str) -> Answer | None:
        """An approval's time to escalate has come; its answer when it was decided before."""
        answer = await self._ledger.escalate(self.lease, path)
        if answer is None:
            self.escalated.add(path)
        return answer

    async def start_child(self, path: str, data: dict[str, Json], child: ChildRequest) -> None:
        """Raises ``NotJson`` besides."""
        _refuse_large(encode(child.input))
        await self._ledger.start_child(self.lease, Entry("gate.opened", path, encode(data)), child)

    async def subscribe(self, path: str, data: dict[str, Json], name: str) -> int:
        return await self._ledger.subscribe(self.lease, path, data, name)

    async def candidates(self, path: str, after: int) -> list[Candidate]:
        return await self._ledger.candidates(self.lease, path, after)

    async def close_gate(self, path: str, given: Answer) -> Answer:
        """Answer an open gate ourselves; what counts comes back. Only we can answer a wait for a time."""
        opened = self.gates.get(path)
        if opened is not None and not opened.data.keys().isdisjoint(("approval_id", "run_id", "event")):
            answer = await self._ledger.close_gate(self.lease, path, given)
        else:
            answer = given
            await self.record("gate.answered", path, answer.data())
        self.answers[path] = answer
        return answer

    async def park(
        self, paths: Sequence[str], due_at: float | None, seen: dict[str, int]
    ) -> dict[str, Answer]:
        return await self._ledger.park(self.lease, paths, due_at, seen)


def artifact_in(data: dict[str, Json], name: str) -> Artifact | None:
    """Where a value of an event is, when it is not in the event itself."""
    large = data.get("large")
    return None if large is None or name not in large else Artifact.of(large[name])


def _slim(data: dict[str, Json]) -> dict[str, Json]:
    """An event's data with the sizes of its bulky values in their place. Raises ``TooLarge``."""
    large = {}
    for name in BULKY & data.keys():
        text = encode(data[name])
        if (size := len(text.encode())) > SMALL:
            _refuse_huge(text)
            large[name] = Artifact("", size).data()
    return _without(data, large)


def _without(data: dict[str, Json], large: dict[str, Json]) -> dict[str, Json]:
    kept = {name: value for name, value in data.items() if name not in large} | {"large": large}
    _refuse_large(encode(kept))
    return kept


def _refuse_large(text: str) -> None:
    if is_large(text):
        raise TooLarge(f"more than {size_words(INLINE_BYTES)} of JSON")


def _refuse_huge(text: str) -> None:
    if len(text) > LARGEST_BYTES:
        raise TooLarge(f"more than {size_words(LARGEST_BYTES)} of JSON")
