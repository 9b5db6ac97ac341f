"""Row-level security: what each role sees, and the negative controls that show why each part of it is there."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from engine import drafts, runs, tables, workflows
from engine.database import Database
from engine.errors import NotFound
from engine.tables import Workflow
from tests.engine_store.conftest import Workspace

ACCOUNT_TABLES = sorted(
    table.name for table in Workflow.metadata.sorted_tables if "account_id" in table.columns
)


async def count(db_session, table: str) -> int:
    return (await db_session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


async def test_every_table_with_an_account_has_forced_security(owner: Database):
    async with owner.platform() as session:
        rows = await session.execute(
            text(
                "SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'account_id'"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                " AND relrowsecurity AND relforcerowsecurity"
            )
        )
        assert sorted(rows.scalars()) == ACCOUNT_TABLES


async def test_without_an_account_the_services_see_nothing(db: Database, workspace: Workspace):
    async with db.platform() as session:
        assert {table: await count(session, table) for table in [*ACCOUNT_TABLES, "accounts"]} == {
            table: 0 for table in [*ACCOUNT_TABLES, "accounts"]
        }


async def test_a_setting_does_not_outlive_its_transaction(db: Database, workspace: Workspace):
    async with db.account(workspace.account_id) as session:
        assert await count(session, "workflows") == 1
    for _ in range(12):
        async with db.platform() as session:
            assert await count(session, "workflows") == 0


async def test_an_account_sees_its_own_rows_only(db: Database, workspace: Workspace, neighbour: Workspace):
    async with db.account(workspace.account_id) as session:
        seen = (await session.execute(text("SELECT DISTINCT account_id FROM users"))).scalars().all()
        assert seen == [workspace.account_id]


async def test_rows_of_another_account_cannot_be_written(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with db.account(workspace.account_id) as session:
            session.add(tables.Workflow(account_id=neighbour.account_id, name="planted"))
            await session.flush()


async def test_ids_of_another_account_are_not_found(db: Database, workspace: Workspace, neighbour: Workspace):
    actor = workspace.admin
    for look in (
        drafts.get_draft(db, actor, neighbour.workflow_id),
        workflows.get_version(db, actor, neighbour.version_id),
        runs.start_run(db, actor, neighbour.workflow_id, {"order_id": "A-1001"}),
        runs.start_run(db, actor, workspace.workflow_id, {"order_id": "x"}, version_id=neighbour.version_id),
    ):
        with pytest.raises(NotFound):
            await look


async def test_a_row_cannot_point_into_another_account(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    with pytest.raises(Exception, match="violates foreign key"):
        async with db.account(workspace.account_id) as session:
            session.add(
                tables.Conversation(account_id=workspace.account_id, workflow_id=neighbour.workflow_id)
            )
            await session.flush()


async def test_an_address_looks_up_that_user_alone(db: Database, workspace: Workspace):
    async with db.lookup(workspace.admin.email) as session:
        assert (await session.execute(text("SELECT email FROM users"))).scalars().all() == [
            workspace.admin.email
        ]
        assert await count(session, "workflows") == 0


async def test_forcing_is_what_binds_an_owner_who_is_no_superuser(owner: Database, workspace: Workspace):
    """The control: the same reader sees every row as soon as security is not forced."""
    async with owner.engine.connect() as connection:
        await connection.execute(text("CREATE ROLE weft_owner_probe"))
        await connection.execute(text("GRANT ALL ON SCHEMA public TO weft_owner_probe"))
        await connection.execute(text("GRANT SELECT ON users TO weft_owner_probe"))
        await connection.execute(text("ALTER TABLE workflows OWNER TO weft_owner_probe"))
        await connection.execute(text("SET LOCAL ROLE weft_owner_probe"))
        forced = (await connection.execute(text("SELECT count(*) FROM workflows"))).scalar_one()
        await connection.execute(text("ALTER TABLE workflows NO FORCE ROW LEVEL SECURITY"))
        unforced = (await connection.execute(text("SELECT count(*) FROM workflows"))).scalar_one()
        await connection.rollback()
    assert (forced, unforced > 0) == (0, True)


async def test_neither_service_role_owns_or_bypasses_anything(owner: Database):
    async with owner.platform() as session:
        rows = await session.execute(
            text(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,"
                " (SELECT count(*) FROM pg_class WHERE relowner = r.oid) FROM pg_roles AS r"
                " WHERE rolname IN ('weft_app', 'weft_runner') ORDER BY 1"
            )
        )
        assert [tuple(row) for row in rows] == [
            ("weft_app", False, False, False, False, 0),
            ("weft_runner", False, False, False, False, 0),
        ]


@pytest.mark.parametrize("table", [*ACCOUNT_TABLES, "accounts", "runners", "tallies", "run_totals"])
async def test_no_service_may_truncate(db: Database, runner: Database, table: str):
    for services in (db, runner):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with services.platform() as session:
                await session.execute(text(f"TRUNCATE {table}"))


async def test_a_runner_reads_no_people_and_no_audit(runner: Database, workspace: Workspace):
    for table in ("users", "sessions", "refresh_tokens", "audit_log", "drafts", "messages"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with runner.account(workspace.account_id) as session:
                await count(session, table)


async def test_setting_the_switch_of_the_metrics_opens_nothing(db: Database, workspace: Workspace):
    await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    async with db.platform() as session:
        await session.execute(text("SELECT set_config('app.metrics', 'on', true)"))
        assert await count(session, "runs") == 0
        assert (await session.execute(text("SELECT sum(runs) FROM weft_run_totals()"))).scalar_one() >= 1
