"""Branches side by side: started when they can be, all collected, and how their scope ends. As in the engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from dsl.plan import Json
from dsl.simulation.kernel import Branch, Family, Job, Request
from dsl.simulation.outcome import Failure, Returned, Review, Stopped

if TYPE_CHECKING:
    from dsl.simulation.interpreter import Interpreter

Start: TypeAlias = Callable[[Branch], Job]


@dataclass(slots=True)
class Gathering:
    """``ready`` yields what can be started now; ``wins`` says that a finished branch ends the scope.

    Known when it is over: the ``values`` by key, who was ``first`` (or returned), and who was ``stopped``.
    """

    walk: Interpreter
    branch: Branch
    ready: Callable[[dict[Any, Json], int], Iterator[tuple[Any, Start]]]
    wins: Callable[[Any], bool]
    any_wins: bool = False
    front: frozenset[Any] | None = None
    """The branches that are faster than the others; None: all are as fast."""
    values: dict[Any, Json] = field(default_factory=dict)
    first: Any = None
    stopped: list[Any] = field(default_factory=list)

    def run(self) -> Generator[Request, Any, dict[Any, Json]]:
        """The values by key. Raises how the scope ended otherwise; no branch is left behind."""
        front = self.front
        family = Family(self.walk.state.kernel, self.branch)
        values = self.values
        failures: list[Failure | Returned] = []
        fatal: list[Review | Stopped] = []
        won: Any = None
        decided = False
        over = False
        while not over:
            if not fatal and not self.branch.stopped:
                for key, start in self.ready(values, len(family)):
                    family.start(key, start, slow=front is not None and key not in front)
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
                            self.first = won = task.key
                            decided = True
                    case Failure() as failure:
                        failures.append(failure)
                        if front is not None and task.key in front:
                            front = None
                            family.hurry()
                        decided = decided or not self.any_wins
                    case Returned() as returned:
                        failures.append(returned)
                        self.first, decided = task.key, True
                    case Review() | Stopped() as ending:
                        fatal.append(ending)
                        self.stopped.append(task.key)
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


__all__ = ["Gathering", "Start"]
