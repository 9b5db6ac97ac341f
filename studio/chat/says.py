"""What the chat may say, checked before anything is done with it. Anything else is dropped."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from studio.editor.gesture import Said

Id = Annotated[str, Field(max_length=40)]
Words = Annotated[str, Field(max_length=20_000)]
Few = Annotated[str, Field(max_length=300)]


class Accept(Said):
    """``parts`` null: all that is left. ``sides``: one for each clash. ``less_safe``: the second click."""

    type: Literal["accept"]
    message: Id
    parts: Annotated[list[Id], Field(max_length=1_000)] | None = None
    sides: Annotated[list[Literal["mine", "theirs", "both"]], Field(max_length=1_000)] = []
    less_safe: bool = False


class Reject(Said):
    type: Literal["reject"]
    message: Id


class Look(Said):
    """The proposal of a message on the canvas; "" ends it."""

    type: Literal["look"]
    message: Id = ""


class GoOn(Said):
    """A branch behind a message."""

    type: Literal["go_on"]
    message: Id


class Switch(Said):
    """Another conversation; "" begins a new one."""

    type: Literal["switch"]
    conversation: Id = ""


class Drop(Said):
    """What is asked at a card is left alone."""

    type: Literal["drop"]


class Gap(Said):
    """Pieces of the answer were missed."""

    type: Literal["gap"]


class Remember(Said):
    """``text`` "" says no."""

    type: Literal["remember"]
    text: Few = ""


Says: TypeAlias = Annotated[
    Accept | Reject | Look | GoOn | Switch | Drop | Gap | Remember, Field(discriminator="type")
]
_SAYS: TypeAdapter[Says] = TypeAdapter(Says)


def read(said: Any) -> Says | None:
    try:
        return _SAYS.validate_python(said)
    except ValidationError:
        return None
