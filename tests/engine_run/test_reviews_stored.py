"""Reviews on a real database: listed with what was sent, answered once, and the run goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from dsl import plan as p
from engine import approvals, audit, reviews, runs
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.runner import Runner, RunnerSettings
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Witness,
    approve,
    block,
    call,
    cel,
    const,
    do,
    foreach,
    parallel,
    plan,
    ret,
    until,
)

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def actor(ground: Ground) -> Actor:
    return Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator", ("manager",))


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), witness)
    await one.open()
    yield one
    await one.stop()


def lost(id: str, schema: Any = None, **rest: Any) -> p.PlanStep:
    """A call that gets no answer."""
    made = call(id, tool="lost", honours=False, **rest)
    return made.model_copy(update={"do": made.do.model_copy(update={"output_schema": schema})})


async def in_review(ground: Ground, *steps: p.PlanStep) -> UUID:
    (run_id,) = ground.start(ground.publish(plan(*steps)), {})
    await until(lambda: ground.states([run_id]) == {"needs_review": 1})
    return run_id


async def test_what_needs_a_review_is_listed_with_exactly_what_was_sent(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    run_id = await in_review(
        ground, foreach("each", const([7, 8]), lost("pay", SCHEMA, args={"v": cel("item")}), concurrency=2)
    )
    found = await reviews.of_run(db, actor, run_id)
    assert found == await reviews.list_reviews(db, actor)
    assert [(one.path, one.tool, one.arguments, one.key, one.label) for one in found] == [
        (f"each[{n}].pay", "w.lost", {"v": 7 + n}, f"{run_id}/each[{n}].pay", "pay") for n in (0, 1)
    ]
    assert {(one.attempt, one.code, one.may_answer) for one in found} == {(1, "timeout", True)}
    assert all(one.output_schema == SCHEMA and one.tried_at <= one.asked_at for one in found)
    viewer = replace(actor, role="viewer")
    assert not any(one.may_answer for one in await reviews.list_reviews(db, viewer))
    summary = await runs.get_summary(db, actor, run_id)
    assert summary.finished_at is None and summary.error is not None


async def test_an_answer_is_checked_journaled_audited_and_queues_the_run_once_all_is_clear(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    run_id = await in_review(
        ground,
        parallel("p", lost("pay", SCHEMA), lost("post"), approve("gate")),
        ret("done", cel("pay.amount")),
    )
    with pytest.raises(BadInput, match="amount") as bad:
        await reviews.answer(db, actor, run_id, "p.pay", "happened", {"amount": "much"})
    assert [path for path, _ in bad.value.problems] == ["result.amount"]
    with pytest.raises(BadInput):
        await reviews.answer(db, actor, run_id, "p.pay", "again", {"amount": 1})
    with pytest.raises(NotFound):
        await reviews.answer(db, actor, run_id, "p.gate", "again")
    with pytest.raises(Forbidden):
        await reviews.answer(db, replace(actor, role="approver"), run_id, "p.pay", "again")

    first = await reviews.answer(db, actor, run_id, "p.pay", "happened", {"amount": 5}, "seen in the books")
    assert first.state == "needs_review"
    (gate,) = [one for one in await approvals.list_approvals(db, actor) if one.run_id == run_id]
    assert gate.state == "open"
    approver = replace(actor, role="approver", user_id=uuid4())
    await approvals.decide(db, approver, gate.id, "approve")
    assert (await runs.get_summary(db, actor, run_id)).state == "needs_review"
    second = await reviews.answer(db, actor, run_id, "p.post", "happened", None)
    assert (second.state, second.error, second.attempt) == ("queued", None, 0)
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    detail = await runs.get_run(db, actor, run_id)
    assert detail.output == 5.0 and isinstance(detail.output, float)
    step = detail.view.step("p.pay")
    assert step is not None and step.state == "succeeded"
    assert [(q.answer, q.by, q.comment) for q in step.questions] == [
        ("happened", "o@example.com", "seen in the books")
    ]
    assert await reviews.of_run(db, actor, run_id) == ()
    admin = replace(actor, role="admin")
    said = [one for one in await audit.list_entries(db, admin) if one.action == "run.review"]
    assert [(one.data["path"], one.data["decision"]) for one in said] == [
        ("p.post", "happened"),
        ("p.pay", "happened"),
    ]


async def test_the_same_answer_twice_is_once_and_another_one_is_a_conflict(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    run_id = await in_review(ground, lost("pay"), lost("post"))
    await reviews.answer(db, actor, run_id, "pay", "happened", {"n": 1})
    await until(lambda: ground.states([run_id]) == {"needs_review": 1})
    before = ground.events(run_id)
    again = await reviews.answer(db, actor, run_id, "pay", "happened", {"n": 1})
    assert again.state == "needs_review" and ground.events(run_id) == before
    for decision, result in (("happened", {"n": 2}), ("again", None), ("fail", None)):
        with pytest.raises(Conflict, match="answered this already"):
            await reviews.answer(db, actor, run_id, "pay", decision, result)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        await reviews.answer(db, replace(actor, email="p@example.com"), run_id, "pay", "happened", {"n": 1})
    await runs.cancel_run(db, actor, run_id)
    await until(lambda: ground.states([run_id]) == {"cancelled": 1})
    with pytest.raises(Conflict, match="cancelled"):
        await reviews.answer(db, actor, run_id, "post", "again")
    error = (await runs.get_summary(db, actor, run_id)).error
    assert error is not None and error["unknown"] == ["post"]


async def test_an_answer_that_is_sent_twice_is_none_about_the_next_try(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    run_id = await in_review(ground, lost("pay"))
    await reviews.answer(db, actor, run_id, "pay", "again", attempt=1)
    await until(lambda: witness.tries["pay"] == 2 and ground.states([run_id]) == {"needs_review": 1})
    late = await reviews.answer(db, actor, run_id, "pay", "again", attempt=1)
    assert late.state == "needs_review" and witness.tries["pay"] == 2
    with pytest.raises(Conflict):
        await reviews.answer(db, actor, run_id, "pay", "fail", attempt=1)
    await reviews.answer(db, actor, run_id, "pay", "fail", attempt=2)
    await until(lambda: ground.states([run_id]) == {"failed": 1})
    error = (await runs.get_summary(db, actor, run_id)).error
    assert error is not None and error["code"] == "outcome_unknown"


async def test_of_several_people_who_answer_at_once_one_counts(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    run_id = await in_review(ground, lost("pay"), ret("done", cel("pay")))

    async def say(number: int) -> object:
        person = replace(actor, email=f"p{number}@example.com")
        try:
            return await reviews.answer(db, person, run_id, "pay", "happened", number)
        except Conflict as conflict:
            return conflict

    said = await asyncio.gather(*(say(number) for number in range(5)))
    assert sum(isinstance(one, Conflict) for one in said) == 4
    await until(lambda: ground.states([run_id]) == {"succeeded": 1})
    assert [kind for _, kind, path, _ in ground.events(run_id) if path == "pay"].count("step.succeeded") == 1


async def test_another_account_sees_nothing_and_can_answer_nothing(
    db: Database, runner: Runner, ground: Ground, actor: Actor, owner_url: str
) -> None:
    run_id = await in_review(ground, lost("pay"))
    stranger = replace(actor, account_id=Ground.lay(owner_url).account_id)
    assert await reviews.list_reviews(db, stranger) == ()
    with pytest.raises(NotFound):
        await reviews.of_run(db, stranger, run_id)
    with pytest.raises(NotFound):
        await reviews.answer(db, stranger, run_id, "pay", "again")


async def test_a_cancel_in_review_undoes_what_is_known_and_says_what_is_not(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    undo = block(call("undo"))
    run_id = await in_review(
        ground,
        call("a", compensate=undo),
        parallel("p", lost("pay", compensate=undo), do("z", approve("gate"))),
    )
    asked = await runs.cancel_run(db, actor, run_id)
    assert (asked.state, asked.error, asked.finished_at) == ("queued", None, None)
    await until(lambda: ground.states([run_id]) == {"cancelled": 1})
    assert witness.order == ["a", "a~comp.undo"]
    detail = await runs.get_run(db, actor, run_id)
    assert detail.summary.error is not None and detail.summary.error["unknown"] == ["p.pay"]
    assert detail.view.state == "cancelled"
