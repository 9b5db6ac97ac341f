"""Blocks: branches side by side, rounds, and choices.

``parallel`` and ``foreach`` share one scheduler (``_Gathering``): it starts what is ready, collects every branch it
started, and decides how the scope ends. While the run replays, an end is only decided when the run is quiet, so that
everything recorded inside has been applied; an end that another order of events could have changed is recorded
before anything follows from it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from dsl.plan import Arm, Block, Foreach, If, Loop, Parallel, PlanStep, Switch
from engine.artifacts import ArtifactLost
from engine.runtime.outcome import Failure, Parked, Returned, Review, Stopped
from engine.runtime.scope import Scope
from engine.runtime.state import State, Walk
from engine.runtime.tokens import FAR, Branch, Family

Json: TypeAlias = Any
Start: TypeAlias = Callable[[Branch], Coroutine[Any, Any, Json]]


@dataclass(slots=True)
class _Gathering:
    """``ready`` yields what can be started now; ``wins`` says that a finished branch ends the scope."""

    walk: Walk
    branch: Branch
    path: str
    ready: Callable[[dict[Any, Json], int], Iterator[tuple[Any, Start]]]
    wins: Callable[[Any], bool]
    any_wins: bool = False

    async def run(self) -> dict[Any, Json]:
        """The values by key. Raises how the scope ended otherwise; no branch is left behind."""
        state = self.walk.state
        tokens = state.tokens
        closed = state.journal.closed.get(self.path)
        family = Family(tokens, self.branch)
        values: dict[Any, Json] = {}
        failures: list[Failure | Returned] = []
        fatal: list[BaseException] = []
        won: Any = None
        decided = False

        def take(key: Any, error: BaseException | None, value: Callable[[], Json]) -> None:
            nonlocal won, decided
            match error:
                case None:
                    values[key] = value()
                    if won is None and self.wins(key):
                        won, decided = key, True
                case Failure():
                    failures.append(error)
                    decided = decided or not self.any_wins
                case Returned():
                    failures.append(error)
                    decided = True
                case _:
                    fatal.append(error)
                    if not isinstance(error, Stopped | Parked | ArtifactLost):
                        # The invocation ends here and the run does not: its open gates stay open.
                        state.draining = True

        while True:
            if not fatal and not self.branch.stopped:
                for key, start in self.ready(values, len(family)):
                    family.start(key, start)
            if not family:
                if closed is None and (decided or failures):
                    await tokens.quiet((FAR, self._first(failures)))
                break
            quiet = None
            if tokens.replaying and (closed is not None or decided):
                quiet = (closed.order if closed is not None else FAR, self._first(failures))
            elif decided or fatal or closed is not None:
                break
            one = await family.next(quiet)
            if one is None:
                break
            key, task = one
            take(key, task.exception(), task.result)
        unasked = bool(fatal) and not self.branch.stopped
        for key, task in await family.collect():
            take(key, task.exception(), task.result)
        _raise_worst(fatal, self.branch)
        if unasked:  # a branch stopped, and it was not us: never go on as if it had ended
            raise fatal[0]

        if closed is not None:
            return self._as_recorded(await state.journal.filled(closed, self.path), closed.order, values)
        # Where any one branch is enough, a failure yields to a `return`.
        returns = [one for one in failures if isinstance(one, Returned)] if self.any_wins else []
        first = min(returns or failures, key=lambda one: one.order, default=None)
        if won is not None and not returns:
            await state.journal.record("scope.closed", self.path, {"outcome": "any", "winner": won})
            return {won: values[won]}
        if first is None:
            return values
        await state.journal.record("scope.closed", self.path, _ending(first))
        raise first

    @staticmethod
    def _first(failures: list[Failure | Returned]) -> int:
        return min((one.order for one in failures), default=FAR)

    @staticmethod
    def _as_recorded(data: dict[str, Json], order: int, values: dict[Any, Json]) -> dict[Any, Json]:
        match data["outcome"]:
            case "any":
                return {data["winner"]: values[data["winner"]]}
            case "returned":
                raise Returned(data["value"], data["step"], order)
            case _:
                raise Failure.of(data["error"], order)


def _ending(first: Failure | Returned) -> dict[str, Json]:
    if isinstance(first, Returned):
        return {"outcome": "returned", "value": first.value, "step": first.step}
    return {"outcome": "failed", "error": first.data()}


def _raise_worst(fatal: list[BaseException], branch: Branch) -> None:
    """Of several ends that are no outcome of the scope, raise the one that matters most."""
    for error in fatal:
        if not isinstance(error, Stopped | Parked | Review):
            raise error
    for kind in (Review, Parked):
        for error in fatal:
            if isinstance(error, kind):
                raise error
    branch.check()


async def parallel(walk: Walk, do: Parallel, scope: Scope, branch: Branch, path: str) -> Json:
    steps = do.block.steps
    settle = do.join == "settle"
    sinks = {step.id for step in steps} - {before for step in steps for before in step.after}
    started: set[str] = set()

    def ready(values: dict[str, Json], _: int) -> Iterator[tuple[str, Start]]:
        for step in steps:
            if step.id not in started and all(before in values for before in step.after):
                started.add(step.id)
                run = _settled if settle else _one
                yield step.id, partial(run, walk, step, scope, values)

    any_wins = do.join == "any"
    gathering = _Gathering(
        walk, branch, path, ready, wins=lambda key: any_wins and key in sinks, any_wins=any_wins
    )
    values = await gathering.run()
    if do.block.result is not None:
        return walk.state.compute(do.block.result, scope, path)
    match do.join:
        case "settle":
            return {step.id: values[step.id] for step in steps}
        case "any":
            return next(iter(values.values()))
        case _:
            return None


async def _one(walk: Walk, step: PlanStep, scope: Scope, _: dict[str, Json], branch: Branch) -> Json:
    return await walk.step(step, scope, branch)


async def _settled(walk: Walk, step: PlanStep, scope: Scope, values: dict[str, Json], branch: Branch) -> Json:
    """A failure is a value here; what was finished inside the failed step is undone first."""
    missing = [before for before in step.after if not values[before]["ok"]]
    path = scope.path(step.path)
    if missing:
        error = {"code": "skipped", "message": f"{missing[0]!r} failed before it", "step": path}
        return {"ok": False, "error": error}
    try:
        return {"ok": True, "value": await walk.step(step, scope, branch)}
    except Failure as failure:
        await walk.compensate(path)
        return {"ok": False, "error": failure.data()}


async def foreach(walk: Walk, step: PlanStep, do: Foreach, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    items = state.compute(do.items, scope, path)
    if not isinstance(items, list):
        raise state.failed(path, "expression", "`foreach` needs a list.")

    async def one(index: int, branch: Branch) -> Json:
        inner = scope.round(step.path, f"{path}[{index}]", {do.variable: items[index]})
        return await walk.block(do.block, inner, branch)

    if do.concurrency <= 1 or len(items) <= 1:
        return [await one(index, branch) for index in range(len(items))]
    rest = iter(range(len(items)))

    def ready(_values: dict[int, Json], running: int) -> Iterator[tuple[int, Start]]:
        for _ in range(do.concurrency - running):
            index = next(rest, None)
            if index is None:
                return
            yield index, partial(one, index)

    values = await _Gathering(walk, branch, path, ready, wins=lambda _: False).run()
    return [values[index] for index in range(len(items))]


async def loop(walk: Walk, step: PlanStep, do: Loop, scope: Scope, branch: Branch, path: str) -> Json:
    state = walk.state
    names: dict[str, Json] = {}
    if do.carry is not None and do.initial is not None:
        names[do.carry] = state.compute(do.initial, scope, path)
    value: dict[str, Json] = {"count": 0, "last": None}
    while True:
        names[step.id] = dict(value)
        around = scope.inner(names)
        if do.mode == "while" and not _true(state, do.test, around, path):
            return value
        if value["count"] >= do.max:
            await state.new(branch, path)
            raise state.failed(path, "exhausted", f"The loop did not end within {do.max} rounds.")
        inner = scope.round(step.path, f"{path}[{value['count']}]", dict(names))
        last = await walk.block(do.block, inner, branch)
        value = {"count": value["count"] + 1, "last": last}
        if do.carry is not None and do.block.result is not None:
            names[do.carry] = last
        await state.rest(branch)
        if do.mode == "until":
            names[step.id] = dict(value)
            if _true(state, do.test, scope.inner(names), path):
                return value


def choose(state: State, do: If | Switch, scope: Scope, path: str) -> tuple[int, Block | None]:
    """The arm that is taken, and its block. An arm is recorded as it was chosen; -1 is "otherwise"."""
    arm = state.journal.arms.get(path)
    if arm is None:
        arm = next((n for n, one in enumerate(do.arms) if _chosen(state, do, one, scope, path)), -1)
        label = do.arms[arm].label if arm >= 0 else "otherwise"
        state.journal.note("branch.taken", path, {"arm": arm, "label": label})
        state.journal.arms[path] = arm
    return arm, do.arms[arm].block if arm >= 0 else do.otherwise


def _chosen(state: State, do: If | Switch, arm: Arm, scope: Scope, path: str) -> bool:
    if isinstance(do, If):
        return all(_true(state, test, scope, path) for test in arm.tests)
    subject = state.compute(do.subject, scope, path)
    return any(_same(subject, state.compute(test, scope, path)) for test in arm.tests)


def _same(left: Json, right: Json) -> bool:
    """Equality of JSON: true is not 1, but 1 is 1.0."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _true(state: State, test: Any, scope: Scope, path: str) -> bool:
    value = state.compute(test, scope, path)
    if not isinstance(value, bool):
        raise state.failed(path, "expression", "The condition is neither true nor false.")
    return value
