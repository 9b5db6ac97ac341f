"""What the browser may ask while somebody writes, checked before it is answered. Anything else is dropped.

A question is ``{"seq", "want", "place", "name"}``. A place in the text pane is ``{"epoch", "base", "splice",
"offset"}``: a revision, what was typed since that the server has not seen (``[start, end, text]``, in characters of
that revision, or none), and the cursor in the text that makes. A place in a field of a form is ``{"step", "key",
"at", "control", "mode", "value", "offset"}``: the field as :class:`studio.editor.gesture.SetField` names it, what
stands in it, and the cursor there.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Want: TypeAlias = Literal[
    "complete", "hover", "signature", "definition", "references", "renameable", "rename", "format", "explain"
]

_Short = Annotated[str, Field(max_length=2000)]
_Long = Annotated[str, Field(max_length=1_000_000)]
_Count = Annotated[int, Field(ge=0, le=10_000_000)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InText(_Said):
    """A place in the text pane; all numbers count characters (code points)."""

    epoch: _Short
    base: _Count
    splice: tuple[_Count, _Count, _Long] | None = None
    offset: _Count


class InField(_Said):
    """A place in a field of a form, whose value may not be in the text yet."""

    step: _Short
    key: _Short
    at: Annotated[tuple[_Short | _Count, ...], Field(max_length=12)] = ()
    control: _Short = ""
    mode: Literal["plain", "expression"] = "expression"
    value: Annotated[str, Field(max_length=200_000)]
    offset: _Count


class Question(_Said):
    """``seq`` comes back with the answer; ``name`` is the new name that ``rename`` gives, or the code of a diagnostic
    that ``explain`` is about, which has no place."""

    seq: _Count
    want: Want
    place: InText | InField | None = None
    name: Annotated[str, Field(max_length=200)] = ""


def asked(said: Any) -> Question | None:
    """The question, None where it is none."""
    try:
        return Question.model_validate(said)
    except ValidationError:
        return None
