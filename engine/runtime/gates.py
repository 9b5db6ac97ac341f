"""Gates: steps that wait for somebody or for a time. A gate has no effects of its own, so replay passes it again."""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl.plan import Approve, Approver, PlanStep, ToolCall, Wait
from engine.effects import approval_hash
from engine.journal import Answer, ApprovalRequest, Started
from engine.runtime.expression import names_of
from engine.runtime.outcome import Stopped
from engine.runtime.scope import Scope
from engine.runtime.state import State, Walk, iso, seconds
from engine.runtime.tokens import Branch

Json: TypeAlias = Any


async def approve(walk: Walk, step: PlanStep, do: Approve, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    opened = state.journal.gates.get(path)
    if opened is None:
        await state.tokens.barrier(branch)
        branch.check()
        opened = await _open_approval(state, step, do, scope, path)
    answer = await _answer(state, branch, path, opened, "expired")
    result = {"approved": answer.outcome == "approved", "by": list(answer.by), "comment": answer.comment}
    match answer.outcome:
        case "approved":
            for effect in opened.data.get("effects", ()):
                if effect["arguments"] is not None:
                    state.approved[effect["path"]] = effect["arguments"]
            return result
        case "rejected":
            _refuse(state, do, scope)
            if do.on_reject is None:
                said = f": {answer.comment}" if answer.comment else "."
                raise state.failed(path, "rejected", f"The approval was rejected{said}")
            value = await walk.block(do.on_reject, scope, branch)
            return result if do.on_reject.result is None else value
        case "expired":
            _refuse(state, do, scope)
            if do.on_timeout is None:
                raise state.failed(path, "expired", "Nobody decided in time.")
            value = await walk.block(do.on_timeout, scope, branch)
            return result if do.on_timeout.result is None else value
        case _:
            raise Stopped


def _refuse(state: State, do: Approve, scope: Scope) -> None:
    """What the gate stands before must not happen, even when a branch for the "no", or a catch, goes on to it."""
    for guard in do.guards:
        state.refused.setdefault(guard, []).append(scope.prefix)


async def wait(walk: Walk, step: PlanStep, do: Wait, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    opened = state.journal.gates.get(path)
    if opened is None:
        await state.tokens.barrier(branch)
        branch.check()
        due_at = state.world.clock() + (do.ms or 0) / 1000
        if do.until is not None:
            due_at = _moment(state, state.compute(do.until, scope, path), path)
        data = {"due_at": iso(due_at), "step": step.id}
        await state.journal.open_gate(path, data, None)
        opened = Started(state.world.clock(), data, state.journal.tick())
        state.journal.gates[path] = opened
    answer = await _answer(state, branch, path, opened, "due")
    if answer.outcome == "cancelled":
        raise Stopped
    return None


async def _answer(state: State, branch: Branch, path: str, opened: Started, at_due: str) -> Answer:
    journal = state.journal
    known = journal.answers.get(path)
    if known is not None:
        if known.outcome == "cancelled":
            # The branch was told to stop. It stands here until whoever told it does so again: what ended the branch
            # (a sibling that won, a deadline, the run's cancel) may not be recorded yet.
            await state.tokens.barrier(branch)
            branch.check()
        return known
    due_at = seconds(opened.data["due_at"])
    try:
        answer = await state.tokens.gate(branch, path, due_at)
        if answer is None:
            await state.tokens.barrier(branch)
            branch.check()
            return await journal.close_gate(path, at_due)
    except Stopped:
        if not state.draining and path not in journal.answers:
            await journal.close_gate(path, "cancelled")
        raise
    journal.answers[path] = answer
    return answer


async def _open_approval(state: State, step: PlanStep, do: Approve, scope: Scope, path: str) -> Started:
    lease = state.journal.lease
    expires_at = state.world.clock() + do.within_ms / 1000
    guarded = (_effect(state, step.path, guard, scope) for guard in do.guards)
    effects = [effect for effect in guarded if effect is not None]
    title = step.label if do.title is None else str(state.compute(do.title, scope, path))
    shown = {label: state.compute(value, scope, path) for label, value in do.show}
    args_hash = approval_hash(lease.account_id, lease.run_id, path, state.content_hash, effects)
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
    )
    data = {
        "approval_id": str(request.id),
        "due_at": iso(expires_at),
        "title": title,
        "effects": effects,
        "args_hash": args_hash,
    }
    await state.journal.open_gate(path, data, request)
    opened = Started(state.world.clock(), data, state.journal.tick())
    state.journal.gates[path] = opened
    return opened


def _approver(state: State, one: Approver, scope: Scope, path: str) -> dict[str, str]:
    return {"by": one.by, "name": str(state.compute(one.name, scope, path))}


def _effect(state: State, gate: str, guard: str, scope: Scope) -> dict[str, Json] | None:
    """A call that waits behind the gate, with its arguments when all they need is known already.

    A call in a round that has not begun (a ``foreach`` behind the gate) has no place yet, and no arguments."""
    step = state.steps.get(guard)
    if step is None or not isinstance(step.do, ToolCall):
        return None
    do = step.do
    needed = frozenset[str]().union(*(names_of(argument) for argument in do.args.values()))
    pending = sorted(name for name in needed if not scope.has(name))
    arguments = None
    if not pending and state.rooms[guard] == state.rooms[gate]:
        try:
            arguments = {name: state.value(argument, scope) for name, argument in do.args.items()}
        except (ValueError, KeyError):
            arguments = None
    return {
        "path": scope.path(guard),
        "connector": do.connector,
        "tool": do.tool,
        "arguments": arguments,
        "pending": pending,
    }


def _moment(state: State, value: Json, path: str) -> float:
    try:
        return seconds(value)
    except (TypeError, ValueError):
        raise state.failed(
            path, "expression", "`wait until` needs a time, as in 2026-12-24T18:00:00Z."
        ) from None
