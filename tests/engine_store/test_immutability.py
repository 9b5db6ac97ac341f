"""What can never change: versions, the audit log, a run that is over."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from engine import audit, runs
from engine.database import Database
from engine.lifecycle import TRANSITIONS, RunState
from tests.engine_store.conftest import Workspace


@pytest.mark.parametrize("statement", ["UPDATE versions SET text = 'x'", "DELETE FROM versions"])
async def test_the_services_may_not_change_a_version(db: Database, workspace: Workspace, statement: str):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.account(workspace.account_id) as session:
            await session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE versions SET message = 'x'", "DELETE FROM versions", "DELETE FROM audit_log"]
)
async def test_a_trigger_stops_even_a_superuser(owner: Database, workspace: Workspace, statement: str):
    with pytest.raises(DBAPIError, match="append-only"):
        async with owner.platform() as session:
            await session.execute(text(statement))


async def test_the_database_and_the_table_of_transitions_agree(
    owner: Database, db: Database, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    allowed: dict[RunState, set[RunState]] = {state: set() for state in RunState}
    async with owner.engine.connect() as connection:
        for source in RunState:
            for target in RunState:
                await connection.execute(text("ALTER TABLE runs DISABLE TRIGGER USER"))
                force = text("UPDATE runs SET state = :state WHERE id = :id")
                await connection.execute(force, {"state": source, "id": run.id})
                await connection.execute(text("ALTER TABLE runs ENABLE TRIGGER USER"))
                trial = await connection.begin_nested()
                try:
                    await connection.execute(force, {"state": target, "id": run.id})
                    if source != target:
                        allowed[source].add(target)
                except IntegrityError:
                    pass
                finally:
                    await trial.rollback()
        await connection.rollback()
    assert allowed == {state: set(targets) for state, targets in TRANSITIONS.items()}


async def test_the_audit_chain_of_an_account_verifies(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    verdict = await audit.verify(db, workspace.account_id)
    assert (verdict.entries > 0, verdict.broken_at) == (True, None)


@pytest.mark.parametrize(
    "change", ["actor = 'somebody else'", 'data = \'{"role": "viewer"}\'', "at = at - interval '1 day'"]
)
async def test_a_changed_entry_is_found(owner: Database, db: Database, workspace: Workspace, change: str):
    entries = await audit.list_entries(db, workspace.admin)
    victim = entries[2].id
    async with owner.platform() as session:
        await session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        await session.execute(text(f"UPDATE audit_log SET {change} WHERE id = :id"), {"id": victim})
        await session.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
    assert (await audit.verify(db, workspace.account_id)).broken_at == victim


async def test_a_removed_entry_is_found(owner: Database, db: Database, workspace: Workspace):
    entries = await audit.list_entries(db, workspace.admin)
    async with owner.platform() as session:
        await session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
        await session.execute(text("DELETE FROM audit_log WHERE id = :id"), {"id": entries[2].id})
        await session.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
    assert (await audit.verify(db, workspace.account_id)).broken_at == entries[1].id


async def test_entries_written_at_the_same_time_form_one_chain(db: Database, workspace: Workspace):
    import asyncio

    async def write(number: int) -> None:
        async with db.account(workspace.account_id) as session:
            await audit.append(
                session, workspace.account_id, "test", "test.write", str(number), {"number": number}
            )

    before = (await audit.verify(db, workspace.account_id)).entries
    await asyncio.gather(*(write(number) for number in range(30)))
    verdict = await audit.verify(db, workspace.account_id)
    assert (verdict.entries, verdict.broken_at) == (before + 30, None)
