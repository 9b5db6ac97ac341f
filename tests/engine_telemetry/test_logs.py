"""Lines of the log: each parses, says what it is about and nothing of what somebody sent."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI

from engine.api.access import Open
from engine.database import Urls
from engine.runner import Runner, RunnerSettings
from engine.telemetry import logs
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, call, plan, until
from tests.engine_store.conftest import application, client, settings

__all__ = ["application", "client", "settings"]

log = logging.getLogger("weft.test")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a process with ``WEFT_LOG=json`` writes."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Lines())
    root = logging.getLogger()
    before = log.level
    root.addHandler(handler)
    log.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    log.setLevel(before)


def parsed(written: io.StringIO, logger: str = "weft.test") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if line["logger"] == logger]


async def test_two_runs_at_once_are_told_apart(lines: io.StringIO, urls: Urls, owner_url: str) -> None:
    class Talking(Witness):
        both = asyncio.Event()

        async def call(self, *given: Any, **rest: Any) -> Any:
            if len(self.entered) + 1 >= 1:
                self.reads += 1
            if self.reads >= 2:
                self.both.set()
            await self.both.wait()
            log.info("called with %s", given[4])
            return await super().call(*given, **rest)

    ground = Ground.lay(owner_url)
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), Talking())
    await one.open()
    ids = ground.start(ground.publish(plan(call("a"))), {}, 2)
    await until(lambda: ground.states(ids) == {"succeeded": 2}, 30)
    await one.stop()
    told = parsed(lines)
    assert {line["run_id"] for line in told} == {str(id) for id in ids}
    for line in told:
        assert line["message"] == f"called with {line['run_id']}/a"
        assert (line["step"], line["account_id"]) == ("a", str(ground.account_id))
        assert line["trace_id"] == line["run_id"].replace("-", "")
        assert (line["level"], line["workflow_id"]) == ("info", str(ground.workflow_id))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


async def test_two_requests_at_once_have_their_own_ids(
    lines: io.StringIO, application: FastAPI, client: httpx.AsyncClient
) -> None:
    inside, both = [], asyncio.Event()

    async def slow(name: str) -> None:
        inside.append(name)
        if len(inside) == 2:
            both.set()
        await both.wait()
        log.info("answers %s", name)

    application.add_api_route("/slow", slow, dependencies=[Depends(Open())])
    async with asyncio.timeout(20):
        one, two = await asyncio.gather(
            client.get("/slow?name=one", headers={"X-Request-Id": "req-1"}), client.get("/slow?name=two")
        )
    assert one.headers["x-request-id"] == "req-1"
    told = {line["message"]: line["request_id"] for line in parsed(lines)}
    assert told == {"answers one": "req-1", "answers two": two.headers["x-request-id"]}


@pytest.mark.parametrize("odd", ["a b", "x" * 200, 'q"uote', ""])
async def test_an_id_that_does_not_look_like_one_is_replaced(odd: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/health", headers={"X-Request-Id": odd})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


@pytest.mark.parametrize("form", [logs.Lines(), logs.Text()])
def test_an_error_shows_its_kind_and_its_place_and_not_its_message(form: logging.Formatter) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form)
    log.addHandler(handler)
    try:
        try:
            raise KeyError("canary")
        except KeyError as error:
            raise ValueError("canary") from error
    except ValueError:
        log.exception("it\nbroke")
    finally:
        log.removeHandler(handler)
    said = written.getvalue()
    assert "ValueError" in said and "KeyError" in said and "test_logs.py" in said and "canary" not in said
    if isinstance(form, logs.Lines):
        (line,) = said.splitlines()
        assert json.loads(line)["error"]["type"] == ["ValueError", "KeyError"]
