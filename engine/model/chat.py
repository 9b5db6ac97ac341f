"""A model as its users see it: text or turns, with limits, failover and a record of every call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from engine.model.board import Board, board
from engine.model.calling import Caller, call
from engine.model.entry import ModelEntry
from engine.model.error import ModelError
from engine.model.message import Argues, Message, Piece, Said, Spent, Wants
from engine.model.meter import Meter, Sink
from engine.model.probe import probing
from engine.model.provider import Ask
from engine.model.routing import route
from engine.model.settings import ModelSettings
from engine.model.shape import Capabilities, Grammar, Shape
from engine.model.turn import Part, ToolSpec, ToolUse, Turn

Tell: TypeAlias = Callable[[str], Awaitable[None]]
"""Told of an answer's text as it comes."""

_BAD_REQUEST = (400, 422, 501)
_log = logging.getLogger(__name__)


class ChatModel:
    """Models in order: the next is asked when one fails before its first word.

    After the first word there is no failover: half an answer followed by another one would be read as one. ``wanted``
    is a tier or a name (:func:`engine.model.routing.route`). ``meter`` is asked before each call; when it says no,
    nothing else is tried. ``sink`` is told of calls that bring none of their own. What a model can is known after
    :meth:`learn`; before it, ``can`` is what is sure.
    """

    def __init__(
        self,
        entries: Sequence[ModelEntry],
        meter: Meter | None = None,
        *,
        wanted: str = "",
        sink: Sink | None = None,
        shared: Board | None = None,
    ) -> None:
        self.entries = route(entries, wanted)
        if not self.entries:
            raise ValueError("a chat model needs at least one entry")
        self._meter = meter
        self._sink = sink
        self._shared = shared

    def __repr__(self) -> str:
        return f"ChatModel({', '.join(entry.model for entry in self.entries)})"

    @property
    def name(self) -> str:
        """Of the model that is asked first."""
        return self._first().model

    @property
    def can(self) -> Capabilities:
        """Of the model that is asked first: by the entry itself, else by a probe, else what is sure of its provider."""
        return self._board().can(self._first())

    async def learn(self, sink: Sink | None = None, patience_s: float | None = None) -> Capabilities:
        """``can``, after a probe where nothing is known yet: some tiny calls, once for each entry of this process.

        After ``patience_s`` seconds it is what is known by then, and the probe goes on for those who ask later. Raises
        nothing: who cannot be asked now is asked another time.
        """
        first, shared = self._first(), self._board()
        if first.can is None and first.identity not in shared.found:
            await asyncio.wait({probing(first, self._caller(sink))}, timeout=patience_s)
        return self.can

    async def stream(
        self, messages: Sequence[Message], sink: Sink | None = None, shape: Shape | None = None
    ) -> AsyncGenerator[str, None]:
        """The answer's text, piece by piece. A model that cannot be held to ``shape`` answers freely. Raises
        ``ModelError``."""
        caller, failures = self._caller(sink), _Failures()
        for entry, ask in self._ways(Ask(messages, shape=shape), failures):
            spoke = False
            try:
                async with aclosing(call(caller, entry, ask)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Said):
                            spoke = True
                            yield piece.text
                return
            except ModelError as error:
                failures.add(entry, error, final=spoke)
        raise failures.told()

    async def turn(
        self,
        parts: Sequence[Part],
        tools: Sequence[ToolSpec] = (),
        sink: Sink | None = None,
        tell: Tell | None = None,
    ) -> Turn:
        """One turn with tools; ``tell`` gets its text as it comes, and once it was told anything there is no failover.
        Raises ``ModelError``; a turn that breaks off raises ``bad_answer``."""
        caller, failures = self._caller(sink), _Failures()
        for entry, ask in self._ways(Ask(parts, tools), failures):
            heard, told = _Heard(entry), False
            try:
                async with aclosing(call(caller, entry, ask)) as pieces:
                    async for piece in pieces:
                        heard.take(piece)
                        if tell is not None and isinstance(piece, Said):
                            told = True
                            await tell(piece.text)
                return heard.turn()
            except ModelError as error:
                failures.add(entry, error, final=told)
        raise failures.told()

    def _ways(self, ask: Ask, failures: _Failures) -> Iterator[tuple[ModelEntry, Ask]]:
        """What to try, one after the other. A server that refuses a shape is asked again without: its tiny probe said
        nothing about a large grammar."""
        shared = self._board()
        for entry in self.entries:
            if ask.shape is not None and shared.takes(entry, ask.shape):
                way = shared.can(entry).grammar if isinstance(ask.shape, Grammar) else None
                yield entry, replace(ask, way=way)
                if failures.last is None or failures.last.status not in _BAD_REQUEST:
                    continue
                shared.refused(entry, ask.shape)
                _log.warning("model %s does not take this shape; asked without", entry.model)
            yield entry, replace(ask, shape=None)

    def _first(self) -> ModelEntry:
        shared = self._board()
        return next((one for one in self.entries if shared.breaker(one).lets_through), self.entries[0])

    def _board(self) -> Board:
        return board() if self._shared is None else self._shared

    def _caller(self, sink: Sink | None) -> Caller:
        return Caller(self._board(), self._meter, sink or self._sink)


@dataclass(slots=True)
class _Failures:
    """Why models did not answer, one after the other."""

    all: list[ModelError] = field(default_factory=list)

    @property
    def last(self) -> ModelError | None:
        return self.all[-1] if self.all else None

    def add(self, entry: ModelEntry, error: ModelError, *, final: bool) -> None:
        """Raises ``error`` where no other model may be asked."""
        if final or error.code == "budget":
            raise error
        _log.warning("model %s failed: %s", entry.model, error.code)
        self.all.append(error)

    def told(self) -> ModelError:
        """The last that was more than a circuit still open; else the one that closes first."""
        real = [error for error in self.all if error.code != "circuit_open"]
        return real[-1] if real else min(self.all, key=lambda error: error.retry_after_s or 0.0)


@dataclass(slots=True)
class _Heard:
    """A turn as far as it was heard."""

    entry: ModelEntry
    text: str = ""
    uses: list[ToolUse] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)

    def take(self, piece: Piece) -> None:
        match piece:
            case Said(text):
                self.text += text
            case Wants(place, id, name):
                # Some servers give several tools one place, and others name a tool again with each piece of it.
                if place not in self.places or self.uses[self.places[place]].id != id:
                    self.places[place] = len(self.uses)
                    self.uses.append(ToolUse(id, name, ""))
            case Argues(place, text) if place in self.places:
                use = self.uses[self.places[place]]
                self.uses[self.places[place]] = replace(use, arguments=use.arguments + text)
            case Spent():
                self.spent = piece
            case _:
                pass

    def turn(self) -> Turn:
        entry, spent = self.entry, self.spent
        return Turn(
            self.text,
            tuple(self.uses),
            entry.model,
            spent.tokens_in,
            spent.tokens_out,
            0.0 if entry.price is None else entry.price.of(spent),
            entry.price is not None,
            spent.tokens_cached,
        )


def open_model(settings: ModelSettings | None) -> ChatModel | None:
    """The model of these settings; None when none is connected."""
    return None if settings is None else ChatModel(settings.entries())
