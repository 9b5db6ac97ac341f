"""``weft bench poison``: what a poison run costs those who run beside it.

One runner process, as in earnest. Neighbours (three calls of a tool that works) are started one every 25 ms; for each
kind of poison a window of them without it and a window with it take turns. A neighbour's latency is from its queueing
to its end by the database's clock. Figures are the ratio of the 95th percentiles of all neighbours beside a poison and
of all in the windows before theirs: 1.2 is the promise. ``min`` and ``max`` hold nine tenths of what such a ratio comes
to when the windows are drawn anew, pair by pair (a bootstrap): a window has 50 neighbours, so by itself its percentile
is the third of its slowest, and scatters. The control is the same ratio of the windows without poison, every other one
to the one before: what the machine does to the figures by itself. Between windows the server of the poisons gets rid of
its answer, so that none is measured beside the last one's poison.

A second control has no poison either: a process at the very back of all keeps one core for half a second, without any
call. What runs beside that one are slower by is the price of a core that is taken, whoever takes it.

A run that ends its runner is not here: what it costs is the time until others may take over (the lease), not a share.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from connectors.precedence import Rank
from deploy.postgres import EmbeddedPostgres
from engine.database import prepare
from tests.bench.figures import Figure, report, show
from tests.engine_run.ground import Ground
from tests.engine_run.kit import plan
from tests.poison.menu import MENU, neighbour, tool_of

ROOT = Path(__file__).resolve().parents[2]
NEIGHBOURS = 50
EVERY_S = 0.025
P95 = 0.95
DRAWS = 1_000
Pair: TypeAlias = tuple[list[float], list[float]]
"""Neighbours' latencies of a window without poison, and of the one after it."""
TAKEN = "a core taken"
"""The second control."""
BURN_S = 0.5
"""As long as the server of the poisons builds its 100 MB."""
BURN = "import sys, time; end = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"


class Bench:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._calm = ground.publish(neighbour())
        # Answered once the server of the poisons has nothing more to write.
        self._settled = ground.publish(plan(tool_of("odd", "quick", timeout_ms=60_000)))
        self._versions = {kind: ground.publish(poison.plan) for kind, poison in MENU.items()}

    def warm(self, kinds: list[str]) -> None:
        """Every connector open, every plan compiled."""
        versions = [self._calm, *(self._versions[kind] for kind in kinds if kind != "hang")]
        ids = [self._ground.start(version, {})[0] for version in versions]
        self._ended(ids, 120)
        self._ended(self._ground.start(self._settled, {}), 60)

    def window(self, kind: str | None) -> list[float]:
        """The neighbours' latencies, in milliseconds."""
        burning = self._taken() if kind == TAKEN else None
        poison = [] if kind in (None, TAKEN) else self._ground.start(self._versions[kind], {})
        ids = []
        for _ in range(NEIGHBOURS):
            began = time.perf_counter()
            ids += self._ground.start(self._calm, {})
            time.sleep(max(EVERY_S - (time.perf_counter() - began), 0))
        self._ended(ids, 60)
        if poison and kind != "hang":
            self._ended(poison, 60)
            self._ended(self._ground.start(self._settled, {}), 60)
        if burning is not None:
            burning.wait()
        assert self._ground.states(ids) == {"succeeded": NEIGHBOURS}, kind
        rows = self._ground.query(
            "SELECT extract(epoch FROM finished_at - queued_at)::float8 * 1000 FROM runs WHERE id = ANY(%s)",
            ids,
        )
        return [row[0] for row in rows]

    @staticmethod
    def _taken() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-S", "-c", BURN, str(BURN_S)]
        process = subprocess.Popen(command, start_new_session=True)
        Rank(process.pid).stand_back()
        return process

    def _ended(self, ids: list[UUID], seconds: float) -> None:
        _until(lambda: set(self._ground.states(ids)) <= {"succeeded", "failed"}, seconds)


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not done within {seconds:g} s")
        time.sleep(0.02)


def measure(bench: Bench, rounds: int, kinds: list[str]) -> dict[str, Figure]:
    pairs: dict[str, list[Pair]] = {kind: [] for kind in (*kinds, TAKEN)}
    for _ in range(rounds):
        for kind in pairs:
            pairs[kind].append((bench.window(None), bench.window(kind)))
    alone = [before for each in pairs.values() for before, _ in each]
    figures = {"neighbours alone, p95 of a window": Figure("ms", [p95([one]) for one in alone])}
    if len(alone) > 1:
        pairs = {"nothing": list(itertools.pairwise(alone))[::2], **pairs}
    return figures | {
        f"p95 beside {kind} / alone": Figure("times", pooled(each)) for kind, each in pairs.items()
    }


def p95(windows: Sequence[Sequence[float]]) -> float:
    return statistics.quantiles(itertools.chain.from_iterable(windows), n=100)[round(P95 * 100) - 1]


def pooled(pairs: Sequence[Pair]) -> list[float]:
    """The least, the ratio, and the most."""

    def ratio(of: Sequence[Pair]) -> float:
        return p95([beside for _, beside in of]) / p95([before for before, _ in of])

    draw = random.Random(0)
    drawn = sorted(ratio(draw.choices(pairs, k=len(pairs))) for _ in range(DRAWS))
    measured = ratio(pairs)
    return [min(drawn[DRAWS // 20], measured), measured, max(drawn[-DRAWS // 20], measured)]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench poison")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=tuple(MENU), action="append")
    options = parser.parse_args(argv)
    # "hang" last: its run goes on behind its window.
    kinds = sorted(options.only or MENU, key=lambda kind: kind == "hang")
    # Not under a private folder: as root the database runs as another user.
    home = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    process = None
    try:
        owner_url = server.start("bench")
        environment = {"WEFT_RUNNER_URL": prepare(owner_url, home / "secrets").runner, "WEFT_HOME": str(home)}
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.poison.process"],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=log,
                stderr=log,
            )
        bench = Bench(Ground.lay(owner_url))
        bench.warm(kinds)
        figures = measure(bench, options.rounds, kinds)
    finally:
        if process is not None:
            process.kill()
            process.wait()
        server.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
    show(report("poison", figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
