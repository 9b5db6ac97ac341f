"""What goes to the browser: a snapshot when something opens or a message was missed, small patches otherwise.

Every message carries the epoch (one opening of a document) and a revision; a patch also the revision it is for. The
page applies what fits and asks for a snapshot where something does not, so lost or doubled messages cannot do harm. The
framework may hand several changes to the browser as one: patches that the page has not spoken of yet are sent again
with the next one, :data:`LAST` of them at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from studio.editor.splice import Splice

Json = dict[str, Any]
LAST = 5

# Where things stand in the text is the server's to know: every keystroke would change every node behind it. Problems go
# to the page by themselves.
_KEPT_BACK = ("start", "end", "problems")


def canvas_snapshot(epoch: str, revision: int, graph: Mapping[str, Any]) -> Json:
    """The whole graph: ``{"epoch", "rev", "nodes", "edges"}``."""
    return {
        "epoch": epoch,
        "rev": revision,
        "nodes": [_shown(node) for node in graph["nodes"]],
        "edges": list(graph["edges"]),
    }


def canvas_patch(
    epoch: str, base: int, revision: int, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Json:
    """What turns one graph into the next. Nodes that only moved travel as ranges: ``[dx, dy, [[from, to], ...]]``, over
    whatever stands inside them."""
    before = {node["id"]: _shown(node) for node in old["nodes"]}
    after = [_shown(node) for node in new["nodes"]]
    ids = {node["id"] for node in after}
    put: list[Json] = []
    shifts: dict[tuple[float, float], list[int]] = {}
    for place, node in enumerate(after):
        known = before.get(node["id"])
        if known is None:
            put.append({**node, "at": place})
            continue
        changed = {key: value for key, value in node.items() if known.get(key) != value}
        moved = (changed.pop("x", node["x"]) - known["x"], changed.pop("y", node["y"]) - known["y"])
        if changed:
            put.append({"id": node["id"], **changed})
        if moved != (0, 0):
            shifts.setdefault(moved, []).append(place)
    patch: Json = {
        "epoch": epoch,
        "base": base,
        "rev": revision,
        "drop": [name for name in before if name not in ids],
        "put": put,
        "move": [[dx, dy, one] for (dx, dy), found in shifts.items() for one in _moves(after, found)],
        "edges": _edges(old["edges"], new["edges"]),
    }
    kept = [name for name in before if name in ids]
    if kept != [node["id"] for node in after if node["id"] in before]:
        patch["order"] = [node["id"] for node in after]
    return patch


def news(patches: Sequence[Json], known: int, patch: Json) -> list[Json]:
    """The patches to send: the new one, and those before it that are later than what the page is ``known`` to have."""
    return [*(one for one in patches[1 - LAST :] if one["rev"] > known), patch]


def text_snapshot(epoch: str, revision: int, workflow: str, text: str, seen: int = 0) -> Json:
    """The whole text; ``seen`` is the last message of the text pane that it contains."""
    return {"epoch": epoch, "rev": revision, "id": workflow, "text": text, "seen": seen}


def text_patch(epoch: str, base: int, revision: int, splice: Splice, seen: int) -> Json:
    """One change of the text; ``seen`` is the last message of the text pane that it contains."""
    return {
        "epoch": epoch,
        "base": base,
        "rev": revision,
        "start": splice.start,
        "end": splice.end,
        "text": splice.inserted,
        "seen": seen,
    }


def _shown(node: Mapping[str, Any]) -> Json:
    return {key: value for key, value in node.items() if key not in _KEPT_BACK}


def _edges(old: Sequence[Json], new: Sequence[Json]) -> Json:
    before = {edge["id"]: edge for edge in old}
    ids = {edge["id"] for edge in new}
    return {
        "drop": [name for name in before if name not in ids],
        "put": [edge for edge in new if before.get(edge["id"]) != edge],
    }


def _moves(nodes: Sequence[Json], places: Sequence[int]) -> Iterator[list[list[int]]]:
    """Ranges over the nodes that hold those at ``places`` and nothing else but what is inside of them. Of two nodes one
    of which is inside the other, the inner one is told by itself."""
    parents = {node["id"]: node["parent"] for node in nodes}
    while places:
        moving = {nodes[place]["id"] for place in places}
        carried = {place for place in places if _within(nodes[place]["id"], moving, parents)}
        outer = [place for place in places if place not in carried]
        moving = {nodes[place]["id"] for place in outer}
        found: list[list[int]] = []
        for place in outer:
            if found and all(_within(node["id"], moving, parents) for node in nodes[found[-1][1] : place]):
                found[-1][1] = place + 1
            else:
                found.append([place, place + 1])
        yield found
        places = sorted(carried)


def _within(name: str, around: Set[str], parents: Mapping[str, str | None]) -> bool:
    """Whether a node is inside one of those ``around``."""
    parent = parents.get(name)
    while parent is not None:
        if parent in around:
            return True
        parent = parents.get(parent)
    return False
