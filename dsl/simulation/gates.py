"""Gates: steps that wait for a person, a time, an event or another run, each with the answers it can get."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsl.cel import ExpressionError
from dsl.plan import Approve, Json, PlanStep, RunWorkflow, ToolCall, Wait
from dsl.simulation.kernel import Branch, Gate, Job
from dsl.simulation.outcome import Stopped
from dsl.simulation.result import MockAnswer, MockError
from dsl.simulation.scope import Scope
from dsl.simulation.state import State, names_of
from dsl.simulation.troubles import troubles
from dsl.values import coerce, validate_input
from dsl.wording.spelling import duration_words

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter

WHO = "somebody@example.com"
"""Who says yes or no in a simulation."""

_ANSWERS = ("approved", "rejected", "expired")


def approve(walk: Interpreter, step: PlanStep, do: Approve, scope: Scope, branch: Branch, path: str) -> Job:
    state = walk.state
    effects = _opened(state, step, do, scope, path)
    answer = _ANSWERS[_decided(state, step, do, path)]
    due_at = state.kernel.now + do.within_ms / 1000
    gate = Gate(path, None if answer == "expired" else {"answer": answer}, due_at)
    given = yield from stand(state, gate)
    answer = "expired" if given is None else answer
    by = [] if answer == "expired" else [WHO]
    result: dict[str, Json] = {"approved": answer == "approved", "by": by, "comment": ""}
    if answer == "approved":
        state.granted.append(path)
        for guard in do.guards:
            state.refused.get(guard, set()).discard((step.path, scope.home(guard).prefix))
        state.approved.update({where: args for where, args in effects if args is not None})
        return result
    for guard in do.guards:
        state.refused.setdefault(guard, set()).add((step.path, scope.home(guard).prefix))
    block = do.on_reject if answer == "rejected" else do.on_timeout
    if block is None:
        state.note(path, step, None, result, answer)
        message = "The approval was rejected." if answer == "rejected" else "Nobody decided in time."
        raise state.failed(path, answer, message)
    value = yield from walk.block(block, scope, branch)
    return result if block.result is None else value


def stand(state: State, gate: Gate) -> Job:
    """Wait for the answer. One that comes too late, since the branch was stopped, is not told."""
    try:
        return (yield gate)
    except Stopped:
        if gate.answer is not None:
            state.choices.retell(gate.path, None)
        raise


def _decided(state: State, step: PlanStep, do: Approve, path: str) -> int:
    given, mock = state.mock(step, path)
    if given and isinstance(mock, MockAnswer) and mock.answer in _ANSWERS:
        return _ANSWERS.index(mock.answer)
    late = f"nobody answers at `{step.id}` within {duration_words(do.within_ms)}"
    return state.choose(step, path, (f"`{step.id}` is approved", f"`{step.id}` is rejected", late))


def _opened(
    state: State, step: PlanStep, do: Approve, scope: Scope, path: str
) -> list[tuple[str, dict[str, Json] | None]]:
    """What the engine computes when the gate opens: the title, what is shown, who is asked, and the arguments of the
    calls and runs behind the gate that are known already."""
    for one in (*do.approvers, *(() if do.escalate_to is None else (do.escalate_to,))):
        if one is not do.escalate_to:
            state.compute(one.name, scope, path)
    if (
        do.escalate_to is not None
        and do.escalate_after_ms is not None
        and do.escalate_after_ms < do.within_ms
    ):
        state.compute(do.escalate_to.name, scope, path)
    found = [_effect(state, step.path, guard, scope) for guard in do.guards]
    if do.title is not None:
        state.compute(do.title, scope, path)
    for _, value in do.show:
        state.compute(value, scope, path)
    return [one for one in found if one is not None]


def _effect(state: State, gate: str, guard: str, scope: Scope) -> tuple[str, dict[str, Json] | None] | None:
    spots = state.terrain.spots
    spot = spots.get(guard)
    if spot is None or not isinstance(spot.step.do, ToolCall | RunWorkflow):
        return None
    do = spot.step.do
    path = scope.home(guard).path(guard)
    needed = frozenset[str]().union(*(names_of(argument) for argument in do.args.values()))
    if needed - scope.env(needed).keys() or spot.room != spots[gate].room:
        return path, None
    try:
        return path, {name: state.value(argument, scope) for name, argument in do.args.items()}
    except ExpressionError:
        return path, None


def wait(walk: Interpreter, step: PlanStep, do: Wait, scope: Scope, path: str) -> Job:
    state = walk.state
    due_at = state.kernel.now + (do.ms or 0) / 1000
    if do.until is not None:
        due_at = _moment(state, state.compute(do.until, scope, path), path)
    if due_at > state.kernel.now:
        yield Gate(path, None, due_at)


def _moment(state: State, value: Json, path: str) -> float:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise state.failed(
            path, "expression", "`wait until` needs a time, as in 2026-12-24T18:00:00Z."
        ) from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def wait_event(walk: Interpreter, step: PlanStep, do: Wait, scope: Scope, path: str) -> Job:
    """The first event that fits, or none ever."""
    state = walk.state
    given, mock = state.mock(step, path)
    payload: Json = None
    if given and not isinstance(mock, MockError):
        comes = not (isinstance(mock, MockAnswer) and mock.answer == "never")
        payload = None if isinstance(mock, MockAnswer) else mock
    else:
        events = state.samples.events(do, step, scope, state)
        said = [words or f'the event "{do.event}" comes for `{step.id}`' for words, _ in events]
        chosen = state.choose(step, path, (*said, f'the event "{do.event}" never comes for `{step.id}`'))
        comes = chosen < len(events)
        payload = events[chosen][1] if comes else None
    answer = yield from stand(state, Gate(path, {"event": payload} if comes else None))
    return answer["event"]


def run(walk: Interpreter, step: PlanStep, do: RunWorkflow, scope: Scope, path: str) -> Job:
    """Another workflow runs to its end, with a result as its interface promises."""
    state = walk.state
    if state.is_refused(step, path):
        state.note(path, step, None, None, "not_approved")
        raise state.failed(
            path, "not_approved", "The approval before this was not given; nothing was started."
        )
    given = {name: state.compute(argument, scope, path) for name, argument in do.args.items()}
    if path in state.approved and state.approved[path] != given:
        state.note(path, step, given, None, "approval_mismatch")
        raise state.failed(
            path,
            "approval_mismatch",
            "The arguments are not the ones that were approved; nothing was started.",
        )
    pin = next((one for one in state.plan.workflows if one.workflow == do.workflow), None)
    if pin is not None:
        defaults = {
            name: state.value(e, scope) for name, e in pin.input_defaults.items() if name not in given
        }
        problems = validate_input(coerce(given | defaults, pin.input_schema), pin.input_schema)
        if problems:
            state.note(path, step, given, None, "invalid_arguments")
            message = f"{do.workflow!r} does not take this: {'; '.join(map(str, problems[:5]))}."
            raise state.failed(path, "invalid_arguments", message)
    known, mock = state.mock(step, path)
    if known:
        value, error = (None, mock) if isinstance(mock, MockError) else (mock, None)
    else:
        interface = None if state.catalog is None else state.catalog.workflows.get(do.workflow)
        schema = None if interface is None else interface.output_schema
        variants = state.samples.variants(step, schema, scope, state)
        errors = troubles(state, step, "failed")
        said = [words or f"`{step.id}` ends well" for words, _ in variants]
        said += [f"`{step.id}` fails with `{one.code}`" for one in errors]
        chosen = state.choose(step, path, said)
        value = variants[chosen][1] if chosen < len(variants) else None
        error = None if chosen < len(variants) else errors[chosen - len(variants)]
    yield from stand(state, Gate(path, {"ended": True}))
    if error is not None:
        state.note(path, step, given, None, error.code)
        raise state.failed(path, error.code, error.message)
    return value


__all__ = ["approve", "run", "wait", "wait_event"]
