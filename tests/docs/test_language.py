"""The language's page says the truth: its examples check, are formatted, and run to the output they state."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import dsl
from connectors import MemoryToolset
from connectors.samples.mail import mail
from connectors.samples.shop import shop
from dsl.catalog import Catalog
from dsl.cel import FUNCTIONS, METHODS
from engine.journal import Answer, Journal, Lease
from engine.memory import MemoryLedger
from engine.runtime import Invocation, World, compile_plan
from tests.docs.language_page import PAGE, ROOT, Example, examples

CATALOG = Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_bytes())
EXAMPLES = examples()


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
        account_id: UUID,
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


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_an_example_checks_without_a_word_and_is_formatted(example: Example) -> None:
    parsed = dsl.parse(example.text)
    assert [f"{found.code} {found.message}" for found in dsl.check(parsed, CATALOG)] == []
    assert dsl.format_text(example.text) == example.text


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
async def test_an_example_runs_to_the_output_it_states(example: Example, connectors: Connectors) -> None:
    plan = dsl.lower(dsl.parse(example.text), CATALOG)
    assert dsl.validate_input(example.given, plan.input_schema) == []
    program = compile_plan("page", plan)
    ledger = MemoryLedger()
    run = ledger.accept(Lease(uuid4(), uuid4(), uuid4(), "page", 0))
    end = time.monotonic() + 20
    while True:
        lease = ledger.claim(run.lease.run_id, "page")
        world = World(connectors, time.time, lambda: 0.0)
        done = await Invocation(
            program, Journal(lease, ledger, run.events), world, example.given, False
        ).run()
        if done.state != "waiting":
            break
        assert time.monotonic() < end, "the example does not end"
        for path in list(run.waiting_on):
            if path in run.approvals:
                answer = Answer(example.answers[path], ("manager@example.com",))
                ledger.answer(run.lease.run_id, path, answer)
    assert (run.state, run.output, run.error) == ("succeeded", example.output, None)


def test_every_function_and_method_of_expressions_is_on_the_page() -> None:
    told = set(re.findall(r"(\w+)\(", PAGE.read_text(encoding="utf-8")))
    assert sorted((set(FUNCTIONS) | set(METHODS)) - told) == []


def test_every_keyword_of_the_grammar_is_on_the_page() -> None:
    grammar = (ROOT / "dsl" / "grammar.lark").read_text(encoding="utf-8")
    keywords = set(re.findall(r'"([a-z_]+)"', re.sub(r"(?m)^//.*$| // .*$", "", grammar)))
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(word for word in keywords if not re.search(rf"\b{word}\b", page)) == []
