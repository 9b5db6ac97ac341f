"""A spine that branches, as a LangGraph graph.

A straight run of steps is fused into one node; a choice is a conditional edge; a ``parallel`` or ``foreach`` is a node
of its own. The graph's state is one token, the path of the step that was reached; the run itself travels as the
graph's runtime context.

Importing this module imports LangGraph; ``engine.runtime.program`` is the only one who does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from dsl import plan as p
from dsl.plan import Block, Expression, PlanStep
from engine.runtime.outline import is_fork, is_wide
from engine.runtime.spine import Spine


class Token(TypedDict):
    at: str


Node = Callable[[Token, Runtime[Spine]], Awaitable[Token]]
Exit = tuple[PlanStep, Expression]
"""A choice whose arm ends here, and the arm's ``yield``: the choice's value."""


@dataclass(frozen=True, slots=True)
class Woven:
    """The compiled graph, and how many nodes it has."""

    graph: Any
    nodes: int

    async def travel(self, spine: Spine) -> None:
        await self.graph.ainvoke({"at": ""}, context=spine, config={"recursion_limit": self.nodes + 2})


def weave(body: Block) -> Woven:
    weaver = _Weaver()
    weaver.graph.add_edge(START, weaver.weave(body.steps, (), END) if body.steps else weaver.nothing())
    return Woven(weaver.graph.compile(), weaver.nodes)


class _Weaver:
    def __init__(self) -> None:
        self.graph: StateGraph[Token, Spine, Token, Token] = StateGraph(Token, context_schema=Spine)
        self.nodes = 0

    def weave(self, steps: tuple[PlanStep, ...], exits: tuple[Exit, ...], follow: str) -> str:
        """The steps, then the exits, then on to ``follow``; the name of the first node comes back."""
        if not steps and not exits:
            return follow
        turn = next((n for n, step in enumerate(steps) if is_fork(step) or is_wide(step)), None)
        if turn is None:
            return self._straight(steps, exits, follow)
        step = steps[turn]
        if is_wide(step):
            if turn > 0:
                return self._straight(steps[:turn], (), self.weave(steps[turn:], exits, follow))
            if len(steps) == 1:
                return self._straight(steps, exits, follow)
            return self._straight((step,), (), self.weave(steps[1:], exits, follow))
        return self._fork(steps[:turn], step, self.weave(steps[turn + 1 :], exits, follow))

    def nothing(self) -> str:
        return self._straight((), (), END)

    def _straight(self, steps: tuple[PlanStep, ...], exits: tuple[Exit, ...], follow: str) -> str:
        async def node(token: Token, runtime: Runtime[Spine]) -> Token:
            return {"at": await runtime.context.advance(steps, exits, token["at"])}

        first = steps[0].path if steps else f"{exits[0][0].path}~yield{self.nodes}" if exits else "~nothing"
        name = self._add(first, node)
        self.graph.add_edge(name, follow)
        return name

    def _fork(self, before: tuple[PlanStep, ...], fork: PlanStep, follow: str) -> str:
        do = fork.do
        assert isinstance(do, p.If | p.Switch)
        targets: dict[int, str] = {-1: self._arm(fork, do.otherwise, follow)}
        for number, arm in enumerate(do.arms):
            targets[number] = self._arm(fork, arm.block, follow)

        async def node(token: Token, runtime: Runtime[Spine]) -> Token:
            return {"at": await runtime.context.decide(before, fork, do, token["at"])}

        async def route(token: Token, runtime: Runtime[Spine]) -> str:
            spine = runtime.context
            return END if spine.ending is not None else targets[spine.arms[fork.path]]

        name = self._add(before[0].path if before else fork.path, node)
        self.graph.add_conditional_edges(name, route, [*dict.fromkeys(targets.values()), END])
        return name

    def _arm(self, fork: PlanStep, block: Block | None, follow: str) -> str:
        if block is None:
            return follow
        return self.weave(block.steps, () if block.result is None else ((fork, block.result),), follow)

    def _add(self, name: str, node: Node) -> str:
        self.nodes += 1
        if name in self.graph.nodes:
            name = f"{name}~{self.nodes}"
        self.graph.add_node(name, node)
        return name
