"""What a designer says while it works: a closed union of events, in the order they happen.

``Doing`` says what it is busy with. ``Text`` pieces are shown as they come. ``Round`` is one attempt with what was
wrong in it. A ``Proposal`` is a whole text that was parsed and checked; nothing is saved until a person accepts it.
``Failed`` ends an answer that could not be given, with what to do. An answer ends with exactly one ``Proposal``, one
``Failed``, or text alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, computed_field


def _sayable(text: str) -> str:
    """Without NUL and halves of characters, which a model may write and no database takes."""
    if "\0" not in text and text.isascii():
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")


Words: TypeAlias = Annotated[str, AfterValidator(_sayable)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Text(_Frozen):
    kind: Literal["text"] = "text"
    delta: Words


class Doing(_Frozen):
    """Progress in plain words ("Looking for tools"), for a line that the next event replaces."""

    kind: Literal["doing"] = "doing"
    what: Words


class Round(_Frozen):
    """``problems`` are what is wrong with attempt ``number`` (of at most ``of``); it is written again."""

    kind: Literal["round"] = "round"
    number: int
    of: int
    problems: tuple[Words, ...]


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


class ChangeLine(_Frozen):
    """What is different in meaning, a line a change, as ``dsl.changes`` finds it. ``old`` and ``new`` are step paths
    ("" on the side that has no such step, and for what is no step's); ``risks`` say in what it lowers safety.
    ``announced`` is False where a model changed a step that neither it nor the request spoke of."""

    sort: str
    weight: Literal["safety", "behaviour", "interface", "words"]
    sentence: str
    risks: tuple[str, ...] = ()
    old: str = ""
    new: str = ""
    announced: bool = True


Way: TypeAlias = Literal["rules", "tools", "grammar", "json", "text"]
"""How an answer was written: by the built-in rules; by a model with tools, under a grammar, as a flat graph under a
JSON Schema, or as plain text."""


class Proposal(_Frozen):
    """``base`` is the text it was made from ("" for a new workflow): the diff and a later rebase are against it.

    ``changes`` are empty for a new workflow. ``simulated`` says in one sentence what can happen, "" where the text
    could not be walked. ``by`` is who wrote it and ``way`` how.
    """

    kind: Literal["proposal"] = "proposal"
    text: str
    base: str = ""
    title: str
    summary: Words
    explanation: tuple[StepLine, ...] = ()
    assumptions: tuple[Words, ...] = ()
    questions: tuple[Words, ...] = ()
    diff: tuple[DiffLine, ...] = ()
    diagnostics: tuple[Finding, ...] = ()
    graph: dict[str, Any] = Field(default_factory=dict)
    safety: tuple[str, ...] = ()
    """What this change takes away from the workflow's safety; said before everything else."""
    changes: tuple[ChangeLine, ...] = ()
    simulated: str = ""
    by: str = ""
    way: Way = "rules"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def lowers(self) -> bool:
        """Whether the workflow is less safe after it than before."""
        return bool(self.safety)


class Failed(_Frozen):
    """``code`` is one of the model's errors, or "designer". ``builtin`` offers the built-in designer instead."""

    kind: Literal["failed"] = "failed"
    code: str
    message: str
    help: str
    builtin: bool = True


Event: TypeAlias = Annotated[Doing | Text | Round | Proposal | Failed, Field(discriminator="kind")]
