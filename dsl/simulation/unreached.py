"""Steps that no path came to, and why, as far as the walks can tell."""

from __future__ import annotations

from dsl import plan as p
from dsl.simulation.result import Unreached
from dsl.simulation.terrain import Spot, Terrain


def unreached(terrain: Terrain, reached: set[str], cut: bool) -> tuple[Unreached, ...]:
    """In the order of the plan; of a block that no path came to, its steps too."""
    return tuple(
        Unreached(path, _reason(terrain, spot, reached, cut))
        for path, spot in terrain.spots.items()
        if path not in reached
    )


def _reason(terrain: Terrain, spot: Spot, reached: set[str], cut: bool) -> str:
    last = " (not every way was walked)" if cut else ""
    if spot.around is None:
        return f"every path ends or stands still before it{last}"
    around, slot = spot.around
    if around not in reached:
        return f"no path comes to `{around}`, which it stands in"
    step = terrain.spots[around].step
    if slot.startswith("catch"):
        codes = step.catches[int(slot.removeprefix("catch"))].codes
        what = " or ".join(f"`{code}`" for code in codes) if codes else "any error"
        return f"`{step.id}` never failed with {what}{last}"
    if slot == "compensate":
        return f"nothing failed behind `{step.id}` that would have it undone{last}"
    match step.do:
        case p.If(arms=arms) | p.Switch(arms=arms) if slot.startswith("arm"):
            label = arms[int(slot.removeprefix("arm"))].label
            return f"no value that was tried leads there ({label}){last}"
        case p.If() | p.Switch():
            return f"no value that was tried leads there (otherwise){last}"
        case p.Approve():
            return (
                f"`{step.id}` was never {'rejected' if slot == 'reject' else 'left without an answer'}{last}"
            )
        case p.Foreach():
            return f"the list of `{step.id}` was always empty, or every path ends before it{last}"
        case _:
            return f"every path in `{step.id}` ends before it{last}"
