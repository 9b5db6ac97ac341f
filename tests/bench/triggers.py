"""``weft bench triggers``: a thousand schedules on one moment.

Schedulers are processes of their own, as they are beside each runner. Three rounds, each on one moment: **a kill**, two
schedulers of which one ends itself with SIGKILL in the middle of its fourth transaction, its runs written and not
committed; **a restart**, the moment passes while no scheduler is there, and two start three seconds later; **a
minute**, two schedulers and a real full minute. Told are the runs of each moment, those missed and those doubled, and
how long after the moment a run was in the queue. Then what the end of a run costs where nobody subscribes to it:
microseconds in the trigger that asks, as Postgres tells them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from deploy.postgres import EmbeddedPostgres
from engine.database import Urls, prepare
from tests.bench.figures import Figure, report, show
from tests.engine_run.ground import Ground
from tests.engine_triggers.crowd import PLAN, Crowd, Verdict

ENDED = 2_000


def measure(urls: Urls, owner_url: str, count: int) -> dict[str, Figure]:
    crowd = Crowd(owner_url, urls.runner, count)
    figures: dict[str, Figure] = {}
    try:
        dying, _ = crowd.scheduler("born", 4), crowd.scheduler()
        moment = crowd.all_at(2)
        assert dying.wait(60) == -9
        figures |= told("kill", crowd.settled(moment))
        for process in crowd.processes:
            crowd.end(process)
        moment = crowd.all_at(0)
        time.sleep(3)
        crowd.scheduler()
        crowd.scheduler()
        figures |= told("restart", crowd.settled(moment), lags=False)
        figures |= told("minute", crowd.settled(crowd.all_at(None)))
    finally:
        crowd.close()
    return figures | {"end of a run nobody subscribes to": Figure("us", cost_of_an_end(owner_url))}


def told(name: str, verdict: Verdict, *, lags: bool = True) -> dict[str, Figure]:
    found = {
        f"{name}: runs": Figure("runs", [verdict.fired]),
        f"{name}: missed": Figure("runs", [verdict.missed]),
        f"{name}: doubled": Figure("runs", [verdict.doubled]),
    }
    if lags and verdict.lags:
        found |= {
            f"{name}: moment to queue, p50": Figure("ms", [statistics.median(verdict.lags)]),
            f"{name}: moment to queue, p95": Figure("ms", [verdict.lags[int(len(verdict.lags) * 0.95)]]),
            f"{name}: moment to queue, last": Figure("ms", [verdict.lags[-1]]),
        }
    return found


def cost_of_an_end(owner_url: str) -> list[float]:
    """Microseconds a run, in rounds."""
    ground = Ground.lay(owner_url)
    version = ground.publish(PLAN)
    took = []
    for _ in range(3):
        ids = ground.start(version, {}, ENDED)
        ground.query("UPDATE runs SET state = 'running' WHERE id = ANY(%s) RETURNING 1", ids)
        query = "EXPLAIN (ANALYZE, FORMAT JSON) UPDATE runs SET state = 'succeeded' WHERE id = ANY(%s)"
        (((plan,),),) = (ground.query(query, ids),)
        took.append(_trigger_ms(plan) * 1000 / ENDED)
    return took


def _trigger_ms(plan: Any) -> float:
    (found,) = plan
    return next(
        float(one["Time"]) for one in found["Triggers"] if one["Trigger Name"] == "runs_tell_subscriptions"
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench triggers")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--schedules", type=int, default=1_000, help="on one moment (1000)")
    options = parser.parse_args(argv)
    # Not under a private folder: as root the database runs as another user.
    home = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    try:
        owner_url = server.start("bench")
        urls = prepare(owner_url, home / "secrets")
        figures = measure(urls, owner_url, options.schedules)
    finally:
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
    show(report("triggers", figures), as_json=options.json)
    lost = sum(sum(f.values) for name, f in figures.items() if name.endswith(("missed", "doubled")))
    return 1 if lost else 0
