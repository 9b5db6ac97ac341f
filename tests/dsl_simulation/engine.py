"""The real runtime made to go the way of a simulated path: its tools, people and events answer what the path says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dsl import plan as p
from dsl.simulation import Path
from dsl.simulation.kernel import START
from engine.effects import ToolError
from engine.journal import Answer
from tests.engine_run.kit import Stage

Json = Any


@dataclass
class Follower:
    """Tools that answer as on the path; what changes something is noted in the order in which it happens."""

    path: Path
    effects: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Calls that the path does not have."""

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Json:
        await asyncio.sleep(0)
        where = key.split("/", 1)[-1]
        taken = next((one for one in self.path.steps if one.path == where and one.kind == "call"), None)
        if taken is None:
            self.strange.append(where)
            return {"flag": True, "amount": 10.0, "kind": "a"}
        if taken.error is not None:
            unknown = self.path.outcome.ending == "needs_review" and where in self.path.outcome.at
            raise ToolError(
                taken.error, f"It failed with {taken.error}.", "unknown" if unknown else "not_done"
            )
        if tool == "write":
            self.effects.append(where)
        return taken.output


@dataclass(frozen=True)
class Ended:
    ending: str
    output: Json
    code: str | None
    effects: list[str]
    strange: list[str]


async def follow(plan: p.Plan, path: Path) -> Ended:
    """Run the plan on the engine with the answers of a path, each given when nobody can go on without one."""
    stage = Stage(plan, given=path.input or {}, now=START)
    tools = Follower(path)
    stage.witness.call = tools.call  # type: ignore[method-assign]
    said = {choice.path: choice.words for choice in path.choices}
    runs = {one.path: one for one in path.steps if one.kind == "run"}
    heard = {one.path: one.output for one in path.steps if one.kind == "wait"}
    for _ in range(200):
        ended = await stage.invoke()
        if ended.state != "waiting":
            code = None if ended.error is None else ended.error["code"]
            return Ended(ended.state, ended.output, code, tools.effects, tools.strange)
        open_ = list(stage.run.waiting_on)
        if not (_answered(stage, open_, said, runs, heard) or _passed(stage)):
            return Ended("waiting", None, None, tools.effects, tools.strange)
    raise AssertionError(f"the run does not end: {stage.run.waiting_on}")


def _answered(
    stage: Stage, open_: list[str], said: dict[str, str], runs: dict[str, Any], heard: dict[str, Json]
) -> bool:
    opened = {event.path: event.data for event in stage.run.events if event.kind == "gate.opened"}
    given = False
    for where in open_:
        words, data = said.get(where, ""), opened[where]
        answer = None
        if "run_id" in data and where in runs:
            error = runs[where].error
            told = None if error is None else {"code": error, "message": f"It failed with {error}."}
            answer = Answer("finished", value=runs[where].output, error=told)
        elif "event" in data and "never" not in words:
            if stage.run.ears[where][1] == len(stage.ledger.published):
                stage.ledger.publish(data["event"], heard.get(where, {"ok": True}))
                given = True
            continue
        elif words.endswith("is approved"):
            answer = Answer("approved", ("somebody@example.com",))
        elif words.endswith("is rejected"):
            answer = Answer("rejected", ("somebody@example.com",))
        if answer is not None:
            stage.ledger.answer(stage.run.lease.run_id, where, answer)
            given = True
    return given


def _passed(stage: Stage) -> bool:
    """Let the time go on to what is due next."""
    if stage.run.due_at is None:
        return False
    stage.now = max(stage.now, stage.run.due_at)
    stage.run.state = "queued"
    return True
