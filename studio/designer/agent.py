"""The designer as a LangGraph: understand, retrieve, write, check, repair, propose.

::

    understand -> retrieve -> write -> check --sound--> propose
                                ^        |
                                +-repair-+   at most ROUNDS attempts; then give up, saying why

The stored messages are the only durable state: a graph lives for one answer and has no checkpointer. Whoever writes
(rules or a model), nothing is proposed that was not parsed, checked and lowered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal, TypedDict

from engine.model import ModelError
from studio.designer.comparing import change_lines, in_one_sentence, walked
from studio.designer.events import Event, Failed, Proposal, Round, Text
from studio.designer.proving import propose, prove, under_the_name_of
from studio.designer.safety import losses
from studio.designer.writing import Attempt, Said, Task, Writer, Written

ROUNDS: Final = 3
_LONGEST_REQUEST: Final = 20_000


class State(TypedDict, total=False):
    """What the nodes hand on. ``written`` is the newest attempt; ``over`` ends the answer without a proposal."""

    written: Written
    attempts: tuple[Attempt, ...]
    sound: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One answer: what is asked, who writes, and where events go."""

    task: Task
    writer: Writer
    events: asyncio.Queue[Event | None]


async def answer(task: Task, writer: Writer) -> AsyncIterator[Event]:
    """The events of one answer, ending with exactly one of: a Proposal, a Failed, or the last Text."""
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    running = asyncio.create_task(_run(Work(task, writer, events)))
    try:
        while (event := await events.get()) is not None:
            yield event
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _run(work: Work) -> None:
    try:
        await _graph().ainvoke({}, context=work)
    except ModelError as error:
        await work.events.put(Failed(code=error.code, message=error.message, help=error.help))
    except Exception as error:
        _log_failure(error)
        await work.events.put(
            Failed(
                code="designer",
                message="The designer ran into a problem of its own.",
                help="Your message is kept. Send it again, or say it in other words.",
                builtin=False,
            )
        )
    finally:
        await work.events.put(None)


def _log_failure(error: Exception) -> None:
    import logging

    logging.getLogger("weft.designer").error("an answer failed", exc_info=error)


@cache
def _graph() -> Any:
    """Compiled once. LangGraph is imported here because it takes more than a second."""
    from langgraph.graph import END, START, StateGraph
    from langgraph.runtime import Runtime

    async def understand(state: State, runtime: Runtime[Work]) -> State:
        request = runtime.context.task.request.strip()
        if len(request) <= _LONGEST_REQUEST:
            return {"attempts": (), "over": False}
        await runtime.context.events.put(
            Failed(
                code="designer",
                message=f"That is too long: {len(request)} characters, at most {_LONGEST_REQUEST}.",
                help="Describe the process in fewer words, or in several messages.",
                builtin=False,
            )
        )
        return {"over": True}

    async def write(state: State, runtime: Runtime[Work]) -> State:
        work = runtime.context

        async def tell(piece: str) -> None:
            await work.events.put(Text(delta=piece))

        outcome = await work.writer.write(work.task, state.get("attempts", ()), tell)
        match outcome:
            case Said(text, told):
                if not told:
                    await tell(text)
                return {"over": True}
            case Written():
                text = under_the_name_of(work.task.base, outcome.text)
                return {"written": replace(outcome, text=text), "over": False}

    async def check(state: State, runtime: Runtime[Work]) -> State:
        work, written = runtime.context, state["written"]
        proved = await asyncio.to_thread(prove, written.text, work.task.catalog)
        if proved.sound:
            return {"sound": True}
        attempts = (*state.get("attempts", ()), Attempt(written, proved))
        problems = tuple(d.message for d in proved.errors) or (proved.refusal,)
        await work.events.put(Round(number=len(attempts), of=ROUNDS, problems=problems[:6]))
        return {"sound": False, "attempts": attempts}

    async def offer(state: State, runtime: Runtime[Work]) -> State:
        work, written = runtime.context, state["written"]
        proposal = await asyncio.to_thread(_propose, work.task, written, work.writer.name)
        await work.events.put(proposal)
        return {}

    async def give_up(state: State, runtime: Runtime[Work]) -> State:
        last = state["attempts"][-1].proved
        first = last.errors[0].message if last.errors else last.refusal
        await runtime.context.events.put(
            Failed(
                code="bad_answer",
                message=f"{runtime.context.writer.name} wrote {ROUNDS} times, each time with errors: {first}",
                help="Nothing was changed. Say it in other words or smaller parts, or let the built-in designer try.",
            )
        )
        return {}

    def after_understand(state: State) -> Literal["write", "end"]:
        return "end" if state.get("over") else "write"

    def after_write(state: State) -> Literal["check", "end"]:
        return "end" if state.get("over") else "check"

    def after_check(state: State) -> Literal["propose", "write", "give_up"]:
        if state["sound"]:
            return "propose"
        return "write" if len(state["attempts"]) < ROUNDS else "give_up"

    graph = StateGraph(State, context_schema=Work)
    graph.add_node("understand", understand)
    graph.add_node("write", write)
    graph.add_node("check", check)
    graph.add_node("propose", offer)
    graph.add_node("give_up", give_up)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", after_understand, {"write": "write", "end": END})
    graph.add_conditional_edges("write", after_write, {"check": "check", "end": END})
    graph.add_conditional_edges(
        "check", after_check, {"propose": "propose", "write": "write", "give_up": "give_up"}
    )
    graph.add_edge("propose", END)
    graph.add_edge("give_up", END)
    return graph.compile()


def _propose(task: Task, written: Written, name: str) -> Proposal:
    proved = prove(written.text, task.catalog)
    found = propose(
        proved,
        task.base,
        written.summary or f"A workflow named {proved.parsed.workflow.name}.",
        written.assumptions,
        written.questions,
        losses(task.base, proved, task.catalog),
    )
    return found.model_copy(
        update={
            "changes": change_lines(task.base, proved),
            "simulated": in_one_sentence(walked(proved)),
            "by": name,
        }
    )


__all__ = ["ROUNDS", "answer"]
