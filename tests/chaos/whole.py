"""The whole stack under faults, ``weft chaos --stack``: a real ``./weft up`` with Ray Serve, its parts killed while
runs go on. The sample shop stands for the world outside; what it has refunded says what happened.

Faults: replicas of the runner, Serve's controller, its proxy, the Ray head (raylet, and its store ``gcs_server``), and
Postgres. The studio's process stays, as the API's does not in the other trial.
"""

from __future__ import annotations

import random
import secrets
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psutil
import psycopg

from deploy.postgres import EmbeddedPostgres
from engine.serving.cluster import ray_processes, replica_processes
from tests.chaos.parts import TRANSITIONS
from tests.chaos.shapes import Shape
from tests.chaos.trial import CHANGES, OPEN, Order, Outcome
from tests.chaos.verdict import Accepted, Event, Evidence, Run, Transition, Violation, verdict
from tests.engine_run.kit import plan
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

ATTEMPTS = 'timeout 10s\n      retry 9 backoff 200ms to 1s on "timeout", "unavailable"'
REFUND = f"""workflow chaos_refund {{
  use shop: mcp "shop"
  input {{ order_id: string, key: string, rounds: int = 5 }}
  step before: loop while before.count < input.rounds max 500 {{
    step look: call shop.get_order(order_id: input.order_id)
      {ATTEMPTS}
  }}
  step refund: call shop.process_refund(order_id: input.order_id, amount: 0.01)
    key input.key
    {ATTEMPTS}
  step done: return {{ refund: refund.id }}
}}
"""
SHAPE = Shape("chaos_refund", plan(), "succeeded", (), 1)
CENT = 0.01
LEFT = 20.0
"""On an order, so that no number of cents is too much."""
MOST_OPEN = 60


def hold(order: Order) -> Outcome:
    home = Path(tempfile.mkdtemp(prefix="weft-chaos-stack-"))
    home.chmod(0o755)
    stack = Stack(home)
    try:
        stack.start()
        stack.wait_for_engine()
        return _Whole(order, stack).held()
    finally:
        if stack.process is not None:
            stack.stop()
        if not order.keep:
            shutil.rmtree(home, ignore_errors=True)


class _Whole:
    def __init__(self, order: Order, stack: Stack) -> None:
        self.order = order
        self.stack = stack
        self.outcome = Outcome(order)
        self.outcome.home = str(stack.home)
        self.chance = random.Random(order.seed)
        self.postgres = EmbeddedPostgres(stack.home)
        self.owner_url = self.postgres.start("weft")
        self.accepted: list[Accepted] = []
        self.failed: list[str] = []
        self.over = threading.Event()

    def held(self) -> Outcome:
        self.query(TRANSITIONS)
        with Visitor(self.stack) as visitor:
            workflow = visitor.publish(REFUND)
            known = visitor.get("/orders?limit=200")["orders"]
            orders = [one["id"] for one in known if one["total"] - one["refunded"] > LEFT]
            before = self.refunded(visitor)
            working = threading.Thread(target=self._work, args=(workflow, orders))
            working.start()
            began = time.monotonic()
            self._rage(working)
            self.over.set()
            working.join()
            self.outcome.raged_s = time.monotonic() - began
            left = self._drain()
            given = round((self.refunded(visitor) - before) / CENT)
        found = [Violation("a start is accepted in time", None, what) for what in self.failed]
        if left:
            said = f"{left} runs are left after {self.order.drain_s:.0f} s"
            found.append(Violation("the queue drains in time", None, said))
        if given != len(self.accepted):
            said = f"the shop refunded {given} times for {len(self.accepted)} runs"
            found.append(Violation("an effect happens once a key", None, said))
        self.outcome.violations = (*found, *verdict(self._evidence(workflow)))
        return self.outcome

    # ---- what goes on, and what breaks ---------------------------------------------------------------

    def _work(self, workflow: str, orders: list[str]) -> None:
        chance = random.Random(f"{self.order.seed} runs")
        visitor, signed_in = Visitor(self.stack), time.monotonic()
        while not self.over.is_set() and len(self.accepted) < (self.order.runs or 10**9):
            if time.monotonic() - signed_in > 300:  # before its token is too old
                visitor.close()
                visitor, signed_in = Visitor(self.stack), time.monotonic()
            if self._open() > MOST_OPEN:
                self.over.wait(0.5)
                continue
            key = secrets.token_hex(8)
            given = {"order_id": chance.choice(orders), "key": key, "rounds": chance.randint(1, 10)}
            try:
                self.accepted.append(Accepted(key, UUID(visitor.start(workflow, given, key))))
            except Exception as error:  # whatever it is, it is a finding
                self.failed.append(f"{type(error).__name__}: {error}")
        self.outcome.answers["503"] += visitor.refusals
        visitor.close()

    def _rage(self, working: threading.Thread) -> None:
        kinds: dict[str, Callable[[], bool]] = {
            "runner replica killed": lambda: _kill(replica_processes(self.stack.home, "Runner")),
            "Serve controller killed": lambda: _kill(self._ray("ray::ServeController")),
            "Serve proxy killed": lambda: _kill(self._ray("ray::ProxyActor")),
            "Postgres crashed": self._crash_postgres,
            "Ray head killed (raylet)": lambda: _kill(self._ray("raylet")[:1]),
            "Ray head killed (gcs)": lambda: _kill(self._ray("gcs_server")),
        }
        end = None if self.order.seconds is None else time.monotonic() + self.order.seconds
        while True:
            for kind in self.chance.sample(list(kinds), len(kinds)):
                pause = time.monotonic() + self.chance.uniform(3, 10)
                while time.monotonic() < pause and working.is_alive():
                    working.join(0.2)
                if not working.is_alive() or (end is not None and time.monotonic() > end):
                    return
                if kinds[kind]():
                    self.outcome.faults[kind] += 1

    def _crash_postgres(self) -> bool:
        began = time.monotonic()
        known = len(self.accepted)
        self.postgres.restart_after_crash()
        while len(self.accepted) == known and time.monotonic() < began + 60:
            time.sleep(0.02)
        self.outcome.started.append(("Postgres crashed", time.monotonic() - began))
        return True

    def _ray(self, name: str) -> list[psutil.Process]:
        found = []
        for process in ray_processes(self.stack.home):
            try:
                if process.name() == name or name in process.cmdline()[0]:
                    found.append(process)
            except (psutil.Error, IndexError):
                continue
        return found

    def _drain(self) -> int:
        began = time.monotonic()
        while (left := self._open()) and time.monotonic() < began + self.order.drain_s:
            time.sleep(0.2)
        self.outcome.drained_s = time.monotonic() - began
        return left

    # ---- what is there afterwards ---------------------------------------------------------------------

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.owner_url, autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def _open(self) -> int:
        try:
            return int(str(self.query(OPEN)[0][0]))
        except psycopg.OperationalError:
            return MOST_OPEN

    @staticmethod
    def refunded(visitor: Visitor) -> float:
        return float(sum(order["refunded"] for order in visitor.get("/orders?limit=200")["orders"]))

    def _evidence(self, workflow: str) -> Evidence:
        mine = f"WHERE workflow_id = '{UUID(workflow)}'"
        runs = self.query(
            f"SELECT id, state, input, coalesce(error ->> 'code', ''), idempotency_key, last_seq FROM runs {mine}"
        )
        chosen = f"WHERE run_id IN (SELECT id FROM runs {mine})"
        # What happened outside is counted as a whole, so no single result can be compared.
        events = self.query(f"SELECT run_id, seq, kind, path, data - 'tool' FROM run_events {chosen}")
        rows = [Run(one[0], SHAPE.name, *one[1:5], None, one[5]) for one in runs]  # type: ignore[arg-type]
        self.outcome.runs = len(rows)
        self.outcome.ends = Counter(run.state for run in rows)
        self.outcome.shapes = Counter(run.shape for run in rows)
        keys = frozenset(one.key for one in self.accepted)
        return Evidence(
            shapes={SHAPE.name: SHAPE},
            runs=rows,
            events=[Event(*event) for event in events],  # type: ignore[arg-type]
            transitions=[Transition(*change) for change in self.query(CHANGES)],  # type: ignore[arg-type]
            effects=(),
            accepted=self.accepted,
            keys=keys,
        )


def _kill(processes: list[psutil.Process]) -> bool:
    for process in processes:
        try:
            process.kill()
        except psutil.Error:
            continue
    return bool(processes)
