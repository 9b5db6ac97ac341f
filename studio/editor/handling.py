"""What people do with selected steps, as the browser says it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from studio.editor.gesture import Path, Said

Steps = Annotated[tuple[Path, ...], Field(min_length=1, max_length=2000)]
Block = Literal["if", "switch", "parallel", "do", "foreach", "loop", "catch"]


class Pick(Said):
    """These are selected: have their text at hand, to be copied. ``rev`` is the graph's that they were seen in."""

    type: Literal["pick"]
    steps: Annotated[tuple[Path, ...], Field(max_length=2000)]
    rev: int = 0


class Duplicate(Said):
    type: Literal["duplicate"]
    steps: Steps


class Delete(Said):
    type: Literal["delete"]
    steps: Steps


class WrapIn(Said):
    type: Literal["wrap"]
    steps: Steps
    into: Block


class TakeOut(Said):
    """Block steps go, what is in them stays."""

    type: Literal["unwrap"]
    steps: Steps


class Shift(Said):
    """One place on: up or down among the steps of the block, out of it, or into the block beside."""

    type: Literal["shift"]
    steps: Steps
    way: Literal["up", "down", "out", "in"]


class Drop(Said):
    """Carried to a slot together."""

    type: Literal["drop"]
    steps: Steps
    container: Path
    before: Path | None = None


class Rename(Said):
    type: Literal["rename"]
    step: Path
    id: Annotated[str, Field(max_length=200)]


class PasteText(Said):
    """Text from the clipboard: into a slot, or behind a step, or at the end."""

    type: Literal["paste"]
    text: Annotated[str, Field(max_length=1_000_000)]
    container: Path | None = None
    before: Path | None = None
    after: Path | None = None


class Find(Said):
    type: Literal["find"]
    words: Annotated[str, Field(max_length=200)]


Arranging: TypeAlias = Duplicate | Delete | WrapIn | TakeOut | Shift | Drop | Rename
