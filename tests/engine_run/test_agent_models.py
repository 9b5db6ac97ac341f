"""Agents with a model server over real HTTP, and runs of them on a real database."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from engine.database import Urls
from engine.model import AgentModels, Call, Message, ModelError, ModelSettings, Price, ToolSpec, route
from engine.runner import Runner, RunnerSettings
from engine.settings import BadSettings
from studio.designer.scripted import BreakOff, Garbage, Line, Say, ScriptedModel, Status, Use
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, agent, cel, plan, ret, tool, until

ASKED = [Message("system", "s"), Message("user", "u")]
ACCOUNT, RUN = uuid4(), uuid4()


class Book:
    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def __call__(self, account_id: UUID, run_id: UUID, call: Call) -> None:
        assert (account_id, run_id) == (ACCOUNT, RUN)
        self.calls.append(call)


async def test_a_turn_with_tools_goes_over_the_wire_and_is_priced_and_recorded() -> None:
    book = Book()
    script: list[Line] = [Use((("a__b", '{"x": 1}'), ("a__c", "{}")), "let me see"), Say("done")]
    async with ScriptedModel(script) as server:
        settings = ModelSettings(server.url, ("m",), prices=(("m", Price(2.0, 4.0)),))
        models = AgentModels(settings.entries(), book)
        spec = ToolSpec("a__b", "Does b.", {"type": "object", "properties": {"x": {"type": "integer"}}})
        turn = await models.turn(ACCOUNT, RUN, "balanced", ASKED, [spec])
        again = await models.turn(ACCOUNT, RUN, "other", ASKED, [])
    assert [(use.name, use.arguments) for use in turn.uses] == [("a__b", '{"x": 1}'), ("a__c", "{}")]
    assert (turn.text, turn.model, turn.priced) == ("let me see", "m", True)
    assert turn.cost_usd == pytest.approx((turn.tokens_in * 2 + turn.tokens_out * 4) / 1e6)
    assert (again.text, again.uses, again.cost_usd, again.priced) == ("done", (), 0.0, False)
    assert server.requests[0]["tools"] == [
        {
            "type": "function",
            "function": {"name": "a__b", "description": "Does b.", "parameters": spec.schema},
        }
    ]
    assert [(call.model, call.error) for call in book.calls] == [("m", None), ("other", None)]
    assert float(book.calls[0].cost_usd) == pytest.approx(turn.cost_usd)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (Status(429), "rate_limited"),
        (Status(500), "unreachable"),
        (Status(401), "refused"),
        (Garbage(), "bad_answer"),
        (BreakOff("half an answer"), "bad_answer"),
    ],
)
async def test_every_way_to_fail_has_its_code_and_is_recorded(line: Line, code: str) -> None:
    book = Book()
    async with ScriptedModel([line]) as server:
        models = AgentModels(ModelSettings(server.url, ("m",)).entries(), book)
        with pytest.raises(ModelError) as failed:
            await models.turn(ACCOUNT, RUN, "m", ASKED, [])
    assert failed.value.code == code
    assert [call.error for call in book.calls] == [code]


def names(settings: ModelSettings, wanted: str) -> list[str]:
    return [entry.model for entry in route(settings.entries(), wanted)]


async def test_a_tier_is_a_model_of_the_settings_or_all_of_them_in_order() -> None:
    book = Book()
    async with ScriptedModel([Status(500), Say("from the second")]) as server:
        settings = ModelSettings(server.url, ("one", "two"), tiers=(("fast", "small"),))
        models = AgentModels(settings.entries(), book)
        assert names(settings, "fast") == ["small"]
        assert names(settings, "balanced") == ["one", "two"]
        assert names(settings, "gpt-x") == ["gpt-x"]
        turn = await models.turn(ACCOUNT, RUN, "best", ASKED, [])
    assert (turn.text, turn.model) == ("from the second", "two")


def test_tiers_and_prices_are_read_from_the_environment() -> None:
    known = {"WEFT_MODEL_URL": "http://localhost:1/v1", "WEFT_MODEL": "a,b"}
    settings = ModelSettings.from_environment(
        {**known, "WEFT_MODEL_TIERS": "fast=a, best=b", "WEFT_MODEL_PRICES": "a=0.15/0.6,b=3/15"}
    )
    assert settings is not None
    assert settings.tiers == (("fast", "a"), ("best", "b"))
    assert settings.prices == (("a", Price(0.15, 0.6)), ("b", Price(3, 15)))
    for wrong in (
        {"WEFT_MODEL_TIERS": "fast"},
        {"WEFT_MODEL_PRICES": "a=1"},
        {"WEFT_MODEL_PRICES": "a=-1/2"},
    ):
        with pytest.raises(BadSettings):
            ModelSettings.from_environment({**known, **wrong})


async def test_an_agent_runs_on_a_runner_and_its_calls_are_counted_for_the_run(
    urls: Urls, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground.lay(owner_url)
    witness = Witness()
    script: list[Line] = [Use((("w__write", '{"x": 1}'),)), Say("not yet"), Say('{"n": 7}')]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    version = ground.publish(plan(agent("g", tool(), output_schema=schema), ret("done", cel("g.n"))))
    async with ScriptedModel(script) as server:
        monkeypatch.setenv("WEFT_MODEL_URL", server.url)
        monkeypatch.setenv("WEFT_MODEL", "m")
        monkeypatch.setenv("WEFT_MODEL_PRICES", "m=1000/1000")
        runner = Runner(urls.runner, RunnerSettings(poll_s=0.1), witness)
        await runner.open()
        (run_id,) = ground.start(version, {})
        await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 20)
        await runner.stop()
    assert ground.query("SELECT output FROM runs WHERE id = %s", run_id) == [(7,)]
    assert witness.order == ["g~turn1.tool1"]
    rows = ground.query(
        "SELECT model, error, tokens_out > 0, cost_usd > 0, account_id FROM model_calls WHERE run_id = %s",
        run_id,
    )
    assert rows == [("m", None, True, True, ground.account_id)] * 3
    kinds = [kind for _, kind, path, _ in ground.events(run_id) if path.startswith("g~turn")]
    assert kinds == ["step.succeeded"] * 4


async def test_settings_that_cannot_be_read_stop_agents_and_nothing_else(
    urls: Urls, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground.lay(owner_url)
    monkeypatch.setenv("WEFT_MODEL_URL", "not an address")
    runner = Runner(urls.runner, RunnerSettings(poll_s=0.1), Witness())
    await runner.open()
    (run_id,) = ground.start(ground.publish(plan(agent("g"))), {})
    await until(lambda: ground.states([run_id]) == {"failed": 1})
    await runner.stop()
    assert ground.query("SELECT error->>'code' FROM runs WHERE id = %s", run_id) == [("no_model",)]
