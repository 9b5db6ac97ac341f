"""The language's page says the truth: its examples check, are formatted, and run to the output they state."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

import dsl
from connectors import MemoryToolset
from connectors.samples.mail import mail
from connectors.samples.shop import shop
from dsl.catalog import Catalog, WorkflowInterface
from dsl.cel import FUNCTIONS, METHODS
from dsl.plan import Plan
from engine.model import Turn
from tests.docs.language_page import PAGE, ROOT, Example, examples
from tests.engine_run.kit import Stage, Talker, pinned

EXAMPLES = examples()


def _catalog() -> Catalog:
    """That of the sample connectors, with the page's workflows as published ones."""
    sample = Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_bytes())
    plain = {
        name: dsl.lower(dsl.parse(one.text), sample)
        for name, one in EXAMPLES.items()
        if "run " not in one.text
    }
    interfaces = {
        name: WorkflowInterface(
            name=name, input_schema=plan.input_schema, output_schema=plan.output_schema or {}
        )
        for name, plan in plain.items()
    }
    return sample.model_copy(update={"workflows": interfaces})


CATALOG = _catalog()


def plan_of(example: Example) -> Plan:
    plan = dsl.lower(dsl.parse(example.text), CATALOG)
    pins = tuple(
        pinned(name, str(uuid5(NAMESPACE_URL, name)))
        for name in CATALOG.workflows
        if f'workflow "{name}"' in example.text
    )
    return plan.model_copy(update={"workflows": pins})


class Connectors:
    """The sample servers, in this process."""

    def __init__(self, data: Path) -> None:
        self._toolsets = {
            "shop": MemoryToolset("shop", shop(data)),
            "mail": MemoryToolset("mail", mail(data)),
        }

    async def open(self) -> None:
        for toolset in self._toolsets.values():
            await toolset.open()

    async def close(self) -> None:
        for toolset in self._toolsets.values():
            await toolset.close()

    async def call(
        self,
        account: UUID,
        connector: str,
        tool: str,
        args: Any,
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Any:
        result = await self._toolsets[connector].call(tool, args, key=key, timeout_s=timeout_s)
        return result.unwrap()


@pytest.fixture
async def connectors(tmp_path: Path) -> AsyncIterator[Connectors]:
    made = Connectors(tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_an_example_checks_without_a_word_and_is_formatted(example: Example) -> None:
    parsed = dsl.parse(example.text)
    assert [f"{found.code} {found.message}" for found in dsl.check(parsed, CATALOG)] == []
    assert dsl.format_text(example.text) == example.text


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES.keys())
async def test_an_example_runs_to_the_output_it_states(example: Example, connectors: Connectors) -> None:
    plan = plan_of(example)
    assert dsl.validate_input(example.given, plan.input_schema) == []
    here = Stage(
        plan,
        example.given,
        connectors,  # type: ignore[arg-type]
        now=time.time(),
        others={pin.version: plan_of(EXAMPLES[pin.workflow]) for pin in plan.workflows},
        happens=list(example.events),
        talker=None if example.says is None else Talker([Turn(example.says)]),
    )
    done = await here.finish(lambda paths: {path: example.answers.get(path, "approved") for path in paths})
    assert (done.state, done.output, done.error) == ("succeeded", example.output, None)


def test_every_workflow_on_the_page_is_tried() -> None:
    assert len(EXAMPLES) == PAGE.read_text(encoding="utf-8").count("```weft")


def test_every_function_and_method_of_expressions_is_on_the_page() -> None:
    told = set(re.findall(r"(\w+)\(", PAGE.read_text(encoding="utf-8")))
    assert sorted((set(FUNCTIONS) | set(METHODS)) - told) == []


def test_every_keyword_of_the_grammar_is_on_the_page() -> None:
    grammar = (ROOT / "dsl" / "grammar.lark").read_text(encoding="utf-8")
    keywords = set(re.findall(r'"([a-z_]+)"', re.sub(r"(?m)^//.*$| // .*$", "", grammar)))
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(word for word in keywords if not re.search(rf"\b{word}\b", page)) == []
