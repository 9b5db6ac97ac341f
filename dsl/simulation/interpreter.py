"""Steps with their clauses, as the engine takes them, over results that are made up.

Around every kind, from the inside out: the block's time limit, retry, catch, and the promise to be undone. An error
that is handled (caught, settled, retried) first undoes what was finished inside the step that failed.
"""

from __future__ import annotations

from dsl import plan as p
from dsl.plan import Block, Json, PlanStep
from dsl.simulation import control, gates, possible
from dsl.simulation.agents import agent
from dsl.simulation.calls import call
from dsl.simulation.kernel import Alarm, Branch, Family, Job
from dsl.simulation.outcome import Failure, Returned, Review, Stopped
from dsl.simulation.scope import Scope, is_inside
from dsl.simulation.state import State, Undo


class Interpreter:
    def __init__(self, state: State) -> None:
        self.state = state
        self.alarms: dict[str, Alarm] = {}
        """Of the blocks with a time limit that are being walked, by their path in the plan."""

    def block(self, block: Block, scope: Scope, branch: Branch) -> Job:
        for step in block.steps:
            yield from self.step(step, scope, branch)
        if block.result is None:
            return None
        where = block.steps[-1].path if block.steps else ""
        return self.state.compute(block.result, scope, scope.path(where))

    def step(self, step: PlanStep, scope: Scope, branch: Branch) -> Job:
        state, path = self.state, scope.path(step.path)
        branch.check()
        state.reach(step)
        try:
            if isinstance(step.do, p.ToolCall):
                value = yield from call(self, step, step.do, scope, branch, path)
            else:
                value = yield from self._retried(step, scope, branch, path)
        except Failure as failure:
            if not step.catches:
                raise
            value = yield from self._caught(failure, step, scope, branch, path)
        else:
            if step.compensate is not None:  # a step that failed has nothing of its own to undo
                state.undo.append(Undo(state.tick(), path, step, scope))
        scope.names[step.id] = value
        return value

    def _caught(self, failure: Failure, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Job:
        for one in step.catches:
            if one.codes and failure.code not in one.codes:
                continue
            if not isinstance(step.do, p.ToolCall):
                yield from self.compensate(path, branch)
            names = {} if one.variable is None else {one.variable: failure.data()}
            return (yield from self.block(one.block, scope.inner(names), branch))
        raise failure

    def _retried(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Job:
        """A block that is tried again runs under a path of its own, ``path#2``, so that its steps run again too."""
        if isinstance(step.do, p.Agent):
            # A model is asked again for one turn alone.
            return (yield from self._timed(step, scope, branch, path))
        retry, attempt = step.retry, 1
        while True:
            place = path if attempt == 1 else f"{path}#{attempt}"
            here = scope if attempt == 1 else scope.respelled(step.path, place)
            try:
                return (yield from self._timed(step, here, branch, place))
            except Failure as failure:
                if retry is None or attempt > retry.max:
                    raise
                if retry.codes and failure.code not in retry.codes:
                    raise
                yield from self.compensate(place, branch)
                attempt += 1

    def _timed(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Job:
        """A block with a time limit is a family of one."""
        state = self.state
        if step.timeout_ms is None or isinstance(step.do, p.Let | p.Return | p.Fail):
            return (yield from self._kind(step, scope, branch, path))
        family = Family(state.kernel, branch)
        family.start(None, lambda inner: self._kind(step, scope, inner, path))
        alarm = Alarm(state.kernel.now + step.timeout_ms / 1000, family.ring)
        state.kernel.alarms.append(alarm)
        self.alarms[step.path] = alarm
        try:
            one = yield from family.next()
        finally:
            self.alarms.pop(step.path, None)
            if alarm in state.kernel.alarms:
                state.kernel.alarms.remove(alarm)
        ended = [one] if one is not None else (yield from family.collect())
        error = ended[0].error
        told = one is None and isinstance(error, Stopped)
        if error is not None and not isinstance(error, Failure | Returned) and not told:
            raise error
        branch.check()
        if one is not None:
            if error is not None:
                raise error
            return one.value
        failure = state.failed(path, "timeout", f"Not done within {step.timeout_ms / 1000:g} s.")
        state.note(path, step, None, None, "timeout")
        raise failure

    def _kind(self, step: PlanStep, scope: Scope, branch: Branch, path: str) -> Job:
        state = self.state
        match step.do:
            case p.Let(value=expression):
                value = state.compute(expression, scope, path)
            case p.Return(value=expression):
                value = state.compute(expression, scope, path)
                state.note(path, step, None, value)
                raise Returned(value, path, state.tick())
            case p.Fail(code=code, message=expression):
                message = "" if expression is None else str(state.compute(expression, scope, path))
                state.note(path, step, None, None, code)
                raise state.failed(path, code, message)
            case p.Approve() as do:
                value = yield from gates.approve(self, step, do, scope, branch, path)
            case p.Wait(event=event) as do if event is not None:
                value = yield from gates.wait_event(self, step, do, scope, path)
            case p.Wait() as do:
                value = yield from gates.wait(self, step, do, scope, path)
            case p.RunWorkflow() as do:
                value = yield from gates.run(self, step, do, scope, path)
            case p.If() | p.Switch() as do:
                block = control.choose(state, do, scope, path)
                value = None if block is None else (yield from self.block(block, scope, branch))
            case p.Parallel() as do:
                value = yield from control.parallel(self, step, do, scope, branch, path)
            case p.Foreach() as do:
                value = yield from control.foreach(self, step, do, scope, branch, path)
            case p.Loop() as do:
                value = yield from control.loop(self, step, do, scope, branch, path)
            case p.Do(block=inner):
                value = yield from self.block(inner, scope, branch)
            case p.Agent() as do:
                value = yield from agent(self, step, do, scope, branch, path)
                return value
            case p.ToolCall():
                raise AssertionError("calls are taken by `step`")
        state.note(path, step, None, value)
        return value

    def compensate(self, prefix: str, branch: Branch) -> Job:
        """Undo, in reverse order, what was finished inside ``prefix`` ("" is the whole run): below the step there, not
        the step itself, since one that failed has nothing of its own to undo."""
        state = self.state
        inside = [one for one in state.undo if is_inside(one.path, prefix)]
        left = [one for one in state.left if is_inside(one.path, prefix)]
        state.undo = [one for one in state.undo if not is_inside(one.path, prefix)]
        state.left = [one for one in state.left if not is_inside(one.path, prefix)]
        problems: list[Json] = []
        state.undoing += 1
        for one in left:
            possible.undo(state, one)
        state.undoing -= 1
        for one in sorted(inside, key=lambda one: one.order, reverse=True):
            assert one.step.compensate is not None
            state.undone.append(one.path)
            state.undoing += 1
            try:
                yield from self.block(one.step.compensate, one.scope.inner(), branch)
            except Failure as failure:
                problems.append(failure.data())
            finally:
                state.undoing -= 1
        return problems


__all__ = ["Interpreter", "Review"]
