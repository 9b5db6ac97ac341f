"""A tool call: asked of the journal first, then done under its idempotency key and recorded.

A beginning is made durable before an unsafe effect, so that a crash between effect and record is known for what it is.
For everything else the beginning is only noted, and drops out when the result is there before the note was written.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl import coerce
from dsl.plan import Expression, PlanStep, Retry, ToolCall
from engine.artifacts import StoreFailed
from engine.effects import DEFAULT_TIMEOUT_S, Ask, Fail, Repeat, ToolError, after_crash, after_error, unsafe
from engine.journal import Done, Entry
from engine.runtime.outcome import Failure, Stopped, plain
from engine.runtime.scope import Scope
from engine.runtime.state import State
from engine.runtime.tokens import Branch
from engine.runtime.trial import NO_STUB, made_up, stub
from engine.strict import NotJson, encode

Json: TypeAlias = Any

LONGEST_KEY = 1000
"""Characters of an idempotency key that a step writes itself."""
LOST = "the runner stopped while the call was in flight"


async def call(state: State, step: PlanStep, do: ToolCall, scope: Scope, branch: Branch, path: str) -> Json:
    if (recorded := known(state, path)) is not None:
        return (
            recorded.value
            if recorded.artifact is None
            else await state.journal.fetch(recorded.artifact, path)
        )
    if state.tokens.replaying:
        await settled(state, do, branch, path)
    branch.check()

    if state.is_refused(step.path, path):
        raise state.failed(
            path, "not_approved", "The approval before this call was not given; nothing was sent."
        )
    args = {name: state.compute(argument, scope, path) for name, argument in do.args.items()}
    if path in state.approved and state.approved[path] != args:
        raise state.failed(
            path, "approval_mismatch", "The arguments are not the ones that were approved; nothing was sent."
        )
    key = f"{state.run_id}/{path}" if step.key is None else _written_key(state, step.key, scope, path)
    if do.effect == "write" and (given := stub(state, step)) is not NO_STUB:
        return await stubbed(state, do, args, key, given, path)
    timeout_s = DEFAULT_TIMEOUT_S if step.timeout_ms is None else step.timeout_ms / 1000
    return await effect(state, do, args, key, timeout_s, step.retry, branch, path)


async def stubbed(
    state: State, do: ToolCall, args: dict[str, Json], key: str, given: Json, path: str
) -> Json:
    """In a test: the call as it would be sent, and a result that was made up. Nothing is sent."""
    value = given if do.output_schema is None else coerce(given, do.output_schema)
    called = {"tool": f"{do.connector}.{do.tool}", "args": args, "key": key}
    try:
        return await made_up(state, path, value, called)
    except NotJson as error:
        raise state.failed(path, "invalid_arguments", f"The arguments hold {error}.") from None


def _written_key(state: State, written: Expression, scope: Scope, path: str) -> str:
    """A key that the step gives itself. An empty one would make all calls the same call, to the tool."""
    key = state.compute(written, scope, path)
    if not isinstance(key, str) or not key.strip():
        shown = "an empty text" if isinstance(key, str) else f"{encode(key):.80}"
        raise state.failed(
            path, "expression", f"`key` needs a text that is not empty; it is {shown}. Nothing was sent."
        )
    if len(key) > LONGEST_KEY:
        raise state.failed(path, "expression", f"The key has more than {LONGEST_KEY} characters.")
    return key


def known(state: State, path: str) -> Done | None:
    """What is recorded of a call; None when nothing is. Raises the recorded ``Failure``."""
    recorded = state.journal.done.get(path)
    if recorded is not None and recorded.error is not None:
        raise Failure.of(recorded.error, recorded.order)
    return recorded


async def settled(state: State, do: ToolCall, branch: Branch, path: str) -> None:
    """The replay barrier before a call that has no recorded end. Raises ``Review`` when a former runner left it in
    flight and nobody can tell how it ended: also where the branch is told to stop, so that every such call is asked
    about. Only a cancel passes over what was asked already: whoever cancels knows it."""
    try:
        await state.tokens.barrier(branch)
    except Stopped:
        known = state.tokens.cancelling is not None and path in state.journal.unknown
        if known or after_crash(do, _in_flight(state, path)) == "go":
            raise
    if after_crash(do, _in_flight(state, path)) == "ask":
        attempt = state.journal.started[path].data.get("attempt", 1)
        raise state.unknown(path, _question(do, LOST), "interrupted", int(attempt))


def _in_flight(state: State, path: str) -> bool:
    """Whether the last try has a beginning and no end."""
    started, again = state.journal.started.get(path), state.journal.retrying.get(path)
    return started is not None and (again is None or again.order < started.order)


async def effect(
    state: State,
    do: ToolCall,
    args: dict[str, Json],
    key: str,
    timeout_s: float,
    retry: Retry | None,
    branch: Branch,
    path: str,
) -> Json:
    """Call a tool that has no recorded end, and record one. Raises ``Failure``, or ``Review`` when nobody knows
    whether it happened."""
    journal = state.journal
    about = {"tool": f"{do.connector}.{do.tool}", "args": args, "key": key}

    in_flight = _in_flight(state, path)
    attempt = 1
    if (again := journal.retrying.get(path)) is not None:
        attempt = int(again.data["attempt"]) + 1
        await state.tokens.pause(branch, again.at + again.data["delay_ms"] / 1000 - state.world.clock())

    while True:
        begun = {"attempt": attempt, **about}
        noted = await _begin(state, do, path, begun, in_flight)
        in_flight = False
        clock = state.world.clock()
        state.world.calling(path, attempt)
        try:
            value = await state.world.tools.call(
                journal.lease.account_id,
                do.connector,
                do.tool,
                args,
                key,
                timeout_s,
                state.pins.get((do.connector, do.tool)),
            )
        except ToolError as error:
            said = plain(error.message)
            state.world.observe("failed", max(state.world.clock() - clock, 0.0))
            verdict = after_error(do, retry, error.code, error.outcome, attempt, state.world.chance())
            match verdict:
                case Ask():
                    raise state.unknown(path, _question(do, said), error.code, attempt) from None
                case Fail():
                    raise await _fail(state, path, error.code, said, attempt, error.outcome) from None
                case Repeat(delay_ms=delay):
                    problem = {"code": error.code, "message": said}
                    tried = {"attempt": attempt, "delay_ms": delay, "error": problem}
                    await journal.record("step.retrying", path, {**tried, "outcome": error.outcome})
                    await state.tokens.pause(branch, delay / 1000)
                    attempt += 1
                    continue
        took = max(state.world.clock() - clock, 0.0)
        state.world.observe("succeeded", took)
        try:
            if do.output_schema is not None:
                value = coerce(value, do.output_schema)
            data = {"result": value, "ms": int(took * 1000)}
            if noted is not None and not noted.taken:
                durable = journal.record_over(noted, "step.succeeded", path, data, begun)
            else:
                durable = journal.record("step.succeeded", path, {**data, "attempt": attempt})
        except NotJson as error:
            if noted is not None:
                noted.dropped = False
            raise await _fail(
                state, path, "invalid_result", f"The tool answered with {error}.", attempt
            ) from None
        try:
            await durable
        except (NotJson, StoreFailed) as error:
            why = f"The tool has done it, but its answer could not be kept: {error}"
            raise await _fail(state, path, "invalid_result", why, attempt) from None
        return value


async def _begin(state: State, do: ToolCall, path: str, data: dict[str, Json], known: bool) -> Entry | None:
    try:
        if unsafe(do):
            await state.journal.record("step.started", path, data)
            return None
        return None if known else state.journal.note("step.started", path, data)
    except NotJson as error:
        raise state.failed(path, "invalid_arguments", f"The arguments hold {error}.") from None


async def _fail(
    state: State, path: str, code: str, message: str, attempt: int, outcome: str = "done"
) -> Failure:
    """``outcome``: what the last try came to outside: "not_done", "unknown", or "done" (the tool did it, and its
    answer could not be kept)."""
    order = state.journal.tick()
    failure = Failure(code, message, path, order)
    data = {"error": failure.data(), "attempt": attempt, "final": True, "outcome": outcome}
    await state.journal.record("step.failed", path, data)
    return failure


def _question(do: ToolCall, why: str) -> str:
    return (
        f"Did {do.connector}.{do.tool} happen? Its outcome is unknown ({why}), "
        "and the tool cannot be asked twice safely."
    )
