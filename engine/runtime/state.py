"""What one invocation of a run knows, and the interpreter's shape as its parts see it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from uuid import UUID

from dsl.plan import Block, Expression, PlanStep, WorkflowPin
from engine.effects import Tools
from engine.identity import new_id
from engine.journal import Entry, Journal
from engine.model.turn import Part, ToolSpec, Turn
from engine.runtime.expression import Bound, bind
from engine.runtime.outcome import Failure, Review
from engine.runtime.scope import Scope, is_inside
from engine.runtime.tokens import Branch, Tokens
from engine.strict import NotJson, TooLarge

if TYPE_CHECKING:
    from engine.runtime.trial import Trial

Json: TypeAlias = Any

TURN_S = 0.01
"""Of computing, that a run may do at a stretch; a step is not interrupted."""
LONGEST_REST_S = 0.1


class Models(Protocol):
    """Language models for ``agent`` steps. ``wanted`` is a tier ("balanced") or a model's own name."""

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        """Raises ``ModelError``."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What a run takes from outside itself besides its journal; tests bring their own."""

    tools: Tools
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    new_id: Callable[[], UUID] = new_id
    observe: Callable[[str, float], None] = lambda outcome, seconds: None
    """Told of every call of a tool that ended: "succeeded" or "failed", and its seconds."""
    calling: Callable[[str, int], None] = lambda path, attempt: None
    """Told of every call of a tool or a model that is about to be made: its path, and which attempt it is."""
    traceparent: Callable[[str], str | None] = lambda path: None
    """What a run that is started by the step at a path is told of the trace it belongs to."""
    models: Models | None = None


@dataclass(slots=True)
class Undo:
    """A finished step that knows how to undo itself."""

    order: int
    path: str
    step: PlanStep
    scope: Scope


@dataclass(slots=True)
class State:
    """One invocation.

    ``steps``: the plan's, by path. ``rooms``: the path of the block whose rounds (or catch, or compensation) a step
    lives in, by the step's path. ``approved``: by path in the run, the arguments a person has approved for a call.
    ``pins``: the hashes of the tools' definitions as the version was published, by connector and tool.
    ``workflows``: the versions of other workflows that it runs, by name.
    ``refused``: by a call's path in the plan, the gates (by theirs) at which a person said no, each with the round of
    the call that this is about (as its spelling in the run). A later yes at the same gate takes it back.
    ``theirs``: steps that could be undone, and that this run has taken over from another.
    ``undoing``: the line of all that is being undone; only a drain stops it.
    ``busy_s``: seconds of computing since it last left the loop to others.
    ``trial``: the settings of a test; None for every other run.
    ``reviews``: the questions that a person must answer, by the path of the call; ``halt`` stops all else for them.
    """

    run_id: str
    content_hash: str
    steps: dict[str, PlanStep]
    rooms: dict[str, str]
    journal: Journal
    world: World
    tokens: Tokens
    bound: dict[int, Bound]
    pins: dict[tuple[str, str], str] = field(default_factory=dict)
    workflows: dict[str, WorkflowPin] = field(default_factory=dict)
    approved: dict[str, dict[str, Json]] = field(default_factory=dict)
    refused: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    undo: list[Undo] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)
    undoing: Branch = field(default_factory=Branch)
    reviews: dict[str, str] = field(default_factory=dict)
    draining: bool = False
    busy_s: float = 0.0
    trial: Trial | None = None
    halt: Callable[[], None] = lambda: None

    def value(self, expression: Expression, scope: Scope) -> Json:
        """Raises ``ExpressionError`` or ``KeyError``."""
        found = self.bound.get(id(expression))
        if found is None:
            found = self.bound[id(expression)] = bind(expression)
        return found(scope)

    def compute(self, expression: Expression, scope: Scope, path: str) -> Json:
        """The value; an expression that has none is a ``Failure`` of the step at ``path``."""
        began = time.thread_time()
        try:
            return self.value(expression, scope)
        except (ValueError, KeyError) as error:
            raise self.failed(path, "expression", getattr(error, "message", None) or str(error)) from None
        finally:
            self.busy_s += time.thread_time() - began

    def is_refused(self, step: str, path: str) -> bool:
        """Whether a person said no to what the step ``step`` of the plan does at ``path`` of the run."""
        return any(is_inside(path, around) for _, around in self.refused.get(step, ()))

    async def new(self, branch: Branch, path: str) -> None:
        """A step is about to end that has no recorded end: not before all that is recorded was applied."""
        if self.tokens.replaying and path not in self.journal.done:
            await self.tokens.barrier(branch)
            branch.check()

    async def reach(self, path: str, branch: Branch) -> None:
        """A step that the journal knows nothing of is new: it waits until all that was recorded has been applied."""
        if self.tokens.replaying:
            journal = self.journal
            known = (journal.done, journal.started, journal.arms, journal.gates)
            if not any(path in places for places in known):
                await self.tokens.barrier(branch)
                branch.check()

    def failed(self, path: str, code: str, message: str) -> Failure:
        """A failure that follows from what is recorded already: noted, so that people see it."""
        recorded = self.journal.done.get(path)
        if recorded is not None and recorded.error is not None:
            return Failure.of(recorded.error, recorded.order)
        failure = Failure(code, _sayable(message), path, self.journal.tick())
        self.journal.note("step.failed", path, {"error": failure.data(), "attempt": 1, "final": True})
        return failure

    def unknown(self, path: str, question: str, code: str, attempt: int) -> Review:
        """Nobody knows whether the call at ``path`` happened. All else stops as for a drain: effects in flight are
        finished and recorded, gates stay open, so that the run goes on from here once a person has answered."""
        self.reviews[path] = question
        if path not in self.journal.unknown:
            self.journal.note("step.unknown", path, {"question": question, "code": code, "attempt": attempt})
        self.halt()
        return Review(path, question)

    def note_started(self, path: str) -> Entry | None:
        """Show that a block step has begun, once in a run's life."""
        if path in self.journal.started or path in self.journal.done:
            return None
        return self.journal.note("step.started", path, {"attempt": 1})

    def note_result(self, path: str, value: Json) -> int:
        """Show the value of a step that has no effect of its own; its place in the journal comes back. A value that no
        journal can hold is a ``Failure``."""
        recorded = self.journal.done.get(path)
        if recorded is not None:
            return recorded.order
        began = time.thread_time()
        try:
            self.journal.note("step.succeeded", path, {"result": value, "attempt": 1})
        except NotJson as error:
            more = " Keep a part of it." if isinstance(error, TooLarge) else ""
            said = f"The value cannot be kept: it holds {error}.{more}"
            raise self.failed(path, "expression", said) from None
        finally:
            self.busy_s += time.thread_time() - began
        return self.journal.tick()

    async def rest(self, branch: Branch) -> None:
        """Leave the loop to the other runs for as long as this one has kept it: who only computes never waits."""
        if self.busy_s > TURN_S:
            busy, self.busy_s = self.busy_s, 0.0
            await self.tokens.pause(branch, min(busy, LONGEST_REST_S))


class Walk(Protocol):
    """The interpreter, as the kinds of steps see it."""

    state: State

    async def block(self, block: Block, scope: Scope, branch: Branch) -> Json:
        """Run the steps in turn; the block's value comes back (null without a ``yield``)."""
        ...

    async def step(self, step: PlanStep, scope: Scope, branch: Branch) -> Json:
        """Run one step with its clauses; its value gets its name in the scope."""
        ...

    async def compensate(self, prefix: str) -> list[dict[str, Json]]:
        """Undo, in reverse order, what was finished inside ``prefix``. What could not be undone comes back."""
        ...


def _sayable(message: str) -> str:
    """Text that a journal can hold; a person may have put anything into it."""
    return message.encode(errors="replace").decode().replace("\0", "")


def iso(moment: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC. Raises ``ValueError``, ``OverflowError`` outside the years 1 to 9999."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """The inverse. Raises ``ValueError``."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()
