"""A runner: claims runs that are due, carries them on, and holds their leases meanwhile.

It is woken by LISTEN/NOTIFY and looks by itself once a second, so a lost notification costs a second and nothing
else. What it holds in memory can be lost at any moment: another runner claims its runs when their leases are over.

``python -m engine.runner`` is one runner as a process of its own; the Serve replica holds the same class.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg

from connectors import Health
from connectors.tracing import TRACEPARENT
from dsl.plan import Plan
from engine import depth, queueing
from engine.artifacts import Artifact, ArtifactStore, Shelf, StoreFailed, configured
from engine.effects import Tools
from engine.janitor import Janitor
from engine.journal import Fenced, Interrupted, Journal
from engine.lease import Claim, Connection, Leases
from engine.model import AgentModels, Call, ModelSettings
from engine.runtime import Invocation, Models, Program, Programs, World
from engine.settings import BadSettings
from engine.suspects import given_up, is_suspect
from engine.tallies import (
    BATCH_EVENTS,
    CIRCUITS,
    CLAIMS,
    COMMIT_SECONDS,
    DEAD_LETTERS,
    LEASES_LOST,
    RETRIES,
    STEP_SECONDS,
    Tallies,
)
from engine.telemetry import logs
from engine.telemetry.receiver import Receiver
from engine.telemetry.subject import RUN, STEP, RunSubject
from engine.telemetry.trace import Trace
from engine.toolbox import PooledTools
from engine.writer import Writer

if TYPE_CHECKING:
    from engine.telemetry.tracer import Tracer

__all__ = ["Runner", "RunnerSettings", "spare_the_collector"]

log = logging.getLogger(__name__)

AGAIN_S = 0.01
"""When to look again after another runner was claiming what a limit is on."""
WARM = 64
"""Versions that a fresh runner makes ready before it claims: about 5 ms each."""


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """``slots``: runs at once. ``most_attempts``: claims without an end or a wait between them, before a run is dead.
    ``drain_s``: how long ``stop`` waits for steps in flight."""

    slots: int = 64
    lease_s: float = 10.0
    poll_s: float = 1.0
    most_attempts: int = 5
    drain_s: float = 10.0

    @staticmethod
    def from_environment() -> RunnerSettings:
        return RunnerSettings(
            slots=int(os.environ.get("WEFT_RUNNER_SLOTS", "64")),
            lease_s=float(os.environ.get("WEFT_RUNNER_LEASE_S", "10")),
        )


@dataclass(slots=True)
class _Active:
    claim: Claim
    invocation: Invocation | None = None
    lost: bool = False


class Runner:
    """``open``, then ``stop``; everything in between happens by itself. ``tools``, ``models`` and ``artifacts`` for
    tests; the connectors, and the models and the store of the environment, else."""

    def __init__(
        self,
        url: str,
        settings: RunnerSettings | None = None,
        tools: Tools | None = None,
        clock: Callable[[], float] = time.time,
        models: Models | None = None,
        artifacts: ArtifactStore | None = None,
    ) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
        self._url = url
        self._settings = settings if settings is not None else RunnerSettings()
        self._programs = Programs()
        self._active: dict[UUID, _Active] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._awake = asyncio.Event()
        self._preloading = asyncio.Lock()
        self._draining = False
        self._writer = Writer(url, self.id)
        self._own_tools = PooledTools(self._connector, self._connector_health)
        self._tools: Tools = self._own_tools if tools is None else tools
        self._models = models if models is not None else self._configured()
        store = artifacts if artifacts is not None else configured()
        self._shelf = Shelf(store, self._refer)
        self._tallies = Tallies()
        self._writer.measured = self._committed
        self._tracer = self._traced()
        self._clock = clock
        self._offset = 0.0
        self._full = False
        self._limited = False
        self._due = 0
        self.on_idle: Callable[[], None] = lambda: None
        """Called when nothing is active and nothing is due: for measuring and tests."""
        self._desk = _Desk(url, self.id, self._settings.lease_s)
        self._janitor = Janitor(url, store=store)

    @property
    def active(self) -> int:
        return len(self._active)

    @property
    def alive(self) -> bool:
        """Whether it claims, renews its leases and listens."""
        return bool(self._loops) and not any(loop.done() for loop in self._loops)

    def ready(self, content_hash: str) -> bool:
        """Whether a run of this version starts here without compiling it first."""
        return self._programs.get(content_hash) is not None

    async def due(self) -> int:
        """How many runs are due, whoever takes them: the last known number while the database does not answer."""
        with contextlib.suppress(psycopg.Error):
            async with self._desk.connection() as connection:
                self._due = await depth.due(connection)
        return self._due

    async def open(self) -> None:
        """Raises ``psycopg.OperationalError`` when there is no database."""
        await self._writer.open()
        async with self._desk.leases() as leases:
            await leases.register()
        if self._tracer is not None:
            self._tracer.open()
        await self._warm()
        self._loops = [
            asyncio.create_task(self._claim_loop(), name="weft-claim"),
            asyncio.create_task(self._beat_loop(), name="weft-beat"),
            asyncio.create_task(self._listen_loop(), name="weft-listen"),
        ]
        self._janitor.open()

    async def stop(self) -> None:
        """Claim no more, let steps in flight end, give the rest back, and close."""
        self._draining = True
        self._awake.set()
        await self._janitor.close()
        for active in self._active.values():
            if active.invocation is not None:
                active.invocation.drain()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._settings.drain_s)
            for task in late:  # their leases run out; others go on with them
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._writer.close()
        if self._tracer is not None:
            await self._tracer.close()
        with contextlib.suppress(psycopg.Error):
            async with self._desk.leases() as leases:
                await leases.count(self._tallies)
                await leases.sign_off()
        await self._desk.close()
        await self._own_tools.close()

    # ---- claiming -----------------------------------------------------------------------------------

    async def _claim_loop(self) -> None:
        timeout = 0.0
        limits: frozenset[UUID] = frozenset()
        while not self._draining:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._awake.wait()
            self._awake.clear()
            free = self._settings.slots - len(self._active)
            timeout = self._settings.poll_s
            if free <= 0 or self._draining:
                continue
            try:
                timeout, limits = await self._claim(free, limits)
            except psycopg.Error as error:
                log.warning("runs could not be claimed: %s", error)

    async def _claim(self, free: int, limits: frozenset[UUID]) -> tuple[float, frozenset[UUID]]:
        """One turn; in how many seconds the next is due at the latest, and what it has to know of limits."""
        async with self._desk.leases() as leases:
            found = await leases.claim(free, limits)
            claims = found.runs
            due = None if claims or found.again else await leases.next_due_s()
        self._full = len(claims) == free
        self._limited = bool(found.limits)
        if not claims and not self._active and not found.again:
            self.on_idle()
        for claim in claims:
            self._begin(claim)
        timeout = self._settings.poll_s
        if found.again and not self._full:
            timeout = AGAIN_S
        elif claims:
            timeout = timeout if self._full else 0.05
        elif due is not None:
            timeout = min(timeout, max(due, 0.001))
        return timeout, found.limits

    def _begin(self, claim: Claim) -> None:
        self._offset = claim.clock - self._clock()
        self._tallies.add(CLAIMS, claim.why)
        active = self._active[claim.lease.run_id] = _Active(claim)
        task = asyncio.create_task(self._carry(active))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _now(self) -> float:
        """The database's clock, as far as we know."""
        return self._clock() + self._offset

    # ---- one run ------------------------------------------------------------------------------------

    async def _carry(self, active: _Active) -> None:
        claim = active.claim
        run_id = claim.lease.run_id
        trace = Trace.of(run_id, claim.traceparent)
        RUN.set(RunSubject(run_id, claim.lease.workflow_id, claim.lease.account_id, trace.id))
        try:
            await self._execute(active)
        except Fenced:
            log.info("run %s is held by another runner by now", run_id)
        except (Interrupted, psycopg.Error):
            log.warning("run %s: the database did not answer; it will be claimed again", run_id)
            await self._release(claim, blameless=True)
        except StoreFailed as error:
            log.error("run %s stopped in attempt %d: %s", run_id, claim.attempt, error)
            await self._release(claim, blameless=False)
        except Exception:
            log.exception("run %s stopped in attempt %d", run_id, claim.attempt)
            await self._release(claim, blameless=False)
        finally:
            if self._active.get(run_id) is active:
                del self._active[run_id]
            room = self._full and len(self._active) <= self._settings.slots * 3 // 4
            if is_suspect(claim.attempt) or not self._active or room or self._limited:
                self._awake.set()

    async def _execute(self, active: _Active) -> None:
        claim = active.claim
        journal = Journal(claim.lease, self._writer, claim.events, self._shelf)
        if claim.attempt > self._settings.most_attempts:
            self._tallies.add(DEAD_LETTERS)
            error = {"code": "dead_letter", "message": given_up(claim.attempt - 1), "step": ""}
            await journal.finish("failed", {"error": error}, None, error)
            return
        program = await self._program(claim)
        trace = None if self._tracer is None else Trace.of(claim.lease.run_id, claim.traceparent)
        world = World(
            self._tools,
            self._now,
            observe=self._observed,
            models=self._models,
            calling=partial(self._calling, trace),
            traceparent=(lambda path: None) if trace is None else trace.header,
        )
        active.invocation = Invocation(program, journal, world, claim.input, claim.cancelled)
        if self._draining:
            active.invocation.drain()
        ended = await active.invocation.run()
        if ended.state == "drained":
            await self._release(claim, blameless=True)

    def _observed(self, outcome: str, seconds: float) -> None:
        self._tallies.observe(STEP_SECONDS, seconds, outcome)

    def _calling(self, trace: Trace | None, path: str, attempt: int) -> None:
        STEP.set(path)
        if trace is not None:
            TRACEPARENT.set(trace.header(path, str(attempt)))
        if attempt > 1:
            self._tallies.add(RETRIES)

    def _committed(self, events: int, seconds: float) -> None:
        self._tallies.observe(BATCH_EVENTS, events)
        self._tallies.observe(COMMIT_SECONDS, seconds)

    async def _program(self, claim: Claim) -> Program:
        program = self._programs.get(claim.content_hash)
        if program is None:
            async with self._preloading:  # of many runs of a version that is new here, the first brings it
                if (program := self._programs.get(claim.content_hash)) is None:
                    await self._preload(claim.version_id)
                    program = self._programs.get(claim.content_hash)
        if program is None:
            raise RuntimeError(f"version {claim.version_id} has no plan of hash {claim.content_hash}")
        return program

    async def _warm(self) -> None:
        """Compile what was lately used before the first claim: a fresh runner is as fast as the one it replaces."""
        async with self._desk.leases() as leases:
            used = await leases.lately_used(WARM)
        for version_id in reversed(used):  # the latest last, so that it is kept longest
            try:
                await self._preload(version_id)
            except psycopg.Error:
                raise
            except Exception:  # its runs will say so; all others start
                log.exception("version %s could not be made ready", version_id)
            await asyncio.sleep(0)

    async def _preload(self, version_id: UUID) -> None:
        async with self._desk.leases() as leases:
            found = await leases.plan(version_id)
        if found is not None and self._programs.get(found[0]) is None:
            await self._programs.add(found[0], Plan.model_validate(found[1]))

    async def _release(self, claim: Claim, *, blameless: bool) -> None:
        try:
            async with self._desk.leases() as leases:
                await leases.release(claim.lease, blameless=blameless)
        except psycopg.Error as error:
            log.warning("run %s could not be given back: %s", claim.lease.run_id, error)

    # ---- heartbeat and news -------------------------------------------------------------------------

    async def _beat_loop(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_s / 4)
            try:
                await self._beat()
            except psycopg.Error as error:
                log.warning("the leases could not be renewed: %s", error)

    async def _beat(self) -> None:
        """Each turn of a loop is a function: what it holds of runs is let go with it, not kept until the next turn."""
        held = {run_id: active for run_id, active in self._active.items() if not active.lost}
        async with self._desk.leases() as leases:
            beat = await leases.beat(held)
        for run_id, active in held.items():
            if self._active.get(run_id) is not active or active.invocation is None:
                continue
            if beat.held.get(run_id) != active.claim.lease.epoch:
                active.lost = True
                self._tallies.add(LEASES_LOST)
                active.invocation.drain()
            elif run_id in beat.cancelled:
                active.invocation.cancel()
        with contextlib.suppress(psycopg.Error):
            async with self._desk.leases() as leases:
                await leases.count(self._tallies)

    async def _listen_loop(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=10, application_name="weft-runner-listen"
                )
                async with connection:
                    await connection.execute("LISTEN weft_runs")
                    await connection.execute("LISTEN weft_versions")
                    self._awake.set()
                    await self._news_for_all()
                    async for notice in connection.notifies():
                        await self._noticed(notice.channel, notice.payload)
            except psycopg.Error as error:
                log.warning("listening stopped: %s", error)
                await asyncio.sleep(self._settings.poll_s)

    async def _noticed(self, channel: str, payload: str) -> None:
        named: UUID | None = None
        with contextlib.suppress(ValueError):
            named = UUID(payload)
        if channel == "weft_versions":
            if named is not None:
                await self._preload(named)
            return
        active = None if named is None else self._active.get(named)
        if active is None:
            if named is not None and self._tracer is not None:
                self._tracer.noticed(named)
            self._awake.set()
        else:
            await self._news(active)

    async def _news_for_all(self) -> None:
        for active in list(self._active.values()):
            await self._news(active)

    async def _news(self, active: _Active) -> None:
        """A run that is alive here was answered or told to stop."""
        if active.invocation is None:
            return
        run_id = active.claim.lease.run_id
        async with self._desk.leases() as leases:
            cancelled = await leases.cancel_asked(run_id)
            answers = await leases.answers(run_id)
        if cancelled:
            active.invocation.cancel()
        for path, answer in answers.items():
            active.invocation.deliver(path, answer)
        active.invocation.look()

    def _traced(self) -> Tracer | None:
        receiver = Receiver.from_environment(os.environ)
        if receiver is None:
            return None
        from engine.telemetry.tracer import Tracer

        tracer = Tracer(self._url, receiver, self.id, self._tallies)
        self._writer.written = tracer.mark
        return tracer

    def _configured(self) -> Models | None:
        """The environment's models. Settings that cannot be read are none: everything else still runs."""
        try:
            settings = ModelSettings.from_environment()
        except BadSettings as error:
            log.error("no language model can be used: %s %s", error.message, error.help)
            return None
        return None if settings is None else AgentModels(settings, self._spent)

    async def _refer(self, account_id: UUID, run_id: UUID, artifact: Artifact) -> None:
        async with self._desk.leases() as leases:
            await leases.refer(account_id, run_id, artifact)

    async def _spent(self, account_id: UUID, run_id: UUID, call: Call) -> None:
        async with self._desk.leases() as leases:
            await leases.spent(account_id, run_id, call)

    async def _connector_health(self, account_id: UUID, name: str, health: Health) -> None:
        self._tallies.add(CIRCUITS, "opened" if health.state == "down" else "closed")
        async with self._desk.leases() as leases:
            await leases.connector_health(account_id, name, health.state, health.message)

    async def _connector(self, account_id: UUID, name: str) -> dict[str, object] | None:
        async with self._desk.leases() as leases:
            return await leases.connector(account_id, name)


class _Desk:
    """One connection for everything but the journal, used by one at a time, and found again when it breaks."""

    def __init__(self, url: str, me: str, lease_s: float) -> None:
        self._url = url
        self._me = me
        self._lease_s = lease_s
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None

    @contextlib.asynccontextmanager
    async def leases(self) -> AsyncIterator[Leases]:
        async with self.connection() as connection:
            yield Leases(connection, self._me, self._lease_s)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=10,
                    application_name="weft-runner",
                    options=queueing.OPTIONS,
                )
            try:
                yield self._connection
            except psycopg.OperationalError:
                await self._connection.close()
                raise

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


def spare_the_collector() -> None:
    """For a process that does nothing but run: what was imported stays, and what a step leaves behind is freed by
    counting. Looking for cycles after every 700 objects cost a third of a run's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


async def serve(url: str, tools: Tools | None = None) -> None:
    """Until SIGTERM or SIGINT."""
    spare_the_collector()
    runner = Runner(url, RunnerSettings.from_environment(), tools)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await runner.open()
    log.info("runner %s is up", runner.id)
    while runner.alive and not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stopping.wait()
    await runner.stop()
    if not stopping.is_set():
        raise SystemExit("the runner has stopped by itself")


def main(tools: Tools | None = None) -> int:
    logs.configure()
    url = os.environ.get("WEFT_RUNNER_URL", "")
    if not url:
        print("WEFT_RUNNER_URL is not set. Start with ./weft up, or set it to the database's address.")
        return 2
    try:
        asyncio.run(serve(url, tools))
    except psycopg.OperationalError as error:
        print(f"The database does not answer: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
