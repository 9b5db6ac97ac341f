"""Asks a designer every case of a suite and judges what comes: the same front door as the studio's chat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from dsl.catalog import Catalog
from engine.model import Call, ChatModel, Sink
from studio.designer.agent import answer
from studio.designer.evaluation.judging import judge
from studio.designer.evaluation.properties import OF_WORDS
from studio.designer.evaluation.reading import Reading, Result
from studio.designer.evaluation.suite import Answer, Case, read_catalog
from studio.designer.events import Failed, Proposal, Round, Text
from studio.designer.writers import BuiltinWriter, ModelWriter
from studio.designer.writing import Task, Turn, Writer

Writers = Callable[[Sink], Writer]
"""Makes the writer of one case; what its calls cost goes to the sink."""


def builtin(sink: Sink) -> Writer:
    return BuiltinWriter()


def of_model(model: ChatModel) -> Writers:
    return lambda sink: ModelWriter(model, sink)


@dataclass
class Spent:
    """What the answers of one case cost; ``seconds`` are those of each message, ``first`` until its first word."""

    rounds: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    seconds: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)

    async def sink(self, call: Call) -> None:
        self.calls += 1
        self.tokens_in += call.tokens_in
        self.tokens_out += call.tokens_out
        self.usd += float(call.cost_usd)


@dataclass(frozen=True, slots=True)
class Judged:
    """``reasons`` are why it did not pass. ``texts`` counts proposals on the way, ``unsound`` tells of those that do
    not parse or have errors."""

    case: Case
    outcome: Answer | str
    reasons: tuple[str, ...]
    spent: Spent
    texts: int
    unsound: tuple[str, ...]
    answer: Result

    @property
    def passed(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class _Answered:
    said: str
    proposal: Proposal | None
    failed: Failed | None

    @property
    def outcome(self) -> Answer | str:
        if self.failed is not None:
            return f"failed: {self.failed.code}: {self.failed.message}"
        if self.proposal is not None:
            return "proposal"
        return "question" if "?" in self.said else "words"


async def run_suite(
    cases: Sequence[Case],
    writers: Writers,
    *,
    jobs: int = 1,
    beside: Path | None = None,
    tell: Callable[[Judged], None] = lambda judged: None,
) -> tuple[Judged, ...]:
    """Every case judged, in the order of the cases; ``jobs`` of them at once. ``beside``: where more catalogs are."""
    free = asyncio.Semaphore(jobs)

    async def one(case: Case) -> Judged:
        async with free:
            judged = await run_case(case, writers, read_catalog(case.catalog, beside))
            tell(judged)
            return judged

    return tuple(await asyncio.gather(*(one(case) for case in cases)))


async def run_case(case: Case, writers: Writers, catalog: Catalog) -> Judged:
    spent = Spent()
    writer = writers(spent.sink)
    base, turns = case.base, list[Turn]()
    earlier: list[str] = []
    unsound: list[str] = []
    texts = 0
    before = base
    answered = _Answered("", None, None)
    for say in case.turns:
        before = base
        task = Task(say.say, catalog, base, tuple(turns), case.preferences)
        answered = await _answer(task, writer, spent)
        turns.append(Turn("user", say.say))
        proposal = answered.proposal
        if proposal is None:
            turns.append(Turn("assistant", answered.said))
            continue
        texts += 1
        unsound += Reading(Result(proposal.text, ""), catalog).errors[:1]
        state = "accepted" if say.accept else "rejected"
        turns.append(Turn("assistant", answered.said or proposal.summary, proposal.text, state, base))
        if say.accept:
            base = proposal.text
            earlier.append(base)
    proposal = answered.proposal
    result = Result(
        text="" if proposal is None else proposal.text,
        said=_all_said(answered),
        base=before,
        first_base=case.base,
        earlier=tuple(earlier),
        safety=() if proposal is None else proposal.safety,
    )
    reasons = judge_case(case, answered.outcome, Reading(result, catalog))
    return Judged(case, answered.outcome, reasons, spent, texts, tuple(unsound), result)


def judge_case(case: Case, outcome: str, reading: Reading) -> tuple[str, ...]:
    """Why an answer is not what the case expects; empty when it is."""
    if outcome not in case.expect.outcomes:
        return (f"{outcome} instead of {' or '.join(case.expect.outcomes)}: {reading.result.said[:200]!r}",)
    if outcome == "proposal" and reading.errors:
        return tuple(f"error: {error}" for error in reading.errors)
    found = []
    for property in case.expect.properties:
        if outcome == "proposal" or isinstance(property, OF_WORDS):
            problem = judge(property, reading)
            found += [f"{property.sort}: {problem}"] if problem else []
    return tuple(found)


async def _answer(task: Task, writer: Writer, spent: Spent) -> _Answered:
    said, proposal, failed = "", None, None
    start = time.perf_counter()
    first: float | None = None
    async with aclosing(answer(task, writer)) as events:
        async for event in events:
            match event:
                case Text(delta=delta):
                    first = first or time.perf_counter() - start
                    said += delta
                case Round():
                    spent.rounds += 1
                case Proposal():
                    proposal = event
                case Failed():
                    failed = event
    took = time.perf_counter() - start
    spent.seconds.append(took)
    spent.first.append(first or took)
    return _Answered(said, proposal, failed)


def _all_said(answered: _Answered) -> str:
    proposal = answered.proposal
    if proposal is None:
        return answered.said or (answered.failed.message if answered.failed else "")
    return "\n".join(
        (answered.said, proposal.summary, *proposal.assumptions, *proposal.questions, *proposal.safety)
    )
