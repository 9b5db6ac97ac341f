"""LangGraph comes with the first plan that branches: in a fresh process, beside the runs that are under way."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dsl import plan as p
from engine.runtime.outline import is_straight
from engine.runtime.weaving import weave
from tests.conftest import ROOT
from tests.engine_run.kit import block, call, const, foreach, iff, parallel, plan

IN_A_FRESH_PROCESS = """
import asyncio, sys
from engine.runtime import Programs
from tests.engine_run.kit import block, call, const, iff, plan

straight = plan(call("a"), call("b"))
branching = plan(call("a"), iff("i", const(True), block(call("b"))))
ticks = 0

async def tick():
    global ticks
    while True:
        ticks += 1
        await asyncio.sleep(0)

async def while_it_ticks(work):
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    before = ticks
    value = await work
    ticking.cancel()
    return value, ticks - before

def langgraph():
    return "langgraph" in sys.modules
"""


def fresh(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FRESH_PROCESS + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_plan_that_does_not_branch_needs_no_langgraph() -> None:
    fresh(
        """
async def main():
    assert (await Programs().add("s", straight)).woven is None
    assert not langgraph()

asyncio.run(main())
"""
    )


def test_the_first_plans_that_branch_share_one_program_while_everything_else_goes_on() -> None:
    fresh(
        """
async def main():
    programs = Programs()
    work = asyncio.gather(*[programs.add("b", branching) for _ in range(8)])
    made, ticks = await while_it_ticks(work)
    assert langgraph() and ticks > 50, ticks
    assert all(program is made[0] for program in made) and made[0].woven is not None

asyncio.run(main())
"""
    )


def test_compiling_on_the_loop_would_hold_up_everything_else() -> None:
    """The control: the same without the thread."""
    fresh(
        """
from engine.runtime import compile_plan

async def compiled():
    return compile_plan("b", branching)

async def main():
    _, ticks = await while_it_ticks(compiled())
    assert langgraph() and ticks <= 1, ticks

asyncio.run(main())
"""
    )


@pytest.mark.parametrize(
    ("steps", "nodes"),
    [
        ((), 1),
        ((call("a"), call("b")), 1),
        ((parallel("p", call("a"), call("b")),), 1),
        ((foreach("f", const([1]), call("a")),), 1),
        ((iff("i", const(True), block(call("a")), timeout_ms=1000), call("b")), 1),
        ((call("a"), parallel("p", call("b"))), 2),
        ((foreach("f", const([1]), call("a")), call("b")), 2),
        ((iff("i", const(True), block(call("a"))),), 2),
    ],
)
def test_a_spine_is_straight_when_its_graph_would_be_a_single_node(
    steps: tuple[p.PlanStep, ...], nodes: int
) -> None:
    body = plan(*steps).body
    assert weave(body).nodes == nodes
    assert is_straight(body.steps) == (nodes == 1)
