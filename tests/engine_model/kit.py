"""What the suites of the model layer share: entries of a scripted server, and books that keep what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.model import (
    Board,
    Call,
    ChatModel,
    Message,
    ModelEntry,
    ModelError,
    Price,
    ProviderName,
    Times,
)
from studio.designer.scripted import ScriptedModel

KEY = "sk-canary-7Xq9"
BOTH: tuple[ProviderName, ...] = ("openai", "anthropic")
ASKED = [Message("system", "You are brief."), Message("user", "Say something.")]
QUICK = Times(connect_s=2.0, first_s=5.0, idle_s=5.0, total_s=10.0)


def entry(
    server: ScriptedModel, provider: ProviderName = "openai", model: str = "m", **rest: Any
) -> ModelEntry:
    url = server.url if provider == "openai" else server.anthropic_url
    return ModelEntry(provider, url, model, KEY, **({"times": QUICK, "price": Price(2.0, 4.0)} | rest))


@dataclass
class Book:
    """A sink, and a meter that allows ``calls`` of them (None: any number)."""

    calls: list[Call] = field(default_factory=list)
    allowed: int | None = None
    asked: int = 0

    async def __call__(self, call: Call) -> None:
        self.calls.append(call)

    async def allow(self) -> None:
        self.asked += 1
        if self.allowed is not None and self.asked > self.allowed:
            raise ModelError("budget", "This month's budget for models is spent.")

    async def spent(self, call: Call) -> None:
        self.calls.append(call)

    @property
    def codes(self) -> list[str | None]:
        return [call.error for call in self.calls]


class Clock:
    """A clock that somebody sets, for circuits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def still_board(clock: Clock) -> Board:
    return Board(clock=clock, chance=lambda: 0.999)


async def said(model: ChatModel, book: Book | None = None, **rest: Any) -> str:
    return "".join([text async for text in model.stream(ASKED, book, **rest)])


async def failure(model: ChatModel, book: Book | None = None) -> ModelError:
    try:
        text = await said(model, book)
    except ModelError as error:
        return error
    raise AssertionError(f"it answered: {text}")
