"""What journals add up to: each event once, whoever folds and dies of it, however often a run rests in between."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
import pytest

from dsl import plan as p
from engine.database import Urls
from engine.identity import new_id
from engine.janitor import FOLD, ROLL_UP
from engine.runner import Runner, RunnerSettings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Witness,
    approve,
    call,
    catch,
    const,
    do,
    foreach,
    plan,
    ret,
    until,
)

STEPS = """
SELECT step, waits, sum(n)::int, sum(failed)::int FROM step_stats WHERE account_id = %s AND grain = %s GROUP BY 1, 2
"""
CALLS = "SELECT tool, code, sum(n)::int FROM call_stats WHERE account_id = %s AND grain = %s GROUP BY 1, 2"
GRAINS = ("minute", "hour", "day")


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


def fold(urls: Urls) -> None:
    with psycopg.connect(urls.runner, autocommit=True) as broom:
        while broom.execute(ROLL_UP, (1000,)).fetchone() != (0,):
            pass
        while broom.execute(FOLD, (1000,)).fetchone() != (0,):
            pass


def steps(ground: Ground, grain: str = "hour") -> dict[tuple[str, bool], tuple[int, int]]:
    return {
        (step, waits): (n, failed) for step, waits, n, failed in ground.query(STEPS, ground.account_id, grain)
    }


def calls(ground: Ground, grain: str = "hour") -> dict[tuple[str, str], int]:
    return {(tool, code): n for tool, code, n in ground.query(CALLS, ground.account_id, grain)}


async def test_steps_and_calls_of_real_runs_are_counted(urls: Urls, ground: Ground):
    version = ground.publish(
        plan(
            call("flaky", tool="flaky", args={"fails": 2}, retry=p.Retry(max=3, backoff_ms=1)),
            do("shaky", call("bad", tool="bad"), catches=(catch(call("mend")),)),
            foreach("all", const([1, 2, 3]), call("one"), approve("yes")),
            ret("done", const(1)),
        )
    )
    runner = Runner(urls.runner, RunnerSettings(poll_s=0.05), Witness())
    await runner.open()
    try:
        ids = ground.start(version, {}, 2)
        for number in range(3):
            path = f"all[{number}].yes"
            await until(
                lambda path=path: (
                    ground.query(
                        "SELECT count(*) FROM approvals WHERE path = %s AND run_id = ANY(%s)", path, ids
                    )
                    == [(2,)]
                )
            )
            await until(lambda: ground.states(ids) == {"waiting": 2})
            fold(urls)
            for run_id in ids:
                ground.answer(run_id, path)
        await until(lambda: ground.states(ids) == {"succeeded": 2})
    finally:
        await runner.stop()
    fold(urls)
    for grain in GRAINS:
        assert calls(ground, grain) == {
            ("w.flaky", ""): 2,
            ("w.flaky", "unavailable"): 2,  # the tool fails twice, whoever calls it
            ("w.bad", "broken"): 2,
            ("w.write", ""): 8,
        }
        found = steps(ground, grain)
        assert {name: found[name] for name in found if name[0] != "shaky"} == {
            ("flaky", False): (2, 0),
            ("shaky.bad", False): (2, 2),
            ("shaky~catch0.mend", False): (2, 0),
            ("all", False): (2, 0),
            ("all.one", False): (6, 0),
            ("all.yes", True): (6, 0),
        }
    assert ground.query("SELECT count(*) FROM run_folds WHERE account_id = %s", ground.account_id) == [(0,)]
    took = ground.query(
        "SELECT sum(seconds)::float8 FROM step_stats WHERE account_id = %s AND step = 'all.yes' AND grain = 'day'",
        ground.account_id,
    )
    waited = ground.query(
        "SELECT sum(extract(epoch FROM a.at - o.at))::float8 FROM run_events o JOIN run_events a USING (run_id, path)"
        " WHERE o.kind = 'gate.opened' AND a.kind = 'gate.answered' AND o.account_id = %s",
        ground.account_id,
    )
    assert took[0][0] == pytest.approx(waited[0][0], abs=1e-3)


class World:
    """Runs that write, rest, go on and end in any order, and folders that may die."""

    def __init__(self, ground: Ground, urls: Urls, seed: int) -> None:
        self.random = random.Random(seed)
        self.ground, self.urls = ground, urls
        self.version = ground.publish(plan())
        self.hand = psycopg.connect(ground.owner_url, autocommit=True)
        self.live: dict[UUID, list[Any]] = {}
        self.steps: Counter[tuple[str, bool]] = Counter()
        self.calls: Counter[tuple[str, str]] = Counter()

    def step(self) -> None:
        self.random.choice((self.start, self.write, self.write, self.rest, self.end, self.roll, self.fold))()

    def start(self) -> None:
        (run_id,) = self.ground.start(self.version, {})
        self.hand.execute("UPDATE runs SET state = 'running', started_at = now() WHERE id = %s", (run_id,))
        self.live[run_id] = [2, "running"]

    def _any(self) -> UUID | None:
        return self.random.choice(list(self.live)) if self.live else None

    def _event(self, run_id: UUID, kind: str, path: str, data: dict[str, Any]) -> None:
        seq = self.live[run_id][0]
        self.hand.execute(
            "INSERT INTO run_events (account_id, run_id, seq, kind, path, data) VALUES (%s, %s, %s, %s, %s, %s)",
            (self.ground.account_id, run_id, seq, kind, path, psycopg.types.json.Jsonb(data)),
        )
        self.hand.execute("UPDATE runs SET last_seq = %s WHERE id = %s", (seq, run_id))
        self.live[run_id][0] += 1

    def write(self) -> None:
        if (run_id := self._any()) is None or self.live[run_id][1] != "running":
            return
        name = self.random.choice("abc")
        path = f"all[{self.live[run_id][0]}].{name}"
        match self.random.choice(("alone", "begun", "retried", "turn")):
            case "alone":
                self._event(run_id, "step.succeeded", path, {"tool": "w.x", "ms": 3, "attempt": 1})
            case "begun":
                self._event(run_id, "step.started", path, {"tool": "w.x"})
                self._event(run_id, "step.succeeded", path, {"ms": 3})
            case "retried":
                self._event(run_id, "step.started", path, {"tool": "w.x"})
                self._event(run_id, "step.retrying", path, {"error": {"code": "Not a code"}})
                self._event(run_id, "step.started", path, {"tool": "w.x"})
                self._event(run_id, "step.succeeded", path, {"ms": 3})
                self.calls["w.x", "other"] += 1
            case "turn":
                self._event(run_id, "step.succeeded", f"{path}~turn1.tool0", {"tool": "w.y", "ms": 1})
                self.calls["w.y", ""] += 1
                return
        self.steps[f"all.{name}", False] += 1
        self.calls["w.x", ""] += 1

    def rest(self) -> None:
        if (run_id := self._any()) is None:
            return
        now = self.live[run_id][1]
        then = self.random.choice(("waiting", "needs_review")) if now == "running" else "queued"
        self.hand.execute("UPDATE runs SET state = %s, due_at = NULL WHERE id = %s", (then, run_id))
        if then == "queued":
            self.hand.execute("UPDATE runs SET state = 'running' WHERE id = %s", (run_id,))
        self.live[run_id][1] = "running" if then == "queued" else then

    def end(self) -> None:
        if (run_id := self._any()) is None or self.live[run_id][1] != "running":
            return
        state = self.random.choice(("succeeded", "failed", "cancelled", "timed_out"))
        self._event(run_id, f"run.{state}", "", {})
        self.hand.execute(
            "UPDATE runs SET state = %s, due_at = NULL, finished_at = now() WHERE id = %s", (state, run_id)
        )
        del self.live[run_id]

    def roll(self) -> None:
        with psycopg.connect(self.urls.runner) as one:
            one.execute(ROLL_UP, (self.random.randint(1, 6),))
            if self.random.random() < 0.3:
                one.rollback()

    def fold(self) -> None:
        """Two at once, one of which may die."""
        with psycopg.connect(self.urls.runner) as one, psycopg.connect(self.urls.runner) as other:
            one.execute(FOLD, (self.random.randint(1, 30),))
            other.execute(FOLD, (self.random.randint(1, 30),))
            if self.random.random() < 0.3:
                one.rollback()

    def finish(self) -> None:
        for run_id in list(self.live):
            if self.live[run_id][1] != "running":
                for state in ("queued", "running"):
                    self.hand.execute("UPDATE runs SET state = %s WHERE id = %s", (state, run_id))
            self.hand.execute(
                "UPDATE runs SET state = 'failed', due_at = NULL, finished_at = now() WHERE id = %s",
                (run_id,),
            )
        self.hand.close()
        fold(self.urls)


@pytest.mark.parametrize("seed", range(6))
def test_every_event_is_counted_once(urls: Urls, ground: Ground, seed: int):
    world = World(ground, urls, seed)
    for _ in range(150):
        world.step()
    world.finish()
    assert sum(world.steps.values()) > 10
    for grain in GRAINS:
        assert {name: n for name, (n, _) in steps(ground, grain).items()} == dict(world.steps)
        assert calls(ground, grain) == dict(world.calls)
    assert ground.query("SELECT count(*) FROM run_folds WHERE account_id = %s", ground.account_id) == [(0,)]


def test_without_its_lock_a_folder_counts_what_another_is_counting(
    urls: Urls, ground: Ground, owner_url: str
):
    """The control: the same fold, in two transactions at once, reads the same runs."""
    world = World(ground, urls, 1)
    world.start()
    world.write()
    world.end()
    world.hand.close()
    with psycopg.connect(urls.runner, autocommit=True) as broom:
        broom.execute(ROLL_UP, (1000,))
    with psycopg.connect(owner_url) as one, psycopg.connect(owner_url) as other:
        seen = "SELECT count(*) FROM run_folds WHERE due AND account_id = %s"
        assert one.execute(seen, (ground.account_id,)).fetchone() == (1,)
        assert other.execute(seen, (ground.account_id,)).fetchone() == (1,)
        assert one.execute(FOLD, (1000,)).fetchone() != (0,)
        assert other.execute(FOLD, (1000,)).fetchone() == (0,), "the lock turns the second away"


def test_a_workflow_has_a_bounded_number_of_names(urls: Urls, ground: Ground):
    (run_id,) = ground.start(ground.publish(plan()), {})
    with psycopg.connect(ground.owner_url, autocommit=True) as hand:
        hand.execute("UPDATE runs SET state = 'running', started_at = now() WHERE id = %s", (run_id,))
        hand.execute(
            "INSERT INTO run_events (account_id, run_id, seq, kind, path, data) SELECT %s, %s, n, 'step.succeeded',"
            " 's' || lpad(n::text, 4, '0'), jsonb_build_object('tool', 'w.t' || n, 'ms', 1)"
            " FROM generate_series(2, 701) n",
            (ground.account_id, run_id),
        )
        hand.execute(
            "UPDATE runs SET state = 'succeeded', due_at = NULL, finished_at = now(), last_seq = 701 WHERE id = %s",
            (run_id,),
        )
    fold(urls)
    found = steps(ground)
    assert len(found) == 501 and found["…", False] == (200, 0)
    assert sum(calls(ground).values()) == 700 and len(calls(ground)) == 501


def test_a_run_that_retention_took_away_is_no_trouble(urls: Urls, ground: Ground):
    gone = new_id()
    with psycopg.connect(ground.owner_url, autocommit=True) as hand:
        hand.execute(
            "INSERT INTO run_folds (run_id, account_id, ended) VALUES (%s, %s, true)",
            (gone, ground.account_id),
        )
    fold(urls)
    assert ground.query("SELECT count(*) FROM run_folds WHERE run_id = %s", gone) == [(0,)]
