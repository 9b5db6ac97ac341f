"""One runner, as it is: an event comes in, its run is carried to its end, and another system hears of it."""

from __future__ import annotations

import asyncio

from engine import events
from engine.database import Database
from engine.runner import Runner, RunnerSettings
from engine.subscriptions import register
from engine.subscriptions.register import Form
from tests.engine_notifying.receiver import Receiver
from tests.engine_store.conftest import Workspace
from tests.engine_triggers.kit import published, written
from tests.engine_triggers.scheduling import Ground


async def test_from_an_event_to_a_run_that_is_over_and_told(
    db: Database, workspace: Workspace, ground: Ground
):
    head = 'trigger paid: event "paid" when event.amount > 100 with (id: event.id)'
    text = written("whole", head, inputs="id: string").replace("let 1", "return { id: input.id }")
    version = await published(db, workspace.admin, text)
    runner = Runner(ground.runner_url, RunnerSettings(slots=2))
    with Receiver() as receiver:
        form = Form("books", receiver.url, ("run.succeeded",))
        await register.create(db, workspace.admin, form)
        await runner.open()
        try:
            for amount in (50, 250):
                await events.publish(db, workspace.admin, "paid", {"id": f"P-{amount}", "amount": amount})
            heard = await asyncio.to_thread(receiver.next)
        finally:
            await runner.stop()
    assert (heard.json["type"], heard.json["data"]["workflow"], heard.json["data"]["trigger"]) == (
        "run.succeeded", "whole", "event"
    )  # fmt: skip
    assert ground.rows("SELECT input, output FROM runs WHERE workflow_id = %s", version.workflow_id) == [
        ({"id": "P-250"}, {"id": "P-250"})
    ]
