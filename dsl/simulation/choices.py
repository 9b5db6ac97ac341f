"""Which of several things happens, and which are still to be tried.

A walk asks at every place where things can come otherwise, and notes what it was told. Walks begin with what is
given: first the one that always takes the first option, then those that differ from an earlier one in one place more.
So what differs in one place only is all walked before anything that differs in two. A place that is come to again (in
a loop, in another attempt) repeats what it did there, so that "it always fails" is one difference and not ten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dsl.simulation.result import Choice

PLAIN = (" answers", " ends well", "an input")
"""How options end that say no more than that nothing went wrong."""

OFTEN = 2
"""How often one step may come otherwise than the time before, on one walk."""


@dataclass(slots=True)
class Choices:
    """Those of one walk. ``told``: the options to take, in order; behind them, the usual one."""

    told: tuple[int, ...]
    taken: list[int] = field(default_factory=list)
    open: list[tuple[int, int, int]] = field(default_factory=list)
    """Places that could come otherwise: their number, how many options there are, which was taken."""
    said: list[Choice] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    _visits: dict[str, int] = field(default_factory=dict)

    def take(self, key: str, path: str, options: Sequence[str]) -> int:
        """The option that happens; ``key`` is the place in the plan, ``options`` are in words."""
        if len(options) == 1:
            if not options[0].endswith(PLAIN):
                self.said.append(Choice(path, options[0]))
            return 0
        number = len(self.taken)
        usual = self._last.get(key, 0)
        usual = usual if usual < len(options) else 0
        chosen = self.told[number] if number < len(self.told) else usual
        chosen = chosen if chosen < len(options) else 0
        visits = self._visits[key] = self._visits.get(key, 0) + 1
        if number >= len(self.told) and visits <= OFTEN:
            self.open.append((number, len(options), chosen))
        self.taken.append(chosen)
        self._last[key] = chosen
        self.said.append(Choice(path, options[chosen], options[chosen].endswith(PLAIN)))
        return chosen

    def retell(self, path: str, words: str | None) -> None:
        """What was chosen last at a step came otherwise, or (None) made no difference."""
        for number in range(len(self.said) - 1, -1, -1):
            if self.said[number].path == path:
                self.said[number : number + 1] = [] if words is None else [Choice(path, words)]
                return


class Walks:
    """The walks that are still to be made, those with the fewest differences first."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, ...]] = deque([()])

    def __iter__(self) -> Iterator[Choices]:
        while self._waiting:
            choices = Choices(self._waiting.popleft())
            yield choices
            for number, count, chosen in choices.open:
                for other in range(count):
                    if other != chosen:
                        self._waiting.append((*choices.taken[:number], other))

    @property
    def left(self) -> bool:
        return bool(self._waiting)
