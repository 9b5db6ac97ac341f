"""Agents: an answer made from the schema, the tools a model may call on its way to it, and how a model fails.

What a model does with its tools nobody knows beforehand. So a path says which effects *may* happen (``possible``),
and not that they do. A turn of the model that fails is tried again by the step's ``retry``, that turn alone: a path
on which a later try works is the one on which nothing failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.plan import Agent, Json, PlanStep
from dsl.simulation.calls import pass_by, slow_block
from dsl.simulation.kernel import CALL_S, Branch, Job, Tick
from dsl.simulation.outcome import Review
from dsl.simulation.possible import tools_of
from dsl.simulation.result import MockError
from dsl.simulation.scope import Scope
from dsl.simulation.troubles import agent_troubles

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter


def agent(walk: Interpreter, step: PlanStep, do: Agent, scope: Scope, branch: Branch, path: str) -> Job:
    state = walk.state
    branch.check()
    given: dict[str, Json] = {}
    for name, expression in (("model", do.model), ("system", do.system), ("prompt", do.prompt)):
        if expression is not None:
            given[name] = state.compute(expression, scope, path)
    if do.budget is not None:
        budget = state.compute(do.budget, scope, path)
        if isinstance(budget, bool) or not isinstance(budget, int | float):
            raise state.failed(path, "expression", "`budget` needs a number of US dollars.")
    value, error, slow = _answered(walk, step, do, scope, path)
    pass_by(walk, slow)
    seconds = CALL_S * do.max_turns if step.timeout_ms is None else step.timeout_ms / 1000
    yield Tick(seconds)
    if error is not None or do.max_turns > 1:
        # A model that has one turn answers in it, or asks for tools and is at its end.
        state.effects += tools_of(state, step, do, path)
    if error is not None:
        state.note(path, step, given, None, error.code)
        if error.unknown:
            raise Review(path, f"Did a tool of {step.id} happen? Its outcome is unknown ({error.message}).")
        raise state.failed(path, error.code, error.message)
    state.note(path, step, given, value)
    return value


def _answered(
    walk: Interpreter, step: PlanStep, do: Agent, scope: Scope, path: str
) -> tuple[Json, MockError | None, str | None]:
    """The answer, or the error, and the block whose time limit it takes up."""
    state = walk.state
    known, mock = state.mock(step, path)
    if known:
        return (None, mock, None) if isinstance(mock, MockError) else (mock, None, None)
    variants = state.samples.variants(step, do.output_schema or {"type": "string"}, scope, state)
    errors = agent_troubles(state, step, do, path)
    slow = slow_block(walk, step)
    said = [words or f"`{step.id}` answers" for words, _ in variants]
    said += [
        f"a tool of `{step.id}` does not answer" if one.unknown else f"`{step.id}` fails with `{one.code}`"
        for one in errors
    ]
    said += [] if slow is None else [f"`{step.id}` takes longer than `{slow.rsplit('.', 1)[-1]}` may"]
    chosen = state.choose(step, path, said)
    if chosen < len(variants):
        return variants[chosen][1], None, None
    if chosen - len(variants) < len(errors):
        return None, errors[chosen - len(variants)], None
    return variants[0][1], None, slow


__all__ = ["agent"]
