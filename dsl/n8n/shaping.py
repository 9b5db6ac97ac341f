"""A graph of nodes as blocks within blocks: where branches part and meet again, and what a loop goes around.

n8n runs the branches of one output one after the other, so they follow each other here too. Branches of an ``if`` meet
at its immediate post-dominator; what only one of them leads to belongs to that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import networkx as nx

from dsl.n8n.export import Node
from dsl.n8n.report import Report

MOST_STEPS: Final = 1_500
DEEPEST: Final = 24
MOST_OPEN: Final = 1_000
EXIT: Final = ""
_BRANCHING: Final = frozenset({"if", "switch", "filter"})
LOOPS: Final = frozenset({"splitInBatches"})


@dataclass(frozen=True, slots=True)
class Plain:
    """A node that does its work; ``otherwise`` is what follows when it fails."""

    node: Node
    otherwise: tuple[Block, ...] | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """``arms`` by the number of the output."""

    node: Node
    arms: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class Each:
    node: Node
    body: tuple[Block, ...]


Block: TypeAlias = Plain | Branch | Each


def shape(nodes: dict[str, Node], starts: Sequence[str], report: Report) -> tuple[Block, ...]:
    """The blocks that follow ``starts``, one after the other."""
    return tuple(_Shaping(nodes, starts, report).several(starts, EXIT, 0))


def loop_output(node: Node) -> int:
    """The number of the output that leads into the loop; the other leads on from it."""
    return 1 if node.version >= 3 else 0


class _Shaping:
    def __init__(self, nodes: dict[str, Node], starts: Sequence[str], report: Report) -> None:
        self._nodes = nodes
        self._report = report
        self._made = 0
        self._way: set[str] = set()
        self._graph = self._flow(starts)
        self._meets = self._meetings()

    def _flow(self, starts: Sequence[str]) -> nx.DiGraph:
        """What follows what, without circles: the way back of a loop leads on from the loop, any other is cut."""
        graph: nx.DiGraph = nx.DiGraph()
        graph.add_node(EXIT)
        state: dict[str, int] = {}
        loops: list[str] = []
        work: list[tuple[str, Iterator[str]]] = []
        for name in starts:
            graph.add_node(name)
            if name in state:
                continue
            state[name] = 1
            work.append((name, iter(self._followers(name))))
            while work:
                here, following = work[-1]
                target = next(following, None)
                if target is None:
                    state[here] = 2
                    work.pop()
                    continue
                if state.get(target) == 1:
                    if self._nodes[target].kind in LOOPS:
                        loops.append(here)
                        for on in self._done(target) or (EXIT,):
                            if on != here:
                                graph.add_edge(here, on)
                    else:
                        self._report.say(
                            here, f"leads back to {target!r}. A circle like this is not taken over."
                        )
                    continue
                graph.add_edge(here, target)
                if target not in state:
                    state[target] = 1
                    work.append((target, iter(self._followers(target))))
        if not nx.is_directed_acyclic_graph(graph):
            # The way on from a loop may lead back before it; then nothing meets, which is safe.
            graph.remove_edges_from([(u, v) for u, v in list(graph.edges) if u in loops and v != EXIT])
        for name in list(graph.nodes):
            if name != EXIT and not graph.out_degree(name):
                graph.add_edge(name, EXIT)
        return graph

    def _followers(self, name: str) -> list[str]:
        return list(dict.fromkeys(target for output in self._nodes[name].outputs for target in output))

    def _done(self, loop: str) -> tuple[str, ...]:
        node = self._nodes[loop]
        number = 1 - loop_output(node)
        return node.outputs[number] if number < len(node.outputs) else ()

    def _meetings(self) -> dict[str, str]:
        back = self._graph.reverse(copy=True)
        return dict(nx.immediate_dominators(back, EXIT))

    def several(self, names: Sequence[str], stop: str, depth: int) -> Iterator[Block]:
        """What follows one output: the chain of each target up to where they meet, and then what is behind that."""
        meeting = stop
        if len(names) > 1:
            meeting = self._common(names, stop)
        for name in names:
            yield from self.chain(name, meeting, depth)
        if meeting != stop:
            yield from self.chain(meeting, stop, depth)

    def _common(self, names: Sequence[str], stop: str) -> str:
        ways = [self._behind(name) for name in names]
        return next((name for name in ways[0] if all(name in way for way in ways[1:])), stop)

    def _behind(self, name: str) -> list[str]:
        """A node and everything that every way from it comes to, nearest first."""
        found = [name]
        while found[-1] != EXIT and (after := self._meets.get(found[-1], EXIT)) not in found:
            found.append(after)
        return found

    def chain(self, name: str, stop: str, depth: int) -> Iterator[Block]:
        """``name`` and what follows it, before ``stop``. What is on the way here already is not begun again."""
        mine: list[str] = []
        try:
            while name not in (stop, EXIT):
                if (
                    name in self._way
                    or len(self._way) > MOST_OPEN
                    or depth > DEEPEST
                    or self._made > MOST_STEPS
                ):
                    self._report.say(
                        name,
                        "is where the import ends: what follows goes in circles or is nested too deeply.",
                    )
                    return
                self._way.add(name)
                mine.append(name)
                self._made += 1
                node = self._nodes[name]
                meeting = self._meets.get(name, EXIT)
                following = node.outputs[0] if node.outputs else ()
                if node.kind in LOOPS and not node.disabled:
                    number = loop_output(node)
                    body = node.outputs[number] if number < len(node.outputs) else ()
                    yield Each(node, tuple(self.several(body, name, depth + 1)))
                    following = self._done(name)
                elif node.kind in _BRANCHING and not node.disabled and any(node.outputs):
                    arms = tuple(tuple(self.several(out, meeting, depth + 1)) for out in node.outputs)
                    yield Branch(node, arms)
                    following = (meeting,)
                elif node.error_output and len(node.outputs) > 1 and node.outputs[1]:
                    yield Plain(node, tuple(self.several(node.outputs[1], meeting, depth + 1)))
                else:
                    yield Plain(node)
                if len(following) != 1:
                    yield from self.several(following, stop, depth + 1)
                    return
                name = following[0]
        finally:
            self._way.difference_update(mine)
