"""The two writers: the built-in rules, and a language model."""

from __future__ import annotations

from contextlib import aclosing

from engine.model import ChatModel, ModelError, Sink
from studio.designer.answering import Splitter, take_apart
from studio.designer.builtin import answer
from studio.designer.prompt import messages
from studio.designer.writing import Attempt, Outcome, Said, Task, Tell, Written


class BuiltinWriter:
    """Rules, no model: answers at once, the same every time."""

    name = "Built-in designer"

    async def write(self, task: Task, before: tuple[Attempt, ...], tell: Tell) -> Outcome:
        return answer(task)


class ModelWriter:
    """A model under the agent's checks. ``sink`` records what each call cost."""

    def __init__(self, model: ChatModel, sink: Sink | None = None) -> None:
        self._model = model
        self._sink = sink

    @property
    def name(self) -> str:
        return self._model.name

    async def write(self, task: Task, before: tuple[Attempt, ...], tell: Tell) -> Outcome:
        split = Splitter()
        async with aclosing(self._model.stream(messages(task, before), self._sink)) as pieces:
            async for piece in pieces:
                prose = split.feed(piece)
                if prose and not before:
                    await tell(prose)
        parts = take_apart(split.whole)
        if parts.text:
            return Written(parts.text, parts.prose, parts.assumptions, parts.questions)
        if not parts.prose or before:
            raise ModelError("bad_answer", f"The model {self.name!r} answered without a workflow.")
        return Said(parts.prose, told=True)
