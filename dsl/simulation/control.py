"""Blocks: branches side by side, rounds, and choices. The rules of how a scope ends are the engine's."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from dsl.plan import Arm, Block, Expression, Foreach, If, Json, Loop, Parallel, PlanStep, Switch
from dsl.simulation.gathering import Gathering, Start
from dsl.simulation.kernel import Branch, Job
from dsl.simulation.outcome import Failure
from dsl.simulation.race import race
from dsl.simulation.scope import Scope
from dsl.simulation.state import State

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter


def parallel(walk: Interpreter, step: PlanStep, do: Parallel, scope: Scope, branch: Branch, path: str) -> Job:
    if do.join == "any":
        return (yield from race(walk, step, do, scope, branch, path))
    steps = do.block.steps
    settle = do.join == "settle"
    started: set[str] = set()

    def ready(values: dict[str, Json], _: int) -> Iterator[tuple[str, Start]]:
        for one in steps:
            if one.id not in started and all(before in values for before in one.after):
                started.add(one.id)
                yield one.id, partial(_settled if settle else _one, walk, one, scope, values)

    values = yield from Gathering(walk, branch, ready, lambda _: False).run()
    if do.block.result is not None:
        return walk.state.compute(do.block.result, scope, path)
    return {one.id: values[one.id] for one in steps} if settle else None


def _one(walk: Interpreter, step: PlanStep, scope: Scope, _: dict[str, Json], branch: Branch) -> Job:
    return (yield from walk.step(step, scope, branch))


def _settled(walk: Interpreter, step: PlanStep, scope: Scope, values: dict[str, Json], branch: Branch) -> Job:
    """A failure is a value here; what was finished inside the failed step is undone first."""
    missing = [before for before in step.after if not values[before]["ok"]]
    path = scope.path(step.path)
    if missing:
        error = {"code": "skipped", "message": f"{missing[0]!r} failed before it", "step": path}
        return {"ok": False, "error": error}
    try:
        return {"ok": True, "value": (yield from walk.step(step, scope, branch))}
    except Failure as failure:
        yield from walk.compensate(path, branch)
        return {"ok": False, "error": failure.data()}


def foreach(walk: Interpreter, step: PlanStep, do: Foreach, scope: Scope, branch: Branch, path: str) -> Job:
    items = walk.state.compute(do.items, scope, path)
    if not isinstance(items, list):
        raise walk.state.failed(path, "expression", "`foreach` needs a list.")

    def one(index: int, branch: Branch) -> Job:
        inner = scope.round(step.path, f"{path}[{index}]", {do.variable: items[index]})
        return (yield from walk.block(do.block, inner, branch))

    if do.concurrency <= 1 or len(items) <= 1:
        found = []
        for index in range(len(items)):
            found.append((yield from one(index, branch)))
        return found
    rest = iter(range(len(items)))

    def ready(_: dict[int, Json], running: int) -> Iterator[tuple[int, Start]]:
        for _slot in range(do.concurrency - running):
            index = next(rest, None)
            if index is None:
                return
            yield index, partial(one, index)

    values = yield from Gathering(walk, branch, ready, lambda _: False).run()
    return [values[index] for index in range(len(items))]


def loop(walk: Interpreter, step: PlanStep, do: Loop, scope: Scope, branch: Branch, path: str) -> Job:
    state = walk.state
    names: dict[str, Json] = {}
    if do.carry is not None and do.initial is not None:
        names[do.carry] = state.compute(do.initial, scope, path)
    value: dict[str, Json] = {"count": 0, "last": None}
    while True:
        names[step.id] = dict(value)
        if do.mode == "while" and not _true(state, do.test, scope.inner(names), path):
            return value
        if value["count"] >= do.max:
            state.note(path, step, None, None, "exhausted")
            raise state.failed(path, "exhausted", f"The loop did not end within {do.max} rounds.")
        inner = scope.round(step.path, f"{path}[{value['count']}]", dict(names))
        last = yield from walk.block(do.block, inner, branch)
        value = {"count": value["count"] + 1, "last": last}
        if do.carry is not None and do.block.result is not None:
            names[do.carry] = last
        if do.mode == "until":
            names[step.id] = dict(value)
            if _true(state, do.test, scope.inner(names), path):
                return value


def choose(state: State, do: If | Switch, scope: Scope, path: str) -> Block | None:
    """The block of the arm that is taken."""
    for arm in do.arms:
        if _chosen(state, do, arm, scope, path):
            return arm.block
    return do.otherwise


def _chosen(state: State, do: If | Switch, arm: Arm, scope: Scope, path: str) -> bool:
    if isinstance(do, If):
        return all(_true(state, test, scope, path) for test in arm.tests)
    subject = state.compute(do.subject, scope, path)
    return any(_same(subject, state.compute(test, scope, path)) for test in arm.tests)


def _same(left: Json, right: Json) -> bool:
    """Equality of JSON: true is not 1, but 1 is 1.0."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _true(state: State, test: Expression, scope: Scope, path: str) -> bool:
    value = state.compute(test, scope, path)
    if not isinstance(value, bool):
        raise state.failed(path, "expression", "The condition is neither true nor false.")
    return value
