"""A model as an agent with tools: turn by turn, until it proposes, asks, or answers in plain words.

Turns and tokens are bounded. A use that cannot be read comes back to the model with what is wrong; so does a proposal
that the checks refused, and the model goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.model import Asked as AskedForTools
from engine.model import ChatModel, Message, ModelError, Part, Sink, ToolAnswer, ToolUse, Turn
from studio.designer.answering import Splitter, take_apart
from studio.designer.desk import Asked, Desk, Proposed, Replied
from studio.designer.events import Doing, Text
from studio.designer.fencing import fenced
from studio.designer.instruments import SPECS, BadUse, MakeEdits, SearchTools, Use, read_use
from studio.designer.prompt import complaint, messages
from studio.designer.writing import Attempt, Brief, Outcome, Said, Tell, Trail, Written

MOST_TURNS: Final = 16
MOST_TOKENS: Final = 400_000
"""In and out, of one answer with all its rounds."""

_MOST_USES: Final = 12
"""Of one turn."""


@dataclass(slots=True)
class _Talk:
    """One answer on its way: what was said so far, and what lies on the desk."""

    model: ChatModel
    sink: Sink | None
    tell: Tell
    desk: Desk
    parts: list[Part]
    turns: int = 0
    tokens: int = 0
    said: list[str] = field(default_factory=list)

    async def turn(self) -> Turn:
        if self.turns >= MOST_TURNS:
            raise ModelError(
                "bad_answer",
                f"The model {self.model.name!r} took {MOST_TURNS} turns and came to no end.",
                "Nothing was changed. Say it in smaller parts, or let the built-in designer try.",
            )
        if self.tokens >= MOST_TOKENS:
            raise ModelError(
                "bad_answer",
                f"The model {self.model.name!r} used {self.tokens} tokens and came to no end.",
                "Nothing was changed. Say it in smaller parts, or let the built-in designer try.",
            )
        split = Splitter()
        streamed = False

        async def hear(piece: str) -> None:
            nonlocal streamed
            streamed = True
            if prose := split.feed(piece):
                await self.tell(Text(delta=prose))

        if self.said:
            await self.apart()
        found = await self.model.turn(self.parts, SPECS, self.sink, hear)
        if found.text and not streamed:
            await hear(found.text)
        self.said.append(take_apart(found.text).prose)
        self.turns += 1
        self.tokens += found.tokens_in + found.tokens_out
        return found

    async def apart(self) -> None:
        """What is said in the next turn begins a paragraph of its own."""
        if self.said[-1]:
            await self.tell(Text(delta="\n\n"))

    def trail(self, pending: str) -> Trail:
        return Trail(tuple(self.parts), pending, self.turns, self.tokens, self.desk.touched, self.desk.edited)


async def converse(
    model: ChatModel, sink: Sink | None, brief: Brief, before: tuple[Attempt, ...], tell: Tell
) -> Outcome:
    """Until the model ends its answer. Raises ``ModelError``."""
    talk = _begun(model, sink, brief, before, tell)
    await tell(Doing(what="Mending it" if before else "Thinking about what is needed"))
    while True:
        turn = await talk.turn()
        if not turn.uses:
            return _in_words(talk, turn, before)
        talk.parts.append(AskedForTools(turn.text, turn.uses))
        outcome = await _used(talk, turn.uses)
        if outcome is not None:
            return outcome


def _begun(
    model: ChatModel, sink: Sink | None, brief: Brief, before: tuple[Attempt, ...], tell: Tell
) -> _Talk:
    if not before:
        parts: list[Part] = list(messages(brief, "tools"))
        return _Talk(model, sink, tell, Desk(brief, brief.task.base), parts)
    last = before[-1]
    trail = last.written.trail
    problems = (
        "Not proposed, it has errors. Mend them with `edit`, change nothing else, and propose again:\n"
        f"{fenced('problems', complaint(last))}"
    )
    answer: Part = ToolAnswer(trail.pending, problems) if trail.pending else Message("user", problems)
    desk = Desk(brief, last.written.text, trail.touched, edited=trail.edited)
    return _Talk(model, sink, tell, desk, [*trail.parts, answer], trail.turns, trail.tokens)


async def _used(talk: _Talk, uses: Sequence[ToolUse]) -> Outcome | None:
    """Each use answered, in order. None when the model goes on; the first use that ends the answer wins."""
    ended: Outcome | None = None
    pending = ""
    for number, use in enumerate(uses):
        if ended is not None or number >= _MOST_USES:
            talk.parts.append(ToolAnswer(use.id, "Not done: too many uses, or the answer had ended already."))
            continue
        try:
            form = read_use(use.name, use.arguments)
        except BadUse as error:
            talk.parts.append(ToolAnswer(use.id, f"{error}{_hurry(talk)}"))
            continue
        await talk.tell(Doing(what=_doing(form)))
        match await talk.desk.do(form):
            case Replied(text):
                talk.parts.append(ToolAnswer(use.id, f"{text}{_hurry(talk)}"))
            case Asked(question):
                ended = Said("\n\n".join([*filter(None, talk.said), question]), told=True)
                if question not in talk.said[-1]:
                    await talk.apart()
                    await talk.tell(Text(delta=question))
            case Proposed(proposal):
                ended = Written(
                    talk.desk.text, proposal.summary, proposal.assumptions, proposal.questions, "tools"
                )
                pending = use.id
    return replace(ended, trail=talk.trail(pending)) if isinstance(ended, Written) else ended


def _hurry(talk: _Talk) -> str:
    left = MOST_TURNS - talk.turns
    return f"\n({left} turns are left: propose or ask soon.)" if left <= 4 else ""


def _in_words(talk: _Talk, turn: Turn, before: tuple[Attempt, ...]) -> Outcome:
    """A turn without tools: an answer in words, or a whole text after all."""
    parts = take_apart(turn.text)
    if parts.text:
        talk.parts.append(Message("assistant", turn.text))
        talk.desk.edited = False
        return Written(parts.text, parts.prose, parts.assumptions, parts.questions, "tools", talk.trail(""))
    if before or not turn.text.strip():
        raise ModelError("bad_answer", f"The model {talk.model.name!r} answered without a workflow.")
    return Said("\n\n".join(filter(None, talk.said)), told=True)


def _doing(use: Use) -> str:
    match use:
        case SearchTools(query=query):
            return f"Looking for tools: {query[:80]}"
        case MakeEdits(edits=edits):
            paths = dict.fromkeys(path for edit in edits if (path := getattr(edit, "path", "")))
            return f"Changing {', '.join(list(paths)[:4])}" if paths else "Changing the workflow"
        case _:
            return _WORDS.get(use.tool, "Working")


_WORDS: Final = {
    "read_workflow": "Reading the workflow",
    "read_diagnostics": "Checking",
    "write_workflow": "Writing the workflow",
    "simulate": "Trying all ways",
    "read_run": "Looking at the last run",
    "explain": "Reading the steps",
    "ask": "Asking",
    "propose": "Putting it together",
}

__all__ = ["MOST_TOKENS", "MOST_TURNS", "converse"]
