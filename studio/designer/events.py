"""What a designer says while it works: a closed union of events, in the order they happen.

``Text`` pieces are shown as they come. ``Round`` is one attempt with what was wrong in it. A ``Proposal`` is a whole
text that was parsed and checked; nothing is saved until a person accepts it. ``Failed`` ends an answer that could
not be given, with what to do. An answer ends with exactly one ``Proposal``, one ``Failed``, or text alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Text(_Frozen):
    kind: Literal["text"] = "text"
    delta: str


class Round(_Frozen):
    """``problems`` are what is wrong with attempt ``number`` (of at most ``of``); it is written again."""

    kind: Literal["round"] = "round"
    number: int
    of: int
    problems: tuple[str, ...]


class DiffLine(_Frozen):
    """``sign`` is "+", "-", " " or "…" (lines left out)."""

    sign: Literal["+", "-", " ", "…"]
    text: str


class Finding(_Frozen):
    """A diagnostic of the proposed text, as people read it."""

    code: str
    severity: Literal["error", "warning", "info"]
    message: str
    help: str
    line: int


class StepLine(_Frozen):
    """One step in plain words. ``depth`` is how far it is inside others, ``kind`` the sort of step."""

    depth: int
    kind: str
    sentence: str
    tool: str = ""


class Proposal(_Frozen):
    """``base`` is the text it was made from ("" for a new workflow): the diff and a later rebase are against it."""

    kind: Literal["proposal"] = "proposal"
    text: str
    base: str = ""
    title: str
    summary: str
    explanation: tuple[StepLine, ...] = ()
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    diff: tuple[DiffLine, ...] = ()
    diagnostics: tuple[Finding, ...] = ()
    graph: dict[str, Any] = Field(default_factory=dict)
    safety: tuple[str, ...] = ()
    """What this change takes away from the workflow's safety; said before everything else."""


class Failed(_Frozen):
    """``code`` is one of the model's errors, or "designer". ``builtin`` offers the built-in designer instead."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str
    help: str
    builtin: bool = True


Event: TypeAlias = Annotated[Text | Round | Proposal | Failed, Field(discriminator="kind")]
