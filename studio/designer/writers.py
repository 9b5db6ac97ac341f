"""The two writers: the built-in rules, and a language model in the best way it can."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from engine.model import Capabilities, ChatModel, Sink
from studio.designer.builtin import answer
from studio.designer.builtin.runs import about_the_last_run
from studio.designer.conversing import converse
from studio.designer.events import Way
from studio.designer.pasting import own_words
from studio.designer.shaping import written_as_text, written_in_shape
from studio.designer.writing import Attempt, Brief, Outcome, Tell

_LEARNING_S: Final = 10.0


class BuiltinWriter:
    """Rules, no model: answers at once, the same every time. What was pasted asks for nothing."""

    name = "Built-in designer"

    async def write(self, brief: Brief, before: tuple[Attempt, ...], tell: Tell) -> Outcome:
        task = replace(brief.task, request=own_words(brief.task.request))
        return await about_the_last_run(task) or answer(task)


class ModelWriter:
    """A model under the agent's checks. ``sink`` records what each call cost."""

    def __init__(self, model: ChatModel, sink: Sink | None = None) -> None:
        self._model = model
        self._sink = sink

    @property
    def name(self) -> str:
        return self._model.name

    async def write(self, brief: Brief, before: tuple[Attempt, ...], tell: Tell) -> Outcome:
        match before[-1].written.way if before else way_of(await self._learned()):
            case "tools":
                return await converse(self._model, self._sink, brief, before, tell)
            case "grammar" | "json" as way:
                return await written_in_shape(self._model, self._sink, brief, before, tell, way)
            case _:
                return await written_as_text(self._model, self._sink, brief, before, tell)

    async def _learned(self) -> Capabilities:
        """What the model can; asked of a server of which nothing is known, once in the life of this process."""
        try:
            async with asyncio.timeout(_LEARNING_S):
                return await self._model.learn(self._sink)
        except TimeoutError:
            return self._model.can


def way_of(can: Capabilities) -> Way:
    """The best way to have a workflow written: with tools it is read, changed in place and tried; a grammar cannot name
    what does not exist; a schema at least has a form."""
    if can.tools:
        return "tools"
    if can.grammar is not None:
        return "grammar"
    return "json" if can.json_schema else "text"


__all__ = ["BuiltinWriter", "ModelWriter", "way_of"]
