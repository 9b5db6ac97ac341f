"""Blocks: branches side by side, rounds, and choices. The rules of how a scope ends are the engine's."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from dsl.plan import Arm, Block, Expression, Foreach, If, Json, Loop, Parallel, PlanStep, Switch
from dsl.simulation.kernel import Branch, Family, Job, Request
from dsl.simulation.outcome import Failure, Returned, Review, Stopped
from dsl.simulation.scope import Scope
from dsl.simulation.state import State

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter

Start: TypeAlias = Callable[[Branch], Job]


@dataclass(slots=True)
class _Gathering:
    """``ready`` yields what can be started now; ``wins`` says that a finished branch ends the scope."""

    walk: Interpreter
    branch: Branch
    ready: Callable[[dict[Any, Json], int], Iterator[tuple[Any, Start]]]
    wins: Callable[[Any], bool]
    any_wins: bool = False

    def run(self) -> Generator[Request, Any, dict[Any, Json]]:
        """The values by key. Raises how the scope ended otherwise; no branch is left behind."""
        family = Family(self.walk.state.kernel, self.branch)
        values: dict[Any, Json] = {}
        failures: list[Failure | Returned] = []
        fatal: list[Review | Stopped] = []
        won: Any = None
        decided = False
        over = False
        while not over:
            if not fatal and not self.branch.stopped:
                for key, start in self.ready(values, len(family)):
                    family.start(key, start)
            if not len(family):
                break
            one = None if decided or fatal else (yield from family.next())
            ended = [one] if one is not None else (yield from family.collect())
            over = one is None
            for task in ended:
                match task.error:
                    case None:
                        values[task.key] = task.value
                        if won is None and self.wins(task.key):
                            won, decided = task.key, True
                    case Failure() as failure:
                        failures.append(failure)
                        decided = decided or not self.any_wins
                    case Returned() as returned:
                        failures.append(returned)
                        decided = True
                    case Review() | Stopped() as ending:
                        fatal.append(ending)
        for ending in fatal:
            if isinstance(ending, Review):
                raise ending
        self.branch.check()
        # Where any one branch is enough, a failure yields to a `return`.
        returns = [one for one in failures if isinstance(one, Returned)] if self.any_wins else []
        first = min(returns or failures, key=lambda one: one.order, default=None)
        if won is not None and not returns:
            return {won: values[won]}
        if first is None:
            return values
        raise first


def parallel(walk: Interpreter, do: Parallel, scope: Scope, branch: Branch, path: str) -> Job:
    steps = do.block.steps
    settle = do.join == "settle"
    sinks = {step.id for step in steps} - {before for step in steps for before in step.after}
    started: set[str] = set()

    def ready(values: dict[str, Json], _: int) -> Iterator[tuple[str, Start]]:
        for step in steps:
            if step.id not in started and all(before in values for before in step.after):
                started.add(step.id)
                yield step.id, partial(_settled if settle else _one, walk, step, scope, values)

    any_wins = do.join == "any"
    gathering = _Gathering(walk, branch, ready, lambda key: any_wins and key in sinks, any_wins)
    values = yield from gathering.run()
    if do.block.result is not None:
        return walk.state.compute(do.block.result, scope, path)
    match do.join:
        case "settle":
            return {step.id: values[step.id] for step in steps}
        case "any":
            return next(iter(values.values()), None)
        case _:
            return None


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

    values = yield from _Gathering(walk, branch, ready, lambda _: False).run()
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
