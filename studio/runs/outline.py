"""A run's steps as a tree, and the lines of it that somebody sees. Pure.

Steps are kept by their path; what stands between them (a round of a loop, a try of a block, the way after a failure, an
agent's turn) becomes a node of its own, whose state and times are those of what is in it. A change of one step costs
its node and those above it. Loops of any number of rounds show a window of them, so what is sent is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.history import StepRun
from studio.runs.steps import LIVE, WORDS, Known, written
from studio.shell.moments import iso

MOST_LINES: Final = 400
WINDOW: Final = 10
MOST_PARTS: Final = 12

_CUTS: Final = re.compile(r"[.\[#~]")
_GOOD: Final = frozenset({"succeeded", "caught", "cancelled"})


@dataclass(slots=True, eq=False)
class Node:
    """``kind``: step, round, try, turn, call or way. ``number``: of a round (from 0), a try, a turn or a call.
    ``over``: the run is."""

    path: str
    kind: str
    number: int
    order: int
    parent: Node | None = None
    step: StepRun | None = None
    over: bool = False
    children: list[Node] = field(default_factory=list)
    known: tuple[str, float, float | None] | None = None
    line: tuple[object, dict[str, Any]] | None = None

    @property
    def told(self) -> tuple[str, float, float | None]:
        """Its state, when it began, and when it ended (None while it goes on)."""
        if self.known is None:
            self.known = _told(self)
        return self.known


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody has opened and closed. ``windows``: by a loop's path, the first round that is shown; ``failed``:
    loops of which only rounds that failed are shown."""

    opened: Mapping[str, bool] = field(default_factory=dict)
    windows: Mapping[str, int] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[object, ...]:
        return (frozenset(self.opened.items()), frozenset(self.windows.items()), self.failed)

    def with_open(self, path: str, to: bool) -> Look:
        return Look({**self.opened, path: to}, self.windows, self.failed)

    def with_window(self, path: str, at: int) -> Look:
        return Look(self.opened, {**self.windows, path: max(0, at)}, self.failed)

    def with_failed(self, path: str, only: bool) -> Look:
        failed = self.failed | {path} if only else self.failed - {path}
        windows = {loop: at for loop, at in self.windows.items() if loop != path}
        return Look(self.opened, windows, failed)


class Outline:
    """All the steps of a run. ``known``: the plan's steps by path; ``rev`` grows with every change; ``marks``: state by
    path in the text, for the graph."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self.known = known
        self._nodes: dict[str, Node] = {}
        self._roots: list[Node] = []
        self._of_text: dict[str, dict[str, str]] = {}
        self._counts: dict[str, Counter[str]] = {}
        self._over = False
        self.marks: dict[str, str] = {}
        self.rev = 0

    def put(self, step: StepRun) -> None:
        """A step that is new or changed."""
        if not step.path:
            return
        node = self._node(step.path)
        node.step = step
        above: Node | None = node
        while above is not None:
            above.known, above.line, above = None, None, above.parent
        self._mark(step)
        self.rev += 1

    def end(self) -> None:
        """The run is over: nothing more comes."""
        self._over, self.rev = True, self.rev + 1
        for node in self._nodes.values():
            node.over, node.known, node.line = True, None, None

    def find(self, path: str) -> StepRun | None:
        node = self._nodes.get(path)
        return None if node is None else node.step

    def latest(self, path: str) -> str:
        """Of the steps at this path of the text, the one to look at: what went wrong, else the newest. "" for none."""
        states = self._of_text.get(path, {})
        return next(
            (place for place, state in states.items() if state == "failed"), next(reversed(states), "")
        )

    def reveal(self, path: str, look: Look) -> Look:
        """With everything open that hides the step."""
        node = self._nodes.get(path)
        while node is not None and node.parent is not None:
            above = node.parent
            look = look.with_open(above.path, True)
            if node.kind == "round" and not self._in_window(above, node, look):
                only = above.path in look.failed and node.told[0] in _GOOD
                look = look.with_failed(above.path, False) if only else look
                place = self._rounds(above, look).index(node)
                look = look.with_window(above.path, place - place % WINDOW)
            node = above
        return look

    def lines(self, look: Look) -> list[tuple[str, dict[str, Any]]]:
        """What is seen, by path, in order; at most ``MOST_LINES``."""
        found: list[tuple[str, dict[str, Any]]] = []
        for line in self._walk(self._roots, 0, look):
            found.append(line)
            if len(found) == MOST_LINES:
                break
        return found

    def _walk(self, nodes: list[Node], depth: int, look: Look) -> Iterator[tuple[str, dict[str, Any]]]:
        for node in nodes:
            children, loop = node.children, None
            if children and children[-1].kind == "round":
                rounds = self._rounds(node, look)
                at = self._window(node, rounds, look)
                children = rounds[at : at + WINDOW]
                loop = {
                    "all": len(node.children),
                    "failed": sum(each.told[0] == "failed" for each in node.children),
                    "going": sum(each.told[0] in LIVE for each in node.children),
                    "of": len(rounds),
                    "at": at,
                    "size": WINDOW,
                    "only": node.path in look.failed,
                }
            opened = bool(node.children) and look.opened.get(
                node.path, node.kind not in ("round", "turn") and not _talks(node)
            )
            asked = (opened, None if loop is None else tuple(loop.values()))
            if node.line is None or node.line[0] != asked:
                node.line = (asked, self._line(node, depth, opened, loop))
            yield node.path, node.line[1]  # the same object as long as nothing of it changed
            if opened:
                yield from self._walk(children, depth + 1, look)

    def _line(self, node: Node, depth: int, opened: bool, loop: dict[str, int] | None) -> dict[str, Any]:
        state, began, ended = node.told
        step = node.step
        told = self.known.get(written(node.path))
        label = told.label if told is not None and node.kind == "step" else _label(node)
        tool = (step.tool if step else None) or (told.tool if told and node.kind == "step" else "")
        return {
            "path": node.path,
            "kind": node.kind,
            "label": label,
            "depth": depth,
            "state": state,
            "words": WORDS.get(state, state),
            "tool": tool or "",
            "arm": (step.arm if step else None) or "",
            "attempt": max(int((step.attempt if step else 1) or 1), 1),
            "waits": bool(step and step.waits),
            "pinned": bool(step and step.pinned),
            "started": iso(began),
            "finished": iso(ended),
            "live": state in LIVE,
            "parts": _parts(step) if step else [],
            "open": opened if node.children else None,
            "loop": loop,
            "cost": _cost(node),
        }

    def _node(self, path: str) -> Node:
        node = self._nodes.get(path)
        if node is not None:
            return node
        cuts = [match.start() for match in _CUTS.finditer(path)]
        parent = self._node(path[: cuts[-1]]) if cuts and cuts[-1] > 0 else None
        kind, number = _kind(path[cuts[-1] :] if cuts else path, parent)
        node = self._nodes[path] = Node(path, kind, number, len(self._nodes), parent, over=self._over)
        (self._roots if parent is None else parent.children).append(node)
        return node

    def _rounds(self, loop: Node, look: Look) -> list[Node]:
        rounds = sorted(loop.children, key=lambda node: node.number)
        if loop.path in look.failed:
            rounds = [node for node in rounds if node.told[0] not in _GOOD]
        return rounds

    def _window(self, loop: Node, rounds: list[Node], look: Look) -> int:
        """Where it was put; else at the newest rounds while the loop goes on, and at the first of one that is over."""
        last = max(0, len(rounds) - 1)
        last -= last % WINDOW
        usual = last if loop.told[0] in LIVE and loop.path not in look.failed else 0
        return min(look.windows.get(loop.path, usual), last)

    def _in_window(self, loop: Node, node: Node, look: Look) -> bool:
        rounds = self._rounds(loop, look)
        at = self._window(loop, rounds, look)
        return loop.path in look.windows and node in rounds[at : at + WINDOW]

    def _mark(self, step: StepRun) -> None:
        place = written(step.path)
        if "~" in place and place not in self.known:
            return
        states, counts = self._of_text.setdefault(place, {}), self._counts.setdefault(place, Counter())
        counts[states.get(step.path, "")] -= 1
        counts[step.state] += 1
        states[step.path] = step.state
        state = next(each for each in reversed(_PAINT) if counts[each] > 0)
        self.marks[place] = "needs_review" if state == "review" else state


_PAINT: Final = ("succeeded", "cancelled", "caught", "retrying", "running", "waiting", "review", "failed")


def _kind(segment: str, parent: Node | None) -> tuple[str, int]:
    digits = re.sub(r"\D", "", segment)
    number = int(digits[:9]) if digits else 0
    match segment[0]:
        case "[":
            return "round", number
        case "#":
            return "try", number
        case "~" if segment.startswith("~turn"):
            return "turn", number
        case "~":
            return "way", number
        case "." if parent is not None and parent.kind == "turn":
            return "call", number
        case _:
            return "step", 0


def _label(node: Node) -> str:
    match node.kind:
        case "round":
            return f"#{node.number + 1}"
        case "try":
            return f"Try {node.number}"
        case "turn":
            return f"Turn {node.number}"
        case "call":
            return (node.step.tool if node.step else None) or f"Call {node.number}"
        case "way":
            return "Undone" if node.path.endswith("~comp") else "After the failure"
        case _:
            return re.split(r"[.\]]", node.path)[-1]


def _talks(node: Node) -> bool:
    return bool(node.children) and node.children[-1].kind == "turn"


def _told(node: Node) -> tuple[str, float, float | None]:
    inner = [each.told for each in node.children]
    step = node.step
    if step is not None:
        began = min([step.started_at, *(one[1] for one in inner)])
        return step.state, began, step.finished_at
    states = {state for state, _, _ in inner}
    live = states & LIVE
    if live:
        state = "running" if "running" in live or len(live) > 1 else next(iter(live))
    elif "review" in states:
        state = "review"
    elif "failed" in states:
        state = "failed"
    else:
        state = "cancelled" if states == {"cancelled"} else "succeeded"
    ends = [ended for _, _, ended in inner if ended is not None]
    # The end of a block is not recorded before its next step begins: until then more may come.
    if not live and not node.over and node.kind != "round" and state == "succeeded":
        state = "running"
    return state, min(began for _, began, _ in inner), None if state in LIVE or not ends else max(ends)


def _parts(step: StepRun) -> list[dict[str, str]]:
    """Tries that failed, pauses before the next, and waits: what its bar is made of."""
    parts: list[dict[str, str]] = []
    began = step.started_at
    for tried in step.retries[-MOST_PARTS:]:
        parts.append({"what": "failed", "from": iso(began), "to": iso(tried.at)})
        began = tried.at + tried.delay_ms / 1000
        parts.append({"what": "pause", "from": iso(tried.at), "to": iso(began)})
    for wait in step.waits[-MOST_PARTS:]:
        parts.append({"what": "wait", "from": iso(wait.opened_at), "to": iso(wait.answered_at)})
    return parts


def _cost(node: Node) -> float:
    """US dollars of the models in it."""
    if node.kind == "turn" and node.step is not None and isinstance(node.step.output, dict):
        return float(node.step.output.get("cost_usd") or 0)
    return sum(_cost(each) for each in node.children) if _talks(node) else 0.0
