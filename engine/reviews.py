"""Reviews: calls of which nobody knows whether they happened, and what a person says about them.

A call to a tool that cannot be asked twice, which lost its runner or its answer on the way, stops its run. Somebody
who has looked at the other system says that it happened (and what came of it), that it is to be done again, or that
the step has failed. What they say is journaled at the call's own place, under the lock of the run's row; the last open
question that is answered queues the run, which then goes on from where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import dsl
from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.artifacts.store import INLINE_BYTES, is_large, size_words
from engine.database import Database
from engine.errors import BadInput, Conflict, NotFound
from engine.eventlog import NewEvent
from engine.history import Question, StepRun, fold
from engine.journal import Event
from engine.lifecycle import RunState
from engine.permissions import Permission, may, require
from engine.strict import NotJson, encode
from engine.testimony import Decision, Statement
from engine.watching import RunSummary, summary_in

Json: TypeAlias = Any

__all__ = ["LONGEST_COMMENT", "Decision", "Review", "answer", "list_reviews", "of_run"]

LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Review:
    """A call that somebody must look up. ``arguments`` and ``key`` are exactly what was sent at ``tried_at`` (None: the
    arguments are too large for a list, see the run's step); ``code`` is "interrupted" when the runner stopped
    meanwhile, else the error of the try; ``question`` says so in words. ``output_schema``: what a result has to fit,
    None where the tool has none. ``may_answer``: the reader may."""

    run_id: UUID
    workflow_id: UUID
    workflow_name: str
    workflow_title: str
    path: str
    label: str
    tool: str
    arguments: dict[str, Json] | None
    key: str
    attempt: int
    tried_at: datetime
    asked_at: datetime
    code: str
    question: str
    output_schema: dict[str, Json] | None
    may_answer: bool


async def list_reviews(db: Database, actor: Actor, *, limit: int = 50) -> tuple[Review, ...]:
    """What waits for a review, of the ``limit`` runs that were queued last."""
    require(actor, Permission.VIEW)
    query = (
        select(tables.Run.id)
        .where(tables.Run.account_id == actor.account_id, tables.Run.state == RunState.NEEDS_REVIEW)
        .order_by(col(tables.Run.queued_at).desc())
        .limit(min(max(limit, 1), 200))
    )
    async with db.account(actor) as session:
        runs = (await session.exec(query)).all()
        return tuple(await _reviews(session, actor, runs))


async def of_run(db: Database, actor: Actor, run_id: UUID) -> tuple[Review, ...]:
    """What of one run waits for a review, in the order in which it was asked. Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        summary = await summary_in(session, run_id)
        if summary.state != RunState.NEEDS_REVIEW:
            return ()
        return tuple(await _reviews(session, actor, [run_id]))


async def answer(
    db: Database,
    actor: Actor,
    run_id: UUID,
    path: str,
    decision: Decision,
    result: Json = None,
    comment: str = "",
    *,
    attempt: int | None = None,
) -> RunSummary:
    """Say what became of the call at ``path``: "happened" with the tool's ``result``, "again", or "fail".
    ``attempt``: the try that the person saw, so that an answer that comes twice is not taken for one about the next.

    Saying the same twice is once. Raises ``NotFound`` (no such run, or nothing was ever asked about at this path),
    ``BadInput`` (the result does not fit the tool's output), ``Conflict`` with the run as it is now (somebody has
    answered, or the run is not in review any more).
    """
    require(actor, Permission.REVIEW)
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        raise BadInput(
            "The comment does not fit.", [("comment", f"needs at most {LONGEST_COMMENT} characters")]
        )
    async with db.account(actor) as session:
        run = await eventlog.lock(session, run_id)
        steps = await _steps(session, [run_id])
        step = next((one for one in steps.get(run_id, ()) if one.path == path), None)
        if step is None or not step.questions:
            raise NotFound(f"Nobody asks about {path!r} in this run.", "Look at what the run needs reviewed.")
        plan = await _plan(session, run.version_id)
        said = Statement(decision, actor.email, comment, _fitted(result, decision, _schema(plan, path)))
        question = step.question
        if run.state != RunState.NEEDS_REVIEW or question is None or attempt not in (None, question.attempt):
            seen = [one for one in step.questions if attempt in (None, one.attempt)] or [step.questions[-1]]
            if _said_before(step, seen[-1], said):
                return await summary_in(session, run_id)
            raise _conflict(await summary_in(session, run_id), seen[-1])
        kind, data = said.event(path, question.attempt)
        if sum(one.question is not None for one in steps[run_id]) == 1:
            run.state, run.error, run.finished_at, run.attempt = RunState.QUEUED, None, None, 0
            run.due_at = (await session.exec(select(func.now()))).one()
        await eventlog.append(session, run, [NewEvent(kind, path, data)])
        await eventlog.notify(session, "weft_runs", str(run.id))
        noted = {"path": path, "decision": decision, "tool": step.tool, "key": step.key, "comment": comment}
        await audit.append(session, actor.account_id, actor.email, "run.review", str(run.id), noted)
        return await summary_in(session, run_id)


def _said_before(step: StepRun, question: Question, said: Statement) -> bool:
    same = (question.answer, question.by, question.comment) == (said.decision, said.by, said.comment)
    return same and (said.decision != "happened" or step.output == said.result)


def _conflict(current: RunSummary, question: Question) -> Conflict:
    if question.answer is not None:
        said = f"{question.by} has answered this already: {question.answer}."
    elif current.state == RunState.NEEDS_REVIEW:
        said = "The call was tried again since; this is about another try."
    else:
        said = f"This run is {current.state.replace('_', ' ')}; it is not in review any more."
    return Conflict(said, "Nothing was done. Look at the run again.", current=current)


def _fitted(result: Json, decision: Decision, schema: dict[str, Json] | None) -> Json:
    """The result as the workflow goes on with it. Raises ``BadInput``."""
    if decision != "happened":
        if result is not None:
            raise BadInput("Only what happened has a result.", [("result", "must be left out")])
        return None
    try:
        if is_large(encode(result)):
            raise BadInput(
                "The result is too large.", [("result", f"has more than {size_words(INLINE_BYTES)}")]
            )
    except NotJson as error:
        raise BadInput("The result does not fit.", [("result", f"holds {error}")]) from error
    if schema is None:
        return result
    value = dsl.coerce(result, schema)
    problems = dsl.validate_input(value, schema)
    if problems:
        raise BadInput(
            "The result does not fit what this tool answers: " + "; ".join(map(str, problems[:5])) + ".",
            [(f"result.{one.path}" if one.path else "result", one.message) for one in problems],
            "Correct these fields and answer again.",
        )
    return value


async def _reviews(session: AsyncSession, actor: Actor, runs: Sequence[UUID]) -> list[Review]:
    found: list[Review] = []
    query = (
        select(tables.Run.id, tables.Workflow, tables.Run.version_id)
        .join(tables.Workflow, col(tables.Workflow.id) == col(tables.Run.workflow_id))
        .where(col(tables.Run.id).in_(runs))
    )
    about = {run: (workflow, version) for run, workflow, version in await session.exec(query)}
    steps = await _steps(session, runs)
    plans: dict[UUID, Json] = {}
    for run in runs:
        workflow, version = about[run]
        if version not in plans:
            plans[version] = await _plan(session, version)
        for step in steps.get(run, ()):
            if step.question is not None:
                found.append(_review(actor, run, workflow, plans[version], step, step.question))
    return found


def _review(
    actor: Actor, run: UUID, workflow: tables.Workflow, plan: Json, step: StepRun, question: Question
) -> Review:
    planned = _planned(plan, step.path) or {}
    return Review(
        run_id=run,
        workflow_id=workflow.id,
        workflow_name=workflow.name,
        workflow_title=workflow.title,
        path=step.path,
        label=planned.get("label") or planned.get("id") or step.path,
        tool=step.tool or "",
        arguments=None if "input" in step.large else step.input or {},
        key=step.key or "",
        attempt=question.attempt,
        tried_at=_moment(step.tried_at or step.started_at),
        asked_at=_moment(question.asked_at),
        code=question.code,
        question=question.text,
        output_schema=_schema(plan, step.path),
        may_answer=may(actor, Permission.REVIEW),
    )


_CALLS = text("""
SELECT e.run_id, e.seq, extract(epoch FROM e.at)::float8, e.kind, e.path, e.data FROM run_events e
WHERE e.run_id = ANY(:runs) AND (e.run_id, e.path) IN (
    SELECT run_id, path FROM run_events WHERE run_id = ANY(:runs) AND kind = 'step.unknown')
ORDER BY e.run_id, e.seq
""")


async def _steps(session: AsyncSession, runs: Sequence[UUID]) -> dict[UUID, tuple[StepRun, ...]]:
    """The calls that were ever asked about, by run."""
    events: dict[UUID, list[Event]] = {}
    rows: Iterable[Any] = await session.execute(_CALLS, {"runs": list(runs)})
    for run, *rest in rows:
        events.setdefault(run, []).append(Event(*rest))
    return {run: fold(of_run).steps for run, of_run in events.items()}


async def _plan(session: AsyncSession, version_id: UUID) -> Json:
    query = select(tables.Version.plan).where(tables.Version.id == version_id)
    return (await session.exec(query)).one()


def _schema(plan: Json, path: str) -> dict[str, Json] | None:
    """What the tool called at ``path`` answers with; None when nobody knows (a model's tool has none)."""
    planned = _planned(plan, path)
    if planned is None or planned["do"]["kind"] != "call":
        return None
    schema: dict[str, Json] | None = planned["do"].get("output_schema")
    return schema


def _planned(plan: Json, path: str) -> Mapping[str, Json] | None:
    """The step of the plan that stands at a path of the run: without rounds, tries and turns."""
    wanted = re.sub(r"\[\d+\]|#\d+|~turn\d+\.tool\d+", "", path)
    return next((step for step in _walk(plan) if step["path"] == wanted), None)


def _walk(node: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(node, Mapping):
        if isinstance(node.get("do"), Mapping) and "path" in node:
            yield node
        for each in node.values():
            yield from _walk(each)
    elif isinstance(node, list):
        for each in node:
            yield from _walk(each)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
