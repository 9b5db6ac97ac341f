"""The people who decide approvals, as a process of its own: ``python -m tests.chaos.decider URL SEED FILE``.

Most approvals are approved, some rejected. Every third is decided by two people at once, at a barrier, who may not
agree: one counts. Each decision and what was answered is a line of the file.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from tests.chaos.caller import Caller
from tests.chaos.verdict import Decision

PEOPLE = ("anna@example.com", "ben@example.com")
"""They have the role "manager"."""
LOOK_S = 0.3


def decisions(file: Path) -> tuple[Decision, ...]:
    lines = file.read_text().splitlines() if file.exists() else []
    said = [json.loads(line) for line in lines]
    return tuple(Decision(UUID(one["approval"]), one["decision"], one["status"]) for one in said)


async def decide(people: tuple[Caller, ...], approval: str, chance: random.Random, log: TextIO) -> None:
    """Once, or twice at a barrier. What is not answered stays open or is seen to be decided at the next look."""
    words = ["approve" if chance.random() < 0.7 else "reject"]
    if chance.random() < 1 / 3:
        words.append("approve" if chance.random() < 0.7 else "reject")
    barrier = asyncio.Barrier(len(words))

    async def one(person: Caller, word: str) -> None:
        # Before it is sent: an answer may be lost, and this process too.
        tell(log, approval, word, 0)
        await barrier.wait()
        answer = await person.ask("POST", f"/approvals/{approval}", {"decision": word, "comment": ""})
        tell(log, approval, word, answer.status)

    await asyncio.gather(*(one(person, word) for person, word in zip(people, words, strict=False)))


def tell(log: TextIO, approval: str, decision: str, status: int) -> None:
    log.write(json.dumps({"approval": approval, "decision": decision, "status": status}) + "\n")
    log.flush()


async def main(url: str, seed: str, file: Path) -> None:
    people = tuple(Caller(url, email) for email in PEOPLE)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    with file.open("a") as log:
        while not stopping.is_set():
            found = await people[0].ask("GET", "/approvals?state=open")
            open_: list[dict[str, Any]] = found.body if found.status == 200 else []
            for one in open_:
                # What this one gets depends on the seed and the run alone; a second look decides the same.
                await decide(people, one["id"], random.Random(f"{seed} {one['run_id']}"), log)
            try:
                async with asyncio.timeout(LOOK_S):
                    await stopping.wait()
            except TimeoutError:
                pass
        for person in people:
            for what in person.odd:
                print(what, flush=True)
            await person.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
