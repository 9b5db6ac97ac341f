"""The page of models: what an administrator connects, tries out, bounds and keeps back; what is remembered."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from engine import models, people, preferences
from engine.errors import BadInput
from studio.designer.scripted import Say, ScriptedModel
from studio.models import Memory, ModelList, ModelRules
from studio.models.costs import budgets_of
from studio.models.rows import cans_of, form_of, price_of
from studio.models.rules import custom_words, policy_of
from tests.studio.conftest import PASSWORD, Tab, Workspace

KEY = "sk-a-key-that-nobody-sees-again"


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(secrets.token_hex(32))
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1")
    for name in ("WEFT_MODEL_URL", "WEFT_MODEL_KEY", "WEFT_MODEL"):
        monkeypatch.delenv(name, raising=False)


def form(server: ScriptedModel, **more: str) -> dict[str, str]:
    return {"name": "Ours", "url": server.url, "model": "m", "key": KEY, "enabled": "on", "tier": "", **more}


async def test_a_model_is_connected_tried_out_and_its_key_is_nowhere_in_the_page(
    signed_in: Tab, workspace: Workspace
) -> None:
    async with ScriptedModel([Say("x")], can={"tools", "vllm"}) as server:
        await signed_in.send(ModelList.load())
        page = await signed_in.state(ModelList)
        assert (page.rows, page.can_change, page.common) == ([], True, "")
        await signed_in.send(ModelList.ask())
        await signed_in.send(ModelList.choose_provider("local"))
        await signed_in.send(ModelList.save(form(server, usd_in="0,5", usd_out="2")))
        page = await signed_in.state(ModelList)
        [row] = page.rows
        assert (row.name, row.price, row.has_key, row.local, row.state) == (
            "Ours",
            "0.5 / 2 USD",
            True,
            True,
            "answers",
        )
        assert [can.words for can in row.can][:2] == ["writes under the grammar", "uses tools"]
        assert KEY not in str(page.dict()) + signed_in.scripts
        await signed_in.send(ModelList.pick(row.id, "edit"))
        page = await signed_in.state(ModelList)
        assert (page.editing, page.has_key, page.said["usd_out"]) == (row.id, True, "2")
        await signed_in.send(ModelList.save(form(server, key="", name="Renamed")))
        assert (await models.own_entries(workspace.db, workspace.owner))[0].key == KEY
        await signed_in.send(ModelList.pick(row.id, "switch"))
        assert not (await signed_in.state(ModelList)).rows[0].enabled
        await signed_in.send(ModelList.pick(row.id, "delete"))
        await signed_in.send(ModelList.delete())
        assert (await signed_in.state(ModelList)).rows == []


async def test_what_is_wrong_is_said_at_its_field_and_the_dialog_stays(
    signed_in: Tab, workspace: Workspace
) -> None:
    async with ScriptedModel([Say("x")]) as server:
        await signed_in.send(ModelList.ask())
        for wrong, about in (
            ({"usd_in": "cheap"}, "usd_in"),
            ({"url": "http://10.0.0.1/v1"}, "url"),
            ({"model": ""}, "model"),
        ):
            await signed_in.send(ModelList.save(form(server, **wrong)))
            page = await signed_in.state(ModelList)
            assert (page.editing, list(page.errors)) == ("new", [about])
        assert "WEFT_MODEL_ALLOW_HOSTS" not in page.problem
        await signed_in.send(ModelList.save(form(server, url="http://10.0.0.1/v1")))
        assert "WEFT_MODEL_ALLOW_HOSTS=10.0.0.1:80" in (await signed_in.state(ModelList)).problem
        await signed_in.send(ModelList.close())
    assert await models.list_models(workspace.db, workspace.owner) == ()


async def test_the_order_is_changed_by_one_place_at_a_time(signed_in: Tab, workspace: Workspace) -> None:
    async with ScriptedModel([Say("x")]) as server:
        for name in ("a", "b"):
            await signed_in.send(ModelList.ask())
            await signed_in.send(ModelList.choose_provider("local"))
            await signed_in.send(ModelList.save(form(server, name=name)))
        first, second = (await signed_in.state(ModelList)).rows
        assert (first.first, first.last, second.last) == (True, False, True)
        await signed_in.send(ModelList.up(second.id))
        await signed_in.send(ModelList.up(second.id))
        assert [row.name for row in (await signed_in.state(ModelList)).rows] == ["b", "a"]
        await signed_in.send(ModelList.down(second.id))
        assert [row.name for row in (await signed_in.state(ModelList)).rows] == ["a", "b"]
    for row in (first, second):
        await signed_in.send(ModelList.pick(row.id, "delete"))
        await signed_in.send(ModelList.delete())


async def test_a_model_that_does_not_answer_says_why(signed_in: Tab) -> None:
    async with ScriptedModel([Say("x")]) as server:
        gone = form(server)
    await signed_in.send(ModelList.ask())
    await signed_in.send(ModelList.choose_provider("local"))
    await signed_in.send(ModelList.save(gone))
    page = await signed_in.state(ModelList)
    assert (page.rows[0].state, page.testing) == ("silent", "")
    assert "cannot be reached" in page.rows[0].problem
    await signed_in.send(ModelList.pick(page.rows[0].id, "delete"))
    await signed_in.send(ModelList.delete())


async def test_the_installations_model_is_named_where_there_is_no_other(
    signed_in: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_MODEL_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("WEFT_MODEL", "common-a,common-b")
    await signed_in.send(ModelList.load())
    assert (await signed_in.state(ModelList)).common == "common-a, common-b"
    monkeypatch.setenv("WEFT_MODEL", "")
    await signed_in.send(ModelList.load())
    page = await signed_in.state(ModelList)
    assert page.common == "" and "WEFT_MODEL is not set" in page.common_problem


async def test_budgets_are_kept_shown_and_taken_away(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(ModelRules.load())
    await signed_in.send(ModelRules.ask("budgets"))
    await signed_in.send(ModelRules.save_budgets({"day_usd": "none"}))
    page = await signed_in.state(ModelRules)
    assert (page.asking, page.errors) == ("budgets", {"day_usd": "must be a number"})
    await signed_in.send(ModelRules.save_budgets({"day_usd": "2.5", "conversation_tokens": "100,000"}))
    page = await signed_in.state(ModelRules)
    assert (page.asking, page.budgets["day_usd"]) == ("", "2.5")
    assert [(row.words, row.used) for row in page.limits] == [
        ("Today", "0.00 USD of 2.50 USD"),
        ("One conversation", "at most 100,000 tokens"),
    ]
    await signed_in.send(ModelRules.save_budgets({}))
    assert (await signed_in.state(ModelRules)).limits == []


async def test_what_must_not_leave_is_changed_and_tried_out(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(ModelRules.load())
    said = {
        "reach": "all",
        "kind_email": "refuse",
        "custom": "case: ACME-[0-9]+\nplan: PLAN-[A-Z]+ => refuse\n",
    }
    await signed_in.send(ModelRules.save_policy(said))
    page = await signed_in.state(ModelRules)
    assert (page.reach, page.custom) == ("all", "case: ACME-[0-9]+\nplan: PLAN-[A-Z]+ => refuse")
    for text, tried, left in (
        ("see ACME-12 and 4111 1111 1111 1111", "marked", "see [case 1] and [card 1]"),
        ("see PLAN-B", "refused", "see [plan 1]"),
        ("nothing", "same", "nothing"),
    ):
        await signed_in.send(ModelRules.try_out({"text": text}))
        page = await signed_in.state(ModelRules)
        assert (page.tried, page.trial) == (tried, left)
    for wrong in ({"custom": "no name"}, {"custom": "bad: ("}, {"reach": "moon"}):
        await signed_in.send(ModelRules.save_policy(wrong))
        assert (await signed_in.state(ModelRules)).problem != ""
    await signed_in.send(ModelRules.save_policy({}))


async def test_something_is_remembered_and_forgotten(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(Memory.load())
    await signed_in.send(Memory.add({"text": "amounts in euros"}))
    await signed_in.send(Memory.add({"text": "x" * 301}))
    page = await signed_in.state(Memory)
    assert ([row.text for row in page.rows], page.added) == (["amounts in euros"], 1)
    assert "1 to 300 characters" in page.problem
    await signed_in.send(Memory.forget(page.rows[0].id))
    assert (await signed_in.state(Memory)).rows == []
    assert await preferences.list_(workspace.db, workspace.owner) == ()


async def test_a_viewer_sees_the_list_and_nothing_of_the_rest(tab: Tab, workspace: Workspace) -> None:
    email = f"viewer-{secrets.token_hex(3)}@example.com"
    await people.add_user(
        workspace.db, workspace.owner.account_id, email=email, name="V", role="viewer", password=PASSWORD
    )
    token, _ = await people.sign_in(workspace.db, email, PASSWORD)
    tab.cookie = f"weft_session={token}"
    await tab.call("reflex___state____state.hydrate", {})
    for event in (ModelList.load(), ModelRules.load(), Memory.load()):
        await tab.send(event)
    listed, rules = await tab.state(ModelList), await tab.state(ModelRules)
    assert (listed.loaded, listed.can_change, rules.can_see) == (True, False, False)
    assert (rules.today, (await tab.state(Memory)).can_see) == ("", False)


def test_what_a_model_can_is_said_in_the_designers_words():
    def words(**probe: object) -> list[str]:
        return [can.words for can in cans_of({"answers": True, **probe})]

    assert words(grammar="vllm", json_schema=True, tools=True, ms=90)[0::2] == [
        "writes under the grammar",
        "first words after 90 ms",
    ]
    assert words(json_schema=True, ms=1900) == ["fills a form", "no tools", "first words after 1.9 s"]
    assert words(tools=True) == ["plain text, repaired", "uses tools"]
    assert cans_of({}) == cans_of({"answers": False, "tools": True}) == []
    assert (price_of(None, None), price_of(0, 0), price_of(0.15, 0.6)) == ("", "free", "0.15 / 0.6 USD")


def test_a_key_that_is_left_empty_is_the_one_there_is():
    for said, has_key, key in (
        ({"key": ""}, True, None),
        ({"key": "", "no_key": "on"}, True, ""),
        ({"key": " new "}, True, "new"),
        ({"key": ""}, False, ""),
    ):
        made = form_of(said, has_key=has_key)
        assert isinstance(made, models.Form) and made.key == key


def test_a_dialogs_words_are_read_as_they_were_meant():
    assert budgets_of({"day_usd": "1 000.5", "month_tokens": "2,000"}) == {
        "day_usd": 1000.5,
        "month_tokens": 2000,
    }
    policy = policy_of({"custom": "arrow: a=>b\nstop: x+ => off"})
    assert [(one.name, one.pattern, one.action) for one in policy.custom] == [
        ("arrow", "a=>b", "redact"),
        ("stop", "x+", "off"),
    ]
    assert policy_of({"custom": custom_words(policy)}) == policy
    with pytest.raises(BadInput):
        policy_of({"kind_card": "eat"})
