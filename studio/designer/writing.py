"""The port behind the agent: something that writes a workflow's text for a request. Built-in rules or a model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from dsl.catalog import Catalog, Tool
from engine.model import Part
from studio.designer.events import Doing, Text, Way
from studio.designer.proving import Proved
from studio.designer.stories import RunReader

Tell: TypeAlias = Callable[[Text | Doing], Awaitable[None]]
"""Takes the next piece of text for the person, or what is being done."""


Offered: TypeAlias = tuple[str, Tool]
"""A connector's name in the catalog, and one of its tools."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stored message: ``proposal`` is the text that was proposed with it, ``base`` the text that one was made from,
    ``state`` what became of it."""

    role: Literal["user", "assistant"]
    content: str
    proposal: str = ""
    state: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """``request`` is the newest message, ``turns`` all before it, ``base`` the text in the editor ("" for none).

    ``preferences`` are what the account wants remembered ("amounts in euros"); ``runs`` tells of the workflow's runs.
    """

    request: str
    catalog: Catalog
    base: str = ""
    turns: tuple[Turn, ...] = ()
    preferences: tuple[str, ...] = ()
    runs: RunReader | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """A task with the tools that matter for it. ``change``: the editor holds a workflow that says something already."""

    task: Task
    tools: tuple[Offered, ...] = ()
    change: bool = False


@dataclass(frozen=True, slots=True)
class Trail:
    """How far a model with tools has come: what it was told and said, the use that is not answered yet, and what it
    took. ``touched`` are the paths of the steps that its edits named; ``edited``: the text was made by edits alone."""

    parts: tuple[Part, ...] = ()
    pending: str = ""
    turns: int = 0
    tokens: int = 0
    touched: frozenset[str] = frozenset()
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text that was written before and what is wrong with it."""

    written: Written
    proved: Proved


@dataclass(frozen=True, slots=True)
class Written:
    """A whole text with what to say about it. ``refusal`` says why what was written gives no text at all."""

    text: str
    summary: str
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    way: Way = "rules"
    trail: Trail = Trail()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Words instead of a text: a question, an explanation, "I cannot". ``told`` when they were streamed already."""

    text: str
    told: bool = field(default=False)


Outcome: TypeAlias = Written | Said


class Writer(Protocol):
    """``name`` is how people are told who answers. ``write`` raises ``ModelError``.

    A writer keeps nothing between two calls: ``before`` holds what it wrote for this brief so far.
    """

    @property
    def name(self) -> str: ...

    async def write(self, brief: Brief, before: tuple[Attempt, ...], tell: Tell) -> Outcome: ...
