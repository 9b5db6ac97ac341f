"""Two texts of the open workflow beside each other: in words, as graphs, as texts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import reflex as rx
from pydantic import Field

from dsl.catalog import Catalog
from dsl.graph import START
from engine import inflight, workflows
from engine.errors import NotFound, WeftError
from engine.inflight import InFlight
from studio.editor import differing
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.gesture import Path, Said
from studio.editor.hearing import Hearing
from studio.editor.state import EditorState
from studio.shell import authorized, guarded, services

Json = dict[str, Any]
DRAFT: Final = 0
"""The draft stands among the numbers of versions as this one."""
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Sides(Said):
    """Compare others: version numbers, 0 for the draft."""

    type: Literal["sides"]
    old: Number
    new: Number


class Close(Said):
    type: Literal["close"]


class Go(Said):
    """To a place of the draft, in the editor: a step, or a line of the text where there is none."""

    type: Literal["go"]
    step: Path = ""
    line: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Comparing(rx.State):
    """``model`` is what the overlay shows at once, ``graphs`` follows when both are laid out."""

    open: bool = False
    model: Json = {}
    graphs: Json = {}

    _old: int = DRAFT
    _new: int = DRAFT

    @rx.event
    @guarded("view")
    async def between(self, old: int, new: int) -> Any:
        """Opens the overlay for two sides; 0 is the draft."""
        if not (0 <= old < 2**31 and 0 <= new < 2**31):
            return None
        return self.look(old, new)

    def look(self, old: int, new: int) -> Any:
        """The same, for other handlers."""
        self._old, self._new = old, new
        self.open, self.graphs = True, {}
        self.model = {**self.model, "busy": True, "trouble": ""}
        return Comparing.work

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def work(self) -> None:
        async with self:
            editor = await self.get_state(EditorState)
            if editor._desk is None:
                return
            ask = _Ask(
                editor.workflow_id,
                self._old,
                self._new,
                editor.text,
                editor._desk.catalog,
            )
            seq = int(self.model.get("seq", 0)) + 1
        try:
            found = await _found(ask, await authorized(self))
        except WeftError as error:
            async with self:
                self.model = {
                    **self.model,
                    "busy": False,
                    "trouble": f"{error.message} {error.help}".strip(),
                }
            return
        async with self:
            if not self.open or (self._old, self._new) != (ask.old, ask.new):
                return
            self.model = {**found.model, "seq": seq, "busy": False, "trouble": ""}
        graphs = await asyncio.to_thread(_graphs, found.difference, ask.catalog)
        async with self:
            if self.open and self.model.get("seq") == seq:
                self.graphs = {**graphs, "seq": seq}

    @rx.event
    @guarded("view")
    async def on_say(self, said: Json) -> Any:
        """The overlay."""
        return await HEARD.hear(await self.get_state(EditorState), said)

    def close(self) -> None:
        self.open, self.model, self.graphs = False, {"seq": self.model.get("seq", 0)}, {}


@dataclass(frozen=True, slots=True)
class _Ask:
    workflow: str
    old: int
    new: int
    draft: str
    catalog: Catalog


@dataclass(frozen=True, slots=True)
class _Found:
    model: Json
    difference: differing.Difference


async def _found(ask: _Ask, actor: Any) -> _Found:
    db, workflow = await services.database(), UUID(ask.workflow)
    versions = await workflows.list_versions(db, actor, workflow)
    ids = {one.number: one.id for one in versions}
    texts = {
        DRAFT: ask.draft,
        **await workflows.read_texts(db, actor, workflow, {ask.old, ask.new} - {DRAFT}),
    }
    for number in (ask.old, ask.new):
        if number not in texts:
            raise NotFound(f"This workflow has no version {number}.", "Choose another one.")
    flying = await inflight.by_version(db, actor, workflow)
    runs = flying.get(ids[ask.old], InFlight()) if ask.old else InFlight()
    difference = await asyncio.to_thread(
        differing.differ, texts[ask.old], texts[ask.new], ask.catalog, runs.waiting
    )
    choices = [{"value": DRAFT, "label": "The draft"}] + [
        {"value": one.number, "label": f"Version {one.number}" + (" (live)" if one.live else "")}
        for one in versions
    ]
    model = {
        **differing.shown(difference),
        "old": ask.old,
        "new": ask.new,
        "choices": choices,
        "texts": {"old": texts[ask.old], "new": texts[ask.new]},
        "runs": differing.in_flight(runs, difference.old),
        "draft": DRAFT,
    }
    return _Found(model, difference)


def _graphs(difference: differing.Difference, catalog: Catalog) -> Json:
    return {
        "old": differing.graph_of(difference.old, catalog),
        "new": differing.graph_of(difference.new, catalog),
        "marks": differing.marks(difference),
    }


async def _sides(editor: EditorState, message: Sides) -> Any:
    return (await editor.get_state(Comparing)).look(message.old, message.new)


async def _close(editor: EditorState, _: Close) -> None:
    (await editor.get_state(Comparing)).close()


async def _go(editor: EditorState, message: Go) -> None:
    (await editor.get_state(Comparing)).close()
    if message.step == START or message.step in editor._desk.reading.steps:
        await editor._select(message.step)
        (await editor.get_state(CanvasFeed)).select(message.step)
    elif message.line:
        lines = editor.text.split("\n")
        line = min(message.line, len(lines)) - 1
        start = sum(len(one) + 1 for one in lines[:line])
        editor.drawer, editor.drawer_open = "text", True
        (await editor.get_state(TextFeed)).show(start, start + len(lines[line]), focus=True)


HEARD: Final = Hearing({Sides: _sides, Close: _close, Go: _go})
