"""``run``: a step that starts another workflow and waits for its end.

The child is a run of its own: it is born in the transaction that opens this step's gate, so that there is one or none
whatever crashes, and its end answers the gate. Meanwhile the parent waits like at any other gate, without memory.
"""

from __future__ import annotations

from typing import Any, TypeAlias
from uuid import UUID

from dsl import coerce, evaluate, validate_input
from dsl.plan import PlanStep, RunWorkflow, WorkflowPin
from engine.journal import Answer, ChildRequest, Started
from engine.runtime.calls import known
from engine.runtime.gates import answered
from engine.runtime.scope import Scope
from engine.runtime.state import State
from engine.runtime.tokens import Branch
from engine.runtime.trial import NO_STUB, made_up, stub
from engine.strict import NotJson

Json: TypeAlias = Any

DEEPEST = 8
"""How many runs may stand above a run: a workflow that runs itself ends here at the latest."""


async def run(state: State, step: PlanStep, do: RunWorkflow, scope: Scope, branch: Branch, path: str) -> Json:
    """The child's output. Fails with the child's error code, "invalid_arguments" or "too_deep", and as a call does
    behind an approval that was not given."""
    journal = state.journal
    given = stub(state, step)
    if given is not NO_STUB and (recorded := known(state, path)) is not None:
        return recorded.value
    if path not in journal.gates:
        await state.tokens.barrier(branch)
        branch.check()
        if given is not NO_STUB:
            args = _arguments(state, step, do, scope, path)
            return await made_up(state, path, given, {"tool": f"workflow {do.workflow}", "args": args})
        journal.gates[path] = await _start(state, step, do, scope, path)

    async def end() -> Answer:
        answer = await state.tokens.gate(branch, path, None)
        assert answer is not None, "a gate without a time is never due"
        return answer

    answer = await answered(state, branch, path, end)
    if answer.error is not None:
        await state.new(branch, path)
        raise state.failed(path, str(answer.error["code"]), str(answer.error["message"]))
    return answer.value if answer.artifact is None else await journal.fetch(answer.artifact, path)


def _arguments(state: State, step: PlanStep, do: RunWorkflow, scope: Scope, path: str) -> dict[str, Json]:
    """What the other workflow is given. Raises ``Failure`` where it must not be started so."""
    if state.journal.lease.depth >= DEEPEST:
        message = f"Runs may start each other {DEEPEST} deep; {do.workflow!r} would be one more. Nothing was started."
        raise state.failed(path, "too_deep", message)
    if state.is_refused(step.path, path):
        raise state.failed(
            path, "not_approved", "The approval before this was not given; nothing was started."
        )
    pin = state.workflows[do.workflow]
    given = {name: state.compute(argument, scope, path) for name, argument in do.args.items()}
    if path in state.approved and state.approved[path] != given:
        said = "The arguments are not the ones that were approved; nothing was started."
        raise state.failed(path, "approval_mismatch", said)
    fitted, problems = _fitted(given, pin)
    if problems:
        message = f"{do.workflow!r} does not take this: {'; '.join(problems[:5])}. Nothing was started."
        raise state.failed(path, "invalid_arguments", message)
    return fitted


async def _start(state: State, step: PlanStep, do: RunWorkflow, scope: Scope, path: str) -> Started:
    fitted = _arguments(state, step, do, scope, path)
    pin = state.workflows[do.workflow]
    if state.trial is not None and not pin.version:
        said = "In a test a workflow does not run itself: it is not published as it stands here."
        raise state.failed(path, "not_in_a_test", said)
    version_id = UUID(pin.version) if pin.version else None
    child = ChildRequest(state.world.new_id(), version_id, fitted, state.world.traceparent(path))
    data = {"run_id": str(child.id), "workflow": do.workflow, "step": step.id}
    try:
        await state.journal.start_child(path, data, child)
    except NotJson as error:
        raise state.failed(path, "invalid_arguments", f"The arguments hold {error}.") from None
    return Started(state.world.clock(), data, state.journal.tick())


def _fitted(given: dict[str, Json], pin: WorkflowPin) -> tuple[dict[str, Json], list[str]]:
    """What the other workflow is given, with its defaults, and why it would not take that."""
    defaults = {name: evaluate(value, {}) for name, value in pin.input_defaults.items() if name not in given}
    whole = coerce(given | defaults, pin.input_schema)
    return whole, [str(problem) for problem in validate_input(whole, pin.input_schema)]
