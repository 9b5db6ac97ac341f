"""What the Test tab and the step's own bar may say, checked before anything is done with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from engine.pins import LARGEST_PIN
from studio.editor.gesture import Path, Said


class Look(Said):
    """The text is another by now."""

    type: Literal["look"]


class Show(Said):
    """A step was chosen."""

    type: Literal["show"]
    step: Path


class Use(Said):
    """What is run: the draft, or the live version."""

    type: Literal["use"]
    what: Literal["draft", "live"]


class Tick(Said):
    """Whether an effect may really happen."""

    type: Literal["real"]
    step: Path
    on: bool


class Approve(Said):
    """Whether an approval answers itself."""

    type: Literal["approve"]
    step: Path
    on: bool


class Here(Said):
    """Run up to a step or from it on; "" for the whole."""

    type: Literal["until", "begin"]
    step: Path


class From(Said):
    """The run whose outputs are taken over; "" for the latest."""

    type: Literal["source"]
    run: Annotated[str, Field(max_length=64)]


class PinText(Said):
    """Pin JSON that somebody typed, or an error."""

    type: Literal["pin"]
    step: Path
    text: Annotated[str, Field(max_length=4 * LARGEST_PIN)] = ""
    code: Annotated[str, Field(max_length=200)] = ""
    message: Annotated[str, Field(max_length=2000)] = ""


class PinLast(Said):
    """Pin what the step gave the last time."""

    type: Literal["pin_last"]
    step: Path


class Unpin(Said):
    type: Literal["unpin"]
    step: Path


class Clear(Said):
    """Take the run off the canvas."""

    type: Literal["clear"]


InTrial: TypeAlias = Look | Show | Use | Tick | Approve | Here | From | PinText | PinLast | Unpin | Clear

_SAID: TypeAdapter[InTrial] = TypeAdapter(Annotated[InTrial, Field(discriminator="type")])


def in_trial(said: Any) -> InTrial | None:
    try:
        return _SAID.validate_python(said)
    except ValidationError:
        return None
