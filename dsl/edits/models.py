"""The edits of a text, as values that can travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class UseLine(_Edit):
    """``use alias: mcp "connector"``, written unless the connector is used already."""

    alias: str
    connector: str


class AddStep(_Edit):
    """Put a step (``text``: one or more, in Weft) into a block, before one of its steps or at its end.

    ``container`` is a block reference: "" for the workflow's body, "<step path>/<slot>" otherwise; a slot that is
    not written yet (``else``, ``default``, ``reject``, ``timeout``) is made. Names that are taken get a number.
    """

    kind: Literal["add_step"] = "add_step"
    container: str = ""
    before: str | None = None
    text: str
    uses: tuple[UseLine, ...] = ()


class RemoveStep(_Edit):
    """Take a step out, with its comments. What was ``after`` it is then after what it was after."""

    kind: Literal["remove_step"] = "remove_step"
    path: str


class MoveStep(_Edit):
    kind: Literal["move_step"] = "move_step"
    path: str
    container: str = ""
    before: str | None = None


class RenameStep(_Edit):
    """Give a step another id, wherever it is named."""

    kind: Literal["rename_step"] = "rename_step"
    path: str
    id: str


class SetArgument(_Edit):
    """Set an argument of a call or a run to an expression; None takes it out."""

    kind: Literal["set_argument"] = "set_argument"
    path: str
    name: str
    value: str | None


class SetClause(_Edit):
    """Set "after", "timeout", "retry", "key", "compensate" or "catch" ("catch1": the second one).

    ``text`` is the clause in Weft, with or without its keyword; None takes it out.
    """

    kind: Literal["set_clause"] = "set_clause"
    path: str
    clause: str
    text: str | None


class SetExpression(_Edit):
    """Set a field of a step's kind, named as in :mod:`dsl.tree`: "value", "test", "arms[0].test", "title", "within".

    None takes it out where the grammar lets it.
    """

    kind: Literal["set_expression"] = "set_expression"
    path: str
    field: str
    value: str | None


class SetDoc(_Edit):
    """Set the ``///`` documentation of a step, or of the workflow where ``path`` is ""; "" takes it out."""

    kind: Literal["set_doc"] = "set_doc"
    path: str
    doc: str


class Wrap(_Edit):
    """Put steps that stand side by side into a new block step."""

    kind: Literal["wrap"] = "wrap"
    paths: tuple[str, ...]
    into: Literal["if", "parallel", "do", "foreach", "loop"] = Field(alias="in")


class ReplaceText(_Edit):
    """Plain typing: ``text`` for the characters ``[start, end)``. The result need not be valid."""

    kind: Literal["replace_text"] = "replace_text"
    start: int
    end: int
    text: str


class Sequence(_Edit):
    """One after the other, each on the result of the one before; all or nothing."""

    kind: Literal["sequence"] = "sequence"
    edits: tuple[Edit, ...]


Edit: TypeAlias = Annotated[
    AddStep
    | RemoveStep
    | MoveStep
    | RenameStep
    | SetArgument
    | SetClause
    | SetExpression
    | SetDoc
    | Wrap
    | ReplaceText
    | Sequence,
    Field(discriminator="kind"),
]

Sequence.model_rebuild()


@dataclass(frozen=True, slots=True)
class Edited:
    """``inverse`` takes ``text`` back to what it was, byte for byte."""

    text: str
    inverse: Edit


class EditError(Exception):
    """The edit cannot be made: ``message`` says why, ``help`` what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Splice:
    """``text`` in the place of ``[start, end)``."""

    start: int
    end: int
    text: str
