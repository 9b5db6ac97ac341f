"""Agents with a model server over real HTTP, and runs of them on a real database."""

from __future__ import annotations

import pytest

from engine.database import Urls
from engine.model import ModelSettings, Price, route
from engine.runner import Runner, RunnerSettings
from engine.settings import BadSettings
from studio.designer.scripted import Line, Say, ScriptedModel, Use
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, agent, cel, plan, ret, tool, until


def names(settings: ModelSettings, wanted: str) -> list[str]:
    return [entry.model for entry in route(settings.entries(), wanted)]


def test_a_tier_is_a_model_of_the_settings_or_all_of_them_in_order() -> None:
    settings = ModelSettings("http://localhost:1/v1", ("one", "two"), tiers=(("fast", "small"),))
    assert names(settings, "fast") == ["small"]
    assert names(settings, "balanced") == ["one", "two"]
    assert names(settings, "gpt-x") == ["gpt-x"]


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
