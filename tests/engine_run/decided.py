"""Two kinds of processes for plans that people decide: a runner whose effects are files, and somebody who decides.

``python -m tests.engine_run.decided runner`` or ``decider``; the environment names the databases and the folders.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from engine import approvals, events, runner
from engine.actor import Actor
from engine.database import Database
from engine.errors import WeftError
from tests.engine_run.commits import Files
from tests.engine_run.played import outcome_of


class Slow(Files):
    async def call(self, *args: Any, **rest: Any) -> Any:
        await asyncio.sleep(0.02)
        return await super().call(*args, **rest)


async def decide(folder: Path, account_id: UUID, app: str) -> None:
    """Decides what is open, as each run's seed says, and publishes the events that plans wait for, until killed."""
    actor = Actor(account_id, UUID(int=1), "m@example.com", "M", "admin", ("manager", "boss"))
    db = await Database.open(app, pool_size=1)
    seeds: dict[str, int] = json.loads((folder / "seeds.json").read_text())
    ids: list[str] = json.loads((folder / "events.json").read_text())
    while True:
        for asked in await approvals.list_approvals(db, actor):
            outcome = outcome_of(seeds[str(asked.run_id)], asked.path)
            try:
                answer: Any = "reject" if outcome == "rejected" else "approve"
                await approvals.decide(db, actor, asked.id, answer, args_hash=asked.args_hash)
            except WeftError:
                pass  # it was closed meanwhile
        for id in ids:
            await events.publish(db, actor, "go", {"id": id})
        await asyncio.sleep(0.1)


if __name__ == "__main__":
    here = Path(os.environ["WITNESS"])
    if sys.argv[1] == "runner":
        raise SystemExit(runner.main(tools=Slow(here / "effects")))
    asyncio.run(decide(here, UUID(os.environ["ACCOUNT"]), os.environ["APP_URL"]))
