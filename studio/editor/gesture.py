"""What the browser may say, checked before anything is done with it. Anything else is dropped."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Path = Annotated[str, Field(max_length=2000)]
Words = Annotated[str, Field(max_length=200_000)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Select(_Said):
    type: Literal["select"]
    step: Path | None = None


class Add(_Said):
    """``item`` is a kind of step or "connector.tool"; where: a slot, or behind a step, or at the end."""

    type: Literal["add"]
    item: Path
    container: Path | None = None
    before: Path | None = None
    after: Path | None = None


class Move(_Said):
    type: Literal["move"]
    step: Path
    container: Path
    before: Path | None = None


class Remove(_Said):
    type: Literal["remove"]
    step: Path


class Undo(_Said):
    type: Literal["undo"]


class Redo(_Said):
    type: Literal["redo"]


class Resync(_Said):
    type: Literal["resync"]


class Typed(_Said):
    """Text in the place of ``[start, end)`` of revision ``base``; ``seq`` counts the pane's messages."""

    type: Literal["typed"]
    epoch: Path
    base: int
    seq: int
    start: int
    end: int
    text: Annotated[str, Field(max_length=1_000_000)]
    gesture: Path = ""


class Cursor(_Said):
    type: Literal["cursor"]
    epoch: Path
    base: int
    offset: int


class SetField(_Said):
    """A field of the inspector was changed; ``mode`` says whether ``value`` is plain or an expression."""

    type: Literal["set"]
    step: Path
    key: Path
    value: Words
    mode: Literal["plain", "expression"] = "expression"


class FixProblem(_Said):
    type: Literal["fix"]
    index: int


class ShowWay(_Said):
    """Paint the steps that prove a problem."""

    type: Literal["way"]
    index: int


OnCanvas: TypeAlias = Select | Add | Move | Remove | Undo | Redo | Resync
InText: TypeAlias = Typed | Cursor | Undo | Redo | Resync
InInspector: TypeAlias = SetField | Remove | Select | FixProblem | ShowWay

_CANVAS: TypeAdapter[OnCanvas] = TypeAdapter(Annotated[OnCanvas, Field(discriminator="type")])
_TEXT: TypeAdapter[InText] = TypeAdapter(Annotated[InText, Field(discriminator="type")])
_INSPECTOR: TypeAdapter[InInspector] = TypeAdapter(Annotated[InInspector, Field(discriminator="type")])


def on_canvas(said: Any) -> OnCanvas | None:
    return _checked(_CANVAS, said)


def in_text(said: Any) -> InText | None:
    return _checked(_TEXT, said)


def in_inspector(said: Any) -> InInspector | None:
    return _checked(_INSPECTOR, said)


def _checked(adapter: TypeAdapter[Any], said: Any) -> Any:
    try:
        return adapter.validate_python(said)
    except ValidationError:
        return None
