"""A long queue brings a second runner, and an empty one sends it away again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import psycopg
import pytest

from deploy.postgres import EmbeddedPostgres
from engine.serving.cluster import replica_processes
from tests.stack.stack import Stack
from tests.stack.test_faults import until
from tests.stack.visitor import Visitor

pytestmark = pytest.mark.stack

COUNT, ROUNDS = 900, 15
STEADY = """workflow scaling_steady {
  use shop: mcp "shop"
  input { rounds: int }
  step rounds: loop while rounds.count < input.rounds max 500 {
    step look: call shop.get_order(order_id: "A-1005")
      timeout 30s
  }
}
"""
QUEUE = """
WITH made AS (
  INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, last_seq)
  SELECT uuidv7(), v.account_id, v.workflow_id, v.id, v.content_hash, %(input)s, 1
  FROM versions v JOIN workflows w ON w.live_version_id = v.id, generate_series(1, %(count)s)
  WHERE w.id = %(workflow)s RETURNING id, account_id
)
INSERT INTO run_events (account_id, run_id, seq, kind, data)
SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', %(input)s::jsonb) FROM made
"""
"""Many runs at once; the API would take longer to accept them than the runner to finish them."""
STATES = "SELECT state, count(*) FROM runs WHERE workflow_id = %s GROUP BY state"


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[Visitor]:
    stack.wait_for_engine()
    with Visitor(stack) as visitor:
        yield visitor


def test_a_long_queue_brings_a_runner_and_an_empty_one_sends_it_away(stack: Stack, visitor: Visitor) -> None:
    workflow = visitor.publish(STEADY)
    until("one runner", lambda: len(replica_processes(stack.home, "Runner")) == 1, 60)
    with psycopg.connect(EmbeddedPostgres(stack.home).start(), autocommit=True) as connection:
        given = {"input": json.dumps({"rounds": ROUNDS}), "count": COUNT, "workflow": workflow}
        connection.execute(QUEUE, given)
        connection.execute("SELECT pg_notify('weft_runs', '')")
        at = time.monotonic()
        until("a second runner", lambda: len(replica_processes(stack.home, "Runner")) > 1, 60)
        print(f"a second runner {time.monotonic() - at:.1f} s after the queue")

        def states() -> dict[str, int]:
            return dict(connection.execute(STATES, (workflow,)).fetchall())  # type: ignore[arg-type]

        # The rest of the queue has done its part; those that are held go on to their end.
        connection.execute(
            "UPDATE runs SET state = 'cancelled' WHERE workflow_id = %s AND state = 'queued'", (workflow,)
        )
        until("the end of every run", lambda: set(states()) <= {"succeeded", "cancelled"}, 120)
        print(f"{states()} after {time.monotonic() - at:.1f} s")
        until("one runner again", lambda: len(replica_processes(stack.home, "Runner")) == 1, 120)
        print(f"one runner again after {time.monotonic() - at:.1f} s")
        doubled = connection.execute(
            "SELECT count(*) FROM (SELECT run_id, path FROM run_events JOIN runs r ON r.id = run_id"
            " WHERE r.workflow_id = %s AND kind = 'step.succeeded' GROUP BY run_id, path HAVING count(*) > 1) AS d",
            (workflow,),
        ).fetchone()
        assert doubled == (0,)
