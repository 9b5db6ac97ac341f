"""What a run's journal says, by path, for whoever plans another run from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from engine.journal import Event, artifact_in

Json: TypeAlias = Any

SEPARATORS = ".[#~"
_PLACES = re.compile(r"\[\d+\]|#\d+|~turn\d+(\.tool\d+)?")


class Opaque:
    """A value that is not at hand: too large for the journal, or not worth computing. Equal to itself alone."""

    __slots__ = ()


NOTHING: Final = Opaque()


@dataclass(slots=True)
class Record:
    """``done``: the last end of a step, ``{"result"}`` or ``{"error"}``. ``opened``, ``answered``: of gates.
    ``rounds``: how many rounds of a block have left a trace, by the block's path. ``undone``: the steps whose
    compensation has begun."""

    events: tuple[Event, ...]
    done: dict[str, Event] = field(default_factory=dict)
    started: dict[str, Event] = field(default_factory=dict)
    retrying: dict[str, Event] = field(default_factory=dict)
    opened: dict[str, Event] = field(default_factory=dict)
    answered: dict[str, Event] = field(default_factory=dict)
    closed: dict[str, Event] = field(default_factory=dict)
    arms: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, Event] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    undone: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)

    @staticmethod
    def of(events: Iterable[Event]) -> Record:
        record = Record(tuple(events))
        for event in record.events:
            record._take(event)
        return record

    def _take(self, event: Event) -> None:
        path, data = event.path, event.data
        match event.kind:
            case "step.succeeded":
                self.done[path] = event
                self.unknown.pop(path, None)
            case "step.failed" if data.get("final", True):
                self.done[path] = event
                self.unknown.pop(path, None)
            case "step.started":
                self.started[path] = event
            case "step.retrying":
                self.retrying[path] = event
                self.unknown.pop(path, None)
            case "step.unknown":
                self.unknown[path] = event
            case "branch.taken":
                self.arms[path] = data["arm"]
            case "gate.opened":
                self.opened[path] = event
            case "gate.answered":
                self.answered.setdefault(path, event)
            case "scope.closed":
                self.closed.setdefault(path, event)
            case "gate.escalated":
                pass
            case _:
                return
        self.paths.add(path)
        if "~comp" in path:
            self.undone.add(path.split("~comp", 1)[0])
        for found in re.finditer(r"\[(\d+)\]", path):
            block = path[: found.start()]
            self.rounds[block] = max(self.rounds.get(block, 0), int(found.group(1)) + 1)

    def succeeded(self, path: str) -> bool:
        return path in self.done and self.done[path].kind == "step.succeeded"

    def failed(self, path: str) -> bool:
        return path in self.done and self.done[path].kind == "step.failed"

    def result(self, path: str) -> Json:
        """A step's recorded result; ``Opaque`` where it is not in the journal."""
        event = self.done.get(path)
        if event is None or event.kind != "step.succeeded" or artifact_in(event.data, "result") is not None:
            return Opaque()
        return event.data.get("result")

    def of_path(self, path: str) -> Iterator[Event]:
        return (event for event in self.events if event.path == path)


def static(path: str) -> str:
    """A step's path in the plan, of its path in a run: without rounds, tries and turns."""
    return _PLACES.sub("", path)


def around(path: str) -> Iterator[tuple[str, str]]:
    """The path and all that stand above it, the nearest first, each with what of the path lies below."""
    yield path, ""
    for place in range(len(path) - 1, 0, -1):
        if path[place] in SEPARATORS:
            yield path[:place], path[place:]


def in_attempt(at: str, place: str) -> bool:
    """Whether a path lies in just this try of the block at ``place``: not in the next, not in what caught or undid."""
    below = at[len(place) :]
    return at.startswith(place) and below[:1] in (".", "[", "~") and not below.startswith(("~catch", "~comp"))
