"""The nemesis: a seeded hand that breaks one thing after the other. What, when and whom is ``random.Random(seed)``'s.

At least one runner is whole at any time: with none there is nothing to watch. ``heal`` makes everything whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from tests.chaos.parts import Part, Parts
from tests.chaos.proxy import Proxy
from tests.chaos.workload import NotAnswered, Workload

START_WITHIN_S = 10.0
"""From the beginning of a Postgres fault to a start that is accepted again."""
GIVE_UP_S = 60.0
BUSY_S = 5.0
STORM = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'chaos' AND pid <> pg_backend_pid()
"""
END_OURS = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'weft%'"
MOST = 500
HELD = "SELECT id, epoch FROM runs WHERE state = 'running' AND lease_owner LIKE '%%-' || %s || '-%%'"


@dataclass(frozen=True, slots=True)
class Killed:
    """A runner that was killed at ``at`` (seconds since 1970), and the runs it held."""

    at: float
    runs: tuple[str, ...]


@dataclass(slots=True)
class Nemesis:
    """``recoveries``: seconds from each Postgres fault to the next accepted start, by kind of fault."""

    parts: Parts
    workload: Workload
    chance: random.Random
    faults: Counter[str] = field(default_factory=Counter)
    killed: list[Killed] = field(default_factory=list)
    recoveries: list[tuple[str, float]] = field(default_factory=list)
    gap_s: tuple[float, float] = (0.5, 4.0)
    _asleep: set[asyncio.Task[None]] = field(default_factory=set)
    _probes: int = 0

    async def rage(self, kinds: tuple[str, ...] | None = None, rounds: int | None = None) -> None:
        """So many rounds, or until cancelled. Every kind comes once a round."""
        every = self.kinds()
        wanted = tuple(every) if kinds is None else kinds
        for _ in itertools.count() if rounds is None else range(rounds):
            for kind in self.chance.sample(wanted, len(wanted)):
                await asyncio.sleep(self.chance.uniform(*self.gap_s))
                self._note(kind, "begins")
                await every[kind]()
                self._note(kind, "is over")
                self.faults[kind] += 1

    def _note(self, kind: str, what: str) -> None:
        """For whoever looks into a trial that was kept."""
        with (self.parts.home / "nemesis.log").open("a") as log:
            log.write(f"{datetime.now(UTC).isoformat()} {kind} {what}\n")

    def kinds(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "runner killed": self.kill_runner,
            "runner killed while it begins": self.kill_beginner,
            "runner paused past its lease": self.pause_runner,
            "Postgres crashed": self.crash_postgres,
            "connections ended": self.end_connections,
            "connections used up": self.use_up_connections,
            "answers of the API lost": self.lose(self.parts.to_api),
            "answers to the API lost": self.lose(self.parts.api_to_postgres),
            "answers to runners lost": self.lose(self.parts.runners_to_postgres),
            "answers of tools lost": self.lose(self.parts.to_witness),
            "API killed": self.kill_front,
        }

    async def heal(self) -> None:
        """Everything whole again."""
        for proxy in self.parts.proxies:
            proxy.heal()
        for part in self.parts.runners:
            if part.paused:
                part.wake()
        for task in list(self._asleep):
            task.cancel()
        self.parts.mind()

    # ---- runners ------------------------------------------------------------------------------------

    def _whole(self) -> list[Part]:
        return [part for part in self.parts.runners if not part.paused]

    async def _busy(self, victim: Part) -> None:
        """Wait a while for it to hold runs: a fault that hits nothing shows nothing."""
        end = time.monotonic() + BUSY_S
        while time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError):
                if await self.parts.query(HELD, str(victim.pid)):
                    return
            await asyncio.sleep(0.02)

    async def kill_runner(self) -> None:
        victim = self.chance.choice(self._whole())
        await self._busy(victim)
        await self._kill(victim)

    async def kill_beginner(self) -> None:
        """Once more while it starts or has just claimed what it was owed."""
        victim = self.chance.choice(self._whole())
        await self._kill(victim)
        await asyncio.sleep(self.chance.uniform(0.5, 3))
        await self._kill(victim)

    async def _kill(self, victim: Part) -> None:
        pid = victim.pid
        victim.kill()
        at = time.time()
        held = await self.parts.query(HELD, str(pid))
        self.killed.append(Killed(at, tuple(str(run) for run, _ in held)))
        victim.start()

    async def pause_runner(self) -> None:
        """It sleeps while other faults come. One at a time, so that there are others to take over."""
        whole = self._whole()
        if len(whole) < 2 or len(whole) < len(self.parts.runners):
            await self.kill_runner()
            return
        victim = self.chance.choice(whole)
        await self._busy(victim)
        victim.pause()
        task = asyncio.create_task(self._wake(victim, self.parts.lease_s + self.chance.uniform(1, 3)))
        self._asleep.add(task)
        task.add_done_callback(self._asleep.discard)

    async def _wake(self, victim: Part, after_s: float) -> None:
        await asyncio.sleep(after_s)
        if victim.paused:
            victim.wake()

    # ---- Postgres -----------------------------------------------------------------------------------

    async def crash_postgres(self) -> None:
        began = time.monotonic()
        crash = asyncio.create_task(asyncio.to_thread(self.parts.postgres.restart_after_crash))
        await asyncio.sleep(0.1)  # let it begin; a start that is accepted before it does says nothing
        await self._until_served("Postgres crashed", began)
        await crash

    async def end_connections(self) -> None:
        """Every connection to the database, again and again."""
        began = time.monotonic()
        for _ in range(self.chance.randint(1, 5)):
            with contextlib.suppress(psycopg.OperationalError):
                await self.parts.query(STORM)
            await asyncio.sleep(self.chance.uniform(0.02, 0.3))
        await self._until_served("connections ended", began)

    async def use_up_connections(self) -> None:
        """Open connections until one is refused, end the product's own, so that it has to ask for new ones, take the
        places of those too, and keep all for a while."""
        opened: list[psycopg.AsyncConnection[tuple[object, ...]]] = []
        try:
            await self._open_all(opened)
            with contextlib.suppress(psycopg.OperationalError):
                await self.parts.query(END_OURS)
            await self._open_all(opened)
            await asyncio.sleep(self.chance.uniform(0.5, 3))
        finally:
            for connection in opened:
                await connection.close()
        await self._until_served("connections used up", time.monotonic())

    async def _open_all(self, opened: list[psycopg.AsyncConnection[tuple[object, ...]]]) -> None:
        with contextlib.suppress(psycopg.OperationalError):
            while len(opened) < MOST:
                opened.append(
                    await psycopg.AsyncConnection.connect(
                        self.parts.app_url, autocommit=True, connect_timeout=5
                    )
                )

    async def _until_served(self, kind: str, began: float) -> None:
        await self._probe()
        self.recoveries.append((kind, time.monotonic() - began))

    async def _probe(self) -> None:
        """Return when a start is accepted, or after a long while."""
        self._probes += 1
        workflow = self.parts.workflows["linear"]
        try:
            await self.workload.accept(workflow, {"delay_s": 0}, f"probe-{self._probes}", GIVE_UP_S)
        except NotAnswered:
            pass

    # ---- answers, and the API -----------------------------------------------------------------------

    def lose(self, proxy: Proxy) -> Callable[[], Awaitable[None]]:
        async def some() -> None:
            proxy.lose(self.chance.randint(1, 12))
            await asyncio.sleep(self.chance.uniform(0.2, 1))
            proxy.heal()

        return some

    async def kill_front(self) -> None:
        """Down for a while, and over when it serves again: else the next fault would be blamed for this one."""
        self.parts.parts["front"].kill()
        await asyncio.sleep(self.chance.uniform(0, 1))
        self.parts.parts["front"].start()
        await self._probe()
