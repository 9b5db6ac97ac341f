"""``wait event``: a step that waits for an event of a name, and of a content that fits.

Opening the gate subscribes; every event published from then on is looked at here, in the order of publishing, until
one fits. The condition reads journaled values and the event alone, so looking again after a crash comes to the same.
An event for which the condition has no value does not fit.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl.plan import PlanStep, Wait
from engine.journal import Answer, Started
from engine.runtime.gates import answered
from engine.runtime.scope import Scope
from engine.runtime.state import State
from engine.runtime.tokens import Branch

Json: TypeAlias = Any


async def wait_event(state: State, step: PlanStep, do: Wait, scope: Scope, branch: Branch, path: str) -> Json:
    """The content of the first event that fits."""
    journal, tokens = state.journal, state.tokens
    opened = journal.gates.get(path)
    if opened is None:
        await tokens.barrier(branch)
        branch.check()
        data: dict[str, Json] = {"event": do.event, "step": step.id}
        after = await journal.subscribe(path, data, str(do.event))
        opened = Started(state.world.clock(), {**data, "after": after}, journal.tick())
        journal.gates[path] = opened
    ear = _Ear(state, do, scope, branch, path, int(opened.data["after"]))
    return (await answered(state, branch, path, ear.answer)).value


class _Ear:
    """``seen``: the number of the last event that was looked at."""

    def __init__(self, state: State, do: Wait, scope: Scope, branch: Branch, path: str, seen: int) -> None:
        self._state = state
        self._do = do
        self._scope = scope
        self._branch = branch
        self._path = path
        self._seen = seen

    async def answer(self) -> Answer:
        tokens = self._state.tokens
        await tokens.barrier(self._branch)
        while True:
            self._branch.check()
            heard = tokens.heard
            if (found := await self._look()) is not None:
                self._branch.check()
                return await self._state.journal.close_gate(self._path, found)
            if heard == tokens.heard:
                answer = await tokens.gate(self._branch, self._path, None, self._seen)
                if answer is not None and answer.outcome != "look":
                    return answer

    async def _look(self) -> Answer | None:
        """The first event that fits among those that came since."""
        while events := await self._state.journal.candidates(self._path, self._seen):
            for event in events:
                if self._fits(event.payload):
                    return Answer("event", value=event.payload, ref=event.id)
                self._seen = event.seq
        return None

    def _fits(self, payload: Json) -> bool:
        if self._do.when is None:
            return True
        try:
            return self._state.value(self._do.when, self._scope.inner({"event": payload})) is True
        except (ValueError, KeyError):
            return False
