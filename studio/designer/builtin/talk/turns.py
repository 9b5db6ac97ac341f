"""What the turns before mean for the next message: what to build on, what a short reply answers, what to take back.

The stored turns are all there is. An open proposal is refined; a rejected one, or one that was taken back in words, is
not built upon; an accepted one is in the editor already.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.designer.builtin.talk.undoing import standing
from studio.designer.writing import Task, Turn


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its answer. ``base`` is the text worked on, ``proposal`` "" where words were the answer."""

    request: str
    answer: str
    base: str
    proposal: str
    state: str


@dataclass(frozen=True, slots=True)
class Ground:
    """``text`` is what the next change is made of; ``past`` are the exchanges, oldest first.

    ``outdated``: an open proposal that is left out, because the text in the editor is another by now.
    """

    text: str
    past: tuple[Exchange, ...]
    outdated: bool = False


def exchanges(turns: tuple[Turn, ...]) -> list[Exchange]:
    found: list[Exchange] = []
    request = ""
    for turn in turns:
        if turn.role == "user":
            if request:
                found.append(Exchange(request, "", "", "", ""))
            request = turn.content
            continue
        found.append(
            Exchange(
                request,
                turn.content,
                turn.base,
                turn.proposal,
                turn.state or ("open" if turn.proposal else ""),
            )
        )
        request = ""
    if request:
        found.append(Exchange(request, "", "", "", ""))
    return found


def ground(task: Task) -> Ground:
    """What to build on, from the editor's text and the turns."""
    past = exchanges(task.turns)
    current, outdated = _standing(past, task.base)
    return Ground(task.base if current is None else current, tuple(past), outdated)


def _standing(past: list[Exchange], base: str) -> tuple[str | None, bool]:
    """The text of the open proposal that still stands; whether one is there that does not fit the editor's text."""
    stack = standing(tuple(past))
    if not stack or stack[-1].state != "open":
        return None, False
    last = stack[-1]
    if not base.strip() or _same(last.base, base) or not last.base.strip():
        return last.proposal, False
    return None, True


def _same(one: str, two: str) -> bool:
    return one.split() == two.split()


__all__ = ["Exchange", "Ground", "exchanges", "ground"]
