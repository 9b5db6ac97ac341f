"""From a plan to a program: the plan's spine, made ready once a version.

The spine is the workflow's body with the arms of its plain ``if`` and ``switch`` steps (plain: without clauses). A
spine that is one straight run of steps is run as it is; any other is woven into a LangGraph graph
(``engine.runtime.weaving``). Everything inside a ``parallel`` or a ``foreach``, and inside blocks with clauses, is
interpreted as plain coroutines: a nested graph costs a hundred times a coroutine. Values live in the run's side table.

Compiled programs are kept by content hash: the same text, pins and plan are the same program wherever they run.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from dsl import plan as p
from dsl.plan import Plan, PlanStep
from engine.runtime.expression import Bound
from engine.runtime.outline import is_straight, walk
from engine.runtime.spine import Spine

if TYPE_CHECKING:
    from engine.runtime.weaving import Woven

KEPT = 256
"""Compiled programs in memory; the least recently used goes first."""


@dataclass(frozen=True)
class Program:
    """``woven``: the spine as a graph, or None when it is one straight run of steps. ``steps`` by path in the plan;
    ``rooms``, ``pins`` and ``workflows``: see ``State``; ``bound`` fills as expressions are first used."""

    content_hash: str
    plan: Plan
    woven: Woven | None
    steps: dict[str, PlanStep]
    rooms: dict[str, str]
    pins: dict[tuple[str, str], str]
    workflows: dict[str, p.WorkflowPin]
    bound: dict[int, Bound] = field(default_factory=dict)

    async def travel(self, spine: Spine) -> None:
        """Along the spine to its end, or to where it ends early. Around a straight run of steps a graph would decide
        nothing, and cost as much as ten durable steps."""
        if self.woven is None:
            await spine.advance(self.plan.body.steps, (), "")
        else:
            await self.woven.travel(spine)


class Programs:
    """The cache. Compiling takes about 5 ms for 100 nodes and happens on the event loop: publish warms it."""

    def __init__(self) -> None:
        self._programs: OrderedDict[str, Program] = OrderedDict()

    def get(self, content_hash: str) -> Program | None:
        program = self._programs.get(content_hash)
        if program is not None:
            self._programs.move_to_end(content_hash)
        return program

    async def add(self, content_hash: str, plan: Plan) -> Program:
        """LangGraph comes with the first plan that needs it, in a thread: that takes a second, and the runs that are
        under way go on meanwhile. Whoever adds the same plan at the same time gets the same program."""
        if not is_straight(plan.body.steps):
            await asyncio.to_thread(_weaving)
        program = self.get(content_hash)
        if program is None:
            program = self._programs[content_hash] = compile_plan(content_hash, plan)
            if len(self._programs) > KEPT:
                self._programs.popitem(last=False)
        return program


def compile_plan(content_hash: str, plan: Plan) -> Program:
    woven = None if is_straight(plan.body.steps) else _weaving().weave(plan.body)
    steps: dict[str, PlanStep] = {}
    rooms: dict[str, str] = {}
    for step, room in walk(plan.body, ""):
        steps[step.path], rooms[step.path] = step, room
    pins = {(pin.connector, pin.tool): pin.sha256 for pin in plan.pins}
    workflows = {pin.workflow: pin for pin in plan.workflows}
    return Program(content_hash, plan, woven, steps, rooms, pins, workflows)


def _weaving() -> ModuleType:
    """The one way to LangGraph. It takes a second and 40 MB, and many a runner never sees a plan that branches."""
    from engine.runtime import weaving

    return weaving
