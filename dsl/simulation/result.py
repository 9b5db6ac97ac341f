"""What a simulation finds: every way through a plan, with what happens outside on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.plan import Json

Ending: TypeAlias = Literal["succeeded", "failed", "needs_review", "waiting", "unfinished"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things that could happen at a step, in words: "`gate` is rejected". ``path`` is the step's.

    ``plain``: nothing more than that it did not fail.
    """

    path: str
    words: str
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was walked. ``path`` as it is spelled in a run (``each[1].check``); ``error`` is a code."""

    path: str
    kind: str
    input: Json
    output: Json
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """A call that changes something outside.

    ``approved_by`` are the approvals that were given before it on this path; ``undoing``: it is part of a compensation.
    ``may``: nobody knows whether it happens, how often, and (None) with what ``arguments`` and ``key``: a model has the
    tool, or the branch of the call was not the first in a ``parallel any``. Then ``approved_by`` are also the approvals
    that must be given before it, and ``path`` has no rounds of what was not walked.
    """

    path: str
    tool: str
    arguments: dict[str, Json] | None
    key: str | None
    approved_by: tuple[str, ...] = ()
    undoing: bool = False
    may: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a path ends: with ``value``, with an ``error`` ("code", "message", "step"), or ``at`` the steps where it
    stands still, for an event that never comes or for a person who must look."""

    ending: Ending
    value: Json = None
    error: dict[str, Json] | None = None
    at: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        code = "" if self.error is None else str(self.error["code"])
        match self.ending:
            case "succeeded":
                return "succeeds"
            case "failed":
                return f"fails with `{code}`"
            case "needs_review":
                return f"stops at `{self.at[0]}` until a person has looked whether it happened"
            case "waiting":
                return f"waits at `{', '.join(self.at)}` forever"
            case "unfinished":
                return "goes on for longer than is looked at"


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the plan. ``undone``: the steps whose compensation ran, in the order in which it did."""

    choices: tuple[Choice, ...]
    steps: tuple[Taken, ...]
    effects: tuple[Effect, ...]
    outcome: Outcome
    undone: tuple[str, ...] = ()
    input: Json = None

    @property
    def words(self) -> str:
        """What came otherwise than by itself, once each, and the end."""
        return f"{self.told()}: {self.outcome.words}"

    def told(self, but: frozenset[str] = frozenset()) -> str:
        """The words without the end, and without those of the choices in ``but``."""
        counts = Counter(one.words for one in self.choices if not one.plain and one.words not in but)
        told = [words if count == 1 else f"{words} ({count} times)" for words, count in counts.items()]
        return "; ".join(told) or "in the usual way"


@dataclass(frozen=True, slots=True)
class Unreached:
    """A step of the plan that no path came to, and why as far as that is known."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """``runs``: walks through the plan at most; ``paths``: kept of them; ``steps``: of one walk; ``work``: steps of all
    walks together; ``variants``: values that are tried for one result."""

    runs: int = 600
    paths: int = 200
    steps: int = 1_000
    work: int = 40_000
    variants: int = 8


@dataclass(frozen=True, slots=True)
class Simulation:
    """``cut``: there are more ways than were walked."""

    paths: tuple[Path, ...]
    unreached: tuple[Unreached, ...]
    cut: bool

    @property
    def effects(self) -> tuple[str, ...]:
        """The tools that some path calls with an effect, as "connector.tool"."""
        return self._tools(may=False)

    @property
    def possible(self) -> tuple[str, ...]:
        """The tools that may be called with an effect on some path."""
        return self._tools(may=True)

    def _tools(self, may: bool) -> tuple[str, ...]:
        effects = (effect for path in self.paths for effect in path.effects)
        return tuple(dict.fromkeys(effect.tool for effect in effects if effect.may == may))


@dataclass(frozen=True, slots=True)
class MockError:
    """In the place of a result: the step fails. ``unknown``: nobody knows whether its effect happened."""

    code: str
    message: str = "It failed, as told."
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class MockAnswer:
    """In the place of a result of an approval or of a wait for an event: "approved", "rejected", "expired", "never"."""

    answer: Literal["approved", "rejected", "expired", "never"]


Mock: TypeAlias = Json | MockError | MockAnswer
