"""What the inspector asks while somebody looks and types: the data that can be read here, and what expressions come out
as. Kept apart from the form, so that an answer resends nothing but itself."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import reflex as rx
from pydantic import Field, TypeAdapter, ValidationError

from engine.errors import WeftError
from studio.editor.desk import Desk
from studio.editor.gesture import Path, Said, Words
from studio.editor.inspection.field import walked
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.known import NOTHING, Known, last_known, pinned
from studio.editor.inspection.preview import preview, previews
from studio.editor.inspection.readable import data_tree, names_at, values_at
from studio.editor.state import EditorState
from studio.shell import authorized, guarded, services

FRESH: Final = 8.0
"""Seconds after which the last run is looked for again."""


class Look(Said):
    """A step came into view, or what is known may have changed."""

    type: Literal["look"]
    step: Path


class Try(Said):
    """An expression (or words with holes) that is being typed; ``seq`` comes back with the answer."""

    type: Literal["try"]
    seq: int
    step: Path
    value: Words
    mode: Literal["plain", "expression"] = "expression"


_SAID: TypeAdapter[Look | Try] = TypeAdapter(Annotated[Look | Try, Field(discriminator="type")])


class Memory:
    """What is known of one workflow's steps, and when that was asked. No dataclass: the framework would wrap every
    value in it, and expressions can only read plain ones."""

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.known: Known = NOTHING
        self.pins: dict[str, Any] = {}
        self.asked = 0.0


class Inspecting(rx.State):
    """``live`` is what can be read at the step in view and the previews of its fields; ``tried`` the last answer.
    ``learned`` goes up when a run or a pin has given a step another value, and the page looks again."""

    live: dict[str, Any] = {}
    tried: dict[str, Any] = {}
    learned: int = 0

    _memory: Any = None

    @rx.event
    @guarded("view")
    async def ask(self, said: dict[str, Any]) -> None:
        """One question; what is none is dropped."""
        try:
            message = _SAID.validate_python(said)
        except ValidationError:
            return
        editor = await self.get_state(EditorState)
        desk: Desk | None = editor._desk
        if desk is None:
            return
        known = await self.known_values(desk)
        names = names_at(desk.reading, desk.catalog, message.step)
        values = values_at(desk.reading, message.step, names, known)
        match message:
            case Try(seq=seq, value=value, mode=mode):
                self.tried = {"seq": seq, **preview(value, names, values, plain=mode == "plain")}
            case Look(step=step):
                live = self._live(desk, step, names, values, known)
                # In a large workflow it is much, and after most changes the same.
                if live != self.live:
                    self.live = live

    async def known_values(self, desk: Desk) -> Known:
        """What is known of the steps' values: of the last run, and what is pinned in its stead. For other handlers."""
        memory: Memory | None = self._memory
        if memory is None or memory.workflow != desk.workflow_id:
            memory = self._memory = Memory(desk.workflow_id)
        now = time.monotonic()
        if not memory.asked or now - memory.asked > FRESH:
            memory.asked = now
            await self._learn(memory)
        return memory.known.with_pins(memory.pins)

    def learn_again(self) -> None:
        """What was known is known no more: something was pinned, or a run is over. For other handlers."""
        if self._memory is not None:
            self._memory.asked = 0.0
        self.learned += 1

    async def _learn(self, memory: Memory) -> None:
        try:
            actor, db, workflow = await authorized(self), await services.database(), UUID(memory.workflow)
            memory.known = await last_known(db, actor, workflow, memory.known)
            memory.pins = await pinned(db, actor, workflow)
        except WeftError:
            # Without values the data is shown all the same; the page has said already that the engine is away.
            return

    def _live(self, desk: Desk, step: str, names: Any, values: Any, known: Known) -> dict[str, Any]:
        place = desk.reading.steps.get(step)
        fields = [
            field
            for section in (step_sections(place, desk.reading, desk.catalog) if place is not None else ())
            for field in walked(section.fields)
        ]
        return {
            "step": step,
            "data": data_tree(desk.reading, names, values) if place is not None else [],
            "previews": previews(fields, names, values),
            "run": {"id": known.run, "state": known.state, "at": known.at} if known.run else {},
        }
