"""Effects that may happen, or may have happened, on a path: what nobody can say before.

Two things are like that: which tools a model calls (an ``agent``), and how far a branch had come when another one was
first (``parallel any``). Their arguments are not known, and how often they happen is not either. Steps of a branch that
was not walked are spelled as in the plan, without rounds and attempts.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import plan as p
from dsl.plan import Block, PlanStep
from dsl.simulation.result import Effect
from dsl.simulation.scope import Scope
from dsl.simulation.state import State, Undo
from dsl.simulation.terrain import blocks_of


def tools_of(state: State, step: PlanStep, do: p.Agent, path: str) -> Iterator[Effect]:
    """The tools with an effect that an agent may call. None of those that need a person's yes to their arguments:
    a model never gets to call these. None after a no."""
    if state.is_refused(step, path):
        return
    asked = _approvals(state, step, path)
    for tool in do.tools:
        if tool.effect == "write" and not tool.dangerous:
            name = f"{tool.connector}.{tool.tool}"
            yield Effect(path, name, None, None, asked, state.undoing > 0, may=True)


def leave(state: State, step: PlanStep, scope: Scope) -> None:
    """Note what a branch that was stopped may have done beyond what is noted, and what would have to be undone."""
    done = {one.path for one in state.steps}
    undone = {one.path for one in state.undo}
    for one in _within(step):
        path = scope.path(one.path)
        if path not in done:
            state.effects += _effects(state, one, path)
        if one.compensate is not None and path not in undone:
            state.left.append(Undo(state.tick(), path, one, scope))


def undo(state: State, one: Undo) -> None:
    """Note what undoing a step may do that may have been done."""
    assert one.step.compensate is not None
    for step in _steps(one.step.compensate):
        state.effects += _effects(state, step, one.scope.path(step.path))


def _effects(state: State, step: PlanStep, path: str) -> Iterator[Effect]:
    match step.do:
        case p.ToolCall(effect="write", connector=connector, tool=tool) if not state.is_refused(step, path):
            asked = _approvals(state, step, path)
            yield Effect(path, f"{connector}.{tool}", None, None, asked, state.undoing > 0, may=True)
        case p.Agent() as do:
            yield from tools_of(state, step, do, path)


def _approvals(state: State, step: PlanStep, path: str) -> tuple[str, ...]:
    """Those given on this path, and those that stand before the step in what was not walked."""
    head = path.removesuffix(step.path) if path.endswith(step.path) else ""
    spots = state.terrain.spots.values()
    before = [
        one.step for one in spots if isinstance(one.step.do, p.Approve) and step.path in one.step.do.guards
    ]
    return tuple(dict.fromkeys((*state.granted, *(head + one.path for one in before))))


def _within(step: PlanStep) -> Iterator[PlanStep]:
    yield step
    for _, block in blocks_of(step):
        yield from _steps(block)
    for one in step.catches:
        yield from _steps(one.block)


def _steps(block: Block) -> Iterator[PlanStep]:
    for step in block.steps:
        yield from _within(step)


__all__ = ["leave", "tools_of", "undo"]
