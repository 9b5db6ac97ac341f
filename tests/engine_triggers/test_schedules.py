"""Schedules fire: each moment makes one run, whoever fires it and whoever dies; nothing holds up another."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dsl.plan import OnSchedule, PlanTrigger
from engine import tables
from engine.database import Database
from engine.triggers import claims, register
from engine.triggers.claims import due_of
from engine.triggers.moments import next_moments
from engine.triggers.register import TriggerSummary
from engine.triggers.scheduler import Scheduler
from tests.engine_store.conftest import Workspace
from tests.engine_triggers.kit import published, written
from tests.engine_triggers.scheduling import Ground

MINUTELY = 'trigger t: schedule "* * * * *" timezone "Europe/Paris"'
# Has no moment of its own while a test runs: what is due is what the test says.
YEARLY = f'trigger t: schedule "0 0 1 {(datetime.now(UTC).month + 5) % 12 + 1} *" timezone "Europe/Paris"'
AT = "with (at: event.scheduled_at)"
MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The process is gone: nothing of it handles this."""


async def made(db: Database, workspace: Workspace, name: str, head: str = f"{YEARLY} {AT}") -> TriggerSummary:
    version = await published(db, workspace.admin, written(name, head, inputs="at: string"))
    (trigger,) = await register.list_triggers(db, workspace.admin, version.workflow_id)
    return trigger


async def again(db: Database, workspace: Workspace, trigger: TriggerSummary) -> TriggerSummary:
    return await register.get_trigger(db, workspace.admin, trigger.id)


async def test_a_due_schedule_makes_one_run_and_goes_on_to_its_next_moment(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "a")
    moment = ground.due(trigger.id)
    await ground.turn()
    await ground.turn()
    after = await again(db, workspace, trigger)
    assert after.next_at is not None and timedelta(days=100) < after.next_at - moment < timedelta(days=300)
    assert (after.last_result, after.failures, after.missed, after.last_run_state) == (
        "started",
        0,
        0,
        "queued",
    )
    assert ground.runs(trigger.id) == [("schedule", occasion(moment), {"at": occasion(moment)})]
    assert ground.one(
        "SELECT count(*) FROM run_events e JOIN runs r ON r.id = e.run_id WHERE r.trigger_id = %s", trigger.id
    ) == 1  # fmt: skip


async def test_two_schedulers_and_many_schedules_miss_none_and_double_none(
    db: Database, workspace: Workspace, ground: Ground
):
    heads = [f"{YEARLY.replace('t:', f't{n}:', 1)} {AT}" for n in range(60)]
    version = await published(db, workspace.admin, written("b", *heads, inputs="at: string"))
    triggers = await register.list_triggers(db, workspace.admin, version.workflow_id)
    for one in triggers:
        ground.due(one.id)
    async with ground.turning(most=7) as turn, ground.turning(most=7) as other:
        await asyncio.gather(turn(), other())
        await asyncio.gather(turn(), other())
    assert [len(ground.runs(one.id)) for one in triggers] == [1] * 60


@pytest.mark.parametrize("point", ["claimed", "born", "told", "committed"])
async def test_a_scheduler_that_dies_at_any_point_of_a_fire_leaves_one_run(
    db: Database, workspace: Workspace, ground: Ground, point: str
):
    trigger = await made(db, workspace, f"c_{point}")
    moment = ground.due(trigger.id)

    def die(where: str) -> None:
        if where == point:
            raise Killed

    with pytest.raises(Killed):
        async with ground.turning(die) as turn:
            await turn()
    assert len(ground.runs(trigger.id)) == (1 if point == "committed" else 0)
    await ground.turn()
    assert [when for _, when, _ in ground.runs(trigger.id)] == [occasion(moment)]


async def test_a_moment_that_comes_again_makes_no_second_run(
    db: Database, workspace: Workspace, ground: Ground
):
    """As after a restore of the database's yesterday, or a clock that was set back."""
    trigger = await made(db, workspace, "d")
    moment = ground.due(trigger.id)
    await ground.turn()
    ground.owner.execute("UPDATE triggers SET next_at = %s WHERE id = %s", (moment, trigger.id))
    await ground.turn()
    assert len(ground.runs(trigger.id)) == 1


NOON = datetime(2026, 6, 1, 12, 0, 30, tzinfo=UTC)


def noon(minutes: int) -> datetime:
    return NOON.replace(second=0) - minutes * MINUTE


@pytest.mark.parametrize(
    ("catch_up", "since", "fired", "missed"),
    [
        ("last", noon(0), [noon(0)], 0),
        ("skip", noon(0), [noon(0)], 0),
        ("last", noon(3), [noon(0)], 3),
        ("skip", noon(3), [noon(0)], 3),
        ("all", noon(3), [noon(3), noon(2), noon(1), noon(0)], 0),
        ("all", noon(60 * 24 * 365), [noon(99 - n) for n in range(100)], 0),
    ],
)
def test_what_was_missed_is_skipped_or_fired_last_or_all_as_the_trigger_says(
    catch_up: str, since: datetime, fired: list[datetime], missed: int
):
    minutely = PlanTrigger(name="t", on=OnSchedule(cron="* * * * *", timezone="Europe/Paris"))
    assert due_of(minutely, catch_up, since, NOON) == (fired, missed, noon(-1))


def test_a_daily_schedule_that_is_late_for_hours_is_skipped_where_nothing_is_caught_up():
    daily = PlanTrigger(name="t", on=OnSchedule(cron="0 9 * * *", timezone="UTC"))
    nine = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert due_of(daily, "skip", nine, NOON) == ([], 1, nine + timedelta(days=1))


async def test_all_that_was_missed_is_fired_in_order_where_the_trigger_says_so(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "e", f"{MINUTELY} {AT}")
    await register.set_catch_up(db, workspace.admin, trigger.id, "all")
    ground.due(trigger.id, seconds_ago=150)
    await ground.turn()
    found = [when for _, when, _ in ground.runs(trigger.id)]
    assert 3 <= len(found) <= 4 and found == sorted(found)


async def test_a_full_queue_loses_no_moment(db: Database, workspace: Workspace, ground: Ground):
    trigger = await made(db, workspace, "f")
    account = workspace.account_id
    ground.owner.execute("UPDATE accounts SET max_queued = 1 WHERE id = %s", (account,))
    first = ground.due(trigger.id, seconds_ago=5)
    await ground.turn()
    second = first + timedelta(seconds=1)
    ground.owner.execute("UPDATE triggers SET next_at = %s WHERE id = %s", (second, trigger.id))
    await ground.turn()
    after = await again(db, workspace, trigger)
    assert (len(ground.runs(trigger.id)), after.waiting, after.last_result) == (1, 1, "started")
    assert after.next_at is not None and after.next_at > second
    # Still no place: it is put off again.
    ground.owner.execute("UPDATE trigger_fires SET due_at = now()")
    await ground.turn()
    assert ground.one("SELECT attempt FROM trigger_fires WHERE trigger_id = %s", trigger.id) == 1
    ground.owner.execute(
        "UPDATE runs SET state = 'cancelled', finished_at = now() WHERE account_id = %s", (account,)
    )
    ground.owner.execute("UPDATE trigger_fires SET due_at = now()")
    await ground.turn()
    assert [when for _, when, _ in ground.runs(trigger.id)] == [
        occasion(first),
        occasion(second),
    ]
    assert (await again(db, workspace, trigger)).waiting == 0


async def test_what_waits_of_an_account_is_bounded_and_what_finds_no_place_is_told(
    db: Database, workspace: Workspace, ground: Ground, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(claims, "MOST_WAITING", 2)
    trigger = await made(db, workspace, "full")
    ground.owner.execute("UPDATE accounts SET max_queued = 1 WHERE id = %s", (workspace.account_id,))
    for seconds in range(9, 4, -1):
        ground.due(trigger.id, seconds_ago=seconds)
        await ground.turn()
    after = await again(db, workspace, trigger)
    assert (after.waiting, after.missed, after.last_result, after.last_problem) == (
        2,
        2,
        "problem",
        claims.FULL,
    )
    assert len(ground.runs(trigger.id)) == 1 and after.next_at is not None


async def test_a_condition_that_cannot_be_computed_is_told_and_the_next_moment_comes(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "g", f"{YEARLY} when event.nothing > 1 {AT}")
    for failures in (1, 2):
        ground.due(trigger.id)
        await ground.turn()
        after = await again(db, workspace, trigger)
        assert (after.last_result, after.failures, after.next_at is not None) == ("problem", failures, True)
        assert (after.last_problem or "").startswith("its condition cannot be computed")
    assert ground.runs(trigger.id) == []


async def test_a_condition_that_is_not_true_starts_nothing_and_is_no_problem(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "h", f"{YEARLY} when 1 > 2 {AT}")
    ground.due(trigger.id)
    await ground.turn()
    after = await again(db, workspace, trigger)
    assert (after.last_result, after.last_problem, after.failures) == ("skipped", None, 0)
    assert ground.runs(trigger.id) == []


async def test_a_trigger_that_breaks_its_transaction_holds_up_no_other(
    db: Database, workspace: Workspace, ground: Ground
):
    bad, good = await made(db, workspace, "i"), await made(db, workspace, "j")
    ground.due(bad.id, seconds_ago=2)
    ground.due(good.id)
    ground.owner.execute(
        'UPDATE triggers SET spec = \'{"on": {"kind": "schedule"}}\' WHERE id = %s', (bad.id,)
    )
    await ground.turn()
    assert len(ground.runs(good.id)) == 1
    assert ground.rows(
        "SELECT last_result, last_problem, failures, next_at FROM triggers WHERE id = %s", bad.id
    ) == [("problem", "it could not be fired: ValidationError", 1, None)]


async def test_what_was_missed_while_it_was_paused_is_not_fired(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "k", f"{MINUTELY} {AT}")
    await register.set_catch_up(db, workspace.admin, trigger.id, "all")
    ground.due(trigger.id, seconds_ago=600)
    await register.pause(db, workspace.admin, trigger.id)
    await ground.turn()
    before = ground.one("SELECT clock_timestamp()")
    resumed = await register.resume(db, workspace.admin, trigger.id)
    after = ground.one("SELECT clock_timestamp()")
    first, last = (next_moments("* * * * *", "Europe/Paris", now, 1)[0] for now in (before, after))
    assert resumed.next_at is not None and first <= resumed.next_at <= last
    # What follows might itself be due, were the minute over meanwhile.
    ground.owner.execute(
        "UPDATE triggers SET next_at = next_at + interval '1 day' WHERE id = %s", (trigger.id,)
    )
    await ground.turn()
    assert ground.runs(trigger.id) == []


async def test_a_scheduler_that_lives_fires_within_a_second_of_the_moment(
    db: Database, workspace: Workspace, ground: Ground
):
    trigger = await made(db, workspace, "l")
    rested = asyncio.Event()
    scheduler = Scheduler(ground.runner_url, on_rest=rested.set)
    scheduler.open()
    try:
        async with asyncio.timeout(10):
            await rested.wait()
            moment = ground.one(
                "UPDATE triggers SET next_at = clock_timestamp() + interval '200 ms' WHERE id = %s RETURNING next_at",
                trigger.id,
            )
            ground.owner.execute("SELECT pg_notify('weft_triggers', '')")
            while not ground.runs(trigger.id):
                rested.clear()
                await rested.wait()
    finally:
        await scheduler.close()
    late = ground.one("SELECT queued_at FROM runs WHERE trigger_id = %s", trigger.id) - moment
    assert timedelta(0) <= late < timedelta(seconds=1)


async def test_a_run_says_which_trigger_started_it(db: Database, workspace: Workspace, ground: Ground):
    trigger = await made(db, workspace, "m")
    ground.due(trigger.id)
    await ground.turn()
    async with db.account(workspace.account_id) as session:
        run = await session.get(
            tables.Run, ground.one("SELECT id FROM runs WHERE trigger_id = %s", trigger.id)
        )
    assert run is not None
    assert (run.trigger, run.trigger_id, run.requested_by, run.priority) == ("schedule", trigger.id, None, 0)


def occasion(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
