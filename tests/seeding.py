"""Runs as a workspace has them after a quarter, written straight into the tables: states, triggers, versions, people,
errors and inputs in uneven shares, with their terms and the sums that a dashboard reads. Ids sort by their time."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg import sql

from dsl.plan import Block, Plan
from engine.finding.terms import number
from engine.identity import new_id
from tests.summing import TABLES, sum_up

DAYS = 90
WORKFLOWS = 20
PEOPLE = 12
EMPTY = Plan(workflow="seeded", input_schema={"type": "object"}, body=Block()).model_dump_json()

INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename IN ('runs', 'run_terms') AND indexdef NOT LIKE 'CREATE UNIQUE%'
"""
BASE = """
CREATE TEMP TABLE seed_of AS
SELECT n, at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)
    || '8' || substr(md5((-n)::text), 1, 15))::uuid AS id, (w * w * 20)::int AS wf, p, v, h
FROM (SELECT n, now() - make_interval(secs => n * 86400.0 * %(days)s / %(count)s) - interval '1 minute' AS at,
  random() AS w, random() AS p, random() AS v, random() AS h FROM generate_series(1, %(count)s) AS n) AS x;
"""
RUNS = """
INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, output, error, state, trigger,
  requested_by, queued_at, started_at, finished_at, due_at, epoch, attempt, last_seq)
SELECT s.id, %(account)s, w.id, CASE WHEN s.v < 0.03 THEN w.old ELSE w.live END, 'seed',
  jsonb_build_object('order_id', 'A-' || (1000 + s.n %% 50000), 'amount', (s.v * 400)::int,
    'customer', jsonb_build_object('email', 'c' || (s.n %% 9000) || '@example.com')),
  CASE WHEN x.state = 'succeeded' THEN jsonb_build_object('refund_id', 'R-' || s.n) END,
  CASE WHEN x.state IN ('failed', 'timed_out') THEN jsonb_build_object('code',
    CASE WHEN s.h < 0.01 THEN 'out_of_stock' WHEN s.h < 0.6 THEN 'unavailable' ELSE 'timeout' END,
    'message', 'The shop did not answer.', 'step', 'refund') END,
  x.state,
  CASE WHEN s.h < 0.55 THEN 'webhook' WHEN s.h < 0.8 THEN 'schedule' WHEN s.h < 0.93 THEN 'api'
    WHEN s.h < 0.999 THEN 'manual' ELSE 'mcp' END,
  CASE WHEN s.h >= 0.93 THEN (%(people)s::uuid[])[1 + (s.v * %(most)s)::int %% %(most)s] END,
  s.at, s.at + interval '200 ms', s.at + make_interval(secs => 0.3 + s.v * s.v * 40), NULL, 1, 1, 24
FROM seed_of s JOIN LATERAL (SELECT CASE WHEN s.p < 0.93 THEN 'succeeded' WHEN s.p < 0.985 THEN 'failed'
  WHEN s.p < 0.995 THEN 'cancelled' ELSE 'timed_out' END AS state) AS x ON true
JOIN seed_workflows w ON w.n = s.wf ORDER BY s.id
"""
TERMS = """
INSERT INTO run_terms (account_id, run_id, term)
SELECT %(account)s, s.id, t.term FROM seed_of s JOIN seed_terms t ON t.n = s.n %% 50000 ORDER BY s.id
"""
STATS = """
INSERT INTO run_stats (account_id, hour, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds)
SELECT account_id, date_trunc('hour', queued_at, 'UTC'), workflow_id, count(*),
  count(*) FILTER (WHERE state = 'succeeded'),
  count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'cancelled'),
  count(*) FILTER (WHERE state = 'timed_out'), sum(extract(epoch FROM finished_at - started_at))
FROM runs WHERE account_id = %(account)s GROUP BY 1, 2, 3
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Seeded:
    """``workflows``: ids, the busiest first. ``count``: runs."""

    account_id: UUID
    workflows: tuple[UUID, ...]
    people: tuple[UUID, ...]
    count: int


def seed(connection: psycopg.Connection, count: int, account_id: UUID | None = None) -> Seeded:
    """So many runs that are over, of 20 workflows, in an account of their own unless one is given. The connection is
    the owner's (a superuser's), and commits by itself. Marks and the queue for searching are left as they were: what
    they would make is written here."""
    account = account_id or new_id()
    with connection.transaction():
        connection.execute("SELECT set_config('app.account_id', %s, true)", (str(account),))
        if account_id is None:
            connection.execute(
                "INSERT INTO accounts (id, name) VALUES (%s, %s)", (account, f"Seed {account}")
            )
        people = [new_id() for _ in range(PEOPLE)]
        for each in people:
            connection.execute(
                "INSERT INTO users (id, account_id, email, name, role) VALUES (%s, %s, %s, %s, 'operator')",
                (each, account, f"{each}@example.com", "Somebody"),
            )
        connection.execute(
            "CREATE TEMP TABLE seed_workflows (n int, id uuid, old uuid, live uuid) ON COMMIT DROP"
        )
        workflows = [_workflow(connection, account, n) for n in range(WORKFLOWS)]
        connection.execute("CREATE TEMP TABLE seed_terms (n int, term bigint) ON COMMIT DROP")
        with connection.cursor().copy("COPY seed_terms (n, term) FROM STDIN") as copy:
            for n in range(min(count + 1, 50_000)):
                mail = f"c{n % 9000}@example.com"
                for word in (f"=a-{1000 + n}", f"order_id=a-{1000 + n}", f"={mail}", f"email={mail}"):
                    copy.write_row((n, number(word)))
                copy.write_row((n, number("status=paid" if n % 3 else "status=open")))
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        # A million rows go into an index faster when it is made of them afterwards.
        later = connection.execute(INDEXES).fetchall() if count > 100_000 else []
        for name, _ in later:
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        connection.execute("SELECT setseed(0.42)")
        connection.execute(BASE, {"count": count, "days": DAYS})
        given = {"account": account, "people": people, "most": PEOPLE}
        connection.execute(RUNS, given)
        connection.execute(TERMS, given)
        for _, definition in later:
            connection.execute(definition)
        connection.execute(STATS, given)
        sum_up(connection, account)
        connection.execute("DROP TABLE seed_of")
    connection.execute("VACUUM (ANALYZE) runs")
    connection.execute("VACUUM (ANALYZE) run_terms")
    for table in ("run_stats", *TABLES):
        connection.execute(f"ANALYZE {table}")  # type: ignore[arg-type]
    return Seeded(account, tuple(workflows), tuple(people), count)


def _workflow(connection: psycopg.Connection, account: UUID, n: int) -> UUID:
    workflow, old, live = new_id(), new_id(), new_id()
    connection.execute(
        "INSERT INTO workflows (id, account_id, name, title) VALUES (%s, %s, %s, %s)",
        (workflow, account, f"seeded_{n}_{str(account)[-6:]}", f"Seeded {n}"),
    )
    for version, number_ in ((old, 1), (live, 2)):
        connection.execute(
            "INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash)"
            " VALUES (%s, %s, %s, %s, %s, '[]', %s, %s)",
            (version, account, workflow, number_, f"workflow seeded_{n} {{}}", EMPTY, f"seed{n}"),
        )
    connection.execute("INSERT INTO seed_workflows VALUES (%s, %s, %s, %s)", (n, workflow, old, live))
    return workflow
