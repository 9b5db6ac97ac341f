"""The page of triggers: every kind in words, how it is doing, a test that is signed, and what came in."""

from __future__ import annotations

import secrets as random
from pathlib import Path

import pytest

from engine import secrets, workflows
from engine.hooks.verdict import Verdict
from engine.triggers import register
from studio.triggers import TriggerList
from studio.triggers.rows import TriggerRow
from studio.triggers.words import STATES, VERDICTS, brief, starts
from tests.studio.conftest import Tab, Workspace

TEXT = """workflow {name} {
  input { order: string = "none" }
  secret shop_key
  trigger placed: webhook POST "/{name}" verify standard(secrets.shop_key) when event.body.order != "no"
    with (order: event.body.order)
  trigger daily: schedule "0 9 * * MON-FRI" timezone "Asia/Tokyo"
  trigger paid: event "payment.received" with (order: event.order)
  trigger ui: manual
  step done: let 1
}
"""


@pytest.fixture(autouse=True)
async def name(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a workflow with triggers of every kind, which is live."""
    (tmp_path / "key").write_text(random.token_hex(32))
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "key"))
    db, owner = workspace.db, workspace.owner
    await secrets.set_secret(db, owner, "shop_key", random.token_hex(16))
    name = f"orders_{random.token_hex(3)}"
    draft = await workflows.create_workflow(db, owner, name, TEXT.replace("{name}", name))
    await workflows.publish(db, owner, draft.workflow_id)
    return name


async def rows_of(tab: Tab, name: str) -> dict[str, TriggerRow]:
    return {row.name: row for row in (await tab.state(TriggerList)).rows if row.workflow == name}


async def test_every_kind_is_listed_in_words_and_filtered(signed_in: Tab, name: str) -> None:
    await signed_in.send(TriggerList.load())
    assert {one: (row.words, row.state) for one, row in (await rows_of(signed_in, name)).items()} == {
        "placed": (f"When a signed POST comes to /{name}, if its condition is true", "on"),
        "daily": ("At 09:00 from Monday to Friday, Asia/Tokyo", "on"),
        "paid": ("When the event “payment.received” is published", "on"),
        "ui": ("When somebody starts it", "on"),
    }
    await signed_in.send(TriggerList.filter_kind("schedule"))
    page = await signed_in.state(TriggerList)
    assert {row.kind for row in page.rows} == {"schedule"} and page.total > len(page.rows)
    await signed_in.send(TriggerList.filter_state("paused"))
    assert await rows_of(signed_in, name) == {}
    await signed_in.send(TriggerList.load())
    await signed_in.send(TriggerList.search(f"{name} Monday"))
    assert [row.name for row in (await signed_in.state(TriggerList)).rows] == ["daily"]


async def test_a_long_list_is_cut_and_says_so(
    signed_in: Tab, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.triggers.state.MOST_ROWS", 2)
    await signed_in.send(TriggerList.load())
    page = await signed_in.state(TriggerList)
    assert (len(page.rows), page.hidden) == (2, page.total - 2)


async def test_a_schedule_shows_its_next_moments_in_its_zone_and_is_paused_and_resumed(
    signed_in: Tab, workspace: Workspace, name: str
) -> None:
    views = await register.list_triggers(workspace.db, workspace.owner)
    [daily] = [one for one in views if (one.workflow, one.name) == (name, "daily")]
    signed_in.url = f"http://localhost:3000/triggers?trigger={daily.id}"
    await signed_in.send(TriggerList.load())
    page = await signed_in.state(TriggerList)
    assert (page.chosen, len(page.detail.fires)) == (str(daily.id), 5)
    assert all(one.there.endswith("09:00") and one.at.endswith("00:00:00.000Z") for one in page.detail.fires)
    await signed_in.send(TriggerList.switch())
    assert (await signed_in.state(TriggerList)).one[0].state == "paused"
    await signed_in.send(TriggerList.switch())
    await signed_in.send(TriggerList.catch_up("skip"))
    page = await signed_in.state(TriggerList)
    assert (page.one[0].state, page.detail.catch_up) == ("on", "skip")


async def test_a_test_is_sent_and_what_became_of_it_is_in_the_list(
    signed_in: Tab, workspace: Workspace, name: str
) -> None:
    await signed_in.send(TriggerList.load())
    placed = (await rows_of(signed_in, name))["placed"]
    await signed_in.send(TriggerList.choose(placed.id))
    await signed_in.send(TriggerList.ask_test())
    page = await signed_in.state(TriggerList)
    assert page.body == '{"order": "…"}'
    assert page.detail.url == f"http://localhost:3000/api/hooks/{workspace.owner.account_id}/{name}"
    assert "openssl" in page.detail.example and page.detail.secret_set
    await signed_in.send(TriggerList.send_test({"body": '{"order": "A-1"}'}))
    await signed_in.send(TriggerList.send_test({"body": '{"order": "no"}'}))
    await signed_in.send(TriggerList.send_test({"body": "{"}))
    page = await signed_in.state(TriggerList)
    assert page.tested["words"] == "Unreadable" and "line 1" in page.tested["why"]
    assert [one.verdict for one in page.deliveries] == ["not_json", "filtered", "accepted"]
    assert page.deliveries[-1].run_id and page.deliveries[-1].test == "Test by Owner"
    await secrets.delete_secret(workspace.db, workspace.owner, "shop_key", forced=True)
    await signed_in.send(TriggerList.refresh())
    page = await signed_in.state(TriggerList)
    assert (page.one[0].state, page.detail.secret_set) == ("no_secret", False)
    await signed_in.send(TriggerList.send_test({"body": "{}"}))
    assert (await signed_in.state(TriggerList)).tested["words"] == "Not sent"


async def test_a_trigger_that_is_not_there_is_not_chosen(signed_in: Tab) -> None:
    signed_in.url = "http://localhost:3000/triggers?trigger=00000000-0000-0000-0000-000000000000&kind=odd"
    await signed_in.send(TriggerList.load())
    page = await signed_in.state(TriggerList)
    assert (page.chosen, page.kind, page.one) == ("", "", [])


async def test_every_verdict_and_state_has_words_and_what_is_wrong_has_advice(
    workspace: Workspace, name: str
) -> None:
    assert set(VERDICTS) == set(Verdict)
    assert [one for one, (_, tone, advice) in VERDICTS.items() if tone == "danger" and not advice] == []
    assert all(words and meaning for words, _, meaning in STATES.values())
    views = await register.list_triggers(workspace.db, workspace.owner)
    assert all(starts(one.trigger) for one in views)
    assert {one.name: brief(one.trigger) for one in views if one.workflow == name} == {
        "placed": f"runs when /{name} is called",
        "daily": "runs at 09:00 from Monday to Friday",
        "paid": "runs on the event payment.received",
        "ui": "",
    }
