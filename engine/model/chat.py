"""A model as its users see it: one stream of text, with time limits, failover and a record of every call."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias

from engine.model.error import ModelError
from engine.model.message import Delta, Message, Piece, Spent
from engine.model.openai import OpenAICompatible
from engine.model.provider import Provider
from engine.model.settings import ModelSettings
from engine.model.usage import Call

Sink: TypeAlias = Callable[[Call], Awaitable[None]]
"""Where finished calls are recorded."""

_MAX_CHARACTERS = 200_000
_log = logging.getLogger(__name__)


class ChatModel:
    """Providers in order: the next is asked when one fails before its first word.

    After the first word there is no failover: half an answer followed by another one would be read as one.
    """

    def __init__(self, providers: Sequence[Provider], settings: ModelSettings) -> None:
        if not providers:
            raise ValueError("a chat model needs at least one provider")
        self._providers = tuple(providers)
        self._settings = settings

    @property
    def name(self) -> str:
        return self._providers[0].model

    async def stream(
        self, messages: Sequence[Message], sink: Sink | None = None
    ) -> AsyncGenerator[str, None]:
        """The answer's text, piece by piece. Raises ModelError."""
        last: ModelError | None = None
        for provider in self._providers:
            spoke = False
            try:
                async with aclosing(self._one(provider, messages, sink)) as pieces:
                    async for text in pieces:
                        spoke = True
                        yield text
                return
            except ModelError as error:
                last = error
                if spoke:
                    raise
                _log.warning("model %s failed: %s", provider.model, error.code)
        assert last is not None
        raise last

    async def _one(
        self, provider: Provider, messages: Sequence[Message], sink: Sink | None
    ) -> AsyncGenerator[str, None]:
        began = time.monotonic()
        spent, length = Spent(), 0
        code: str | None = None
        try:
            async with aclosing(_timed(provider.stream(messages), self._settings)) as pieces:
                async for piece in pieces:
                    match piece:
                        case Spent():
                            spent = piece
                        case Delta(text):
                            length += len(text)
                            if length > _MAX_CHARACTERS:
                                raise ModelError(
                                    "bad_answer", f"The model {provider.model!r} does not stop talking."
                                )
                            yield text
        except ModelError as error:
            code = error.code
            raise
        except (asyncio.CancelledError, GeneratorExit):
            code = "cancelled"
            raise
        finally:
            if sink is not None:
                ms = int((time.monotonic() - began) * 1000)
                call = Call(provider.name, provider.model, ms, spent.tokens_in, spent.tokens_out, code)
                await _recorded(sink, call)


async def _recorded(sink: Sink, call: Call) -> None:
    """A call is recorded even while it is being cancelled; a failing record never costs the answer."""
    try:
        await asyncio.shield(asyncio.ensure_future(sink(call)))
    except asyncio.CancelledError:
        raise
    except Exception:
        _log.exception("a model call could not be recorded")


async def _timed(pieces: AsyncGenerator[Piece, None], settings: ModelSettings) -> AsyncGenerator[Piece, None]:
    """The pieces, with a limit between two of them and one for all."""
    deadline = time.monotonic() + settings.total_s
    try:
        while True:
            limit = min(settings.idle_s, deadline - time.monotonic())
            try:
                piece = await asyncio.wait_for(anext(pieces), max(limit, 0.0))
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ModelError("timeout", "The model did not answer in time.") from None
            yield piece
    finally:
        await pieces.aclose()


def open_model(settings: ModelSettings | None) -> ChatModel | None:
    """The model of these settings; None when none is connected."""
    if settings is None:
        return None
    return ChatModel([OpenAICompatible(settings, model) for model in settings.models], settings)
