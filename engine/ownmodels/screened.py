"""A model that hears only what the account lets out.

It stands in the place of the model itself: there is no other way to what it wraps. What was taken out has a mark in the
question; an address that comes back in the answer is put in its place here, where it never left.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from engine.dlp import DlpFailed, DlpPolicy, Found, Redacted, Redactor, Restorer
from engine.dlp.redacting import in_words
from engine.model import (
    Asked,
    Board,
    ChatModel,
    Grammar,
    JsonShape,
    Message,
    ModelEntry,
    ModelError,
    Part,
    Shape,
    Sink,
    Tell,
    ToolAnswer,
    ToolSpec,
    Turn,
)
from engine.ownmodels.budget import Purse

ASIDE = 20_000
"""Characters from which on they are looked through in a thread: some milliseconds' work."""
_Cleared = TypeVar("_Cleared")

CHARACTERS_A_TOKEN = 3
"""For estimates: English has about four, programs and other languages fewer."""


class ScreenedModel(ChatModel):
    """``policy`` None: everything may leave. One is made for each exchange, so that ``withheld`` is about that one."""

    def __init__(
        self,
        entries: Sequence[ModelEntry],
        policy: DlpPolicy | None,
        *,
        purse: Purse | None = None,
        sink: Sink | None = None,
        wanted: str = "",
        shared: Board | None = None,
    ) -> None:
        super().__init__(entries, purse, wanted=wanted, shared=shared)
        local = all(is_local(entry) for entry in self.entries)
        self._policy = None if policy is not None and policy.reach == "hosted" and local else policy
        self._redactor = None if self._policy is None else Redactor(self._policy)
        self._purse = purse
        self._sink = sink
        self._found: dict[str, Found] = {}

    @property
    def withheld(self) -> str:
        """What people are told: "1 card number was not sent to the model."; "" while nothing was taken out."""
        words = in_words(self._found)
        return f"{words} {'was' if len(self._found) == 1 else 'were'} not sent to the model." if words else ""

    async def stream(
        self, messages: Sequence[Message], sink: Sink | None = None, shape: Shape | None = None
    ) -> AsyncGenerator[str, None]:
        newest = _newest(messages)

        def clear() -> tuple[list[Message], Shape | None]:
            cleared = [self._message(message, place - newest) for place, message in enumerate(messages)]
            return cleared, self._shape(shape)

        cleared, held_to = await self._aside(clear, sum(len(message.text) for message in messages))
        self._expect(message.text for message in cleared)
        restorer = self._restorer()
        async with aclosing(super().stream(cleared, sink or self._sink, held_to)) as pieces:
            async for piece in pieces:
                if said := restorer.feed(piece):
                    yield said
        if said := restorer.end():
            yield said

    async def turn(
        self,
        parts: Sequence[Part],
        tools: Sequence[ToolSpec] = (),
        sink: Sink | None = None,
        tell: Tell | None = None,
    ) -> Turn:
        newest = _newest(parts)

        def clear() -> tuple[list[Part], list[ToolSpec]]:
            cleared = [self._part(part, place - newest) for place, part in enumerate(parts)]
            return cleared, [self._tool(tool) for tool in tools]

        length = sum(len(_words(part)) for part in parts) + sum(map(_length, tools))
        cleared, offered = await self._aside(clear, length)
        self._expect([_words(part) for part in cleared])
        restorer = self._restorer()

        async def pass_on(piece: str) -> None:
            assert tell is not None
            if said := restorer.feed(piece):
                await tell(said)

        made = await super().turn(cleared, offered, sink or self._sink, None if tell is None else pass_on)
        if tell is not None and (said := restorer.end()):
            await tell(said)
        uses = tuple(replace(use, arguments=restorer.whole(use.arguments)) for use in made.uses)
        return replace(made, text=restorer.whole(made.text), uses=uses, withheld=self.withheld)

    async def _aside(self, clear: Callable[[], _Cleared], length: int) -> _Cleared:
        """Long texts in a thread: a look may take two seconds, and everybody else on this loop would wait."""
        if self._redactor is None or length < ASIDE:
            return clear()
        return await asyncio.to_thread(clear)

    def _shape(self, shape: Shape | None) -> Shape | None:
        """A grammar with marks in it may be none: such an answer is free, and read like every other."""
        match shape:
            case Grammar(lark):
                return None if self._clear(lark).found else shape
            case JsonShape(_, schema):
                return replace(shape, schema=self._json(schema))
            case None:
                return None

    def _tool(self, tool: ToolSpec) -> ToolSpec:
        return replace(tool, description=self._clear(tool.description).text, schema=self._json(tool.schema))

    def _json(self, value: Any) -> Any:
        """Names too: a name with something in it has the same mark in the answer, and is put back there."""
        match value:
            case _ if self._redactor is None:
                return value
            case str():
                return self._clear(value).text
            case dict():
                return {self._clear(name).text: self._json(one) for name, one in value.items()}
            case list() | tuple():
                return [self._json(one) for one in value]
            case bool() | None:
                return value
            case int() | float():
                # A card's number needs no quotes.
                seen = self._clear(str(value))
                return seen.text if seen.found else value
            case _:
                return value

    def _message(self, message: Message, since: int) -> Message:
        if message.role == "system":
            # The designer's own words are looked through too; nobody needs to be told of its examples.
            return replace(message, text=self._clear(message.text).text)
        return replace(message, text=self._text(message.text, since))

    def _part(self, part: Part, since: int) -> Part:
        match part:
            case Message():
                return self._message(part, since)
            case Asked(text, uses):
                return Asked(
                    self._text(text, since),
                    tuple(replace(use, arguments=self._text(use.arguments, since)) for use in uses),
                )
            case ToolAnswer(_, text):
                return replace(part, text=self._text(text, since))

    def _text(self, text: str, since: int) -> str:
        """``since``: how many parts after the last thing that a person wrote; 0 for that itself. It alone is refused:
        what lies further back is marked, or a conversation with one refused message in it could never go on. Neither
        leaves. People are told of what is not older than that: of the rest they were told before."""
        seen = self._clear(text)
        stopped = {found.mark: found for found in seen.found if found.action == "refuse"}
        if since == 0 and stopped:
            hosted = self._policy is not None and self._policy.reach == "hosted"
            raise ModelError(
                "refused",
                f"This holds {in_words(stopped)}, which this workspace lets no "
                f"{'hosted model' if hosted else 'model'} see. Nothing was sent.",
                "Take it out and send it again, or let the built-in designer answer. An administrator can change the "
                "rule under Models, in “What must not leave”.",
            )
        if since >= 0:
            self._found |= {found.mark: found for found in seen.found}
        return seen.text

    def _clear(self, text: str) -> Redacted:
        if self._redactor is None:
            return Redacted(text)
        try:
            return self._redactor.redact(text)
        except DlpFailed as failed:
            raise ModelError("refused", failed.message, failed.help) from None

    def _restorer(self) -> Restorer:
        return Restorer({} if self._redactor is None else self._redactor.values)

    def _expect(self, texts: Iterable[str]) -> None:
        if self._purse is not None:
            self._purse.question_tokens = sum(map(len, texts)) // CHARACTERS_A_TOKEN


def _newest(parts: Sequence[Part]) -> int:
    """The place of the last thing that a person wrote, 0 where there is none."""
    asked = [place for place, part in enumerate(parts) if isinstance(part, Message) and part.role == "user"]
    return asked[-1] if asked else 0


def _words(part: Part) -> str:
    match part:
        case Message(_, text) | ToolAnswer(_, text):
            return text
        case Asked(text, uses):
            return text + "".join(use.arguments for use in uses)


def _length(tool: ToolSpec) -> int:
    return len(tool.description) + len(str(tool.schema))


def is_local(entry: ModelEntry) -> bool:
    """Whether what is said to it stays on this machine or in its network, as far as its address alone says. A name that
    is not ``localhost`` may be anywhere."""
    host = urlsplit(entry.url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or (address.is_private and not address.is_unspecified)
