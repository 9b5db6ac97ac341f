"""Poison runs in a real runner process, on a real database, with neighbours beside them: each poison has a clear end,
and every neighbour succeeds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.database import Urls
from engine.suspects import CALM_ATTEMPTS
from tests.conftest import ROOT
from tests.engine_run.ground import Ground
from tests.engine_run.kit import cel, plan, ret, until
from tests.poison.menu import MENU, MOST_ATTEMPTS, neighbour, tool_of


class Processes:
    """Runners; with ``KEEP`` another begins whenever the last one has died, as under a supervisor."""

    def __init__(self, urls: Urls, folder: Path) -> None:
        self._urls = urls
        self._folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        about = {
            "WEFT_RUNNER_URL": self._urls.runner,
            "WEFT_RUNNER_LEASE_S": "2",
            "WEFT_HOME": str(self._folder),
        }
        with (self._folder / "log").open("ab") as log:
            one = subprocess.Popen(
                [sys.executable, "-m", "tests.poison.process"],
                cwd=ROOT,
                env={**os.environ, **about, **environment},
                stdout=log,
                stderr=log,
            )
        self.started.append(one)
        return one

    def stop(self) -> None:
        for one in self.started:
            one.terminate()
        for one in self.started:
            try:
                one.wait(15)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait(5)


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def processes(urls: Urls, tmp_path: Path) -> Iterator[Processes]:
    made = Processes(urls, tmp_path)
    yield made
    made.stop()


async def test_every_poison_has_a_clear_end_and_no_neighbour_is_hurt(
    processes: Processes, ground: Ground
) -> None:
    processes.start()
    calm = ground.publish(neighbour())
    versions = {kind: ground.publish(poison.plan) for kind, poison in MENU.items()}
    neighbours = ground.start(calm, {}, 5)
    poisons = {}
    for kind, version in versions.items():
        poisons[kind] = ground.start(version, {})[0]
        neighbours += ground.start(calm, {}, 5)
    everybody = [*neighbours, *poisons.values()]
    await until(lambda: set(ground.states(everybody)) <= {"succeeded", "failed"}, 180)
    ends = {
        kind: ground.query("SELECT state, error->>'code', error->>'message' FROM runs WHERE id = %s", run_id)[
            0
        ]
        for kind, run_id in poisons.items()
    }
    wrong = {
        kind: end
        for kind, end in ends.items()
        if end[:2] != ("failed", MENU[kind].code) or MENU[kind].says not in end[2]
    }
    assert wrong == {}
    assert ground.states(neighbours) == {"succeeded": len(neighbours)}
    # Nobody had to be tried again: the process lived through all of it.
    assert ground.query("SELECT max(attempt) FROM runs WHERE id = ANY(%s)", everybody) == [(1,)]
    assert processes.started[0].poll() is None


def killer(ground: Ground) -> tuple[object, object]:
    """A version whose runs end their runner, and one whose runs take longer than that."""
    dies = ground.publish(plan(tool_of("own", "die", args={"seconds": 0.3})))
    long = ground.publish(
        plan(tool_of("own", "slow", args={"seconds": 1.0, "n": 7}), ret("done", cel("a.n")))
    )
    return dies, long


async def test_a_run_that_ends_its_runner_is_dead_lettered_and_takes_nobody_with_it(
    processes: Processes, ground: Ground
) -> None:
    dies, long = killer(ground)
    (poison,) = ground.start(dies, {})  # type: ignore[arg-type]
    neighbours = ground.start(long, {}, 4)  # type: ignore[arg-type]
    processes.start(KEEP="1")
    await until(lambda: ground.states([poison, *neighbours]) == {"failed": 1, "succeeded": 4}, 120)
    ((code, message, attempt),) = ground.query(
        "SELECT error->>'code', error->>'message', attempt FROM runs WHERE id = %s", poison
    )
    assert (code, attempt) == ("dead_letter", MOST_ATTEMPTS + 1) and "log of the runners" in message
    ((most,),) = ground.query("SELECT max(attempt) FROM runs WHERE id = ANY(%s)", neighbours)
    assert CALM_ATTEMPTS <= most <= CALM_ATTEMPTS + 1


async def test_claimed_together_its_neighbours_would_go_with_it(processes: Processes, ground: Ground) -> None:
    """The control: the same runs, when nobody is kept apart."""
    dies, long = killer(ground)
    (poison,) = ground.start(dies, {})  # type: ignore[arg-type]
    neighbours = ground.start(long, {}, 4)  # type: ignore[arg-type]
    processes.start(KEEP="1", TOGETHER="1")
    await until(lambda: ground.states([poison, *neighbours]) == {"failed": 5}, 120)
    codes = ground.query("SELECT DISTINCT error->>'code' FROM runs WHERE id = ANY(%s)", neighbours)
    assert codes == [("dead_letter",)]
