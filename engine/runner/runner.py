"""A runner: claims runs that are due, carries them on, and holds their leases meanwhile.

It is woken by LISTEN/NOTIFY and looks by itself once a second, so a lost notification costs a second and nothing
else. What it holds in memory can be lost at any moment: another runner claims its runs when their leases are over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import psycopg

from connectors import Health
from engine import depth
from engine.alerts.watchman import Watchman
from engine.artifacts import ArtifactStore, Shelf, StoreFailed, configured
from engine.effects import Tools
from engine.janitor import Janitor
from engine.journal import Fenced, Interrupted, Journal
from engine.lease import Claim
from engine.model import ModelSettings
from engine.notifying.courier import Courier
from engine.rescuing.rescuer import Rescuer
from engine.runner.desk import Desk
from engine.runner.measuring import Measuring
from engine.runner.models import RunnerModels
from engine.runner.repertoire import Repertoire
from engine.runtime import Invocation, Models, Trial, World
from engine.settings import BadSettings
from engine.suspects import given_up, is_suspect
from engine.toolbox import PooledTools
from engine.triggers.scheduler import Scheduler
from engine.writer import Writer

log = logging.getLogger(__name__)

AGAIN_S = 0.01
"""When to look again after another runner was claiming what a limit is on."""
BESIDE_S = 1.0
"""After the start: first go on the runs that wait for it, and schedules; then what is added up, told and watched."""


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
        self._active: dict[UUID, _Active] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []
        self._opening: asyncio.TimerHandle | None = None
        self._awake = asyncio.Event()
        self._draining = False
        self._writer = Writer(url, self.id)
        self._desk = Desk(url, self.id, self._settings.lease_s)
        self._repertoire = Repertoire(self._desk)
        self._measuring = Measuring(url, self.id, self._writer)
        self._own_tools = PooledTools(self._desk.connector, self._connector_health)
        self._tools: Tools = self._own_tools if tools is None else tools
        self._models = models if models is not None else self._configured()
        store = artifacts if artifacts is not None else configured()
        self._shelf = Shelf(store, self._desk.refer)
        self._clock = clock
        self._offset = 0.0
        self._full = False
        self._limited = False
        self._due = 0
        self.on_idle: Callable[[], None] = lambda: None
        """Called when nothing is active and nothing is due: for measuring and tests."""
        self._janitor = Janitor(url, store=store)
        self._courier = Courier(url)
        self._watchman = Watchman(url)
        self._scheduler = Scheduler(url)
        self._rescuer = Rescuer(url)

    @property
    def active(self) -> int:
        return len(self._active)

    @property
    def alive(self) -> bool:
        """Whether it claims, renews its leases and listens."""
        return bool(self._loops) and not any(loop.done() for loop in self._loops)

    def ready(self, content_hash: str) -> bool:
        """Whether a run of this version starts here without compiling it first."""
        return self._repertoire.has(content_hash)

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
        self._measuring.open()
        await self._repertoire.warm()
        self._loops = [
            asyncio.create_task(self._claim_loop(), name="weft-claim"),
            asyncio.create_task(self._beat_loop(), name="weft-beat"),
            asyncio.create_task(self._listen_loop(), name="weft-listen"),
        ]
        self._scheduler.open()
        self._opening = asyncio.get_running_loop().call_later(BESIDE_S, self._open_beside)

    def _open_beside(self) -> None:
        for each in (self._janitor, self._courier, self._watchman, self._rescuer):
            each.open()

    async def stop(self) -> None:
        """Claim no more, let steps in flight end, give the rest back, and close."""
        self._draining = True
        self._awake.set()
        if self._opening is not None:
            self._opening.cancel()
        await self._janitor.close()
        await self._watchman.close()
        await self._rescuer.close()
        await self._scheduler.close()
        await self._courier.close()
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
        await self._measuring.close()
        with contextlib.suppress(psycopg.Error):
            async with self._desk.leases() as leases:
                await leases.count(self._measuring.tallies)
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
        self._measuring.claimed(claim)
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
        self._measuring.begun(claim)
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
            self._measuring.given_up()
            error = {"code": "dead_letter", "message": given_up(claim.attempt - 1), "step": ""}
            await journal.finish("failed", {"error": error}, None, error)
            return
        program = await self._repertoire.program(claim)
        trace = self._measuring.trace(claim)
        world = World(
            self._tools,
            self._now,
            observe=self._measuring.observed,
            models=self._models,
            calling=partial(self._measuring.calling, trace),
            traceparent=(lambda path: None) if trace is None else trace.header,
        )
        trial = None if claim.trial is None else Trial.of(claim.trial)
        active.invocation = Invocation(program, journal, world, claim.input, claim.cancelled, trial)
        if self._draining:
            active.invocation.drain()
        ended = await active.invocation.run()
        if ended.state == "drained":
            await self._release(claim, blameless=True)

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
                self._measuring.lost()
                active.invocation.drain()
            elif run_id in beat.cancelled:
                active.invocation.cancel()
        with contextlib.suppress(psycopg.Error):
            async with self._desk.leases() as leases:
                await leases.count(self._measuring.tallies)

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
                await self._repertoire.bring(named)
            return
        active = None if named is None else self._active.get(named)
        if active is None:
            if named is not None:
                self._measuring.said_of(named)
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

    def _configured(self) -> Models:
        """The accounts' models, and the environment's for those that have none. Settings that cannot be read are none:
        everything else still runs."""
        try:
            settings = ModelSettings.from_environment()
        except BadSettings as error:
            log.error("the environment's language model cannot be used: %s %s", error.message, error.help)
            settings = None
        return RunnerModels(self._desk, () if settings is None else settings.entries())

    async def _connector_health(self, account_id: UUID, name: str, health: Health) -> None:
        self._measuring.circuit(health)
        await self._desk.connector_health(account_id, name, health)
