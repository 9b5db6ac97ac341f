"""A runner process that is killed in the middle of runs, and one that is stopped past its leases and wakes up again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from engine import events
from engine.actor import Actor
from engine.database import Database, Urls
from tests.conftest import ROOT, Samples
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    block,
    call,
    cel,
    const,
    foreach,
    hear,
    pinned,
    plan,
    ret,
    run,
    template,
    until,
)

LEASE_S = 2


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


class Workers:
    """Real runner processes whose tool is ``tests.engine_run.slow``: it makes a file of each effect, slowly."""

    def __init__(self, url: str, witness: Path, log: Path) -> None:
        self._environment = {**os.environ, "WEFT_RUNNER_URL": url, "WITNESS": str(witness)}
        self._environment |= {"WEFT_RUNNER_LEASE_S": str(LEASE_S)}
        self._log = log
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.engine_run.slow"]
            worker = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        self.started.append(worker)
        return worker

    def end(self) -> None:
        for worker in self.started:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
                worker.terminate()
        for worker in self.started:
            try:
                worker.wait(15)
            except subprocess.TimeoutExpired:
                worker.kill()


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    path = tmp_path / "effects"
    path.mkdir()
    return path


@pytest.fixture
def workers(urls: Urls, witness: Path, tmp_path: Path) -> Iterator[Workers]:
    some = Workers(urls.runner, witness, tmp_path / "log")
    yield some
    some.end()


def effects(witness: Path) -> list[str]:
    return [path.name.replace("+", "/") for path in witness.iterdir()]


async def test_the_runs_of_a_killed_runner_go_on_elsewhere(
    ground: Ground, workers: Workers, witness: Path
) -> None:
    steps = (*(call(f"s{number}") for number in range(6)), ret("done", cel("s5.name")))
    version = ground.publish(plan(*steps))
    first = workers.start()
    ids = ground.start(version, {}, 8)
    await until(lambda: len(effects(witness)) > 10, 30)
    first.kill()
    first.wait()
    done = len(effects(witness))
    assert done < 48, "the kill came too late to prove anything"
    workers.start()
    await until(lambda: ground.states(ids) == {"succeeded": 8}, 30)
    seen = effects(witness)
    assert sorted(seen) == sorted(f"{run}/s{number}" for run in ids for number in range(6))
    kinds = [kind for _, kind, _, _ in ground.events(ids[0])]
    assert kinds.count("run.claimed") == 2 and kinds.count("run.succeeded") == 1


async def test_a_runner_that_slept_past_its_leases_is_refused(
    ground: Ground, workers: Workers, witness: Path
) -> None:
    steps = (*(call(f"s{number}") for number in range(6)), ret("done", const("end")))
    version = ground.publish(plan(*steps))
    zombie = workers.start()
    ids = ground.start(version, {}, 4)
    await until(lambda: len(effects(witness)) > 4, 30)
    zombie.send_signal(signal.SIGSTOP)
    workers.start()
    await until(lambda: ground.states(ids) == {"succeeded": 4}, 30)
    written = [len(ground.events(run)) for run in ids]
    zombie.send_signal(signal.SIGCONT)
    zombie.terminate()
    zombie.wait(15)
    assert [len(ground.events(run)) for run in ids] == written, "the zombie wrote into a run it had lost"
    assert sorted(effects(witness)) == sorted(f"{run}/s{number}" for run in ids for number in range(6))


async def test_runs_that_started_runs_and_wait_for_events_survive_kills_and_a_zombie(
    ground: Ground, workers: Workers, witness: Path, db: Database
) -> None:
    """Two runners are killed and one sleeps past its leases, while parents start children, children answer their
    parents, and events come: every run ends, every child was started once, and every effect happened once."""
    child = ground.publish(plan(call("c1"), call("c2"), ret("done", cel("input.n"))))
    steps = (
        foreach("each", const([1, 2, 3]), run("c", args={"n": cel("item")}), concurrency=3, result=cel("c")),
        hear("h", "go", when=cel("event.n > 1", "event")),
        ret("done", cel("each")),
    )
    version = ground.publish(plan(*steps, workflows=(pinned(version=str(child)),)))
    first, zombie = workers.start(), workers.start()
    ids = ground.start(version, {}, 6)
    await until(lambda: len(effects(witness)) > 4, 30)
    first.kill()
    zombie.send_signal(signal.SIGSTOP)
    second = workers.start()
    await until(lambda: len(effects(witness)) > 14, 30)
    second.kill()
    workers.start()
    zombie.send_signal(signal.SIGCONT)
    actor = Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator")
    async with asyncio.timeout(60):
        while ground.states(ids) != {"succeeded": 6}:
            for number in (1, 2):
                await events.publish(db, actor, "go", {"n": number})
            await asyncio.sleep(0.1)
    children = ground.query("SELECT id, state FROM runs WHERE parent_run_id = ANY(%s)", ids)
    assert [state for _, state in children] == ["succeeded"] * 18
    assert sorted(effects(witness)) == sorted(f"{one}/{step}" for one, _ in children for step in ("c1", "c2"))
    assert ground.query("SELECT DISTINCT output FROM runs WHERE id = ANY(%s)", ids) == [([1, 2, 3],)]
    answers = ground.query(
        "SELECT count(*), count(DISTINCT (run_id, path)) FROM run_events"
        " WHERE run_id = ANY(%s) AND kind = 'gate.answered'",
        ids,
    )
    assert answers == [(24, 24)]


async def test_kill_9_in_the_middle_of_real_connectors_refunds_once(
    ground: Ground, urls: Urls, samples: Samples, tmp_path: Path
) -> None:
    """The whole way down: ``python -m engine.runner``, the pool, HTTP, and the shop's own database."""
    from connectors import HttpToolset

    shop, version = await _shop_version(ground, samples)
    environment = {
        **os.environ,
        "WEFT_RUNNER_URL": urls.runner,
        "WEFT_SAMPLES_TOKEN": samples.token,
        "WEFT_RUNNER_LEASE_S": str(LEASE_S),
    }

    def runner() -> subprocess.Popen[bytes]:
        with (tmp_path / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "engine.runner"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    first = runner()
    try:
        (run_id,) = ground.start(version, {"order_id": "A-1024"})
        await until(lambda: any(path == "refund" for _, _, path, _ in ground.events(run_id)), 30)
    finally:
        first.kill()
        first.wait()
    second = runner()
    try:
        await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 30)
    finally:
        second.terminate()
        second.wait(15)
    toolset: HttpToolset = shop
    order = (await toolset.call("get_order", {"order_id": "A-1024"}, key=None, timeout_s=10)).unwrap()
    await toolset.close()
    assert order["refunded"] == 20


async def _shop_version(ground: Ground, samples: Samples):  # type: ignore[no-untyped-def]
    import json

    from connectors import HttpToolset
    from engine.identity import new_id

    toolset = HttpToolset("shop", f"{samples.url}/shop/mcp", {"Authorization": f"Bearer {samples.token}"})
    await toolset.open()
    pins = {tool.name: {"definition": tool.raw, "sha256": tool.sha256} for tool in await toolset.list_tools()}
    transport = {
        "kind": "http",
        "url": f"{samples.url}/shop/mcp",
        "headers_env": {"Authorization": "WEFT_SAMPLES_TOKEN"},
    }
    ground.query(
        "INSERT INTO connectors (id, account_id, name, transport, trusted, pins)"
        " VALUES (%s, %s, 'shop', %s, true, %s) RETURNING 1",
        new_id(),
        ground.account_id,
        json.dumps(transport),
        json.dumps(pins),
    )
    order = call("order", tool="get_order", effect="read", args={"order_id": cel("input.order_id")})
    refund = call(
        "refund",
        tool="process_refund",
        args={
            "order_id": cel("order.id"),
            "amount": const(20.0),
            "reason": template("run of ", cel("order.id")),
        },
    )
    wait = call("again", tool="get_order", effect="read", args={"order_id": cel("order.id")})
    made = plan(order, refund, wait, ret("done", cel("refund.status")))
    renamed = [
        one.model_copy(update={"do": one.do.model_copy(update={"connector": "shop"})})
        if one.do.kind == "call"
        else one
        for one in made.body.steps
    ]
    body = block(*renamed)
    return toolset, ground.publish(made.model_copy(update={"body": body}))
