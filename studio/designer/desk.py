"""What lies before a model with tools while it designs: the text as it stands, and the answer to each use of a tool.

The text on the desk is nobody's but this answer's. Nothing here writes anywhere else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeAlias, assert_never

import dsl
from dsl.edits import Edit, EditError, Sequence
from dsl.edits.ground import Ground
from dsl.simulation import summary as in_words
from studio.designer import signatures
from studio.designer.comparing import walked
from studio.designer.events import DiffLine
from studio.designer.fencing import fenced
from studio.designer.instruments import (
    Ask,
    Explain,
    MakeEdits,
    Propose,
    ReadDiagnostics,
    ReadRun,
    ReadWorkflow,
    SearchTools,
    Simulate,
    Use,
    WriteWorkflow,
)
from studio.designer.proving import Proved, difference, explained, has_steps, prove, proved_as_it_is
from studio.designer.stories import told
from studio.designer.writing import Brief

_LONGEST = 200_000
_LONGEST_ANSWER = 24_000


@dataclass(frozen=True, slots=True)
class Replied:
    """What the model gets to read."""

    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer ends with a question to the person."""

    question: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The answer ends with the text as it stands."""

    use: Propose


Ended: TypeAlias = Replied | Asked | Proposed


class Desk:
    """``text`` is what would be proposed now; ``touched`` are the paths that edits named; ``edited``: the text came
    from the one in the editor by edits alone."""

    def __init__(
        self, brief: Brief, text: str, touched: frozenset[str] = frozenset(), *, edited: bool = True
    ) -> None:
        self._brief = brief
        self.text = text
        self.touched = touched
        self.edited = edited

    async def do(self, use: Use) -> Ended:
        match use:
            case Ask(question=question):
                return Asked(question)
            case Propose():
                return self._proposed(use)
            case ReadRun():
                return Replied(await self._last_run())
            case _:
                return Replied((await asyncio.to_thread(self._answer, use))[:_LONGEST_ANSWER])

    def _answer(
        self,
        use: SearchTools | ReadWorkflow | ReadDiagnostics | MakeEdits | WriteWorkflow | Simulate | Explain,
    ) -> str:
        catalog = self._brief.task.catalog
        match use:
            case SearchTools(query=query):
                tools = signatures.found(catalog, query)
                nothing = "No tool does that. Say so to the person; do not make one up."
                return signatures.listed(catalog, tools) if tools else nothing
            case ReadWorkflow():
                return self._shown()
            case ReadDiagnostics():
                return _problems(self._proved())
            case MakeEdits(edits=edits):
                return self._edited(edits)
            case WriteWorkflow(text=text):
                return self._written(text)
            case Simulate():
                return self._simulated()
            case Explain():
                return fenced("steps", _steps_of(self._proved())) if self._begun else _NOTHING
            case _:
                assert_never(use)

    @property
    def _begun(self) -> bool:
        return has_steps(self.text)

    def _proved(self) -> Proved:
        return proved_as_it_is(self.text, self._brief.task.catalog)

    def _shown(self) -> str:
        if not self._begun:
            return _NOTHING
        ground = Ground.of(self.text)
        lines = [f"step {path}, in block {place.container!r}" for path, place in ground.places.items()]
        lines += [f"block {reference!r}" for reference in ground.blocks]
        return f"{fenced('workflow', self.text)}\n{fenced('paths', chr(10).join(lines))}"

    def _edited(self, edits: tuple[Edit, ...]) -> str:
        before = self.text
        try:
            after = dsl.apply(before, Sequence(edits=edits), self._brief.task.catalog).text
        except EditError as error:
            instead = f" Instead: {error.instead.model_dump_json(by_alias=True)}" if error.instead else ""
            return f"Nothing was changed: {error.message}; {error.help}.{instead}"
        except (ValueError, RecursionError) as error:
            return f"Nothing was changed: {error}"
        if len(after) > _LONGEST:
            return f"Nothing was changed: the workflow would be longer than {_LONGEST} characters."
        self.text = after
        places = set(Ground.of(before).places) ^ set(Ground.of(after).places)
        self.touched |= places | {path for edit in edits for path in _named(edit)}
        return (
            f"Done. The changed lines:\n{fenced('diff', _diff(before, after))}\n{_problems(self._proved())}"
        )

    def _written(self, text: str) -> str:
        if len(text) > _LONGEST:
            return f"Nothing was written: at most {_LONGEST} characters."
        proved = prove(text, self._brief.task.catalog)
        self.text, self.edited = proved.text, False
        return f"Written. {_problems(proved)}"

    def _simulated(self) -> str:
        if not self._begun:
            return _NOTHING
        proved = self._proved()
        if not proved.sound:
            return f"It cannot be walked through while it has errors. {_problems(proved)}"
        found = walked(proved)
        return fenced("simulation", in_words(found)) if found is not None else "It cannot be walked through."

    async def _last_run(self) -> str:
        reader = self._brief.task.runs
        story = await reader.last() if reader is not None else None
        return fenced("run", told(story)) if story is not None else "No run of this workflow is over yet."

    def _proposed(self, use: Propose) -> Ended:
        if not self._begun:
            return Replied(f"Not proposed. {_NOTHING}")
        if self.text == self._brief.task.base:
            return Replied(
                "Not proposed: nothing is changed yet. Edit first; or, if no change is asked for, answer in plain "
                "words without a tool."
            )
        return Proposed(use)


_NOTHING = "There is no workflow yet: write one with write_workflow."


def _named(edit: Edit) -> tuple[str, ...]:
    paths = [getattr(edit, name, None) for name in ("path", "source", "target")]
    return tuple(path for path in (*paths, *getattr(edit, "paths", ())) if path)


def _problems(proved: Proved) -> str:
    lines = [
        f"{one.severity} {one.code}{f' at {one.step}' if one.step else ''}: {one.message} {one.help}"
        for one in sorted(proved.diagnostics, key=lambda one: one.severity != "error")[:12]
    ]
    lines += [f"error: {proved.refusal}"] if proved.refusal else []
    if not lines:
        return "There are no problems."
    errors = len(proved.errors) + bool(proved.refusal)
    head = f"{errors} {'error' if errors == 1 else 'errors'} to mend" if errors else "No errors; warnings"
    return f"{head}:\n{fenced('problems', chr(10).join(lines))}"


def _diff(before: str, after: str) -> str:
    lines: tuple[DiffLine, ...] = difference(before, after, context=1)
    return "\n".join(f"{line.sign} {line.text}" for line in lines)


def _steps_of(proved: Proved) -> str:
    graph = dsl.view(proved.parsed, proved.diagnostics, proved.catalog)
    return "\n".join(f"{'  ' * line.depth}{line.sentence}" for line in explained(graph))


__all__ = ["Asked", "Desk", "Ended", "Proposed", "Replied"]
