"""A yes that a run relies on when it is run again: not for ever, and the plan says why it is asked anew."""

from __future__ import annotations

from typing import Any

import pytest

from dsl import plan as p
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict
from engine.forking.planning import Asked
from engine.forking.service import Change, fork, fork_plan
from engine.runner import Runner
from tests.engine_run.ground import Ground
from tests.engine_run.kit import call, plan
from tests.engine_run.test_forks_stored import actor, ended, ground, guarded, played, runner, witness

__all__ = ["actor", "ground", "runner", "witness"]

HOUR_MS = 3_600_000


def failing(within_ms: int) -> p.Plan:
    return plan(guarded("pay", within_ms=within_ms), call("pay", tool="bad", honours=False))


def decided(ground: Ground, run_id: Any, hours: float) -> None:
    """The yes was given so long ago."""
    ground.query(
        "UPDATE approvals SET decided_at = now() - make_interval(mins => %s) WHERE run_id = %s RETURNING 1",
        int(hours * 60),
        run_id,
    )


@pytest.mark.parametrize(
    ("within_h", "good_h", "old_h"),
    [(2, 1.9, 2.1), (24 * 90, 24 * 6.9, 24 * 7.1)],
    ids=["2 hours", "90 days"],
)
async def test_a_yes_is_relied_on_for_as_long_as_there_was_to_give_it_and_a_week_at_most(
    db: Database, runner: Runner, ground: Ground, actor: Actor, within_h: int, good_h: float, old_h: float
) -> None:
    first = await played(ground, failing(within_h * HOUR_MS), "failed", yes=True)
    decided(ground, first, good_h)
    before = await fork_plan(db, actor, first, Change())
    assert before.asked == () and len(before.relied_on) == 1
    decided(ground, first, old_h)
    planned = await fork_plan(db, actor, first, Change())
    assert planned.asked == (Asked("gate", "gate", "old"),) and planned.relied_on == ()
    with pytest.raises(Conflict, match="not what you were shown"):
        await fork(db, actor, first, Change(), plan=before.hash)


async def test_the_age_of_a_yes_is_that_of_the_decision_however_often_the_run_is_run_again(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    first = await played(ground, failing(2 * HOUR_MS), "failed", yes=True)
    planned = await fork_plan(db, actor, first, Change())
    second = await fork(db, actor, first, Change(), plan=planned.hash)
    await ended(ground, second.id, "failed")
    assert (await fork_plan(db, actor, second.id, Change())).asked == ()
    decided(ground, first, 2.1)
    assert (await fork_plan(db, actor, second.id, Change())).asked == (Asked("gate", "gate", "old"),)


async def test_the_plan_says_why_an_approval_is_asked_again(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    made = plan(guarded("pay"), call("pay", tool="flaky", honours=False, args={"fails": 1}))
    first = await played(ground, made, "failed", yes=True)
    changed = await fork_plan(db, actor, first, Change(input={"more": 1}))
    assert changed.asked == (Asked("gate", "gate", "changed"),)
    planned = await fork_plan(db, actor, first, Change())
    second = await fork(db, actor, first, Change(), plan=planned.hash)
    await ended(ground, second.id, "succeeded")
    assert (await fork_plan(db, actor, first, Change())).asked == (Asked("gate", "gate", "used"),)
    happened = await fork_plan(db, actor, second.id, Change("pay"))
    assert happened.asked == (Asked("gate", "gate", "happened"),)
    assert (await fork_plan(db, actor, second.id, Change("gate"))).asked == (Asked("gate", "gate"),)
