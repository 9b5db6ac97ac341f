"""What accepting a proposal would make of the text as it is now. Pure: nothing is decided or saved here.

What was changed since the proposal was made stays: both are put together, line by line. Where both changed the same
lines a person chooses. What comes out must have no error that the text has not now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from dsl.catalog import Catalog
from engine.proposals import Proposal, State
from studio.designer.choosing import Chosen, Needs, choose
from studio.designer.parts import parts
from studio.designer.proving import has_steps, prove
from studio.designer.safety import losses
from studio.editor.merging import Clash, clashes, settled, three_way

SIDES: Final = ("mine", "theirs", "both")


@dataclass(frozen=True, slots=True)
class Taken:
    """``text`` takes the place of the text as it is. ``state``, ``titles`` and ``applied`` are what to write down of
    the decision. ``fitted``: it was put together with changes made meanwhile. ``safety`` is what goes, against now."""

    text: str
    state: State
    applied: str | None
    titles: tuple[str, ...]
    safety: tuple[str, ...]
    fitted: bool


@dataclass(frozen=True, slots=True)
class Clashing:
    """Places that were changed here and by the proposal: ``mine`` is the text as it is now."""

    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Unfit:
    """Put together with the changes made meanwhile it would have errors."""

    message: str


Taking: TypeAlias = Taken | Needs | Clashing | Unfit


def take(
    proposal: Proposal,
    now: str,
    catalog: Catalog,
    chosen: Collection[str] | None = None,
    sides: Sequence[str] = (),
) -> Taking:
    """``chosen`` are ids of parts of what is left of the proposal, None for all of it. ``sides`` are "mine", "theirs"
    (the proposal's) or "both" for each clash. Raises ValueError for a part that is not there."""
    start, goal = proposal.start, proposal.text
    found = parts(start, goal, catalog)
    every = {part.id for part in found}
    whole = chosen is None or set(chosen) == every
    target = goal
    if not whole:
        choice = choose(start, goal, chosen or (), catalog)
        if isinstance(choice, Needs):
            return choice
        assert isinstance(choice, Chosen)
        target = choice.text
    untouched = now.strip() == start.strip() or not (has_steps(now) or has_steps(start))
    text = target
    if not untouched:
        pieces = three_way(start, now, target)
        meeting = clashes(pieces)
        if meeting and (len(sides) != len(meeting) or not set(sides) <= set(SIDES)):
            return Clashing(meeting)
        text = settled(pieces, [one.as_(side) for one, side in zip(meeting, sides, strict=False)])  # type: ignore[arg-type]
    proved = prove(text, catalog)
    if not untouched:
        had = {d.message for d in prove(now, catalog).errors}
        fresh = [d for d in proved.errors if d.message not in had]
        if fresh or (proved.refusal and not had):
            return Unfit(fresh[0].message if fresh else proved.refusal)
    return Taken(
        text=text,
        state="accepted" if whole else "partly",
        applied=None if whole else target,
        titles=tuple(part.title for part in found if whole or part.id in (chosen or ())),
        safety=losses(now, proved, catalog),
        fitted=not untouched and text != target,
    )
