"""The edits of a text, as values that can travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class UseLine(_Edit):
    """``use alias: mcp "connector"`` (or ``workflow``), written unless the same is used already."""

    alias: str
    connector: str
    source: Literal["mcp", "workflow"] = "mcp"


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


class Paste(_Edit):
    """Put in what :func:`dsl.copy_text` took from a workflow, this one or another: steps and what they use.

    As :class:`AddStep`: names that are taken here get a number, together with what reads them inside the pasted
    steps. Names of steps that exist in neither stay as they are, and the checks tell of them.
    """

    kind: Literal["paste"] = "paste"
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


class RenameName(_Edit):
    """Give another name to something that is no step, wherever it is named.

    ``sort``: an alias ("use"), a type, a field of ``input``, ``output`` or ``config``, a secret, a trigger, or a
    "variable": then ``block`` is the reference of the block that can read it ("each/body", "rounds/body",
    "send/catch0"). Of an output field the keys in ``return { ... }`` follow, of an input field the triggers' too.
    """

    kind: Literal["rename_name"] = "rename_name"
    sort: Literal["use", "type", "input", "output", "config", "secret", "trigger", "variable"]
    name: str
    new: str
    block: str = ""


class SetHeader(_Edit):
    """Add, replace or (``text`` None) take out one declaration of the header.

    ``text`` is what stands behind its name, in Weft: ``mcp "shop"`` of a use, ``{ id: string }`` of a type,
    ``float = 100`` of a field, ``manual`` or ``schedule "0 9 * * *" timezone "Europe/Paris"`` of a trigger, "" of a
    secret. ``doc`` is its ``///`` documentation; None leaves it as it is. Uses and secrets have none.
    """

    kind: Literal["set_header"] = "set_header"
    part: Literal["use", "type", "input", "output", "config", "secret", "trigger"]
    name: str
    text: str | None
    doc: str | None = None


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


class SetAnnotation(_Edit):
    """Set the arguments of ``@name(...)`` on a step, as in Weft without the parentheses; None takes it off."""

    kind: Literal["set_annotation"] = "set_annotation"
    path: str
    name: str
    text: str | None


class SetComment(_Edit):
    """Set the ``//`` lines on top of a step, given without the slashes; "" takes them out."""

    kind: Literal["set_comment"] = "set_comment"
    path: str
    comment: str


class Wrap(_Edit):
    """Put steps that stand side by side into a new block step.

    Into "parallel", they start at once, except that each waits (``after``) for those whose results it reads, and that
    nothing passes a step that may end the workflow or asks a person. Into "catch": a ``do`` with a catch around them,
    or a catch of its own for a single step.
    """

    kind: Literal["wrap"] = "wrap"
    paths: tuple[str, ...]
    into: Literal["if", "switch", "parallel", "do", "foreach", "loop", "catch"] = Field(alias="in")


class Unwrap(_Edit):
    """Take a block step away and leave its steps in its place, in the same order.

    Of a step with several branches only one may hold steps. Refused where a catch or a compensation with steps would
    be lost, or where somebody reads the result of the block.
    """

    kind: Literal["unwrap"] = "unwrap"
    path: str


class Connect(_Edit):
    """Draw an edge: ``target`` waits for ``source``. Both are paths of steps of one block.

    In a ``parallel``: ``target`` is ``after`` the source. In a sequence, where the target comes later anyway, the edge
    says that it need not wait for the steps between: the run of steps from source to target becomes a ``parallel``, in
    which the steps between follow each other as before, and the target waits for the source and for the last of them
    that it needs (see :mod:`dsl.edits.order`). Refused where it needs them all, and where the edge leads backwards;
    :attr:`EditError.instead` is then the loop around the steps.
    """

    kind: Literal["connect"] = "connect"
    source: str
    target: str


class Disconnect(_Edit):
    """Cut an edge: ``target`` no longer waits for ``source``, and both may run at once.

    In a ``parallel``: the source leaves the target's ``after``; what the source waited for, the target still waits
    for. In a sequence, where the two are neighbours: both are put into a ``parallel`` (into that of the source when
    it is one). Refused where the target reads what the source gives, and in a sequence where one of them may end the
    workflow or asks a person.
    """

    kind: Literal["disconnect"] = "disconnect"
    source: str
    target: str


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
    | Paste
    | RemoveStep
    | MoveStep
    | RenameStep
    | RenameName
    | SetHeader
    | SetArgument
    | SetClause
    | SetExpression
    | SetDoc
    | SetAnnotation
    | SetComment
    | Wrap
    | Unwrap
    | Connect
    | Disconnect
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
    """The edit cannot be made: ``message`` says why, ``help`` what to do; ``instead`` is an edit that does it."""

    def __init__(self, message: str, help: str, instead: Edit | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Splice:
    """``text`` in the place of ``[start, end)``."""

    start: int
    end: int
    text: str
