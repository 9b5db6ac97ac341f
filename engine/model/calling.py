"""One call of one model: the budget and the breaker before it, limits of time around it, and a record of it after."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.model.anthropic import anthropic
from engine.model.board import Board
from engine.model.entry import ModelEntry, ProviderName
from engine.model.error import ModelError
from engine.model.message import Argues, Busy, Piece, Said, Spent, Wants
from engine.model.meter import Meter, Sink
from engine.model.openai import openai
from engine.model.provider import Ask, Provider
from engine.model.usage import Call

PROVIDERS: Final[dict[ProviderName, Provider]] = {"openai": openai, "anthropic": anthropic}
MOST_CHARACTERS: Final = 200_000
_WEIGHT_OF_A_USE: Final = 1_000
"""Characters that one more tool counts as."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: what is shared, who pays, who records."""

    board: Board
    meter: Meter | None = None
    sink: Sink | None = None


async def call(caller: Caller, entry: ModelEntry, ask: Ask) -> AsyncGenerator[Piece, None]:
    """The pieces of one answer. Raises ``ModelError``. Closing it ends the call and its connection."""
    breaker = caller.board.breaker(entry)
    admission = breaker.enter(entry.model)
    if caller.meter is not None:
        # After the breaker: what a meter sets aside is given back by ``spent``, which only a call that was made sends.
        try:
            await caller.meter.allow()
        except BaseException:
            breaker.gave_up(admission)
            raise
    began, first_ms = time.monotonic(), None
    spent, length = Spent(), 0
    code: str | None = "cancelled"
    try:
        client = await caller.board.client()
        async with aclosing(_timed(PROVIDERS[entry.provider](client, entry, ask), entry)) as pieces:
            async for piece in pieces:
                if first_ms is None:
                    first_ms = _ms_since(began)
                    breaker.answered()
                match piece:
                    case Spent():
                        spent = piece
                    case Said(text=text) | Argues(text=text):
                        length += len(text)
                    case Wants(id=id, name=name):
                        length += _WEIGHT_OF_A_USE + len(id) + len(name)
                    case Busy():
                        pass
                if length > MOST_CHARACTERS:
                    raise ModelError("bad_answer", f"The model {entry.model!r} does not stop talking.")
                yield piece
        code = None
    except ModelError as error:
        code = error.code
        breaker.failed(admission, error)
        raise
    except Exception:
        code = "bad_answer"
        unread = ModelError("bad_answer", f"The model {entry.model!r} answered in a way that cannot be read.")
        breaker.failed(admission, unread)
        _log.exception("a model's answer could not be read")
        raise unread from None
    finally:
        if code == "cancelled":
            breaker.gave_up(admission)
        cost = Decimal(0) if entry.price is None else Decimal(str(entry.price.of(spent)))
        await _told(
            caller,
            Call(
                entry.provider,
                entry.model,
                _ms_since(began),
                spent.tokens_in,
                spent.tokens_out,
                code,
                cost,
                spent.tokens_cached,
                first_ms,
            ),
        )


def _ms_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


async def _told(caller: Caller, made: Call) -> None:
    """A call is recorded even while it is being called off; a failing record never costs the answer."""
    if caller.sink is None and caller.meter is None:
        return

    async def tell() -> None:
        for told in (caller.sink, None if caller.meter is None else caller.meter.spent):
            try:
                if told is not None:
                    await told(made)
            except Exception:
                _log.exception("a model call could not be recorded")

    await asyncio.shield(asyncio.ensure_future(tell()))


async def _timed(pieces: AsyncGenerator[Piece, None], entry: ModelEntry) -> AsyncGenerator[Piece, None]:
    """The pieces, with a limit for the first, one between two of them and one for all."""
    loop = asyncio.get_running_loop()
    times = entry.times
    deadline, begun = loop.time() + times.total_s, False
    async with aclosing(pieces):
        while True:
            try:
                limit = loop.time() + (times.idle_s if begun else times.first_s)
                async with asyncio.timeout_at(min(limit, deadline)):
                    piece = await anext(pieces)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise _late(entry, not begun, loop.time() >= deadline) from None
            begun = True
            yield piece


def _late(entry: ModelEntry, first: bool, whole: bool) -> ModelError:
    name, times = repr(entry.model), entry.times
    if whole:
        return ModelError("timeout", f"The answer of the model {name} took longer than {times.total_s:g} s.")
    if first:
        return ModelError("timeout", f"The model {name} did not begin to answer within {times.first_s:g} s.")
    return ModelError("timeout", f"The model {name} fell silent for {times.idle_s:g} s.")
