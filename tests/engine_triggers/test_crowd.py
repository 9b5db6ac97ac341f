"""Real schedulers in processes of their own, one of them killed in the middle of a fire."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from engine.database import Urls
from tests.engine_triggers.crowd import Crowd

SEED = 7
SCHEDULES = 120


@pytest.fixture(scope="module")
def crowd(owner_url: str, urls: Urls) -> Iterator[Crowd]:
    made = Crowd(owner_url, urls.runner, SCHEDULES)
    yield made
    made.close()


def test_of_many_schedules_on_one_moment_none_is_missed_or_doubled_over_a_kill_and_a_restart(crowd: Crowd):
    chance = random.Random(SEED)
    point, number = chance.choice(("claimed", "born", "told")), chance.randint(1, 2)
    # The one that dies is there first, so that it has some of them in its hands.
    dying = crowd.scheduler(point, number)
    moment = crowd.all_at(0)
    assert dying.wait(30) == -9
    crowd.scheduler()
    crowd.scheduler()
    verdict = crowd.settled(moment)
    assert (verdict.fired, verdict.missed, verdict.doubled) == (SCHEDULES, 0, 0)
