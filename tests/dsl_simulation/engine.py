"""The real runtime made to go the way of a simulated path: its tools, people and events answer what the path says."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from dsl import plan as p
from dsl.simulation import Path
from dsl.simulation.kernel import START
from dsl.simulation.result import Taken
from dsl.simulation.terrain import OWN_CODES, Terrain
from engine.effects import ToolError
from engine.journal import Answer
from engine.model import Asked, ModelError, Part, ToolSpec, ToolUse, Turn
from tests.engine_run.kit import Stage

Json = Any

PATIENCE = 400
"""Turns of the event loop that a call waits for those before it."""

ROUNDS = re.compile(r"\[\d+\]|#\d+")


def plain(path: str) -> str:
    """A path in a run as it is spelled in the plan."""
    return ROUNDS.sub("", path)


@dataclass
class Follower:
    """Tools and models that answer as on the path; what changes something is noted in the order in which it happens.

    ``in_order``: a call answers only when those have that answer before it on the path, so that the same branch is the
    first one. ``pause`` is how many turns of the event loop a call takes otherwise. ``uses`` is how often a model asks
    for a tool that writes, before it answers. ``any_way``: effects that the path does not have are noted as well.
    """

    path: Path
    plan: p.Plan
    in_order: bool = False
    uses: int = 0
    any_way: bool = False
    pause: Callable[[], int] = lambda: 1
    effects: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Calls that the path does not have, or that come to no tool on it."""
    late: bool = False
    """A call had to answer before its turn, since nobody else could go on."""
    _over: set[str] = field(default_factory=set)
    _tries: Counter[str] = field(default_factory=Counter)
    _talks: Counter[str] = field(default_factory=Counter)

    async def _turn(self, where: str) -> None:
        """Wait until it is the turn of the call at ``where``."""
        for _ in range(self.pause()):
            await asyncio.sleep(0)
        if not self.in_order:
            return
        order = [one.path for one in self.path.steps if one.kind in ("call", "agent")]
        before = set(order[: order.index(where)]) if where in order else set(order)
        for _ in range(PATIENCE):
            if before <= self._over:
                break
            await asyncio.sleep(0)
        self.late = self.late or not before <= self._over
        for _ in range(40):
            # So that a race that is decided by now is over.
            await asyncio.sleep(0)

    def _last_try(self, where: str, code: str) -> bool:
        self._tries[where] += 1
        retry = Terrain.of(self.plan).spots[plain(where)].step.retry
        again = retry is not None and (not retry.codes or code in retry.codes)
        return not again or retry is None or self._tries[where] > retry.max

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
        where = key.split("/", 1)[-1]
        if "~turn" in where:
            return self._asked_by_model(where, tool)
        await self._turn(where)
        taken = next((one for one in self.path.steps if one.path == where and one.kind == "call"), None)
        if taken is None or taken.error in OWN_CODES:
            self.strange.append(where)
            if tool == "write" and self.any_way:
                self.effects.append(where)
            return {"flag": True, "amount": 10.0, "kind": "a"}
        if taken.error is not None:
            if self._last_try(where, taken.error):
                self._over.add(where)
            unknown = self.path.outcome.ending == "needs_review" and where in self.path.outcome.at
            raise ToolError(
                taken.error, f"It failed with {taken.error}.", "unknown" if unknown else "not_done"
            )
        if tool == "write":
            self.effects.append(where)
        self._over.add(where)
        return taken.output

    def _asked_by_model(self, where: str, tool: str) -> Json:
        if self.path.outcome.ending == "needs_review" and where.split("~turn")[0] in self.path.outcome.at:
            raise ToolError("timeout", "no answer came", "unknown")
        if tool == "write":
            self.effects.append(where)
        return {"flag": True, "amount": 10.0, "kind": "a"}

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        """What a model says next in the conversation that begins with the name of its step."""
        asked = sum(isinstance(part, Asked) for part in parts)
        if asked == 0:
            self._talks[wanted] += 1
        those = [one for one in self.path.steps if one.kind == "agent" and one.path.endswith(wanted)]
        number = self._talks[wanted] - 1
        if number >= len(those):
            retries = [one for one in those if one.error == "rate_limited"]
            if not retries:
                self.strange.append(wanted)
                return Turn('{"flag": true, "amount": 10.0, "kind": "a"}')
            raise ModelError("rate_limited", "as the path says")
        taken = those[number]
        if asked == 0:
            await self._turn(taken.path)
        said = self._said(taken, asked, [tool.name for tool in tools])
        if not said.uses:
            self._over.add(taken.path)
        return said

    def _may(self, where: str) -> bool:
        return any(one.may and one.path == where for one in self.path.effects)

    def _said(self, taken: Taken, asked: int, tools: list[str]) -> Turn:
        reads = next((name for name in tools if name.endswith("read")), None)
        writes = next((name for name in tools if name.endswith("write")), None)
        match taken.error:
            case "rate_limited":
                if not self._last_try(taken.path, "rate_limited"):
                    self._talks[plain(taken.path).rsplit(".", 1)[-1]] -= 1
                raise ModelError("rate_limited", "as the path says")
            case "model_error":
                raise ModelError("refused", "as the path says")
            case "max_turns":
                return Turn("", (ToolUse("1", str(reads), "{}"),))
            case "budget_exceeded":
                return Turn("", cost_usd=10.0)
            case "timeout" | "not_approved":
                return Turn("", (ToolUse("1", str(writes), "{}"),))
            case _ if asked < self.uses and writes is not None and self._may(taken.path):
                return Turn("", (ToolUse("1", writes, "{}"),))
            case _:
                return Turn(json.dumps(taken.output))


@dataclass(frozen=True)
class Ended:
    ending: str
    output: Json
    code: str | None
    effects: list[str]
    strange: list[str]


async def follow(plan: p.Plan, path: Path, tools: Follower | None = None) -> Ended:
    """Run the plan on the engine with the answers of a path, each given when nobody can go on without one."""
    tools = tools or Follower(path, plan)
    stage = Stage(plan, given=path.input or {}, now=START, talker=tools)  # type: ignore[arg-type]
    stage.witness.call = tools.call  # type: ignore[method-assign]
    said = {choice.path: choice.words for choice in path.choices}
    runs = {one.path: one for one in path.steps if one.kind == "run" and one.error not in OWN_CODES}
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
        elif "event" in data and words and "never" not in words:
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
