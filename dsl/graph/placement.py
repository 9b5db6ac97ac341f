"""Where people have put the steps of a workflow: a sidecar of the text, so that a drag is never a diff.

What is kept of a step is keyed by its path and follows it through renames, moves and wraps (:func:`follow`). Of a step
that is gone it waits under its old path, so that undoing a removal brings the step back to where it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dsl.edits.ground import Ground
from dsl.graph.layout import Wish, layout
from dsl.graph.nodes import Graph, Node
from dsl.graph.summary import summary_of
from dsl.outline import Place
from dsl.parse import Parsed

MAX_SPOTS = 4_000
MAX_LENGTH = 100_000
"""Pixels; nobody has a screen this large."""
MAX_NOTE = 4_000
NOTES = "~note"
"""What the names of notes that stand for themselves begin with; no step is called so."""
NOTE = (200, 96)
"""The least size of one."""


class Spot(BaseModel):
    """What is kept of one step. ``x`` and ``y`` are pixels from the corner of the block it stands in, given together or
    not at all; ``width`` and ``height`` are the least it should have, 0 for as much as it needs."""

    model_config = ConfigDict(frozen=True)

    x: int | None = None
    y: int | None = None
    width: int = 0
    height: int = 0
    collapsed: bool = False
    note: str = ""

    @property
    def unplaced(self) -> Spot:
        return self.model_copy(update={"x": None, "y": None})


NOWHERE = Spot()


class Placement(BaseModel):
    """``spots`` by step path; "~start" and "~end" have theirs too."""

    model_config = ConfigDict(frozen=True)

    spots: Mapping[str, Spot] = Field(default_factory=dict)


def placement_json(placement: Placement) -> dict[str, Any]:
    """``{"spots": {path: {"x", "y", ...}}}``, without what says nothing."""
    return {"spots": {path: spot.model_dump(exclude_defaults=True) for path, spot in placement.spots.items()}}


def read_placement(value: Any) -> Placement:
    """A placement from JSON of any sort and origin: what cannot be one is left out, sizes are bounded."""
    spots = value.get("spots") if isinstance(value, dict) else None
    if not isinstance(spots, dict):
        return Placement()
    return _bounded({path: read_spot(one) for path, one in spots.items() if isinstance(path, str) and path})


def read_spot(value: Any) -> Spot:
    """A spot from JSON of any sort, as :func:`read_placement` reads them."""
    if not isinstance(value, dict):
        return NOWHERE
    x, y = _length(value.get("x")), _length(value.get("y"))
    note = value.get("note")
    return Spot(
        x=x if y is not None else None,
        y=y if x is not None else None,
        width=max(0, _length(value.get("width")) or 0),
        height=max(0, _length(value.get("height")) or 0),
        collapsed=value.get("collapsed") is True,
        note=note[:MAX_NOTE] if isinstance(note, str) else "",
    )


def _length(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return round(max(-MAX_LENGTH, min(MAX_LENGTH, value)))


def put(placement: Placement, spots: Mapping[str, Spot]) -> Placement:
    """The placement with these spots in it; an empty one takes out what was there."""
    return _bounded({**placement.spots, **spots})


def _bounded(spots: Mapping[str, Spot]) -> Placement:
    """The last ones that say something."""
    kept = [(path, spot) for path, spot in spots.items() if spot != NOWHERE]
    return Placement(spots=dict(kept[-MAX_SPOTS:]))


def follow(placement: Placement, before: Parsed, after: Parsed) -> Placement:
    """The placement for the text ``after`` a change of the text ``before`` it, whoever made the change.

    A step that came into another block has a new corner to count from: it goes where the layout puts it there, and
    what it had stays behind for the case that the change is undone.
    """
    if not placement.spots or before.text == after.text:
        return placement
    old, new = Ground(before).places, Ground(after).places
    found = dict(steps_followed(old, new))
    spots = {path: spot for path, spot in placement.spots.items() if path not in old}
    moved: dict[str, Spot] = {}
    for path, spot in placement.spots.items():
        if path not in old:
            continue
        target = found.get(path)
        if target is None:
            spots[path] = spot
        elif _block_followed(old[path], found) == new[target].container:
            moved[target] = spot
        else:
            waiting = placement.spots.get(target, NOWHERE) if target not in old else NOWHERE
            moved[target] = spot.unplaced.model_copy(update={"x": waiting.x, "y": waiting.y})
            if path not in new:
                spots[path] = spot
    return _bounded({**spots, **moved})


def _block_followed(place: Place, found: Mapping[str, str]) -> str | None:
    """The block of a step under the new path of the step it belongs to."""
    owner, slash, slot = place.container.rpartition("/")
    if not slash:
        return ""
    return f"{found[owner]}/{slot}" if owner in found else None


def steps_followed(old: Mapping[str, Place], new: Mapping[str, Place]) -> Iterator[tuple[str, str]]:
    """The paths of the steps of one text with those they have in another, as far as they can be told.

    A step is the same when it has the same path; else when the step around it is followed and holds one of its id;
    else when it is the only one of its id on both sides; else when a step of its sort stands in its place and is new
    there, which is what a rename looks like.
    """
    gone, come = _by_id(old, new), _by_id(new, old)
    fresh = {(place.container, place.index): path for path, place in new.items() if path not in old}
    found: dict[str, str] = {}
    taken: set[str] = set()
    # Steps stand before the steps inside them.
    for path, place in old.items():
        inside = _inside(place, found)
        choices = [path, *([inside] if inside is not None else [])]
        if len(gone.get(place.step.id, ())) == 1 == len(come.get(place.step.id, ())):
            choices += come[place.step.id]
        if path not in new:
            renamed = fresh.get((_block_followed(place, found) or "", place.index))
            if renamed is not None and type(new[renamed].step.kind) is type(place.step.kind):
                choices.append(renamed)
        for choice in choices:
            if choice in new and choice not in taken:
                found[path] = choice
                taken.add(choice)
                yield path, choice
                break


def _by_id(places: Mapping[str, Place], others: Mapping[str, Place]) -> dict[str, list[str]]:
    """The paths that only one text has, by the step's id."""
    found: dict[str, list[str]] = {}
    for path, place in places.items():
        if path not in others:
            found.setdefault(place.step.id, []).append(path)
    return found


def _inside(place: Place, found: Mapping[str, str]) -> str | None:
    """The path that a step has when only the step around it has another."""
    owner = place.container.rpartition("/")[0]
    return found[owner] + place.path[len(owner) :] if owner in found else None


def placed(graph: Graph, placement: Placement) -> Graph:
    """The graph laid out as people have placed it: nothing overlaps, everything is inside its container."""
    spots = placement.spots
    hidden: set[str] = set()
    nodes = []
    within = _within(graph, spots)
    loose = _loose(graph, spots)
    for node in graph.nodes:
        parent = node.parent
        if parent is not None and (parent in hidden or _collapsed(parent, spots)):
            hidden.add(node.id)
            continue
        spot = spots.get(node.id)
        if node.id in loose:
            node = node.model_copy(update={"loose": True})
        if spot is not None:
            update: dict[str, object] = {
                "note": spot.note,
                "collapsed": spot.collapsed and node.container,
                "placed": spot.x is not None,
            }
            if update["collapsed"]:
                inside = within[node.id]
                problems = (*node.problems, *(one for other in inside for one in other.problems))
                update |= {"summary": summary_of(inside), "problems": problems}
            node = node.model_copy(update=update)
        nodes.append(node)
    edges = tuple(edge for edge in graph.edges if edge.source not in hidden and edge.target not in hidden)
    shown = graph.model_copy(update={"nodes": tuple(nodes), "edges": edges})
    wishes = {
        node.id: Wish(spot.x, spot.y, spot.width, spot.height)
        for node in nodes
        if (spot := spots.get(node.id)) is not None
    }
    return _with_notes(layout(shown, wishes), spots)


def _within(graph: Graph, spots: Mapping[str, Spot]) -> dict[str, list[Node]]:
    """The nodes inside each that is folded away."""
    found: dict[str, list[Node]] = {id_: [] for id_, spot in spots.items() if spot.collapsed}
    if not found:
        return found
    parents = {node.id: node.parent for node in graph.nodes}
    for node in graph.nodes:
        above = node.parent
        while above is not None:
            if above in found:
                found[above].append(node)
            above = parents[above]
    return found


def _loose(graph: Graph, spots: Mapping[str, Spot]) -> set[str]:
    """The nodes around those that somebody has put somewhere."""
    parents = {node.id: node.parent for node in graph.nodes} if spots else {}
    found: set[str] = set()
    for id_, spot in spots.items():
        above = parents.get(id_) if spot.x is not None else None
        while above is not None and above not in found:
            found.add(above)
            above = parents[above]
    return found


def _with_notes(graph: Graph, spots: Mapping[str, Spot]) -> Graph:
    """The graph with the notes that stand for themselves, where they were put: they make nothing give way."""
    notes = [
        Node(
            id=id_,
            step=None,
            kind="note",
            parent=None,
            title="",
            sentence="",
            note=spot.note,
            x=spot.x or 0,
            y=spot.y or 0,
            width=max(spot.width, NOTE[0]),
            height=max(spot.height, NOTE[1]),
        )
        for id_, spot in spots.items()
        if id_.startswith(NOTES) and spot.x is not None
    ]
    return graph.model_copy(update={"nodes": (*graph.nodes, *notes)}) if notes else graph


def _collapsed(id_: str, spots: Mapping[str, Spot]) -> bool:
    spot = spots.get(id_)
    return spot is not None and spot.collapsed
