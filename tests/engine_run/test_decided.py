"""Random plans on a real Postgres: several runner processes, a process that decides through the real service, and
kill -9 in between. Every effect is a file of its key; each run ends as the same plan does in memory, undisturbed.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from dsl import plan as p
from engine.database import Urls
from tests.conftest import ROOT
from tests.engine_run.anyplan import Builder
from tests.engine_run.ground import Ground
from tests.engine_run.kit import until
from tests.engine_run.played import Played, effects_outside, raced_in

PLANS = 24
"""Or a fiftieth of what the deep command says."""
PLANS_A_KILL = 4
SECONDS_A_PLAN = 8
"""Far more than it takes: the bound, not the expectation."""
WITHOUT = frozenset({"agent", "late", "wait", "timed", "child", "early", "pair"})
"""What takes a model, more time than there is, or another version; and the reads, which are counted in memory."""
ENDS = ["succeeded", "failed"]


class Processes:
    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log
        self.all: list[subprocess.Popen[bytes]] = []

    def start(self, role: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.engine_run.decided", role]
        with self._log.open("ab") as log:
            one = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)
        self.all.append(one)
        return one

    def end(self) -> None:
        for one in self.all:
            one.kill()
            one.wait(10)


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def processes(urls: Urls, ground: Ground, tmp_path: Path) -> Iterator[Processes]:
    (tmp_path / "effects").mkdir()
    environment = {
        "WEFT_RUNNER_URL": urls.runner,
        "APP_URL": urls.app,
        "ACCOUNT": str(ground.account_id),
        "WITNESS": str(tmp_path),
        "WEFT_RUNNER_LEASE_S": "2",
        "WEFT_RUNNER_SLOTS": "6",
    }
    some = Processes(environment, tmp_path / "log")
    yield some
    some.end()


@dataclass(frozen=True, slots=True)
class Witness:
    """What is known of the runs from outside: their rows, their journals, and the files that their tools have left."""

    ground: Ground
    effects: Path

    async def problems(self, run_id: UUID, builder: Builder, made: p.Plan) -> list[str]:
        """In what the run has come to otherwise than the same plan in memory, undisturbed."""
        calm = Played(builder, made, random.Random(builder.seed), silent=False)
        wanted = await calm.play()
        ((state, output),) = self.ground.query("SELECT state, output FROM runs WHERE id = %s", run_id)
        journal = self.ground.events(run_id)
        problems = []
        if (state, output) != (wanted.state, wanted.output):
            problems.append(f"{wanted} became {state} {output}")
        raced = raced_in((kind, path, data) for _, kind, path, data in journal)
        raced |= raced_in((e.kind, e.path, e.data) for e in calm.stage.run.events)
        recorded = {str(data["key"]).split("/", 1)[1] for _, _, _, data in journal if "key" in data}
        found = self.found(run_id)
        if strange := found - recorded:
            problems.append(f"{strange} happened, and the journal does not know of it")
        mine = effects_outside(calm, raced)
        theirs = {name for name in found if not _within(name, raced)}
        shared = self.found("key")  # a key that the plan gives is the same in every run
        if mine - shared != theirs:
            problems.append(f"lost {mine - shared - theirs}, too many {theirs - mine}")
        ends = [path for _, kind, path, _ in journal if kind == "step.succeeded"]
        if len(ends) != len(set(ends)):
            problems.append("a step ended twice")
        return [f"seed {builder.seed}: {one}" for one in problems]

    def found(self, run_id: UUID | str) -> set[str]:
        keys = [file.name.replace("+", "/").split("/", 1) for file in self.effects.iterdir()]
        return {name for owner, name in keys if owner == str(run_id) and not name.endswith(".tries")}


@pytest.mark.properties
async def test_random_plans_decided_by_another_process_end_the_same_while_runners_are_killed(
    processes: Processes, ground: Ground, tmp_path: Path
) -> None:
    dice = random.Random(7)
    plans = max(PLANS, int(os.environ.get("WEFT_PROGRAMS") or 0) // 50)
    runs: dict[UUID, tuple[Builder, p.Plan]] = {}
    for seed in range(plans):
        builder = Builder(seed, WITHOUT)
        made = builder.plan(depth=2)
        (run_id,) = ground.start(ground.publish(made), {})
        runs[run_id] = (builder, made)
    (tmp_path / "seeds.json").write_text(json.dumps({str(id): one.seed for id, (one, _) in runs.items()}))
    events = sorted({id for one, _ in runs.values() for id in one.events})
    (tmp_path / "events.json").write_text(json.dumps(events))
    witness = Witness(ground, tmp_path / "effects")
    decider = processes.start("decider")
    runners = [processes.start("runner") for _ in range(2)]
    killed, seen = 0, 0

    def ended() -> bool:
        """Whether all are over; else a runner is killed whenever some more effects have happened."""
        nonlocal killed, seen
        assert decider.poll() is None, (tmp_path / "log").read_text()[-2000:]
        done = len(list(witness.effects.iterdir()))
        if killed < plans // PLANS_A_KILL and done >= seen + 8:
            seen, killed = done, killed + 1
            victim = dice.randrange(len(runners))
            runners[victim].kill()
            runners[victim].wait()
            runners[victim] = processes.start("runner")
        alive = eye.execute(
            "SELECT 1 FROM runs WHERE id = ANY(%s) AND NOT state = ANY(%s)", (list(runs), ENDS)
        )
        return alive.fetchone() is None

    try:
        with psycopg.connect(ground.owner_url, autocommit=True) as eye:
            await until(ended, SECONDS_A_PLAN * plans)
    except TimeoutError:
        raise AssertionError(
            f"{ground.states(list(runs))}\n{(tmp_path / 'log').read_text()[-2000:]}"
        ) from None
    problems = [problem for id, about in runs.items() for problem in await witness.problems(id, *about)]
    assert not problems, problems
    effects = sum(len(witness.found(id)) for id in runs)
    print(f"\n{plans} of {plans} plans ended the same, {effects} effects once each, {killed} runners killed")
    assert killed == plans // PLANS_A_KILL and effects > 5 * plans

    # The control: an effect that is missing, and one that nobody asked for.
    id = next(id for id, (builder, _) in runs.items() if builder.seed == 0)
    name = min(witness.found(id))
    file = witness.effects / f"{id}/{name}".replace("/", "+")
    file.rename(file.with_name(f"{file.name}x"))
    assert [one for one in await witness.problems(id, *runs[id]) if f"'{name}x'" in one]


def _within(name: str, raced: set[str]) -> bool:
    return any(
        name.startswith(scope) and name[len(scope)] in ".[" for scope in raced if len(name) > len(scope)
    )
