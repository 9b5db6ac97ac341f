"""What Prometheus scrapes after real runs: exact numbers, in a form that its parser reads, and all of it described."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from dsl import plan as p
from engine.database import Urls
from engine.runner import Runner, RunnerSettings
from engine.tallies import INFINITY, REQUESTS, SECONDS, STEP_SECONDS, Tallies
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, approve, call, const, plan, ret, until
from tests.engine_store.conftest import application, client, settings

__all__ = ["application", "client", "settings"]

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


async def scraped(client: httpx.AsyncClient) -> dict[str, float]:
    """Every sample as ``name{label=value,...}``."""
    text = (await client.get("/metrics")).text
    return {
        sample.name + "{" + ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items())) + "}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_numbers_are_those_of_the_runs(urls: Urls, owner_url: str, client: httpx.AsyncClient) -> None:
    ground = Ground.lay(owner_url)
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), Witness())
    await one.open()
    # It fails the first time that it is called, of all three runs.
    flaky = call("b", tool="flaky", args={"fails": 1}, retry=p.Retry(max=1, backoff_ms=1))
    good = ground.start(ground.publish(plan(call("a"), flaky, ret("done", const(1)))), {}, 3)
    bad = ground.start(ground.publish(plan(call("a", tool="bad"))), {}, 2)
    wait = ground.start(ground.publish(plan(approve("gate"))), {})
    await until(
        lambda: ground.states([*good, *bad, *wait]) == {"succeeded": 3, "failed": 2, "waiting": 1}, 30
    )
    await one.stop()
    (late,) = ground.start(ground.publish(plan(call("a"))), {})
    ground.query("UPDATE runs SET due_at = now() - interval '90 s' WHERE id = %s RETURNING 1", late)
    await client.get("/runs/00000000-0000-7000-8000-000000000001")
    await client.get("/nowhere/at/all")
    found = await scraped(client)
    expected = {
        "workflow_runs_total{state=succeeded}": 3,
        "workflow_runs_total{state=failed}": 2,
        "workflow_duration_seconds_count{state=succeeded}": 3,
        "active_runs{}": 0,
        "queue_depth{}": 1,
        "waiting_runs{}": 1,
        "approvals_open{}": 1,
        "step_duration_seconds_count{outcome=succeeded}": 6,
        "step_duration_seconds_count{outcome=failed}": 3,
        "step_duration_seconds_bucket{le=+Inf,outcome=failed}": 3,
        "step_retries_total{}": 1,
        "run_claims_total{why=queued}": 6,
        "run_claims_total{why=lost}": 0,
        "dead_letters_total{}": 0,
        "leases_lost_total{}": 0,
        "http_requests_total{method=GET,route=/runs/{run_id},status=401}": 1,
        "http_requests_total{method=GET,route=other,status=404}": 1,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert 90 <= found["queue_oldest_seconds{}"] < 1000
    events = ground.query(
        "SELECT count(*) FROM run_events WHERE kind NOT IN"
        " ('run.accepted', 'run.claimed', 'run.waiting', 'gate.opened')"
    )[0][0]
    assert found["journal_batch_events_sum{}"] == events
    assert found["journal_batch_events_count{}"] == found["journal_commit_seconds_count{}"]


async def test_a_call_of_a_model_is_counted_as_it_is_written_and_names_are_bounded(
    urls: Urls, owner_url: str, client: httpx.AsyncClient
) -> None:
    ground = Ground.lay(owner_url)
    call_ = (
        "INSERT INTO model_calls (id, account_id, provider, model, ms, error, tokens_in, tokens_out, cost_usd)"
        " SELECT gen_random_uuid(), %s, 'p', %s || n, 500, NULL, 0, 0, 0 FROM generate_series(1, %s) AS n"
    )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(call_, (ground.account_id, "m", 1))
        connection.execute(call_, (ground.account_id, "m", 1))
        connection.execute(call_, (ground.account_id, "n", 300))
    found = await scraped(client)
    assert found["provider_api_calls_total{model=m1,outcome=answered,provider=p}"] == 2
    assert found["provider_api_latency_seconds_sum{model=m1,outcome=answered,provider=p}"] == 1.0
    calls = {name: n for name, n in found.items() if name.startswith("provider_api_calls_total")}
    assert sum(calls.values()) == 302 and len(calls) <= 201
    assert calls["provider_api_calls_total{model=other,outcome=answered,provider=p}"] > 50


async def test_several_processes_are_added_up(urls: Urls) -> None:
    one, two = Tallies(), Tallies()
    async with await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) as connection:
        for tallies in (one, two, one):
            tallies.observe(STEP_SECONDS, 0.2, "added")
            tallies.add(REQUESTS, "GET", "/added", "200", n=2)
            await tallies.flush(connection)
        await one.flush(connection)  # nothing new: nothing is added
        cursor = await connection.execute(
            "SELECT name, bound, n, round(total::numeric, 3)::float8 FROM tallies"
            " WHERE 'added' = ANY(labels) OR '/added' = ANY(labels) ORDER BY name"
        )
        assert await cursor.fetchall() == [
            ("http_requests", INFINITY, 6, 0.0),
            ("step_duration_seconds", 0.25, 3, 0.6),
        ]
    assert 0.25 in SECONDS


async def test_every_metric_is_described_and_nothing_else_is(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    exposed = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(text)
    }
    described = set(re.findall(r"^\| `([a-z_]+)`", DOCS.read_text().split("## Traces")[0], re.M))
    assert described == exposed
