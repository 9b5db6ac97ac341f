"""The Test tab: what it offers of the draft, what it starts, and what of a run it shows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest

from engine import catalog, pins, runs, workflows
from engine.runner import Runner, RunnerSettings
from studio.editor.inspecting import Inspecting
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from tests.conftest import Samples
from tests.editor.conftest import Editor
from tests.engine_trials.test_trials import ANSWERS, ORDER


async def trial_of(editor: Editor) -> Any:
    return await editor.tab.state(Trial)


async def say(editor: Editor, type: str, **rest: Any) -> None:
    await editor.tab.send(Trial.on_say({"type": type, **rest}))


@pytest.fixture
async def opened(editor: Editor) -> Editor:
    """With the Test tab open."""
    await editor.tab.send(EditorState.open_drawer("run"))
    await editor.tab.send(Trial.load())
    return editor


def line(lines: list[dict[str, Any]], path: str) -> dict[str, Any]:
    return next(one for one in lines if one["path"] == path)


async def test_the_tab_says_what_could_really_happen_and_who_is_asked(opened: Editor) -> None:
    setup = (await trial_of(opened)).setup
    assert [(one["path"], one["real"]) for one in setup["effects"]] == [("refund", False), ("notify", False)]
    assert "shop.process_refund" in line(setup["effects"], "refund")["words"]
    assert line(setup["effects"], "refund")["gates"] == ["gate.approval"]
    assert [(one["path"], one["auto"]) for one in setup["gates"]] == [("gate.approval", False)]
    assert (setup["ready"], setup["live"], setup["pins"]) == (True, False, [])


async def test_what_really_happens_takes_the_yes_back_from_the_machine(opened: Editor) -> None:
    await say(opened, "approve", step="gate.approval", on=True)
    assert line((await trial_of(opened)).setup["gates"], "gate.approval")["auto"]
    await say(opened, "real", step="refund", on=True)
    setup = (await trial_of(opened)).setup
    gate = line(setup["gates"], "gate.approval")
    assert (line(setup["effects"], "refund")["real"], gate["auto"]) == (True, False)
    assert "a person decides" in gate["fixed"]


async def test_a_draft_with_errors_says_why_it_cannot_be_tested(opened: Editor) -> None:
    at = (await opened.text()).index("shop.get_order")
    await opened.type(at, "shop.nothing", end=at + len("shop.get_order"))
    await say(opened, "look")
    setup = (await trial_of(opened)).setup
    assert not setup["ready"]
    assert setup["why"].startswith("The draft has ")


async def test_the_form_follows_the_text(opened: Editor) -> None:
    assert list((await trial_of(opened)).schema["properties"]) == ["order_id", "reason"]
    at = (await opened.text()).index("    reason: string")
    await opened.type(at, "    channel: string?,\n")
    await say(opened, "look")
    assert list((await trial_of(opened)).schema["properties"]) == ["order_id", "channel", "reason"]


async def test_up_to_here_and_from_here_open_the_tab(editor: Editor) -> None:
    await say_loaded(editor)
    await say(editor, "until", step="order")
    state = await editor.state()
    assert (state.drawer, state.drawer_open) == ("run", True)
    await say(editor, "begin", step="refund")
    setup = (await trial_of(editor)).setup
    assert (setup["until"], setup["begin"]) == ("order", "refund")
    await say(editor, "until", step="")
    assert (await trial_of(editor)).setup["until"] == ""


async def say_loaded(editor: Editor) -> None:
    await editor.tab.send(Trial.load())


async def test_the_chosen_step_says_what_can_be_done_with_it(opened: Editor) -> None:
    await say(opened, "show", step="refund")
    step = (await trial_of(opened)).step
    assert (step["path"], step["pinnable"], step["beginnable"], step["pin"]) == ("refund", True, True, {})
    assert (json.loads(step["example"]), step["ran"], step["last"]) == ({"id": "id"}, False, {})
    await say(opened, "show", step="gate")
    assert not (await trial_of(opened)).step["pinnable"]


async def test_a_pin_that_is_no_json_is_told_beside_its_field(opened: Editor) -> None:
    await say(opened, "show", step="order")
    await say(opened, "pin", step="order", text="{")
    problems = (await trial_of(opened)).step["problems"]
    assert "is not JSON" in problems[0]["message"]
    await say(opened, "pin", step="order", text=json.dumps(ORDER))
    step = (await trial_of(opened)).step
    assert (step["problems"], json.loads(step["pin"]["text"])) == ([], ORDER)


async def test_a_pin_follows_a_rename_in_the_editor(opened: Editor) -> None:
    await say(opened, "pin", step="order", text=json.dumps(ORDER))
    await opened.says("on_inspector", {"type": "set", "step": "order", "key": "id", "value": "purchase"})
    await say(opened, "look")
    setup = (await trial_of(opened)).setup
    assert [(pin["path"], pin["gone"]) for pin in setup["pins"]] == [("purchase", False)]
    await say(opened, "unpin", step="purchase")
    assert (await trial_of(opened)).setup["pins"] == []


async def test_what_was_just_pinned_is_what_expressions_come_out_as(opened: Editor) -> None:
    async def told() -> str:
        await opened.tab.send(Inspecting.ask({"type": "look", "step": "refund"}))
        previews = (await opened.tab.state(Inspecting)).live["previews"]
        return str(previews["arg:amount"]["text"])

    before = (await opened.tab.state(Inspecting)).learned
    assert await told() == "No value yet"
    await say(opened, "pin", step="order", text=json.dumps({**ORDER, "total": 12.5}))
    assert (await opened.tab.state(Inspecting)).learned == before + 1
    assert await told() == "12.5"


async def test_what_the_tab_does_not_know_is_dropped(opened: Editor) -> None:
    before = (await trial_of(opened)).setup
    for said in ({}, {"type": "real"}, {"type": "pin", "step": 1}, {"type": "begin", "step": "x" * 5000}):
        await opened.tab.send(Trial.on_say(said))
    assert (await trial_of(opened)).setup == before


# ---- with an engine ------------------------------------------------------------------------------------


@dataclass
class Counted:
    calls: Counter[str] = field(default_factory=Counter)

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: Any,
        key: str,
        timeout_s: float,
        pin: str | None,
    ) -> Any:
        self.calls[tool] += 1
        return ANSWERS[tool]


@pytest.fixture
async def real(editor: Editor, samples: Samples, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The editor with the sample connectors, and an engine whose tools count."""
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    place = editor.workspace
    await catalog.connect_samples(place.db, place.owner.account_id, samples.url)
    await catalog.refresh_connectors(place.db, place.owner.account_id)
    (await editor.state())._desk.use(await catalog.catalog(place.db, place.owner, fresh=True))
    tools = Counted()
    runner = Runner(place.runner_url, RunnerSettings(poll_s=0.1), tools)
    await runner.open()
    await editor.tab.send(Trial.load())
    yield editor, tools
    await runner.stop()


async def test_a_test_is_painted_and_changes_nothing(real: Any) -> None:
    editor, tools = real
    await say(editor, "approve", step="gate.approval", on=True)
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    trial = await trial_of(editor)
    assert (trial.run_state, trial.message, trial.setup["blockers"]) == ("succeeded", "", [])
    assert trial.result["output"]["status"] == "refunded"
    assert trial.states["refund"] == "succeeded"
    assert tools.calls == {"get_order": 1, "check_refund_eligibility": 1}
    place = editor.workspace
    assert (await runs.get_summary(place.db, place.owner, UUID(trial.run_id))).trial
    assert await workflows.list_versions(place.db, place.owner, UUID(editor.workflow_id)) == ()
    await say(editor, "show", step="refund")
    last = (await trial_of(editor)).step["last"]
    assert (last["pinned"], last["input"]["amount"]) == (True, 249.9)
    await say(editor, "show", step="ineligible.not_eligible")
    step = (await trial_of(editor)).step
    assert (step["ran"], step["last"]) == (True, {})


async def test_the_text_is_tested_as_it_is_now_and_its_input_is_kept(real: Any) -> None:
    editor, _ = real
    at = (await editor.text()).index("  step done: return")
    await editor.type(at, '  step note: let "seen"\n')
    await say(editor, "until", step="note")
    await say(editor, "approve", step="gate.approval", on=True)
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    trial = await trial_of(editor)
    assert trial.result["output"] == "seen"
    assert trial.schema["properties"]["order_id"]["default"] == "A-1001"


async def test_what_really_happens_waits_for_a_person_whatever_was_ticked_before(real: Any) -> None:
    editor, _ = real
    await say(editor, "approve", step="gate.approval", on=True)
    await say(editor, "real", step="refund", on=True)
    await say(editor, "until", step="eligibility")
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    trial = await trial_of(editor)
    assert (trial.setup["blockers"], trial.run_state) == ([], "succeeded")
    place = editor.workspace
    detail = await runs.get_run(place.db, place.owner, UUID(trial.run_id))
    assert detail.trial is not None
    assert (detail.trial["real"], detail.trial["pins"]) == (["refund"], {})


async def test_what_stands_in_the_way_is_listed_by_step(real: Any) -> None:
    editor, _ = real
    await say(editor, "begin", step="refund")
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    trial = await trial_of(editor)
    assert trial.run_id == ""
    assert [one["path"] for one in trial.setup["blockers"]] == ["order", "eligibility"]


async def test_an_input_that_does_not_fit_is_told_at_its_field(real: Any) -> None:
    editor, _ = real
    await editor.tab.send(Trial.start({"reason": "none"}))
    assert [one["path"] for one in (await trial_of(editor)).problems] == ["order_id"]


async def test_what_a_step_gave_the_last_time_can_be_pinned(real: Any) -> None:
    editor, tools = real
    await say(editor, "until", step="order")
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    await say(editor, "pin_last", step="order")
    place = editor.workspace
    kept = await pins.list_pins(place.db, place.owner, UUID(editor.workflow_id))
    assert [(pin.path, pin.content) for pin in kept] == [("order", {"output": ORDER})]
    await editor.tab.send(Trial.start({"order_id": "A-1001"}))
    assert tools.calls["get_order"] == 1
