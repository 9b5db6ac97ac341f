"""Many schedules on one moment, the schedulers as processes, and what came of it: for a test and for measuring."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from dsl import plan as p
from engine.identity import new_id
from engine.triggers.firing import spelled
from tests.conftest import ROOT
from tests.engine_run.ground import Ground

WITHIN_S = 60.0
PLAN = p.Plan(workflow="crowd", input_schema={"type": "object"}, body=p.Block())
MINUTELY = p.PlanTrigger(name="t", on=p.OnSchedule(cron="* * * * *", timezone="Europe/Paris"))


@dataclass(frozen=True)
class Verdict:
    """``lags``: milliseconds from the moment to the run in the queue, sorted."""

    fired: int
    missed: int
    doubled: int
    lags: list[float]


class Crowd:
    """``count`` schedules of one account, ten to a workflow."""

    def __init__(self, owner_url: str, runner_url: str, count: int) -> None:
        self.count = count
        self.runner_url = runner_url
        self.owner = psycopg.connect(owner_url, autocommit=True)
        self.processes: list[subprocess.Popen[str]] = []
        for first in range(0, count, 10):
            ground = Ground.lay(owner_url)
            version = ground.publish(PLAN)
            for number in range(first, min(first + 10, count)):
                self.owner.execute(
                    "INSERT INTO triggers (id, account_id, workflow_id, version_id, name, kind, spec)"
                    " VALUES (%s, %s, %s, %s, %s, 'schedule', %s)",
                    (new_id(), ground.account_id, ground.workflow_id, version, f"t{number}",
                     MINUTELY.model_dump_json()),
                )  # fmt: skip

    def close(self) -> None:
        for process in self.processes:
            self.end(process)
        self.owner.close()

    def scheduler(self, *dying: object) -> subprocess.Popen[str]:
        """Up and listening; ``dying``: the point and the number at which it ends itself."""
        command = [sys.executable, "-m", "tests.engine_triggers.process", self.runner_url, *map(str, dying)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.processes.append(process)
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        """As by ``kill -9``."""
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()

    def all_at(self, seconds: float | None) -> datetime:
        """Every schedule is due then, in so many seconds; None: at the next full minute."""
        then = "date_trunc('minute', clock_timestamp()) + interval '1 minute'"
        if seconds is not None:
            then = f"date_trunc('second', clock_timestamp()) + make_interval(secs => {float(seconds)})"
        (moment,) = self._one(f"SELECT {then}")
        self.owner.execute("UPDATE triggers SET next_at = %s", (moment,))
        self.owner.execute("SELECT pg_notify('weft_triggers', '')")
        return moment

    def settled(self, moment: datetime) -> Verdict:
        """When nothing is due of this moment any more, or after a minute."""
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end:
            (open_,) = self._one(
                "SELECT (SELECT count(*) FROM triggers WHERE next_at <= %s) + (SELECT count(*) FROM trigger_fires)",
                moment,
            )
            if not open_:
                break
            self._one("SELECT pg_sleep(0.05)")
        occasion = f"%:{spelled(moment)}"
        rows = self.owner.execute(
            "SELECT count(r.id), min(extract(epoch FROM r.queued_at - %s))::float8 * 1000 FROM triggers t"
            " LEFT JOIN runs r ON r.trigger_id = t.id AND r.idempotency_key LIKE %s GROUP BY t.id",
            (moment, occasion),
        ).fetchall()
        counts = [count for count, _ in rows]
        return Verdict(
            fired=sum(counts),
            missed=counts.count(0),
            doubled=sum(count - 1 for count in counts if count > 1),
            lags=sorted(lag for _, lag in rows if lag is not None),
        )

    def _one(self, query: str, *values: object) -> tuple[Any, ...]:
        row = self.owner.execute(query, values).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row
