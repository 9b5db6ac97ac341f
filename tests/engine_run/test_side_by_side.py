"""A run that waits is held nowhere, and nobody waits for anybody else: neither for a slow tool, nor for another
account."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from engine.database import Urls
from engine.journal import Journal
from engine.lease import Claim
from engine.runner import Runner, RunnerSettings
from engine.runtime import Invocation
from engine.runtime.state import State
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Stage,
    Witness,
    approve,
    call,
    cel,
    const,
    do,
    foreach,
    hear,
    parallel,
    plan,
    ret,
    until,
)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2, lease_s=4), witness)
    await one.open()
    yield one
    await one.stop()


KINDS = (Claim, Invocation, Journal, State)
"""What a run is made of in a runner."""


def alive(*kinds: type) -> list[int]:
    gc.collect()
    found = Counter(type(one) for one in gc.get_objects())
    return [found[kind] for kind in kinds]


async def test_a_run_that_waits_is_held_nowhere_in_a_runner(
    runner: Runner, ground: Ground, witness: Witness
) -> None:
    """Neither by whoever renews its lease, nor by whoever claimed it or told it news: each has seen it here. Nor by the
    timers of its gates, which the event loop keeps until their time though they were called off."""
    before = alive(*KINDS)
    each = foreach(
        "each", const([1, 2]), call("a"), approve("gate"), concurrency=2, result=cel("gate.approved")
    )
    version = ground.publish(plan(call("stuck"), parallel("p", each, do("h", hear("x", "never")))))
    release = witness.hold["stuck"] = asyncio.Event()
    ids = ground.start(version, {}, 20)
    await until(lambda: ground.query("SELECT 1 FROM runners WHERE id = %s AND active = 20", runner.id) != [])
    for run_id in ids:
        ground.query("SELECT pg_notify('weft_runs', %s)", str(run_id))
    release.set()
    await until(lambda: ground.states(ids) == {"waiting": 20} and runner.active == 0, 30)
    await until(lambda: alive(*KINDS) == before, 1)
    assert sum(witness.effects.values()) == 60


async def test_a_run_that_waits_leaves_nothing_behind_in_memory() -> None:
    """The same without a database, object by object."""
    before = alive(*KINDS)
    stage = Stage(plan(parallel("p", do("x", call("a"), approve("gate")), hear("h")), ret("r", const(1))))
    assert (await stage.invoke()).state == "waiting"
    assert alive(*KINDS) == before
    assert len([task for task in asyncio.all_tasks() if task is not asyncio.current_task()]) == 0


async def test_a_tool_that_never_answers_holds_up_neither_its_siblings_nor_other_runs_nor_other_accounts(
    runner: Runner, ground: Ground, witness: Witness, owner_url: str
) -> None:
    other = Ground.lay(owner_url)
    held = plan(parallel("p", call("stuck"), do("y", call("y1"), call("y2"))))
    (slow,) = ground.start(ground.publish(held), {})
    release = witness.hold["p.stuck"] = asyncio.Event()
    await until(lambda: "p.stuck" in witness.entered)
    await until(lambda: witness.effects["p.y.y2"] == 1)
    made = plan(call("a"), call("b"), ret("done", cel("b.name")))
    mine, theirs = ground.start(ground.publish(made), {}, 10), other.start(other.publish(made), {}, 10)
    await until(lambda: ground.states(mine) == {"succeeded": 10} == other.states(theirs))
    assert ground.states([slow]) == {"running": 1}
    release.set()
    await until(lambda: ground.states([slow]) == {"succeeded": 1})


async def test_while_a_tool_never_answers_its_run_can_be_decided_and_goes_on_beside_it(
    runner: Runner, ground: Ground, witness: Witness
) -> None:
    made = plan(parallel("p", call("stuck"), do("y", approve("gate"), call("y1"))))
    (run_id,) = ground.start(ground.publish(made), {})
    release = witness.hold["p.stuck"] = asyncio.Event()
    await until(lambda: ground.query("SELECT 1 FROM approvals WHERE run_id = %s", run_id) != [])
    ground.answer(run_id, "p.y.gate")
    await until(lambda: witness.effects["p.y.y1"] == 1)
    assert ground.states([run_id]) == {"running": 1}
    release.set()
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
