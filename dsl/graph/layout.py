"""Boxes for a graph: from the inside out, each block is laid out on its own and then put into its container.

A sequence goes down; the branches of a container stand side by side as lanes; the steps of a ``parallel`` stand in
rows, each row behind what it waits for. Pure and deterministic; all lengths are pixels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from dsl.graph.nodes import END, START, Graph, Node

STEP = (288, 68)
"""Wide enough for most sentences on one line."""
TERMINAL = (112, 36)
EMPTY = (200, 48)
IMPLIED = (148, 40)
"""The empty place of a branch that the text leaves out: slim, for it is rarely wanted."""
HEAD = 60
"""The face of a container, above its lanes."""
FLAT_HEAD = 46
"""The face of a block that says in one line what it is: its lanes say the rest."""
FLAT = frozenset({"if", "switch", "parallel", "do", "foreach"})
FOLDED = (288, 84)
"""A container that is folded away: a line more than a step."""
ROW = 28
"""A row of signs below the sentence."""
LINE = 16
"""One line of a comment or a note."""
LETTER = 6.2
"""A letter of one, about."""
LABEL = 30
"""The head of a lane."""
PAD = 16
GAP_X = 20
GAP_Y = 44
"""Between two steps, with room for an edge and its plus."""
EDGE_Y = 32
"""Between a lane's head or foot and its steps."""
ROW_Y = 60
"""Between the rows of a ``parallel``."""
MARGIN = 24
APART = 16
"""Between two boxes that somebody has put somewhere."""


@dataclass(slots=True)
class _Box:
    node: Node
    children: list[_Box] = field(default_factory=list)
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    head: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """Where somebody wants a node, relative to its parent, and how large at least."""

    x: int | None = None
    y: int | None = None
    width: int = 0
    height: int = 0

    @property
    def placed(self) -> bool:
        return self.x is not None and self.y is not None


def layout(graph: Graph, wishes: Mapping[str, Wish] | None = None) -> Graph:
    """The graph with a box for every node, relative to its parent, and its whole size.

    ``wishes`` (by node id) are followed as far as nothing overlaps and everything stays inside its container: who
    wishes nothing makes room for who does.
    """
    wished = wishes or {}
    boxes = {node.id: _Box(node) for node in graph.nodes}
    roots: list[_Box] = []
    for node in graph.nodes:
        (roots if node.parent is None else boxes[node.parent].children).append(boxes[node.id])
    before: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.kind == "after":
            before.setdefault(edge.target, []).append(edge.source)
    parallel = {node.id for node in graph.nodes if node.kind == "parallel"}
    beside = frozenset(n.id for n in graph.nodes if n.parent in parallel and n.id == f"{n.parent}/body")
    # Children come behind their parents in `nodes`, so backwards is from the inside out.
    for node in reversed(graph.nodes):
        _size(boxes[node.id], before, beside, wished)
    order = {START: -1, END: 1}
    width, height = _stack(sorted(roots, key=lambda box: order.get(box.node.id, 0)), GAP_Y)
    for box in roots:
        box.x += MARGIN
        box.y += MARGIN
    if _settled(roots, wished, MARGIN, MARGIN):
        width = max(box.x + box.width for box in roots) - MARGIN
        height = max(box.y + box.height for box in roots) - MARGIN
    placed = tuple(
        node.model_copy(update={"x": b.x, "y": b.y, "width": b.width, "height": b.height, "head": b.head})
        for node, b in ((node, boxes[node.id]) for node in graph.nodes)
    )
    return graph.model_copy(
        update={"nodes": placed, "width": width + 2 * MARGIN, "height": height + 2 * MARGIN}
    )


def _size(
    box: _Box, before: dict[str, list[str]], beside: frozenset[str], wishes: Mapping[str, Wish]
) -> None:
    """The size of a box whose children have theirs, and the children's places in it."""
    match box.node.kind:
        case "start" | "end":
            box.width, box.height = TERMINAL
        case "empty":
            box.width, box.height = IMPLIED if box.node.implied else EMPTY
        case "lane":
            _lane(box, before, box.node.id in beside, wishes)
        case _ if box.children:
            _container(box)
        case _:
            box.width, box.height = FOLDED if box.node.collapsed else STEP
            box.height += _more(box.node, box.width)
    if (wish := wishes.get(box.node.id)) is not None and box.node.kind != "lane":
        box.width, box.height = max(box.width, wish.width), max(box.height, wish.height)


def _more(node: Node, width: int) -> int:
    """What a face of this width needs below its sentence: signs, what is written about the step, a note."""
    room = (width - 26) / LETTER
    note = LINE * min(8, _lines(node.note, room)) + 16 if node.note else 0
    if node.collapsed:
        return note
    rows = ROW * any(mark.in_row for mark in node.marks)
    comment = LINE * min(2, _lines(node.comment, room)) + 8 if node.comment else 0
    return rows + comment + note


def _lines(text: str, room: float) -> int:
    return sum(max(1, ceil(len(line) / room)) for line in text.split("\n"))


def head_of(node: Node) -> int:
    """The height of a container's face, without what is written below its sentence."""
    return FLAT_HEAD if node.kind in FLAT else HEAD


def _settled(boxes: Sequence[_Box], wishes: Mapping[str, Wish], left: int, top: int) -> bool:
    """Whether anything is wished here; then no two boxes overlap, and none stands beyond ``left`` and ``top``."""
    wishing = [box for box in boxes if box.node.id in wishes and wishes[box.node.id].placed]
    if not wishing:
        return False
    for box in wishing:
        wish = wishes[box.node.id]
        box.x, box.y = max(left, wish.x or 0), max(top, wish.y or 0)
    settled: list[_Box] = []
    ids = {box.node.id for box in wishing}
    others = [box for box in boxes if box.node.id not in ids]
    for group in (wishing, others):
        for box in sorted(group, key=lambda box: (box.y, box.x)):
            while (below := max((_foot(other) for other in settled if _meet(box, other)), default=0)) > 0:
                box.y = below
            settled.append(box)
    return True


def _foot(box: _Box) -> int:
    return box.y + box.height + APART


def _meet(one: _Box, two: _Box) -> bool:
    return (
        one.x < two.x + two.width + APART
        and two.x < one.x + one.width + APART
        and one.y < two.y + two.height + APART
        and two.y < one.y + one.height + APART
    )


def _stack(boxes: Sequence[_Box], gap: int) -> tuple[int, int]:
    """Boxes below each other, centred; the size of the whole."""
    width = max((box.width for box in boxes), default=0)
    y = 0
    for box in boxes:
        box.x, box.y = (width - box.width) // 2, y
        y += box.height + gap
    return width, max(0, y - gap)


def _levels(ids: Sequence[str], before: dict[str, list[str]]) -> dict[str, int]:
    """The row of each step. Steps that wait for each other are an error of the text: the first written goes first."""
    known = set(ids)
    missing = {id_: known.intersection(before.get(id_, ())) for id_ in ids}
    followers: dict[str, list[str]] = {}
    for id_ in ids:
        for source in before.get(id_, ()):
            followers.setdefault(source, []).append(id_)
    level = dict.fromkeys(ids, 0)
    placed: set[str] = set()
    ready = deque(id_ for id_ in ids if not missing[id_])
    rest = iter(ids)
    while len(placed) < len(known):
        id_ = ready.popleft() if ready else next(other for other in rest if other not in placed)
        placed.add(id_)
        for follower in followers.get(id_, ()):
            if follower not in placed:
                level[follower] = max(level[follower], level[id_] + 1)
                missing[follower].discard(id_)
                if not missing[follower]:
                    ready.append(follower)
    return level


def _rows(boxes: Sequence[_Box], before: dict[str, list[str]]) -> tuple[int, int]:
    """The steps of a ``parallel``: each in the first row below all it waits for."""
    level = _levels([box.node.id for box in boxes], before)
    by_level: dict[int, list[_Box]] = {}
    for box in boxes:
        by_level.setdefault(level[box.node.id], []).append(box)
    rows = [by_level[number] for number in sorted(by_level)]
    widths = [sum(box.width for box in row) + GAP_X * (len(row) - 1) for row in rows]
    width, y = max(widths, default=0), 0
    middle: dict[str, float] = {}
    for row, row_width in zip(rows, widths, strict=True):
        x = (width - row_width) // 2
        # Below what they wait for, so that edges cross as little as can be; the first row as it is written.
        for box in sorted(row, key=lambda box: _middle_of(before.get(box.node.id, ()), middle)):
            box.x, box.y = x, y
            middle[box.node.id] = x + box.width / 2
            x += box.width + GAP_X
        y += max(box.height for box in row) + ROW_Y
    return width, max(0, y - ROW_Y)


def _middle_of(ids: Sequence[str], middle: Mapping[str, float]) -> float:
    known = [middle[id_] for id_ in ids if id_ in middle]
    return sum(known) / len(known) if known else 0.0


def _lane(box: _Box, before: dict[str, list[str]], beside: bool, wishes: Mapping[str, Wish]) -> None:
    empty = [child for child in box.children if child.node.kind == "empty"]
    steps = [child for child in box.children if child.node.kind != "empty"]
    if beside:
        width, height = _rows(steps, before)
    else:
        width, height = _stack(steps or empty, GAP_Y)
    top = (LABEL if box.node.label else 0) + (EDGE_Y if steps else PAD)
    inner = max(width, IMPLIED[0] if box.node.implied else STEP[0])
    for child in box.children:
        child.x += PAD + (inner - width) // 2
        child.y += top
    if _settled(box.children, wishes, PAD, top):
        inner = max(inner, max(child.x + child.width for child in box.children) - PAD)
        height = max(child.y + child.height for child in box.children) - top
    box.width = inner + 2 * PAD
    box.height = top + height + (EDGE_Y if steps else PAD)


def _container(box: _Box) -> None:
    x, height = PAD, max(lane.height for lane in box.children)
    width = sum(lane.width for lane in box.children) + GAP_X * (len(box.children) - 1) + 2 * PAD
    box.head = head_of(box.node) + _more(box.node, width)
    for lane in box.children:
        lane.x, lane.y = x, box.head + 8
        # Lanes of one container end on one line, but what is not written takes no more room than it needs.
        if not lane.node.implied:
            lane.height = height
        x += lane.width + GAP_X
    box.width = width
    box.height = box.head + 8 + height + PAD
