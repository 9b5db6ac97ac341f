"""``weft bench queue``: what accounts do to each other, and what a long history and a long queue cost.

**Fairness.** A small account queues 100 runs, alone and beside another that has queued 9,900; one runner with 64 slots
carries them to their end. The tool answers at once, or after 20 ms. What is told is the 95th percentile of the time
from the runner's start until a run of the small account begins, and how many times as long it is together.

**Growth.** The same database with 1,000 finished runs, then with ``--rows`` of them and 10,000 queued more: 95th
percentile of a claim of 16 runs, median of a start through the service, 95th percentile of a page of the list, for the
slowest of the filters (none, workflow, a rare state, both, a late page). Figures with ``times`` are ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from deploy.postgres import EmbeddedPostgres
from dsl import plan as p
from engine import runs
from engine.actor import Actor
from engine.database import Database, Urls, prepare
from engine.identity import new_id
from engine.lease import Leases
from engine.queueing import OPTIONS
from engine.runner import Runner, RunnerSettings, spare_the_collector
from tests.bench.figures import Figure, report, show
from tests.engine_run.ground import Ground

SMALL, LARGE, SLOTS, QUEUED = 100, 9_900, 64, 10_000
Json = Any


class Slow:
    """The tool: answers after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Json:
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return {"n": 1}


def one_step() -> p.Plan:
    do = p.ToolCall(connector="w", tool="add", args={}, effect="write", honours_key=True)
    step = p.PlanStep(id="s", path="s", label="add", do=do)
    return p.Plan(workflow="bench", input_schema={"type": "object"}, body=p.Block(steps=(step,)))


async def fairness(urls: Urls, owner_url: str, seconds: float) -> tuple[float, float]:
    """Milliseconds at the 95th percentile: alone, together."""
    waits = []
    for beside in (0, LARGE):
        small, large = Ground.lay(owner_url), Ground.lay(owner_url)
        if beside:
            large.start(large.publish(one_step()), {}, beside)
        ids = small.start(small.publish(one_step()), {}, SMALL)
        runner = Runner(urls.runner, RunnerSettings(slots=SLOTS), Slow(seconds))
        ((began,),) = small.query("SELECT clock_timestamp()")
        await runner.open()
        async with asyncio.timeout(120):
            while small.states(ids) != {"succeeded": SMALL}:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await runner.stop()
        rows = small.query("SELECT started_at FROM runs WHERE id = ANY(%s)", ids)
        waits.append(_at(95, [(row[0] - began).total_seconds() * 1000 for row in rows]))
        small.query(
            "WITH rest AS (UPDATE runs SET state = 'cancelled', due_at = NULL, lease_owner = NULL, lease_until = NULL"
            " WHERE state IN ('queued', 'running') RETURNING 1) SELECT count(*) FROM rest"
        )
    return waits[0], waits[1]


def history(ground: Ground, version: UUID, rows: int, queued: int) -> None:
    """Finished runs, one in a thousand failed, and queued ones, written as the owner."""
    ground.query(
        "WITH made AS (INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, state,"
        " queued_at, started_at, finished_at, due_at, epoch, last_seq) SELECT gen_random_uuid(), %s, %s, %s, 'x', '{}',"
        " CASE WHEN n %% 1000 = 0 THEN 'failed' ELSE 'succeeded' END, now() - n * interval '1 s', now(), now(),"
        " NULL, 1, 5 FROM generate_series(1, %s) AS n RETURNING 1) SELECT count(*) FROM made",
        ground.account_id,
        ground.workflow_id,
        version,
        rows,
    )
    if queued:
        ground.start(version, {}, queued)
    with psycopg.connect(ground.owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE runs")
        connection.execute("CHECKPOINT")


async def costs(urls: Urls, db: Database, ground: Ground, version: UUID, rounds: int) -> dict[str, float]:
    """Milliseconds of each."""
    actor = Actor(ground.account_id, new_id(), "bench@example.com", "Bench", "admin")

    async def timed(work: Callable[[], Awaitable[Any]]) -> float:
        began = time.perf_counter()
        await work()
        return (time.perf_counter() - began) * 1000

    async def start() -> None:
        await runs.start_run(db, actor, ground.workflow_id, {}, version_id=version)

    figures = {"start p50": statistics.median([await timed(start) for _ in range(rounds)])}
    late = await runs.list_runs(db, actor, limit=200)
    for _ in range(3):
        late = await runs.list_runs(db, actor, cursor=late.next, limit=200)
    lists: list[dict[str, Any]] = [
        {},
        {"workflow_id": ground.workflow_id},
        {"state": "failed"},
        {"state": ["cancelled", "timed_out"]},
        {"workflow_id": ground.workflow_id, "state": "failed"},
        {"cursor": late.next},
    ]
    slowest = 0.0
    for options in lists:
        took = [
            await timed(lambda options=options: runs.list_runs(db, actor, **options)) for _ in range(rounds)
        ]
        slowest = max(slowest, _at(95, took))
    figures["list p95"] = slowest
    connection = await psycopg.AsyncConnection.connect(urls.runner, autocommit=True, options=OPTIONS)
    async with connection:
        leases = Leases(connection, "bench", 60)
        took = [await timed(lambda: leases.claim(16)) for _ in range(rounds)][3:]
        figures |= {"claim p50": statistics.median(took), "claim p95": _at(95, took)}
    return figures


def _at(percent: int, values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


async def measure(urls: Urls, owner_url: str, rounds: int, rows: int) -> dict[str, Figure]:
    told: dict[str, list[float]] = {}
    for round_ in range(rounds + 1):  # the first one warms up
        for name, seconds in (("tool at once", 0.0), ("tool of 20 ms", 0.02)):
            alone, together = await fairness(urls, owner_url, seconds)
            if round_:
                told.setdefault(f"p95 wait alone, {name}, ms", []).append(alone)
                told.setdefault(f"p95 wait together, {name}, ms", []).append(together)
                told.setdefault(f"together / alone, {name}, times", []).append(together / alone)
    ground = Ground.lay(owner_url)
    version = ground.publish(one_step())
    ground.query(
        "UPDATE accounts SET max_queued = %s WHERE id = %s RETURNING 1", 2 * QUEUED, ground.account_id
    )
    db = await Database.open(urls.app)
    before = 0
    for done, queued in ((1_000, 2_000), (rows, QUEUED)):
        history(ground, version, done - before, queued)
        before = done
        for _ in range(2):
            for name, took in (await costs(urls, db, ground, version, 60)).items():
                told.setdefault(f"{name}, {done:,} finished, ms", []).append(took)
    await db.close()
    for name in ("start p50", "list p95", "claim p50", "claim p95"):
        few, many = (min(told[f"{name}, {done:,} finished, ms"]) for done in (1_000, rows))
        told[f"growth of {name}, times"] = [many / few]
    return {
        label.rsplit(", ", 1)[0]: Figure(label.rsplit(", ", 1)[1], values) for label, values in told.items()
    }


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench queue")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=2, help="of the fairness")
    parser.add_argument("--rows", type=int, default=100_000, help="finished runs in the long history")
    options = parser.parse_args(argv)
    spare_the_collector()
    # Not under a private folder: as root the database runs as another user.
    home = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    try:
        owner_url = server.start("bench")
        urls = prepare(owner_url, home / "secrets")
        figures = asyncio.run(measure(urls, owner_url, options.rounds, options.rows))
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
    show(report("queue", figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
