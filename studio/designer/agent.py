"""The designer as a LangGraph: understand, ask or retrieve, plan, write, check, repair, simulate, propose.

::

    understand -> retrieve -> plan -> write -> check --sound--> simulate -> propose
        |                               ^  |      |
        +-> ask                         |  +-> said (a question, an answer in words)
                                        +--repair-+   at most ROUNDS attempts; then give up, saying why

The stored messages are the only durable state: a graph lives for one answer and has no checkpointer. Whoever writes
(rules or a model), nothing is proposed that was not parsed, checked and lowered; what changed, what it lowers and what
can happen is found here and never taken from the writer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal, TypedDict

from dsl.simulation import Simulation
from engine.model import ModelError
from studio.designer import signatures
from studio.designer.comparing import walked
from studio.designer.events import Doing, Event, Failed, Round, Text
from studio.designer.finishing import as_kept, proposal_of
from studio.designer.proving import Proved, has_steps, prove, proved_as_it_is, under_the_name_of
from studio.designer.understanding import LONGEST, question
from studio.designer.writing import Attempt, Brief, Said, Task, Writer, Written

ROUNDS: Final = 3
_log = logging.getLogger("weft.designer")


class State(TypedDict, total=False):
    """What the nodes hand on. ``written`` is the newest attempt; ``over`` ends the answer without a proposal."""

    brief: Brief
    written: Written
    attempts: tuple[Attempt, ...]
    proved: Proved
    simulation: Simulation | None
    over: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One answer: what is asked, who writes, and where events go."""

    task: Task
    writer: Writer
    events: asyncio.Queue[Event | None]

    async def tell(self, event: Event) -> None:
        await self.events.put(event)


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
        graph = await asyncio.to_thread(_graph)  # its first import would hold up everybody on this loop
        await graph.ainvoke({}, context=work)
    except ModelError as error:
        await work.tell(Failed(code=error.code, message=error.message, help=error.help))
    except Exception:
        _log.exception("an answer failed")
        await work.tell(
            Failed(
                code="designer",
                message="The designer ran into a problem of its own.",
                help="Your message is kept. Send it again, or say it in other words.",
                builtin=False,
            )
        )
    finally:
        await work.events.put(None)


@cache
def _graph() -> Any:
    """Compiled once. LangGraph is imported here because it takes more than a second."""
    from langgraph.graph import END, START, StateGraph
    from langgraph.runtime import Runtime

    async def understand(state: State, runtime: Runtime[Work]) -> State:
        work = runtime.context
        if len(work.task.request.strip()) > LONGEST:
            await work.tell(_too_long(work.task))
            return {"over": True}
        if asked := question(work.task):
            await work.tell(Text(delta=asked))
            return {"over": True}
        return {"attempts": (), "over": False}

    async def retrieve(state: State, runtime: Runtime[Work]) -> State:
        work = runtime.context
        await work.tell(Doing(what="Looking for tools"))
        return {"brief": await asyncio.to_thread(_brief, work.task)}

    async def plan(state: State, runtime: Runtime[Work]) -> State:
        brief = state["brief"]
        what = "Planning the change" if brief.change else "Planning the steps"
        await runtime.context.tell(Doing(what=what))
        return {}

    async def write(state: State, runtime: Runtime[Work]) -> State:
        work = runtime.context
        outcome = await work.writer.write(state["brief"], state.get("attempts", ()), work.tell)
        match outcome:
            case Said(text, told):
                if not told:
                    await work.tell(Text(delta=text))
                return {"over": True}
            case Written():
                return {"written": outcome, "over": False}

    async def check(state: State, runtime: Runtime[Work]) -> State:
        work, written = runtime.context, state["written"]
        await work.tell(Doing(what="Checking"))
        text, proved = await asyncio.to_thread(_proved, state["brief"], written)
        written = replace(written, text=text)
        if proved.sound and not written.refusal:
            return {"written": written, "proved": proved}
        attempts = (*state.get("attempts", ()), Attempt(written, proved))
        problems = tuple(one for one in (written.refusal, *(d.message for d in proved.errors)) if one)
        await work.tell(Round(number=len(attempts), of=ROUNDS, problems=(problems or (proved.refusal,))[:6]))
        return {"written": written, "attempts": attempts, "proved": proved}

    async def simulate(state: State, runtime: Runtime[Work]) -> State:
        await runtime.context.tell(Doing(what="Trying all ways"))
        return {"simulation": await asyncio.to_thread(walked, state["proved"])}

    async def offer(state: State, runtime: Runtime[Work]) -> State:
        work = runtime.context
        found = state["brief"], state["written"], state["proved"], state["simulation"], work.writer.name
        await work.tell(await asyncio.to_thread(proposal_of, *found))
        return {}

    async def give_up(state: State, runtime: Runtime[Work]) -> State:
        last = state["attempts"][-1]
        proved = last.proved
        first = last.written.refusal or (proved.errors[0].message if proved.errors else proved.refusal)
        await runtime.context.tell(
            Failed(
                code="bad_answer",
                message=f"{runtime.context.writer.name} wrote {ROUNDS} times, each time with errors: {first}",
                help="Nothing was changed. Say it in other words or smaller parts, or let the built-in designer try.",
            )
        )
        return {}

    def after_understand(state: State) -> Literal["retrieve", "end"]:
        return "end" if state.get("over") else "retrieve"

    def after_write(state: State) -> Literal["check", "end"]:
        return "end" if state.get("over") else "check"

    def after_check(state: State) -> Literal["simulate", "write", "give_up"]:
        if state["proved"].sound and not state["written"].refusal:
            return "simulate"
        return "write" if len(state["attempts"]) < ROUNDS else "give_up"

    graph = StateGraph(State, context_schema=Work)
    for name, node in (
        ("understand", understand), ("retrieve", retrieve), ("plan", plan), ("write", write), ("check", check),
        ("simulate", simulate), ("propose", offer), ("give_up", give_up),
    ):  # fmt: skip
        graph.add_node(name, node)
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", after_understand, {"retrieve": "retrieve", "end": END})
    graph.add_edge("retrieve", "plan")
    graph.add_edge("plan", "write")
    graph.add_conditional_edges("write", after_write, {"check": "check", "end": END})
    graph.add_conditional_edges(
        "check", after_check, {"simulate": "simulate", "write": "write", "give_up": "give_up"}
    )
    graph.add_edge("simulate", "propose")
    graph.add_edge("propose", END)
    graph.add_edge("give_up", END)
    return graph.compile()


def _too_long(task: Task) -> Failed:
    return Failed(
        code="designer",
        message=f"That is too long: {len(task.request.strip())} characters, at most {LONGEST}.",
        help="Describe the process in fewer words, or in several messages.",
        builtin=False,
    )


def _brief(task: Task) -> Brief:
    spoken = " ".join([task.request, *(turn.content for turn in task.turns if turn.role == "user")])
    return Brief(task, signatures.matching(task.catalog, spoken, task.base), has_steps(task.base))


def _proved(brief: Brief, written: Written) -> tuple[str, Proved]:
    """The text that counts, with its proof. A new text takes the canonical form; of a changed one, what the request did
    not touch stays byte for byte."""
    task = brief.task
    if not brief.change:
        proved = prove(under_the_name_of(task.base, written.text), task.catalog)
        return proved.text, proved
    text = as_kept(task.base, written)
    return text, proved_as_it_is(text, task.catalog)


__all__ = ["ROUNDS", "answer"]
