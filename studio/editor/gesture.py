"""What the browser may say, checked before anything is done with it. Anything else is dropped."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dsl.graph.placement import MAX_SPOTS

Path = Annotated[str, Field(max_length=2000)]
Words = Annotated[str, Field(max_length=200_000)]


class Said(BaseModel):
    """Something the browser says. Each sort has its own ``type``."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Select(Said):
    type: Literal["select"]
    step: Path | None = None


class Add(Said):
    """``item`` is a kind of step or "connector.tool"; where: a slot, or behind a step, or at the end."""

    type: Literal["add"]
    item: Path
    container: Path | None = None
    before: Path | None = None
    after: Path | None = None


class Move(Said):
    type: Literal["move"]
    step: Path
    container: Path
    before: Path | None = None


class Remove(Said):
    type: Literal["remove"]
    step: Path


class Undo(Said):
    type: Literal["undo"]


class Redo(Said):
    type: Literal["redo"]


class Resync(Said):
    type: Literal["resync"]


class Typed(Said):
    """Text in the place of ``[start, end)`` of revision ``base``; ``seq`` counts the pane's messages."""

    type: Literal["typed"]
    epoch: Path
    base: int
    seq: int
    start: int
    end: int
    text: Annotated[str, Field(max_length=1_000_000)]
    gesture: Path = ""


class Returned(Said):
    """What the pane holds after the server opened the draft anew: ``text``, made of ``safe``, which was saved."""

    type: Literal["returned"]
    epoch: Path
    base: int
    seq: int
    safe: Annotated[str, Field(max_length=1_000_000)]
    text: Annotated[str, Field(max_length=1_000_000)]


class Cursor(Said):
    type: Literal["cursor"]
    epoch: Path
    base: int
    offset: int


class SetField(Said):
    """A field of the inspector was changed: the value of a step (of the workflow where ``step`` is "" or "~start"), or
    its part at ``at``. ``mode`` says whether ``value`` is plain or an expression; lists come as ``values``. ``control``
    tells fields apart that share a place. ``op``: one item more at the end, one less, or two change places."""

    type: Literal["set"]
    step: Path = ""
    key: Path
    at: Annotated[tuple[Path | int, ...], Field(max_length=12)] = ()
    value: Words = ""
    values: Annotated[tuple[Words, ...], Field(max_length=1000)] = ()
    mode: Literal["plain", "expression"] = "expression"
    control: Path = ""
    op: Literal["set", "add", "drop", "up", "down"] = "set"


class ShowLane(Said):
    """Bring a lane of a step into view on the canvas."""

    type: Literal["lane"]
    step: Path
    slot: Path


class FixProblem(Said):
    type: Literal["fix"]
    index: int


class ShowWay(Said):
    """Paint the steps that prove a problem."""

    type: Literal["way"]
    index: int


class Place(Said):
    """Where steps were put, or how large, folded or with what note: by path what changes of :class:`dsl.Spot`."""

    type: Literal["place"]
    spots: Annotated[dict[Path, dict[str, Any]], Field(max_length=MAX_SPOTS)]


class Tidy(Said):
    """Back to where the layout puts them: these steps and what is in them, or all."""

    type: Literal["tidy"]
    steps: Annotated[tuple[Path, ...], Field(max_length=MAX_SPOTS)] = ()
