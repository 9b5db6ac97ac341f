"""Tool calls: an answer made from the schema, or an error where that makes a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.plan import Json, PlanStep, ToolCall
from dsl.simulation.kernel import CALL_S, Branch, Job, Tick
from dsl.simulation.outcome import Review
from dsl.simulation.result import Effect, MockError
from dsl.simulation.scope import Scope
from dsl.simulation.troubles import troubles
from dsl.values import coerce

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter


def call(walk: Interpreter, step: PlanStep, do: ToolCall, scope: Scope, branch: Branch, path: str) -> Job:
    state = walk.state
    branch.check()
    tool = f"{do.connector}.{do.tool}"
    if state.is_refused(step, path):
        state.note(path, step, None, None, "not_approved")
        raise state.failed(
            path, "not_approved", "The approval before this call was not given; nothing was sent."
        )
    args = {name: state.compute(argument, scope, path) for name, argument in do.args.items()}
    if path in state.approved and state.approved[path] != args:
        state.note(path, step, args, None, "approval_mismatch")
        raise state.failed(
            path, "approval_mismatch", "The arguments are not the ones that were approved; nothing was sent."
        )
    key = f"run/{path}" if step.key is None else str(state.compute(step.key, scope, path))
    value, error, slow = _answered(walk, step, do, scope, path)
    pass_by(walk, slow)
    limit = CALL_S if step.timeout_ms is None else step.timeout_ms / 1000
    yield Tick(limit * (1 + (0 if step.retry is None else step.retry.max)))
    unsafe = do.effect == "write" and not do.honours_key
    if error is not None:
        state.note(path, step, args, None, error.code)
        if error.unknown and unsafe:
            raise Review(path, f"Did {tool} happen? Its outcome is unknown ({error.message}).")
        retry = step.retry
        if retry is not None and (not retry.codes or error.code in retry.codes):
            for _ in range(retry.max):
                yield Tick()
        raise state.failed(path, error.code, error.message)
    if do.effect == "write":
        granted = tuple(state.granted)
        state.effects.append(Effect(path, tool, args, key, granted, state.undoing > 0))
    if do.output_schema is not None:
        value = coerce(value, do.output_schema)
    state.note(path, step, args, value)
    return value


def _answered(
    walk: Interpreter, step: PlanStep, do: ToolCall, scope: Scope, path: str
) -> tuple[Json, MockError | None, str | None]:
    """The result, or the error, and the block whose time limit it takes up."""
    state = walk.state
    known, mock = state.mock(step, path)
    if known:
        return (None, mock, None) if isinstance(mock, MockError) else (mock, None, None)
    variants = state.samples.variants(step, do.output_schema, scope, state)
    errors = list(troubles(state, step, "tool_error"))
    if do.effect == "write" and not do.honours_key and errors:
        # A call that nobody can repeat: when no answer comes, a person must look.
        errors = [one for one in errors if one.code != "timeout"]
        errors.append(MockError("timeout", "no answer came", unknown=True))
    slow = slow_block(walk, step)
    said = [words or f"`{step.id}` answers" for words, _ in variants]
    said += [f"`{step.id}` fails with `{one.code}`" for one in errors]
    said += [] if slow is None else [f"`{step.id}` takes longer than `{slow.rsplit('.', 1)[-1]}` may"]
    chosen = state.choose(step, path, said)
    if chosen < len(variants):
        return variants[chosen][1], None, None
    if chosen - len(variants) < len(errors):
        return None, errors[chosen - len(variants)], None
    return variants[0][1], None, slow


def pass_by(walk: Interpreter, slow: str | None) -> None:
    """The time limit of the block ``slow`` passes."""
    if slow is not None and slow in walk.alarms:
        walk.state.kernel.pass_to(walk.alarms[slow].at)


def slow_block(walk: Interpreter, step: PlanStep) -> str | None:
    """The nearest block around a call whose time limit it can take up."""
    around = walk.state.terrain.spots[step.path].around
    while around is not None:
        path, slot = around
        if slot.startswith("catch") or slot == "compensate":
            return None
        if path in walk.alarms:
            return path
        around = walk.state.terrain.spots[path].around
    return None


__all__ = ["call", "pass_by", "slow_block"]
