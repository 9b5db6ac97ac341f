"""What answers in an account, and what it hears: over a real model server."""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from sqlmodel import select

from engine import connections, conversations, models, tables
from engine.actor import Actor
from engine.database import Database, Urls
from engine.dlp import DlpPolicy, Redacted, Redactor
from engine.identity import new_id
from engine.model import (
    Asked,
    Capabilities,
    ChatModel,
    Grammar,
    JsonShape,
    Message,
    ModelError,
    ToolAnswer,
    ToolSpec,
    ToolUse,
)
from engine.models import Form
from engine.models.opening import purse
from engine.ownmodels import ScreenedModel, guarded_board
from engine.ownmodels.screened import ASIDE
from engine.runner.desk import Desk
from engine.runner.models import RunnerModels
from studio.designer.scripted import Power, Say, ScriptedModel, Status, Use
from tests.engine_store.conftest import Workspace

CARD = "4111 1111 1111 1111"
KEY = "ghp_" + "Q7w8" * 9


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "127.0.0.1")
    for name in ("WEFT_MODEL_URL", "WEFT_MODEL_KEY", "WEFT_MODEL"):
        monkeypatch.delenv(name, raising=False)


async def connect(db: Database, actor: Actor, server: ScriptedModel, **more: Any) -> models.ModelView:
    form = Form("Scripted", "local", server.url, "scripted", key="sk-of-the-account", usd_in=1, usd_out=1)
    return await models.add_model(db, actor, replace(form, **more))


async def ask(model: ChatModel | None, *words: str) -> str:
    assert model is not None
    said = [piece async for piece in model.stream([Message("user", word) for word in words])]
    return "".join(said)


@pytest.fixture
async def everywhere(db: Database, workspace: Workspace) -> None:
    """The rules hold for local models too: the scripted one is at loopback."""
    await models.set_policy(db, workspace.admin, {"reach": "all", "actions": {"email": "redact"}})


async def test_the_accounts_own_models_answer_first_and_a_change_acts_at_once(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    builder = workspace.people["builder"]
    assert await models.chat_model(db, builder) is None
    async with ScriptedModel([Say("of all")]) as common, ScriptedModel([Say("ours")]) as own:
        monkeypatch.setenv("WEFT_MODEL_URL", common.url)
        monkeypatch.setenv("WEFT_MODEL", "common")
        assert await ask(await models.chat_model(db, builder), "hello") == "of all"
        view = await connect(db, workspace.admin, own)
        assert await ask(await models.chat_model(db, builder), "hello") == "ours"
        assert own.heads[0]["authorization"] == "Bearer sk-of-the-account"
        await models.delete_model(db, workspace.admin, view.id)
        assert await ask(await models.chat_model(db, builder), "hello") == "of all"


async def test_the_next_model_answers_where_one_cannot(db: Database, workspace: Workspace):
    async with ScriptedModel([Status(500)]) as first, ScriptedModel([Say("second")]) as second:
        await connect(db, workspace.admin, first, name="first", model="one")
        await connect(db, workspace.admin, second, name="second", model="two")
        assert await ask(await models.chat_model(db, workspace.admin), "hello") == "second"
    assert [request["model"] for request in first.requests] == ["one"]


async def test_every_call_is_recorded_in_the_conversations_name(db: Database, workspace: Workspace):
    talk = await conversations.create(db, workspace.admin)
    async with ScriptedModel([Say("hello")]) as server:
        await connect(db, workspace.admin, server)
        await ask(await models.chat_model(db, workspace.admin, talk.id), "hello")
    used = await models.usage(db, workspace.admin, talk.id)
    assert used.conversation is not None and used.conversation.calls == used.today.calls == 1
    assert used.conversation.tokens > 0 and used.conversation.usd > 0
    assert [(model, purpose) for model, purpose, _ in used.models] == [("scripted", "designer")]


async def test_what_must_not_leave_is_marked_and_an_address_comes_back(
    db: Database, workspace: Workspace, everywhere: None
):
    async with ScriptedModel([Say("I tell [e-mail 1] about [card 1].", piece=3)]) as server:
        await connect(db, workspace.admin, server)
        model = await models.chat_model(db, workspace.admin)
        assert model is not None
        said = await ask(model, f"pay {CARD}", f"tell anna@example.com, not {CARD}")
        assert said == "I tell anna@example.com about [card 1]."
        assert [one["content"] for one in server.requests[0]["messages"]] == [
            "pay [card 1]",
            "tell [e-mail 1], not [card 1]",
        ]
        assert model.withheld == "1 e-mail address and 1 card number were not sent to the model."
        later = await models.chat_model(db, workspace.admin)
        assert later is not None
        await ask(later, f"pay {CARD}", "and then?")
        assert later.withheld == ""  # it was told when it was written


async def test_a_turn_with_tools_is_looked_through_like_a_text(
    db: Database, workspace: Workspace, everywhere: None
):
    asked = Asked(f"about {CARD}", (ToolUse("u1", "find", '{"who": "bo@example.com"}'),))
    parts = [
        Message("system", "mail a@example.com"),
        Message("user", "find"),
        asked,
        ToolAnswer("u1", f"key {KEY}"),
    ]
    answer = Use((("find", '{"who": "[e-mail 2]"}'),), text="Now [e-mail 1].")
    async with ScriptedModel([answer]) as server:
        await connect(db, workspace.admin, server)
        model = await models.chat_model(db, workspace.admin)
        assert model is not None
        told: list[str] = []

        async def tell(text: str) -> None:
            told.append(text)

        made = await model.turn(parts, [ToolSpec("find", "of c@example.com", {"type": "object"})], tell=tell)
    assert made.text == "".join(told) == "Now a@example.com."
    assert made.uses[0].arguments == '{"who": "bo@example.com"}'
    sent = str(server.requests[0])
    assert [secret for secret in (CARD, KEY, "@example.com") if secret in sent] == []
    assert model.withheld == "1 card number, 1 e-mail address and 1 access key were not sent to the model."


async def test_schemas_of_tools_and_of_answers_are_looked_through_too(
    db: Database, workspace: Workspace, everywhere: None
):
    held = {
        "type": "object",
        "properties": {
            "who": {"enum": ["anna@example.com", CARD], "default": CARD, "maxLength": 40},
            "bo@example.com": {"description": f"with {KEY}", "const": int(CARD.replace(" ", ""))},
        },
        "required": ["bo@example.com"],
    }
    plain = {
        "type": "object",
        "properties": {"n": {"maximum": 2**53 - 1, "minimum": -1.5}},
        "required": ["n"],
    }
    can = Capabilities(tools=True, grammar="vllm", json_schema=True)
    powers: tuple[Power, ...] = ("tools", "vllm", "json_schema")
    answer = Use((("find", '{"bo@example.com": "[e-mail 1]"}'),))
    async with ScriptedModel([answer, Say("[e-mail 1]"), Say("x"), Say("x")], can=powers) as server:
        await connect(db, workspace.admin, server)
        entry = replace((await models.own_entries(db, workspace.admin))[0], can=can)
        model = ScreenedModel([entry], DlpPolicy(reach="all"), shared=guarded_board())
        tools = [ToolSpec("find", "", held), ToolSpec("count", "", plain)]
        made = await model.turn([Message("user", "find")], tools)
        for shape in (JsonShape("found", held), Grammar(f'start: "{CARD}"'), Grammar('start: "x"')):
            assert [piece async for piece in model.stream([Message("user", "find")], shape=shape)]
    assert [secret for secret in (CARD, CARD.replace(" ", ""), KEY) if secret in str(server.requests)] == []
    turn, shaped, unfit, fit = server.requests
    assert turn["tools"][1]["function"]["parameters"] == plain
    assert made.uses[0].name == "find"
    assert "[card 1]" in str(shaped["response_format"])
    # A grammar with a mark in it is left away; one without is not.
    assert ["start:" in str(request) for request in (unfit, fit)] == [False, True]


@pytest.mark.parametrize("length", [10, ASIDE])
async def test_a_long_text_is_looked_through_aside(
    db: Database, workspace: Workspace, everywhere: None, monkeypatch: pytest.MonkeyPatch, length: int
):
    found: list[bool] = []
    redact = Redactor.redact

    def seen(self: Redactor, text: str) -> Redacted:
        found.append(threading.current_thread() is threading.main_thread())
        return redact(self, text)

    monkeypatch.setattr(Redactor, "redact", seen)
    async with ScriptedModel([Say("[card 1]")]) as server:
        await connect(db, workspace.admin, server)
        await ask(await models.chat_model(db, workspace.admin), f"{CARD} " + "x" * length)
    assert found == [length < ASIDE]
    assert CARD not in str(server.requests)


async def test_without_the_screen_all_of_it_would_have_been_sent(db: Database, workspace: Workspace):
    """The control: the same entries, not behind the account's rules."""
    async with ScriptedModel([Say("x")]) as server:
        await connect(db, workspace.admin, server)
        entries = await models.own_entries(db, workspace.admin)
        await ask(ChatModel(entries, shared=guarded_board()), f"pay {CARD}")
        await ask(ScreenedModel(entries, None, shared=guarded_board()), f"pay {CARD}")
        assert [CARD in str(request) for request in server.requests] == [True, True]


async def test_a_local_model_hears_all_where_the_rules_are_for_hosted_ones(
    db: Database, workspace: Workspace
):
    async with ScriptedModel([Say("x")]) as server:
        await connect(db, workspace.admin, server)
        model = await models.chat_model(db, workspace.admin)
        assert model is not None
        await ask(model, f"pay {CARD}")
        assert CARD in str(server.requests) and model.withheld == ""
        # A hosted one in the same order of failover: what is said to either is looked through.
        await models.add_model(db, workspace.admin, Form("Hosted", "openai", "https://8.8.8.8/v1", "large"))
        await ask(await models.chat_model(db, workspace.admin), f"pay {CARD}")
        assert CARD not in str(server.requests[1])


async def test_what_is_refused_stops_the_message_and_not_the_conversation(db: Database, workspace: Workspace):
    await models.set_policy(db, workspace.admin, {"reach": "all", "actions": {"card": "refuse"}})
    async with ScriptedModel([Say("fine")]) as server:
        await connect(db, workspace.admin, server)
        model = await models.chat_model(db, workspace.admin)
        with pytest.raises(ModelError, match="1 card number") as refused:
            await ask(model, f"pay {CARD}")
        assert (refused.value.code, server.requests) == ("refused", [])
        assert CARD not in refused.value.message + refused.value.help
        assert await ask(model, f"pay {CARD}", "then without it") == "fine"
        assert CARD not in str(server.requests)


async def test_a_text_that_cannot_be_looked_through_is_not_sent(
    db: Database, workspace: Workspace, everywhere: None
):
    async with ScriptedModel([Say("x")]) as server:
        await connect(db, workspace.admin, server)
        with pytest.raises(ModelError, match="too long"):
            await ask(await models.chat_model(db, workspace.admin), "a" * 1_000_001)
        assert server.requests == []


async def test_a_policy_that_cannot_be_read_is_the_strictest(db: Database, workspace: Workspace):
    async with ScriptedModel([Say("x")]) as server:
        await connect(db, workspace.admin, server)
        async with db.account(workspace.admin) as session:
            account = await session.get_one(tables.Account, workspace.account_id)
            account.settings = {**account.settings, "dlp": {"reach": "nobody"}}
            session.add(account)
        with pytest.raises(ModelError, match="lets no model see"):
            await ask(await models.chat_model(db, workspace.admin), "mail anna@example.com")


async def test_a_test_of_a_model_finds_and_keeps_what_it_can(db: Database, workspace: Workspace):
    async with ScriptedModel([Say("x")], can={"json_schema", "llguidance"}) as server:
        view = await connect(db, workspace.admin, server)
        seen = await models.test_model(db, workspace.admin, view.id)
        found = [seen.probe[name] for name in ("answers", "tools", "grammar", "json_schema")]
        assert found == [True, False, "llguidance", True]
        assert {one["what"] for one in seen.probe["findings"]} == {
            "answers",
            "tools",
            "grammar",
            "json_schema",
        }
        assert seen.probe["ms"] is not None and seen.probed_at is not None
        [entry] = await models.own_entries(db, workspace.admin)
        assert entry.can == Capabilities(False, "llguidance", True)
    view = await models.change_model(
        db, workspace.admin, view.id, Form("Scripted", "local", server.url, "another")
    )
    assert view.probe == {}
    seen = await models.test_model(db, workspace.admin, view.id)
    assert seen.probe["answers"] is False and "tools" not in seen.probe
    assert (await models.usage(db, workspace.admin)).today.failed >= 1


async def test_a_name_that_moved_inside_is_not_followed(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    """The address is judged at the connection too: what was allowed when it was written down is not any more."""
    async with ScriptedModel([Say("x")]) as server:
        await connect(db, workspace.admin, server)
        monkeypatch.setenv("WEFT_MODEL_ALLOW_HOSTS", "")
        with pytest.raises(ModelError, match="operator's network"):
            await ask(await models.chat_model(db, workspace.admin), "hello")
        assert server.requests == []


# ---- budgets -----------------------------------------------------------------------------------------------


async def test_a_budget_that_is_used_up_stops_the_call_before_it_is_made(db: Database, workspace: Workspace):
    async with ScriptedModel([Say("word " * 40)]) as server:
        await connect(db, workspace.admin, server)
        await models.set_budgets(db, workspace.admin, {"day_tokens": 2_050})
        await ask(await models.chat_model(db, workspace.admin), "hello")
        with pytest.raises(ModelError, match="budget for today") as stopped:
            await ask(await models.chat_model(db, workspace.admin), "x" * 3_000)
        assert (stopped.value.code, len(server.requests)) == ("budget", 1)
        assert "administrator" in stopped.value.help and "Models" in stopped.value.help
        await models.set_budgets(db, workspace.admin, {"day_tokens": None})
        await ask(await models.chat_model(db, workspace.admin), "hello")


async def test_a_conversations_budget_is_its_own(db: Database, workspace: Workspace):
    admin = workspace.admin
    one, other = await conversations.create(db, admin), await conversations.create(db, admin)
    async with ScriptedModel([Say("word " * 60)]) as server:
        await connect(db, admin, server, usd_in=1000, usd_out=1000)
        await models.set_budgets(db, admin, {"conversation_usd": 2.05})
        await ask(await models.chat_model(db, admin, one.id), "hello")
        with pytest.raises(ModelError, match="this conversation"):
            await ask(await models.chat_model(db, admin, one.id), "hello " * 50)
        await ask(await models.chat_model(db, admin, other.id), "hello")
        used = await models.usage(db, admin, one.id)
        assert [(limit.name, limit.most) for limit in used.limits] == [("conversation_usd", 2.05)]


async def test_near_the_limit_there_is_a_warning(db: Database, workspace: Workspace):
    admin = workspace.admin
    async with ScriptedModel([Say("word " * 40)]) as server:
        await connect(db, admin, server)
        await ask(await models.chat_model(db, admin), "hello")
        tokens = (await models.usage(db, admin)).today.tokens
        for most, wanted in (
            (tokens * 2, []),
            (int(tokens * 1.2), ["% of the budget for this month"]),
            (tokens, ["used up"]),
        ):
            await models.set_budgets(db, admin, {"month_tokens": most})
            warnings = (await models.usage(db, admin)).warnings
            assert len(warnings) == len(wanted)
            assert all(words in said for words, said in zip(wanted, warnings, strict=True)), warnings


@dataclass
class Unreserved:
    """The control: what is used is looked up and compared, and nothing is set aside."""

    db: Database
    actor: Actor
    most: int

    async def allow(self) -> None:
        if (await models.usage(self.db, self.actor)).today.tokens + 10_000 > self.most:
            raise ModelError("budget", "used up")


@pytest.mark.parametrize("reserving", [True, False])
async def test_calls_at_once_do_not_slip_under_a_limit_together(
    db: Database, workspace: Workspace, reserving: bool
):
    """At a barrier: six ask at the same moment, and there is room for three estimates of 10,000 tokens."""
    most = 30_000
    await models.set_budgets(db, workspace.admin, {"day_tokens": most})
    ready = asyncio.Barrier(6)

    async def one() -> bool:
        meter = purse(db, workspace.admin, [], None) if reserving else Unreserved(db, workspace.admin, most)
        await ready.wait()
        try:
            await meter.allow()
        except ModelError as error:
            assert error.code == "budget"
            return False
        return True

    async with asyncio.timeout(30):
        allowed = await asyncio.gather(*(one() for _ in range(6)))
    assert allowed.count(True) == (3 if reserving else 6)


async def test_no_estimate_is_left_behind(db: Database, workspace: Workspace):
    script = [Say("x"), Status(401), *[Status(500)] * 5]  # the breaker opens meanwhile
    async with ScriptedModel(script) as server:
        await connect(db, workspace.admin, server)
        await models.set_budgets(db, workspace.admin, {"day_usd": 1000})
        for _ in script:
            try:
                await ask(await models.chat_model(db, workspace.admin), "hello")
            except ModelError:
                pass
    async with db.account(workspace.admin) as session:
        assert (await session.exec(select(tables.ModelReservation))).all() == []


async def test_nobody_waits_to_write_down_a_call_and_the_sums_are_right(
    db: Database, owner_url: str, workspace: Workspace
):
    """One that is in the middle of it (paused, say) holds up no other."""
    insert = (
        "INSERT INTO model_calls (id, account_id, provider, model, tokens_in, cost_usd)"
        " VALUES (gen_random_uuid(), %s, %s, 'm', 5, 0.5)"
    )
    made = [await psycopg.AsyncConnection.connect(owner_url) for _ in range(3)]
    try:
        async with asyncio.timeout(20):
            for place, connection in enumerate(made):
                await connection.execute(insert, (workspace.account_id, f"p{place}"))
        for connection in made:
            await connection.commit()
        async with asyncio.timeout(20):
            for place, connection in enumerate(made):
                await connection.execute(insert, (workspace.account_id, f"p{place}"))
                await connection.commit()
    finally:
        for connection in made:
            await connection.close()
    used = await models.usage(db, workspace.admin)
    assert (used.today.calls, used.today.tokens_in, used.today.usd) == (6, 30, 3.0)
    assert [(model, purpose, spend.calls) for model, purpose, spend in used.models] == [("m", "other", 6)]
    async with db.account(workspace.admin) as session:
        assert len((await session.exec(select(tables.ModelSpend))).all()) == 3


async def test_whoever_holds_the_budgets_lock_holds_others_up_for_two_seconds_only(
    db: Database, owner_url: str, urls: Urls, workspace: Workspace
):
    """And they are told what to do: a person of the designer, and an agent step, which may try again."""
    await models.set_budgets(db, workspace.admin, {"day_usd": 1})
    desk = Desk(urls.runner, "a runner", 10.0)
    async with (
        ScriptedModel([Say("hello"), Say("hello")]) as server,
        await psycopg.AsyncConnection.connect(owner_url) as held,
    ):
        await connect(db, workspace.admin, server)
        runner, hello = RunnerModels(desk, ()), [Message("user", "hello")]
        lock = "SELECT pg_advisory_xact_lock(hashtextextended('weft model budget ' || %s::uuid, 0))"
        await held.execute(lock, (workspace.account_id,))
        async with asyncio.timeout(20):
            with pytest.raises(ModelError, match="budgets could not be asked") as person:
                await ask(await models.chat_model(db, workspace.admin), "hello")
            with pytest.raises(ModelError, match="budgets could not be asked") as agent:
                await runner.turn(workspace.account_id, new_id(), "fast", hello, [])
        assert (person.value.code, agent.value.code) == ("rate_limited", "rate_limited")
        assert server.requests == []
        await held.rollback()
        assert await ask(await models.chat_model(db, workspace.admin), "hello") == "hello"
        assert (await runner.turn(workspace.account_id, new_id(), "fast", hello, [])).text == "hello"
    await desk.close()


# ---- canaries ----------------------------------------------------------------------------------------------


async def test_no_secret_of_the_account_is_in_a_prompt_or_a_log(
    db: Database, workspace: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """Keys of two models (one fails, one answers), and the value that a connector's header comes from."""
    caplog.set_level(logging.DEBUG)
    marks = [f"canary{number}{new_id().hex}" for number in range(3)]
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", marks[2])
    await connections.connect_samples(db, workspace.account_id, "http://127.0.0.1:9")
    async with ScriptedModel([Status(401)]) as first, ScriptedModel([Say("fine")]) as second:
        await connect(db, workspace.admin, first, name="first", key=marks[0])
        view = await connect(db, workspace.admin, second, name="second", key=marks[1])
        await models.test_model(db, workspace.admin, view.id)
        for _ in range(3):
            await ask(await models.chat_model(db, workspace.admin), "what are our secrets?")
        heads = str(first.heads) + str(second.heads)
        bodies = str(first.requests) + str(second.requests)
    # The control: the keys did go where they belong, so that finding none elsewhere says something.
    assert marks[0] in heads and marks[1] in heads
    assert [mark for mark in marks if mark in bodies + caplog.text] == []
    shown = repr(await models.list_models(db, workspace.admin)) + repr(
        await models.usage(db, workspace.admin)
    )
    assert [mark for mark in marks if mark in shown] == []
