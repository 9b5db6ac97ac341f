"""The workload: runs of all shapes, started through the API with idempotency keys, some of them stopped again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tests.chaos.caller import Caller
from tests.chaos.parts import Parts, Workflow
from tests.chaos.shapes import given_to
from tests.chaos.verdict import Accepted

Json = Any

AGAIN_S = 0.1
CANCELLED = 0.08
"""The share of runs that somebody stops."""
TWICE = 0.1
"""The share of starts that are sent twice at once."""


class NotAnswered(Exception):
    """A request had no good answer for so long that it is a finding."""


@dataclass(slots=True)
class Workload:
    """``keys``: every key that was sent; ``accepted``: every good answer; ``cancelled``: whose end was asked for."""

    parts: Parts
    seed: int
    caller: Caller
    accepted: list[Accepted] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    _later: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self, number: int) -> None:
        """The n-th run of this seed. Returns once it was accepted."""
        chance = random.Random(f"{self.seed} run {number}")
        known = list(self.parts.workflows.values())
        workflow = chance.choices(known, [one.shape.weight for one in known])[0]
        given = given_to(workflow.shape, chance)
        at_once = 2 if chance.random() < TWICE else 1
        sent = [self.accept(workflow, given, f"run-{number}") for _ in range(at_once)]
        run = (await asyncio.gather(*sent))[0]
        if chance.random() < CANCELLED:
            later = asyncio.create_task(self._cancel(run, chance.uniform(0, 3)))
            self._later.add(later)
            later.add_done_callback(self._later.discard)

    async def accept(self, workflow: Workflow, given: Json, key: str, seconds: float = 120) -> UUID:
        """Ask until it is accepted. Raises ``NotAnswered``."""
        self.keys.add(key)
        body = {"input": given, "idempotency_key": key}
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await self.caller.ask("POST", f"/workflows/{workflow.id}/runs", body)
                    if answer.status in (200, 202):
                        run = UUID(answer.body["run_id"])
                        self.accepted.append(Accepted(key, run))
                        return run
                    await asyncio.sleep(AGAIN_S)
        except TimeoutError:
            raise NotAnswered(f"a start was not accepted within {seconds:.0f} s") from None

    async def _cancel(self, run: UUID, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.cancelled.add(run)
        for _ in range(600):
            if not (await self.caller.ask("POST", f"/runs/{run}/cancel")).again:
                return
            await asyncio.sleep(AGAIN_S)

    async def settle(self) -> None:
        """Wait for the cancels that are under way."""
        if self._later:
            await asyncio.wait(set(self._later), timeout=60)
