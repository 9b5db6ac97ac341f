"""From a plan to a program: the plan's spine as a LangGraph graph, compiled once a version.

The spine is the workflow's body with the arms of its plain ``if`` and ``switch`` steps (plain: without clauses). A
straight run of steps is fused into one node; a choice is a conditional edge; a ``parallel`` or ``foreach`` is a node of
its own. Everything inside those, and inside blocks with clauses, is interpreted as plain coroutines: a nested graph
costs a hundred times a coroutine. The graph's state is one token, the path of the step that was reached; values live
in the run's side table, and the run itself travels as the graph's runtime context.

Compiled programs are kept by content hash: the same text, pins and plan are the same program wherever they run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from dsl import plan as p
from dsl.plan import Block, Expression, Plan, PlanStep
from engine.runtime.expression import Bound
from engine.runtime.outline import walk
from engine.runtime.spine import Spine

KEPT = 256
"""Compiled programs in memory; the least recently used goes first."""


class Token(TypedDict):
    at: str


Node = Callable[[Token, Runtime[Spine]], Awaitable[Token]]
Exit = tuple[PlanStep, Expression]
"""A choice whose arm ends here, and the arm's ``yield``: the choice's value."""


@dataclass(frozen=True)
class Program:
    """``steps`` by path in the plan; ``rooms``, ``pins`` and ``workflows``: see ``State``; ``bound`` fills as
    expressions are first used."""

    content_hash: str
    plan: Plan
    graph: Any
    nodes: int
    steps: dict[str, PlanStep]
    rooms: dict[str, str]
    pins: dict[tuple[str, str], str]
    workflows: dict[str, p.WorkflowPin]
    bound: dict[int, Bound] = field(default_factory=dict)

    async def travel(self, spine: Spine) -> None:
        """Along the spine to its end, or to where it ends early. A spine of one node is that node: a graph around it
        would decide nothing, and cost as much as ten durable steps."""
        if self.nodes == 1:
            await spine.advance(self.plan.body.steps, (), "")
        else:
            await self.graph.ainvoke({"at": ""}, context=spine, config={"recursion_limit": self.nodes + 2})


class Programs:
    """The cache. Compiling takes about 5 ms for 100 nodes and happens on the event loop: publish warms it."""

    def __init__(self) -> None:
        self._programs: OrderedDict[str, Program] = OrderedDict()

    def get(self, content_hash: str) -> Program | None:
        program = self._programs.get(content_hash)
        if program is not None:
            self._programs.move_to_end(content_hash)
        return program

    def add(self, content_hash: str, plan: Plan) -> Program:
        program = self._programs[content_hash] = compile_plan(content_hash, plan)
        if len(self._programs) > KEPT:
            self._programs.popitem(last=False)
        return program


def compile_plan(content_hash: str, plan: Plan) -> Program:
    weaver = _Weaver()
    weaver.graph.add_edge(
        START, weaver.weave(plan.body.steps, (), END) if plan.body.steps else weaver.nothing()
    )
    steps: dict[str, PlanStep] = {}
    rooms: dict[str, str] = {}
    for step, room in walk(plan.body, ""):
        steps[step.path], rooms[step.path] = step, room
    pins = {(pin.connector, pin.tool): pin.sha256 for pin in plan.pins}
    workflows = {pin.workflow: pin for pin in plan.workflows}
    graph = weaver.graph.compile()
    return Program(content_hash, plan, graph, weaver.nodes, steps, rooms, pins, workflows)


class _Weaver:
    def __init__(self) -> None:
        self.graph: StateGraph[Token, Spine, Token, Token] = StateGraph(Token, context_schema=Spine)
        self.nodes = 0

    def weave(self, steps: tuple[PlanStep, ...], exits: tuple[Exit, ...], follow: str) -> str:
        """The steps, then the exits, then on to ``follow``; the name of the first node comes back."""
        if not steps and not exits:
            return follow
        turn = next((n for n, step in enumerate(steps) if _is_fork(step) or _is_wide(step)), None)
        if turn is None:
            return self._straight(steps, exits, follow)
        step = steps[turn]
        if _is_wide(step):
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


def _is_fork(step: PlanStep) -> bool:
    plain = step.timeout_ms is None and step.retry is None and step.compensate is None and not step.catches
    return plain and isinstance(step.do, p.If | p.Switch)


def _is_wide(step: PlanStep) -> bool:
    return isinstance(step.do, p.Parallel | p.Foreach)
