"""A test of a draft: which steps are not done because their results are given, and which effects may really happen.

Nothing that changes something outside happens in a test unless its step is in ``real``: every other such call is
computed, checked against approvals and recorded as usual, and its result is made up (``pinned: true`` in the journal).
A step with a pin is not looked at at all: it gives what the pin says. A gate that nobody is asked at, because it has a
pin, lets nothing through that really happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dsl import plan as p
from dsl.plan import Agent, Approve, PlanStep
from engine.journal import Done
from engine.runtime.outcome import Failure, Returned
from engine.runtime.scope import Scope
from engine.runtime.state import State
from engine.runtime.tokens import Branch

Json: TypeAlias = Any

NO_STUB: Final = object()


@dataclass(frozen=True, slots=True)
class Pin:
    """What a step gives: ``output``, or ``error`` (``{"code", "message"}``)."""

    output: Json = None
    error: dict[str, str] | None = None

    @staticmethod
    def of(data: Mapping[str, Json]) -> Pin:
        return Pin(data.get("output"), data.get("error"))

    def data(self) -> dict[str, Json]:
        return {"output": self.output} if self.error is None else {"error": self.error}


@dataclass(frozen=True, slots=True)
class Trial:
    """The settings that a test run carries. Steps are named by their paths in the plan, in whatever round.

    ``real``: the steps whose effects may happen. ``stubs``: what the others give, by path; ``tools``: what a tool that
    a model calls gives, by "connector.tool". ``until``: the run succeeds with the output of this step.
    """

    pins: Mapping[str, Pin] = field(default_factory=dict)
    real: frozenset[str] = frozenset()
    stubs: Mapping[str, Json] = field(default_factory=dict)
    tools: Mapping[str, Json] = field(default_factory=dict)
    until: str = ""

    @staticmethod
    def of(data: Mapping[str, Json]) -> Trial:
        return Trial(
            {path: Pin.of(pin) for path, pin in data.get("pins", {}).items()},
            frozenset(data.get("real", ())),
            data.get("stubs", {}),
            data.get("tools", {}),
            str(data.get("until", "")),
        )

    def data(self) -> dict[str, Json]:
        return {
            "pins": {path: pin.data() for path, pin in self.pins.items()},
            "real": sorted(self.real),
            "stubs": dict(self.stubs),
            "tools": dict(self.tools),
            "until": self.until,
        }

    def happens(self, step: PlanStep) -> bool:
        """Whether what the step changes outside really happens."""
        return step.path in self.real and step.path not in self.pins


async def pinned(state: State, step: PlanStep, pin: Pin, scope: Scope, branch: Branch, path: str) -> Json:
    """What the pin says, recorded as the step's result. Raises ``Failure`` where it says an error."""
    if isinstance(step.do, Approve):
        let_nothing_through(state, step, step.do, scope)
    if (recorded := state.journal.done.get(path)) is not None:
        return await _again(state, recorded, path)
    if state.tokens.replaying:
        await state.tokens.barrier(branch)
    branch.check()
    if pin.error is not None:
        failure = Failure(pin.error["code"], pin.error["message"], path, state.journal.tick())
        data = {"error": failure.data(), "attempt": 1, "final": True, "pinned": True}
        await state.journal.record("step.failed", path, data)
        raise failure
    return await made_up(state, path, pin.output, {})


async def made_up(state: State, path: str, value: Json, called: Mapping[str, Json]) -> Json:
    """Record a result that nothing was done for. ``called``: what would have been, as a beginning records it."""
    data = {**called, "result": value, "attempt": 1, "ms": 0, "pinned": True}
    await state.journal.record("step.succeeded", path, data)
    state.journal.done[path] = Done(state.journal.tick(), value)
    return value


async def _again(state: State, recorded: Done, path: str) -> Json:
    if recorded.error is not None:
        raise Failure.of(recorded.error, recorded.order)
    return recorded.value if recorded.artifact is None else await state.journal.fetch(recorded.artifact, path)


def let_nothing_through(state: State, step: PlanStep, do: Approve, scope: Scope) -> None:
    """Nobody was asked at this gate: what it stands before must not really happen, whatever else is set."""
    assert state.trial is not None
    for guard in do.guards:
        guarded = state.steps.get(guard)
        if guarded is not None and state.trial.happens(guarded):
            state.refused.setdefault(guard, set()).add((step.path, scope.home(guard).prefix))


def stub(state: State, step: PlanStep, connector: str = "", tool: str = "") -> Json:
    """What a call gives that must not happen; ``NO_STUB`` where it may. A tool names itself when a model calls it."""
    trial = state.trial
    if trial is None or trial.happens(step):
        return NO_STUB
    if isinstance(step.do, Agent):
        return trial.tools.get(f"{connector}.{tool}")
    return trial.stubs.get(step.path)


def ended(state: State, step: PlanStep, path: str, value: Json) -> None:
    """Raises ``Returned`` when the test was to stop behind this step."""
    if state.trial is not None and state.trial.until == step.path:
        recorded = state.journal.done.get(path)
        raise Returned(value, path, recorded.order if recorded is not None else state.journal.tick())


def writes(step: PlanStep) -> bool:
    """Whether a step changes something outside: a tool that does, a run of another workflow, a model with such a
    tool."""
    match step.do:
        case p.ToolCall(effect=effect):
            return effect == "write"
        case p.RunWorkflow():
            return True
        case p.Agent(tools=tools):
            return any(tool.effect == "write" for tool in tools)
        case _:
            return False
