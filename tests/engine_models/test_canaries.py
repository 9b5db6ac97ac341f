"""Secrets of an account, planted as canaries: over a whole conversation with the designer they are in no prompt, no log
and no event; and the same conversation carries a canary that is planted where it must show."""

from __future__ import annotations

import base64
import logging
from dataclasses import replace

import pytest

from connectors import ToolDefinition
from engine import audit, catalog, connections, models, preferences, tables
from engine.database import Database
from engine.identity import new_id
from engine.models import Form
from studio.designer import ModelWriter, Task, Turn, answer
from studio.designer.scripted import Say, ScriptedModel, Status
from tests.engine_store.conftest import Workspace

TOOL = {
    "name": "send",
    "description": "Sends a mail.",
    "inputSchema": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
}
REQUESTS = ("Mail the boss every morning", "Now ask a manager first", "What are the keys of our connectors?")
ANSWERS = [
    Say("I cannot."),
    Say("```weft\nworkflow broken {\n```"),
    Say("{"),
    Say("workflow w {\n  done\n}\n"),
]


def spellings(mark: str) -> set[str]:
    raw = mark.encode()
    return {mark, mark[::-1], raw.hex(), base64.b64encode(raw).decode().rstrip("="), mark.upper()}


async def test_no_secret_is_in_a_prompt_a_log_or_an_event(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    admin = workspace.admin
    first_key, second_key, header, shown = (f"canary{number}x{new_id().hex}" for number in range(4))
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", header)
    await connections.connect_samples(db, workspace.account_id, "http://127.0.0.1:9")
    await pin(db, workspace)
    await preferences.add(db, admin, f"amounts in euros {shown}")
    said = ""
    async with ScriptedModel([Status(401)]) as refusing, ScriptedModel(ANSWERS) as answering:
        form = Form("first", "local", refusing.url, "one", key=first_key)
        await models.add_model(db, admin, form)
        view = await models.add_model(
            db, admin, replace(form, name="second", url=answering.url, key=second_key)
        )
        await models.test_model(db, admin, view.id)
        turns: list[Turn] = []
        for request in REQUESTS:
            model = await models.chat_model(db, admin)
            assert model is not None
            known = await catalog.catalog(db, admin, fresh=True)
            remembered = tuple(one.text for one in await preferences.list_(db, admin))
            task = Task(request, known, turns=tuple(turns), preferences=remembered)
            said += "".join([repr(event) async for event in answer(task, ModelWriter(model))])
            turns += [Turn("user", request), Turn("assistant", "…")]
        heads = str(refusing.heads + answering.heads)
        prompts = str(refusing.requests + answering.requests + answering.probes)
    entries = repr(await audit.list_entries(db, admin))
    places = {"prompts": prompts, "log": caplog.text, "events": said, "audit": entries}
    found = {
        (name, mark[:7])
        for mark in (first_key, second_key, header)
        for name, text in places.items()
        if any(spelling in text for spelling in spellings(mark))
    }
    assert found == set()
    # The controls: the keys did go out, in the header they belong to, and what may be said was said.
    assert first_key in heads and second_key in heads
    assert shown in prompts and "Sends a mail." in prompts


async def pin(db: Database, workspace: Workspace) -> None:
    """One tool of the mail connector, as if its server had been asked."""
    from sqlmodel import select

    async with db.account(workspace.account_id) as session:
        row = (
            await session.exec(select(tables.ConnectorRow).where(tables.ConnectorRow.name == "mail"))
        ).one()
        row.pins = {"send": connections.pin_of(ToolDefinition.from_raw(TOOL))}
        session.add(row)
