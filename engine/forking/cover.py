"""Which events of a run another one takes over, as marks on paths. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from engine.forking.record import around
from engine.journal import Event


class Mark(IntEnum):
    """How much below a path is taken over with it: the tries of a block are ``path#2``, what a model said and what
    undid a step are ``path~...``."""

    ATTEMPT = 1
    """One try of a block: neither the next ones nor what undid or caught it."""
    BODY = 2
    """All but what caught it."""
    WHOLE = 3

    def reaches(self, below: str) -> bool:
        match self:
            case Mark.ATTEMPT:
                return not below.startswith(("~catch", "~comp", "#"))
            case Mark.BODY:
                return not below.startswith("~catch")
            case _:
                return True


@dataclass(slots=True)
class Cover:
    """``single``: the kinds of events at just this path."""

    marks: dict[str, Mark] = field(default_factory=dict)
    single: set[tuple[str, str]] = field(default_factory=set)

    def mark(self, path: str, mark: Mark) -> None:
        self.marks[path] = max(mark, self.marks.get(path, mark))

    def add(self, path: str, *kinds: str) -> None:
        self.single.update((path, kind) for kind in kinds)

    def covers(self, path: str) -> bool:
        return any(above in self.marks and self.marks[above].reaches(below) for above, below in around(path))

    def takes(self, event: Event) -> bool:
        if event.kind.startswith("run.") or not event.path:
            return False
        return (event.path, event.kind) in self.single or self.covers(event.path)
