"""Steps with their clauses, as plain coroutines. Nothing of the graph sits on the path of a single step.

Around every kind, from the inside out: the block's time limit, retry, catch, and the promise to be undone. A tool call
retries and keeps time by itself (``calls``), since its attempts are journaled one by one; so does a model (``agents``),
whose turns are.

An error that is handled (caught, settled, retried) first undoes what was finished inside the step that failed.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl import plan as p
from dsl.plan import Block, PlanStep
from engine.artifacts import ArtifactLost
from engine.effects import backoff_ms
from engine.runtime import agents, children, control, gates, hearing
from engine.runtime.calls import call
from engine.runtime.outcome import Failure, Returned, Stopped
from engine.runtime.scope import Scope, is_inside
from engine.runtime.state import TURN_S, State, Undo
from engine.runtime.tokens import Alarm, Branch, Family
from engine.runtime.trial import ended, pinned

Json: TypeAlias = Any


class Interpreter:
    def __init__(self, state: State) -> None:
        self.state = state

    async def block(self, block: Block, scope: Scope, branch: Branch) -> Json:
        for step in block.steps:
            await self.step(step, scope, branch)
        if block.result is None:
            return None
        where = block.steps[-1].path if block.steps else ""
        return self.state.compute(block.result, scope, scope.path(where))

    async def step(self, step: PlanStep, scope: Scope, branch: Branch) -> Json:
        path = scope.path(step.path)
        branch.check()
        if self.state.busy_s > TURN_S:
            await self.state.rest(branch)
        trial = self.state.trial
        try:
            if trial is not None and step.path in trial.pins:
                value = await pinned(self.state, step, trial.pins[step.path], scope, branch, path)
            elif isinstance(step.do, p.ToolCall):
                value = await call(self.state, step, step.do, scope, branch, path)
            else:
                value = await self._retried(step, scope, branch, path)
        except Failure as failure:
            if not step.catches:
                raise
            value = await self._caught(failure, step, scope, branch, path)
        else:
            if step.compensate is not None:  # a step that failed has nothing of its own to undo
                recorded = self.state.journal.done.get(path)
                if recorded is not None and recorded.reused:
                    self.state.theirs.append(path)  # another run did it: a run undoes what it did itself
                else:
                    order = recorded.order if recorded is not None else self.state.journal.tick()
                    self.state.undo.append(Undo(order, path, step, scope))
        scope.names[step.id] = value
        if trial is not None:
            ended(self.state, step, path, value)
        return value

    async def _caught(
        self, failure: Failure, step: PlanStep, scope: Scope, branch: Branch, path: str
    ) -> Json:
        for number, one in enumerate(step.catches):
            if one.codes and failure.code not in one.codes:
                continue
            state = self.state
            place = f"{path}~catch{number}"
            if place not in state.journal.closed:
                await state.new(branch, place)
            if not isinstance(step.do, p.ToolCall):
                await self.compensate(path)
            if place not in state.journal.closed:
                state.journal.note("scope.closed", place, {"outcome": "caught", "error": failure.data()})
            names = {} if one.variable is None else {one.variable: failure.data()}
            return await self.block(one.block, scope.inner(names), branch)
        raise failure

    async def _retried(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Json:
        """A block that is tried again runs under a path of its own, ``path#2``, so that its steps run again too."""
        if step.retry is None or isinstance(step.do, p.Agent):
            return await self._timed(step, scope, branch, path)
        retry, journal = step.retry, self.state.journal
        attempt = 1
        while True:
            place = path if attempt == 1 else f"{path}#{attempt}"
            here = scope if attempt == 1 else scope.respelled(step.path, place)
            try:
                value = await self._timed(step, here, branch, place)
                if place != path and step.compensate is not None:
                    self.state.note_result(path, value)  # it is undone in its turn, also after a crash
                return value
            except Failure as failure:
                if attempt > retry.max or (retry.codes and failure.code not in retry.codes):
                    raise
                known = journal.retrying.get(place)
                if known is None:
                    await self.state.new(branch, place)
                await self.compensate(place)
                if known is None:
                    delay = backoff_ms(retry, attempt, self.state.world.chance())
                    data = {"attempt": attempt, "delay_ms": delay, "error": failure.data()}
                    await journal.record("step.retrying", place, data)
                    due = self.state.world.clock() + delay / 1000
                else:
                    due = known.at + known.data["delay_ms"] / 1000
                if due > self.state.world.clock():
                    await self.state.tokens.barrier(branch)
                    await self.state.tokens.pause(branch, due - self.state.world.clock())
                attempt += 1

    async def _timed(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Json:
        """A block with a time limit is a family of one. Its deadline counts from its first start, also over a wait."""
        if step.timeout_ms is None or isinstance(step.do, p.Let | p.Return | p.Fail):
            return await self._kind(step, scope, branch, path)
        state = self.state
        closed = state.journal.closed.get(path)
        timed_out = closed is not None and closed.data["outcome"] == "timeout"
        started = state.journal.started.get(path)
        if started is None:
            await state.reach(path, branch)
            state.note_started(path)
        since = started.at if started is not None else state.world.clock()
        family = Family(state.tokens, branch)
        family.start(None, lambda inner: self._kind(step, scope, inner, path))
        alarm = Alarm(state.tokens, since + step.timeout_ms / 1000, family.ring)
        try:
            one = await family.next((closed.order, 0) if closed is not None and timed_out else None)
        finally:
            alarm.close()
        ended = [one] if one is not None else await family.collect()
        error = ended[0][1].exception()
        if (
            error is not None
            and not isinstance(error, Failure | Returned)
            and not (one is None and isinstance(error, Stopped))
        ):
            raise error
        branch.check()
        if one is not None and not timed_out:
            if error is not None:
                raise error
            return ended[0][1].result()
        failure = Failure(
            "timeout", f"Not done within {step.timeout_ms / 1000:g} s.", path, state.journal.tick()
        )
        if closed is not None and timed_out:
            raise Failure.of(closed.data["error"], closed.order)
        await state.journal.record("scope.closed", path, {"outcome": "timeout", "error": failure.data()})
        raise failure

    async def _kind(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Json:
        state = self.state
        if state.tokens.replaying:
            await state.reach(path, branch)
        match step.do:
            case p.Let(value=expression):
                recorded = state.journal.done.get(path)
                if recorded is not None and recorded.error is None and not recorded.derived:
                    return recorded.value
                value = state.compute(expression, scope, path)
                state.note_result(path, value)
                return value
            case p.Return(value=expression):
                value = state.compute(expression, scope, path)
                raise Returned(value, path, state.note_result(path, value))
            case p.Fail(code=code, message=expression):
                message = "" if expression is None else str(state.compute(expression, scope, path))
                raise state.failed(path, code, message)
            case p.Approve() as do:
                value = await gates.approve(self, step, do, scope, branch, path)
            case p.RunWorkflow() as do:
                value = await children.run(state, step, do, scope, branch, path)
            case p.Agent() as do:
                state.note_started(path)
                value = await agents.agent(state, step, do, scope, branch, path)
            case p.Wait(event=event) as do if event is not None:
                value = await hearing.wait_event(state, step, do, scope, branch, path)
            case p.Wait() as do:
                value = await gates.wait(self, step, do, scope, branch, path)
            case p.If() | p.Switch() as do:
                _, block = control.choose(state, do, scope, path)
                value = None if block is None else await self.block(block, scope, branch)
                if (block is None or block.result is None) and step.compensate is None:
                    return value
            case p.Parallel() as do:
                state.note_started(path)
                value = await control.parallel(self, do, scope, branch, path)
            case p.Foreach() as do:
                state.note_started(path)
                value = await control.foreach(self, step, do, scope, branch, path)
            case p.Loop() as do:
                state.note_started(path)
                value = await control.loop(self, step, do, scope, branch, path)
            case p.Do(block=block):
                state.note_started(path)
                value = await self.block(block, scope, branch)
            case p.ToolCall():
                raise AssertionError("a call is run by `step`")
        await state.new(branch, path)
        state.note_result(path, value)
        return value

    async def compensate(self, prefix: str) -> list[dict[str, Json]]:
        """Undo, in reverse order, what was finished inside ``prefix`` ("" is the whole run).

        Once begun, it goes on to its end, also when the branch is told to stop meanwhile: what is left over would be
        undone by nobody. Only a drain stops it, and whoever takes the run over goes on with it."""
        state = self.state
        inside = [one for one in state.undo if is_inside(one.path, prefix)]
        if not inside:
            return []
        state.undo = [one for one in state.undo if not is_inside(one.path, prefix)]
        problems = []
        branch = state.undoing.child()
        for one in sorted(inside, key=lambda one: one.order, reverse=True):
            assert one.step.compensate is not None
            try:
                await self.block(one.step.compensate, one.scope.inner(), branch)
            except Failure as failure:
                problems.append(failure.data())
            except ArtifactLost as lost:
                problems.append(Failure("artifact_lost", str(lost), lost.step).data())
            # What undid something is not undone itself.
            state.undo = [other for other in state.undo if not is_inside(other.path, f"{one.path}~comp")]
        state.undoing.forget(branch)
        return problems
