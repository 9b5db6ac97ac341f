"""Runs as spans, read by a real receiver: the tree is whole, nothing comes twice, and a run never notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from connectors.tracing import TRACEPARENT
from dsl import plan as p
from engine.database import Urls
from engine.identity import new_id
from engine.model.turn import Turn
from engine.runner import Runner, RunnerSettings
from engine.telemetry.receiver import Receiver
from engine.telemetry.trace import Trace, accepted
from tests.engine_run.ground import Ground
from tests.engine_run.kit import (
    Talker,
    Witness,
    agent,
    approve,
    call,
    const,
    foreach,
    parallel,
    pinned,
    plan,
    ret,
    run,
    tool,
    until,
    use,
)
from tests.engine_telemetry.collector import Collector, Seen

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    async with Collector() as one:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", one.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s%20e")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield one


class Told(Witness):
    """Tools that remember which span they were called by."""

    def __init__(self) -> None:
        super().__init__()
        self.parents: dict[str, str | None] = {}

    async def call(self, *given: Any, **rest: Any) -> Any:
        key = given[4]
        self.parents[f"{key.split('/', 1)[-1]}/{self.tries[key.split('/', 1)[-1]] + 1}"] = TRACEPARENT.get()
        return await super().call(*given, **rest)


def by_path(spans: list[Seen], run_id: UUID) -> dict[str, Seen]:
    """The steps of one run by their path; "" is the run."""
    own = [span for span in spans if span.attributes["weft.run.id"] == str(run_id)]
    steps = {str(span.attributes["weft.step.path"]): span for span in own if span.name.startswith("step ")}
    return steps | dict([("", span) for span in own if span.name.startswith("run ")])


def orphans(spans: list[Seen], above: str = "") -> list[str]:
    known = {span.id for span in spans} | {above}
    return [span.name for span in spans if span.parent not in known]


async def test_a_run_of_every_kind_over_two_runners_is_one_whole_tree(
    collector: Collector, urls: Urls, ground: Ground
) -> None:
    witness = Told()
    talker = Talker([use("w__write"), Turn("done", (), "m", 7, 3, 0.5, True)])
    settings = RunnerSettings(poll_s=0.1, lease_s=60)
    first = Runner(urls.runner, settings, witness, models=talker)
    other = ground.publish(plan(call("inner")))
    steps = (
        parallel(
            "p", call("a"), call("b", tool="flaky", args={"fails": 1}, retry=p.Retry(max=1, backoff_ms=1))
        ),
        foreach("f", const([1, 2]), call("x")),
        approve("gate"),
        run("child"),
        agent("thinks", tool("write")),
        call("slow"),
        call("bad", tool="bad", catches=(p.Catch(codes=(), block=p.Block()),)),
        ret("done", const(1)),
    )
    version = ground.publish(plan(*steps, workflows=(pinned("other", str(other)),)))
    (run_id,) = ground.start(version, {})
    ground.query("UPDATE runs SET traceparent = %s WHERE id = %s RETURNING 1", INCOMING, run_id)
    await first.open()
    await until(lambda: ground.states([run_id]) == {"waiting": 1}, 30)
    release = witness.hold["slow"] = asyncio.Event()
    ground.answer(run_id, "gate")
    await until(lambda: "slow" in witness.entered, 30)

    # The first runner is as good as dead: its lease is over, and another goes on in the middle of a call.
    second = Runner(urls.runner, settings, witness, models=talker)
    await second.open()
    ground.query("UPDATE runs SET lease_until = now() - interval '1 s' WHERE id = %s RETURNING 1", run_id)
    await until(lambda: [kind for _, kind, _, _ in ground.events(run_id)].count("run.claimed") >= 3, 30)
    release.set()
    await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 30)
    await first.stop()
    await second.stop()

    trace, above = INCOMING.split("-")[1:3]
    spans = collector.of(trace)
    assert spans and collector.spans == spans, "the trace that came with the request is the only one"
    assert collector.twice() == []
    assert orphans(spans, above) == []
    steps_by = by_path(spans, run_id)
    assert set(steps_by) == {
        *("", "p", "p.a", "p.b", "f", "f[0].x", "f[1].x", "gate", "child", "thinks", "slow", "bad", "done")
    }
    whole = steps_by[""]
    assert (whole.parent, whole.attributes["weft.outcome"]) == (above, "succeeded")
    for path, around in (("p.b", "p"), ("f[1].x", "f"), ("gate", ""), ("slow", "")):
        assert steps_by[path].parent == steps_by[around].id, path
        assert whole.start <= steps_by[path].start <= steps_by[path].end <= whole.end, path
    assert steps_by["bad"].failed and steps_by["bad"].attributes["error.type"] == "broken"

    (child_id,) = ground.query("SELECT id FROM runs WHERE parent_run_id = %s", run_id)[0]
    child = by_path(spans, child_id)
    assert child[""].parent == steps_by["child"].id and child["inner"].parent == child[""].id

    tries = [span for span in spans if span.name == "tool w.flaky"]
    assert [(one.attributes["weft.attempt"], one.failed) for one in tries] == [(1, True), (2, False)]
    assert {one.parent for one in tries} == {steps_by["p.b"].id} and {one.kind for one in tries} == {3}
    (asked,) = [span for span in spans if span.name == "wait approval"]
    assert (asked.parent, asked.attributes["weft.outcome"]) == (steps_by["gate"].id, "approved")
    models = [span for span in spans if span.name == "model m"]
    assert [one.attributes["gen_ai.usage.input_tokens"] for one in models] == [10, 7]
    assert {one.parent for one in models} == {steps_by["thinks"].id}
    by_id = {span.id: span for span in spans}
    for place, told in witness.parents.items():
        assert told is not None
        _, said, id, _ = told.split("-")
        path = place.rsplit("/", 1)[0]
        assert said == trace and by_id[id].name.startswith("tool "), place
        assert by_id[id].attributes["weft.step.path"] == path
    assert "x-key: s e" in collector.headers[0].lower()
    assert collector.resources[0]["service.name"] == "weft"


async def test_no_argument_and_no_result_is_in_any_span(
    collector: Collector, urls: Urls, ground: Ground
) -> None:
    secret = f"canary{uuid4().hex}"
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), Witness())
    await one.open()
    steps = (
        call("a", args={"v": const(secret)}),
        p.PlanStep(id="b", path="b", label="b", do=p.Fail(code="given_up", message=const(secret))),
    )
    (run_id,) = ground.start(ground.publish(plan(*steps)), {"given": secret})
    await until(lambda: ground.states([run_id]) == {"failed": 1}, 30)
    await one.stop()
    spans = collector.of(run_id.hex)
    assert len(spans) == 4 and secret not in repr(spans)
    assert by_path(spans, run_id)[""].attributes["error.type"] == "given_up"


@pytest.mark.parametrize("how", ["refuses", "hangs", "is not there"])
async def test_a_receiver_that_is_down_changes_nothing_for_runs(
    how: str, collector: Collector, urls: Urls, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    match how:
        case "refuses":
            collector.status = 500
        case "hangs":
            collector.slow = asyncio.Event()
        case _:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), Witness())
    await one.open()
    ids = ground.start(ground.publish(plan(call("a"), ret("done", const(1)))), {}, 20)
    await until(lambda: ground.states(ids) == {"succeeded": 20}, 30)
    async with asyncio.timeout(10):
        await one.stop()
    assert ground.states(ids) == {"succeeded": 20} and collector.spans == []


async def test_a_run_that_a_service_ends_before_it_began_has_its_span(
    collector: Collector, urls: Urls, ground: Ground
) -> None:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), Witness())
    await one.open()
    (run_id,) = ground.start(ground.publish(plan(call("a"))), {})
    await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 30)
    (gone,) = _queued_for_later(ground)
    ground.query(
        "WITH done AS (UPDATE runs SET state = 'cancelled', finished_at = now(), due_at = NULL, last_seq = 2"
        " WHERE id = %s RETURNING id, account_id), noted AS (INSERT INTO run_events (account_id, run_id, seq, kind)"
        " SELECT account_id, id, 2, 'run.cancelled' FROM done)"
        " SELECT pg_notify('weft_runs', id::text)::text FROM done",
        gone,
    )
    await until(lambda: collector.of(gone.hex) != [], 30)
    await one.stop()
    assert [(span.name.split()[0], span.attributes["weft.outcome"]) for span in collector.of(gone.hex)] == [
        ("run", "cancelled")
    ]


def _queued_for_later(ground: Ground) -> list[UUID]:
    version = ground.publish(plan(call("a")))
    run_id = new_id()
    with psycopg.connect(ground.owner_url) as connection:
        connection.execute(
            "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, last_seq, due_at)"
            " VALUES (%s, %s, %s, %s, '', '{}', 1, now() + interval '1 hour')",
            (run_id, ground.account_id, ground.workflow_id, version),
        )
        connection.execute(
            "INSERT INTO run_events (account_id, run_id, seq, kind, data) VALUES (%s, %s, 1, 'run.accepted', '{}')",
            (ground.account_id, run_id),
        )
    return [run_id]


async def test_what_was_not_sampled_is_not_sent(collector: Collector, urls: Urls, ground: Ground) -> None:
    witness = Told()
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), witness)
    await one.open()
    (run_id,) = _queued_for_later(ground)
    ground.query(
        "UPDATE runs SET traceparent = %s, content_hash = version_id::text, due_at = now() WHERE id = %s RETURNING 1",
        f"{INCOMING[:-2]}00",
        run_id,
    )
    await until(lambda: ground.states([run_id]) == {"succeeded": 1}, 30)
    await one.stop()
    assert collector.spans == [] and str(witness.parents["a/1"]).endswith("-00")


async def test_nothing_is_traced_unless_somebody_asks(urls: Urls, ground: Ground) -> None:
    assert Receiver.from_environment({}) is None
    witness = Told()
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), witness)
    await one.open()
    ids = ground.start(ground.publish(plan(call("a"))), {})
    await until(lambda: ground.states(ids) == {"succeeded": 1}, 30)
    await one.stop()
    assert witness.parents == {"a/1": None}
    assert ground.query("SELECT 1 FROM run_traces WHERE run_id = %s", ids[0]) == []


def test_settings_are_those_of_the_standard() -> None:
    both = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://h:4318/", "OTEL_EXPORTER_OTLP_TIMEOUT": "2500"}
    found = Receiver.from_environment(both | {"OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=x"})
    assert found is not None
    assert (found.url, found.timeout_s) == ("http://h:4318/v1/traces", 2.5)
    assert found.resource == {"service.name": "x", "a": "b"}
    only = Receiver.from_environment({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/t"})
    assert only is not None and only.url == "http://h/t"
    assert Receiver.from_environment(both | {"OTEL_SDK_DISABLED": "true"}) is None
    assert Receiver.from_environment(both | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}) is None


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (INCOMING, INCOMING),
        ("01-" + INCOMING[3:] + "-more", INCOMING),
        (INCOMING[:-2] + "03", INCOMING),
        (INCOMING + "-more", None),
        ("ff" + INCOMING[2:], None),
        (INCOMING.replace("b7ad6b7169203331", "0" * 16), None),
        (INCOMING.upper(), None),
        ("", None),
        (None, None),
    ],
)
def test_a_header_that_does_not_follow_the_rules_is_as_good_as_none(
    header: str | None, kept: str | None
) -> None:
    assert accepted(header) == kept


def test_ids_follow_from_the_run_and_the_path() -> None:
    run_id = uuid4()
    one, again = Trace.of(run_id, None), Trace.of(run_id, None)
    assert one.id == run_id.hex and one.span("a.b") == again.span("a.b") != one.span("a.b", "1")
    assert Trace.of(uuid4(), None).span("a.b") != one.span("a.b")
