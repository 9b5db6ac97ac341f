"""The page of a run in review: what it asks, and what its answers do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from engine.errors import BadInput
from engine.history import Question
from engine.reviews import Review
from engine.runner import Runner, RunnerSettings
from studio.runs import RunPage, reviews
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, call, cel, const, plan, ret, until
from tests.studio.conftest import Tab, Workspace

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}


def review(code: str = "interrupted") -> Review:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    about = ("pay", "Refund", "shop.refund", {"n": 1}, "key", 2, now, now, code, "Did it?", None, True)
    return Review(UUID(int=1), UUID(int=2), "refund", "Refund", *about)


def test_a_question_says_why_it_is_asked_and_a_tool_without_a_result_has_no_form() -> None:
    (card,) = reviews.cards([review()])
    assert (card["label"], card["tool"], card["attempt"], card["schema"]) == ("Refund", "shop.refund", 2, {})
    whys = [
        reviews.cards([review(code)])[0]["why"] for code in ("interrupted", "timeout", "unavailable", "x")
    ]
    assert len(set(whys)) == 4 and all("was sent" in why for why in whys)


def test_an_answered_question_says_who_answered_what() -> None:
    shown = reviews.asked(Question(1.0, 1, "timeout", "Did it?", "again", "o@example.com", "looked", 2.0))
    assert (shown["words"], shown["by"], shown["comment"]) == (
        "It did not happen, and was done again",
        "o@example.com",
        "looked",
    )


def test_problems_of_a_result_are_shown_at_their_fields() -> None:
    unfit = BadInput("no", [("result.amount", "must be a number"), ("result", "is too large")])
    assert [each["path"] for each in reviews.problems(unfit)] == ["amount", ""]


@pytest.fixture
def ground(workspace: Workspace, owner_url: str) -> Ground:
    ground = Ground(owner_url, workspace.owner.account_id, uuid4())
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
            (ground.workflow_id, ground.account_id, f"w{ground.workflow_id.hex}"),
        )
    return ground


async def test_a_person_answers_on_the_page_and_the_run_goes_on(
    signed_in: Tab, workspace: Workspace, ground: Ground
) -> None:
    lost = call("pay", tool="lost", honours=False, args={"n": const(7)})
    do = lost.do.model_copy(update={"output_schema": SCHEMA})
    made = plan(lost.model_copy(update={"do": do}), ret("done", cel("pay.amount")))
    runner = Runner(workspace.runner_url, RunnerSettings(poll_s=0.2), Witness())
    await runner.open()
    try:
        (run_id,) = ground.start(ground.publish(made), {})
        await until(lambda: ground.states([run_id]) == {"needs_review": 1})
        signed_in.url = f"http://localhost:3000/runs/{run_id}"
        loading = asyncio.create_task(signed_in.send(RunPage.load()))
        page = await signed_in.state(RunPage)
        async with asyncio.timeout(30):
            while not page.reviews:
                await asyncio.wait([loading], timeout=0.05)
                page = await signed_in.state(RunPage)
        (card,) = page.reviews
        assert (card["path"], card["arguments"], card["may"]) == ("pay", {"n": 7}, True)
        assert page.run.state == "needs_review" and page.run.live

        await signed_in.send(RunPage.answer("pay", "happened", 1, '{"amount": "much"}', ""))
        page = await signed_in.state(RunPage)
        assert [each["path"] for each in page.review_problems] == ["amount"] and page.answering == ""
        await signed_in.send(RunPage.answer("pay", "happened", 1, "{", ""))
        assert (await signed_in.state(RunPage)).review_message == "This is not JSON."
        await signed_in.send(RunPage.answer("pay", "happened", 1, '{"amount": 5}', "seen"))
        async with asyncio.timeout(30):
            await loading  # following ends with the run
        page = await signed_in.state(RunPage)
        assert (page.run.state, page.result, page.reviews) == ("succeeded", {"value": 5.0, "large": {}}, [])
        await signed_in.send(RunPage.look({"type": "select", "path": "pay"}))
        (asked,) = (await signed_in.state(RunPage)).detail["questions"]
        assert (asked["words"], asked["by"], asked["comment"]) == (
            "It happened",
            workspace.owner.email,
            "seen",
        )
    finally:
        await runner.stop()
