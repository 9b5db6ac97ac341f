"""Suites that are run: by the built-in designer as a whole, by a model over HTTP, and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.model import ModelSettings, open_model
from studio.designer.evaluation import (
    Case,
    Judged,
    built_in,
    builtin,
    of_model,
    read_catalog,
    run_case,
    run_suite,
)
from studio.designer.evaluation.__main__ import main
from studio.designer.evaluation.report import as_json, figures, lines
from studio.designer.scripted import Say, ScriptedModel

FLOOR = 55
"""Percent of the development cases that the built-in designer passes at least."""
SLOWEST_MS = 1_000

ASKED = Case.model_validate(
    {
        "id": "mine-1",
        "kind": "sequence",
        "catalog": "shop",
        "title": "Look at an order",
        "turns": [{"say": "Look up an order"}],
        "expect": {"outcome": "proposal", "properties": [{"sort": "calls", "tools": ["shop.get_order"]}]},
    }
)
GOOD = """Here it is.

```weft
workflow look {
  use shop: mcp "shop"
  input { order_id: string }
  step order: call shop.get_order(order_id: input.order_id)
}
```"""
OTHER = GOOD.replace("get_order(order_id: input.order_id)", "list_orders()")


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, ...]:
    import asyncio

    async def run() -> tuple[Judged, ...]:
        first = built_in("dev")[0]
        await run_case(first, builtin, read_catalog(first.catalog))  # imports what the first answer needs
        return await run_suite(built_in("dev"), builtin)

    return asyncio.run(run())


def test_every_proposal_of_the_built_in_designer_parses_and_has_no_errors(judged: tuple[Judged, ...]) -> None:
    assert {one.case.id: one.unsound for one in judged if one.unsound} == {}
    assert sum(one.texts for one in judged) > 40


def test_the_built_in_designer_passes_the_development_cases(judged: tuple[Judged, ...]) -> None:
    told = "\n".join(lines("Built-in designer", judged, failures=True))
    assert figures(judged)["passed"]["median"] >= FLOOR, told


def test_the_built_in_designer_answers_at_once(judged: tuple[Judged, ...]) -> None:
    # The middle of all, so that a neighbour's work on this machine decides nothing; `weft eval` shows the slowest.
    assert figures(judged)["time of an answer"]["median"] < SLOWEST_MS


async def test_a_model_is_asked_over_http_and_what_it_cost_is_counted() -> None:
    async with ScriptedModel([Say(GOOD)]) as server:
        model = open_model(ModelSettings(server.url, ("scripted",)))
        assert model is not None
        one = await run_case(ASKED, of_model(model), read_catalog("shop"))
    assert one.passed and one.outcome == "proposal"
    assert one.spent.tokens_in > 100 and one.spent.tokens_out > 10 and one.spent.calls >= 1


async def test_an_answer_that_calls_something_else_does_not_pass_and_says_why() -> None:
    async with ScriptedModel([Say(OTHER)]) as server:
        model = open_model(ModelSettings(server.url, ("scripted",)))
        assert model is not None
        one = await run_case(ASKED, of_model(model), read_catalog("shop"))
    assert not one.passed
    assert one.reasons == ("calls: shop.get_order is not called",)


async def test_a_model_that_is_gone_fails_its_cases_and_no_others() -> None:
    model = open_model(ModelSettings("http://127.0.0.1:9/v1", ("gone",)))
    assert model is not None
    judged = await run_suite([ASKED, ASKED.model_copy(update={"id": "mine-2"})], of_model(model), jobs=2)
    assert [one.outcome.startswith("failed: ") for one in judged] == [True, True]
    told = as_json("gone", judged)
    assert told["figures"]["passed"] == {"median": 0.0, "min": 0.0, "max": 0.0, "unit": "%", "n": 2}
    assert [one["id"] for one in told["failures"]] == ["mine-1", "mine-2"]


def test_the_command_prints_one_object_last_and_its_exit_tells_whether_enough_passed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "mine.jsonl"
    suite.write_text(ASKED.model_dump_json(exclude_defaults=True) + "\n")
    assert main(["--suite", str(suite), "--json", "--failures"]) == 0
    object_ = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert object_["name"] == "eval" and object_["figures"]["passed"]["n"] == 1
    assert set(object_["figures"]["passed"]) == {"median", "min", "max", "unit", "n"}
    assert main(["--suite", str(suite), "--least", "101"]) == 1


def test_the_command_says_what_is_wrong_with_a_suite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "mine.jsonl"
    suite.write_text(ASKED.model_copy(update={"catalog": "elsewhere"}).model_dump_json() + "\n")
    assert main(["--suite", str(suite)]) == 2
    assert "The catalog 'elsewhere.json' cannot be read" in capsys.readouterr().err
    assert main(["--only", "nothing"]) == 2
    assert "There is no such case." in capsys.readouterr().err
