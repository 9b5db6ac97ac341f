"""Gates: steps that wait for somebody or for a time. A gate has no effects of its own, so replay passes it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from dsl.plan import Agent, Approve, Approver, Expression, PlanStep, RunWorkflow, ToolCall, Wait
from engine.effects import approval_hash
from engine.journal import Answer, ApprovalRequest, Started
from engine.runtime.expression import names_of
from engine.runtime.outcome import Stopped
from engine.runtime.scope import Scope
from engine.runtime.state import State, Walk, iso, seconds
from engine.runtime.tokens import Branch
from engine.strict import NotJson

Json: TypeAlias = Any


async def approve(walk: Walk, step: PlanStep, do: Approve, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    opened = state.journal.gates.get(path)
    if opened is None:
        await state.tokens.barrier(branch)
        branch.check()
        opened = await _open_approval(state, step, do, scope, path)
    answer = await answered(state, branch, path, _Asked(state, branch, path, opened).answer)
    result = {"approved": answer.outcome == "approved", "by": list(answer.by), "comment": answer.comment}
    match answer.outcome:
        case "approved":
            for guard in do.guards:
                state.refused.get(guard, set()).discard((step.path, scope.home(guard).prefix))
            for effect in opened.data.get("effects", ()):
                if effect["arguments"] is not None:
                    state.approved[effect["path"]] = effect["arguments"]
            return result
        case "rejected":
            _refuse(state, step, do, scope)
            if do.on_reject is None:
                await state.new(branch, path)
                said = f": {answer.comment}" if answer.comment else "."
                raise state.failed(path, "rejected", f"The approval was rejected{said}")
            value = await walk.block(do.on_reject, scope, branch)
            return result if do.on_reject.result is None else value
        case "expired":
            _refuse(state, step, do, scope)
            if do.on_timeout is None:
                await state.new(branch, path)
                raise state.failed(path, "expired", "Nobody decided in time.")
            value = await walk.block(do.on_timeout, scope, branch)
            return result if do.on_timeout.result is None else value
        case _:
            raise Stopped


def _refuse(state: State, step: PlanStep, do: Approve, scope: Scope) -> None:
    """What the gate stands before must not happen, even when a branch for the "no", or a catch, goes on to it."""
    for guard in do.guards:
        state.refused.setdefault(guard, set()).add((step.path, scope.home(guard).prefix))


async def wait(walk: Walk, step: PlanStep, do: Wait, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    opened = state.journal.gates.get(path)
    if opened is None:
        await state.tokens.barrier(branch)
        branch.check()
        if do.until is not None:
            due = _moment(state, state.compute(do.until, scope, path), path)
        else:
            due = iso(state.world.clock() + (do.ms or 0) / 1000)
        data = {"due_at": due, "step": step.id}
        await state.journal.open_gate(path, data, None)
        opened = Started(state.world.clock(), data, state.journal.tick())
        state.journal.gates[path] = opened
    due_at = seconds(opened.data["due_at"])

    async def time() -> Answer:
        return await state.tokens.gate(branch, path, due_at) or await _close(state, branch, path, "due")

    await answered(state, branch, path, time)


class _Asked:
    """An approval that stands open: whoever may decide, decides; it escalates; it expires."""

    def __init__(self, state: State, branch: Branch, path: str, opened: Started) -> None:
        self._state = state
        self._branch = branch
        self._path = path
        self._due_at = seconds(opened.data["due_at"])
        escalates = opened.data.get("escalates_at")
        self._escalates_at = None if escalates is None else seconds(escalates)

    async def answer(self) -> Answer:
        state, branch, path = self._state, self._branch, self._path
        if self._escalates_at is not None and path not in state.journal.escalated:
            if (answer := await state.tokens.gate(branch, path, self._escalates_at)) is not None:
                return answer
            await state.tokens.barrier(branch)
            branch.check()
            if (answer := await state.journal.escalate(path)) is not None:
                return answer
        return await state.tokens.gate(branch, path, self._due_at) or await _close(
            state, branch, path, "expired"
        )


async def _close(state: State, branch: Branch, path: str, outcome: str) -> Answer:
    """A gate's time has come."""
    await state.tokens.barrier(branch)
    branch.check()
    return await state.journal.close_gate(path, Answer(outcome))


async def answered(
    state: State, branch: Branch, path: str, answer: Callable[[], Awaitable[Answer]]
) -> Answer:
    """The recorded answer of an open gate, or the one it gets: ``answer`` waits for it. Raises ``Stopped``, after the
    gate was closed, when the branch is told to stop meanwhile."""
    journal = state.journal
    known = journal.answers.get(path)
    if known is not None:
        if known.outcome == "cancelled":
            # The branch was told to stop. It stands here until whoever told it does so again: what ended the branch
            # (a sibling that won, a deadline, the run's cancel) may not be recorded yet.
            await state.tokens.barrier(branch)
            branch.check()
            raise Stopped
        return known
    try:
        given = await answer()
    except Stopped:
        if not state.draining and path not in journal.answers:
            await journal.close_gate(path, Answer("cancelled"))
        raise
    journal.answers[path] = given
    if given.outcome == "cancelled":
        raise Stopped
    return given


async def _open_approval(state: State, step: PlanStep, do: Approve, scope: Scope, path: str) -> Started:
    lease = state.journal.lease
    now = state.world.clock()
    expires_at = now + do.within_ms / 1000
    escalation, escalates_at = None, None
    if (
        do.escalate_to is not None
        and do.escalate_after_ms is not None
        and do.escalate_after_ms < do.within_ms
    ):
        escalation, escalates_at = (
            _approver(state, do.escalate_to, scope, path),
            now + do.escalate_after_ms / 1000,
        )
    effects = [
        effect if _happens(state, guard) else {**effect, "stubbed": True}
        for guard in do.guards
        for effect in _effects(state, step.path, guard, scope)
    ]
    title = step.label if do.title is None else str(state.compute(do.title, scope, path))
    shown = {label: state.compute(value, scope, path) for label, value in do.show}
    try:
        args_hash = approval_hash(lease.account_id, lease.run_id, path, state.content_hash, effects)
    except NotJson as error:
        raise state.failed(path, "invalid_arguments", f"What a person would approve holds {error}.") from None
    request = ApprovalRequest(
        id=state.world.new_id(),
        path=path,
        step_id=step.id,
        title=title,
        effects=effects,
        shown=shown,
        approvers=[_approver(state, one, scope, path) for one in do.approvers],
        quorum=do.quorum,
        args_hash=args_hash,
        expires_at=expires_at,
        escalates_at=escalates_at,
        escalation=escalation,
    )
    data: dict[str, Json] = {
        "approval_id": str(request.id),
        "due_at": iso(expires_at),
        "title": title,
        "effects": effects,
        "args_hash": args_hash,
    }
    if escalation is not None and escalates_at is not None:
        data |= {"escalates_at": iso(escalates_at), "escalates_to": escalation}
    try:
        await state.journal.open_gate(path, data, request)
    except NotJson as error:
        raise state.failed(path, "invalid_arguments", f"What a person would look at holds {error}.") from None
    opened = Started(state.world.clock(), data, state.journal.tick())
    state.journal.gates[path] = opened
    return opened


def _happens(state: State, guard: str) -> bool:
    """Whether what a gate stands before really happens, which is not sure in a test."""
    return state.trial is None or (guard in state.trial.real and guard not in state.trial.pins)


def _approver(state: State, one: Approver, scope: Scope, path: str) -> dict[str, str]:
    return {"by": one.by, "name": str(state.compute(one.name, scope, path))}


def _effects(state: State, gate: str, guard: str, scope: Scope) -> list[dict[str, Json]]:
    """What waits behind the gate: a call, a run of another workflow (``connector`` is then "workflow"), or the tools by
    which a model may change something, as it will choose."""
    step = state.steps.get(guard)
    match None if step is None else step.do:
        case ToolCall() as do:
            return [_effect(state, gate, guard, (do.connector, do.tool), do.args, scope)]
        case RunWorkflow() as do:
            return [_effect(state, gate, guard, ("workflow", do.workflow), do.args, scope)]
        case Agent(tools=tools):
            chosen = {"path": scope.home(guard).path(guard), "arguments": None, "pending": ["model"]}
            return [
                {**chosen, "connector": tool.connector, "tool": tool.tool}
                for tool in tools
                if tool.effect == "write"
            ]
        case _:
            return []


def _effect(
    state: State, gate: str, guard: str, named: tuple[str, str], args: dict[str, Expression], scope: Scope
) -> dict[str, Json]:
    """A call or a run, with its arguments when all they need is known already.

    A call in a round that has not begun (a ``foreach`` behind the gate) has no place yet, and no arguments."""
    needed = frozenset[str]().union(*(names_of(argument) for argument in args.values()))
    pending = sorted(name for name in needed if not scope.has(name))
    arguments = None
    if not pending and state.rooms[guard] == state.rooms[gate]:
        try:
            arguments = {name: state.value(argument, scope) for name, argument in args.items()}
        except (ValueError, KeyError):
            arguments = None
    return {
        "path": scope.home(guard).path(guard),
        "connector": named[0],
        "tool": named[1],
        "arguments": arguments,
        "pending": pending,
    }


def _moment(state: State, value: Json, path: str) -> str:
    try:
        return iso(seconds(value))
    except (TypeError, ValueError, OverflowError):
        raise state.failed(
            path, "expression", "`wait until` needs a time, as in 2026-12-24T18:00:00Z."
        ) from None
