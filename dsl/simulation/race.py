"""``parallel any``: every branch can be the first one, and what the others had done by then is not known.

A walk is told which branch is faster than those beside it. The others lag: when the race is over, each of them has one
call in flight, which is finished as the engine finishes it; so that call is an effect of this path. What else they
could have done by then is noted as effects that *may* have happened. A branch is no winner because it is fast: where
it fails, or waits for what never comes, the others go on, and the path says who was first in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dsl.plan import Json, Parallel, PlanStep
from dsl.simulation.gathering import Gathering, Start
from dsl.simulation.kernel import Branch, Job
from dsl.simulation.outcome import Returned
from dsl.simulation.possible import leave
from dsl.simulation.scope import Scope

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter


def race(walk: Interpreter, step: PlanStep, do: Parallel, scope: Scope, branch: Branch, path: str) -> Job:
    state, steps = walk.state, do.block.steps
    waited_for = {before for one in steps for before in one.after}
    ends = [one.id for one in steps if one.id not in waited_for]
    started: set[str] = set()

    def ready(values: dict[str, Json], _: int) -> Iterator[tuple[str, Start]]:
        for one in steps:
            if one.id not in started and all(before in values for before in one.after):
                started.add(one.id)
                yield one.id, partial(walk.step, one, scope)

    chosen = state.choose(step, path, [_first(step, id) for id in ends]) if len(ends) > 1 else 0
    front = _line(steps, ends[chosen]) if len(ends) > 1 else None
    gathering = Gathering(walk, branch, ready, lambda key: key in ends, any_wins=True, front=front)
    try:
        values = yield from gathering.run()
    except Returned:
        _told(walk, step, path, gathering)
        _left(walk, steps, scope, gathering, started)
        raise
    except BaseException:
        state.choices.retell(path, None)
        raise
    _told(walk, step, path, gathering)
    _left(walk, steps, scope, gathering, started)
    if do.block.result is not None:
        return state.compute(do.block.result, scope, path)
    return next(iter(values.values()), None)


def _first(step: PlanStep, id: str) -> str:
    return f"`{id}` is first in `{step.id}`"


def _line(steps: Sequence[PlanStep], end: str) -> frozenset[str]:
    """The branch with all that it waits for."""
    found = {end}
    for one in reversed(steps):
        if one.id in found:
            found.update(one.after)
    known = len(found) - 1
    while known != len(found):
        known = len(found)
        found.update(before for one in steps if one.id in found for before in one.after)
    return frozenset(found)


def _told(walk: Interpreter, step: PlanStep, path: str, gathering: Gathering) -> None:
    """Who was first, as it came."""
    walk.state.choices.retell(path, None if gathering.first is None else _first(step, gathering.first))


def _left(
    walk: Interpreter, steps: Sequence[PlanStep], scope: Scope, gathering: Gathering, started: set[str]
) -> None:
    """What those that were stopped, and those that would have come behind them, may have done."""
    open_ = set(gathering.stopped)
    behind = dict.fromkeys(one.id for one in steps if one.id not in started)
    for _ in steps:
        for one in steps:
            if one.id in behind and all(b in open_ or b in gathering.values for b in one.after):
                open_.add(one.id)
    for one in steps:
        if one.id in open_:
            leave(walk.state, one, scope)


__all__ = ["race"]
