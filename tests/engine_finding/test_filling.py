"""Terms are made behind a run's back, each exactly once, and go with the run."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from engine import runs
from engine.database import Database, Urls
from engine.errors import BadInput, NotFound
from engine.finding import views
from engine.finding.asking import RunFilter
from engine.finding.filling import fill
from tests.engine_store.conftest import Workspace


@pytest.fixture
async def hands(urls: Urls) -> Any:
    """Connections of two janitors."""
    both = [await psycopg.AsyncConnection.connect(urls.runner, autocommit=True) for _ in range(2)]
    yield both
    for each in both:
        await each.close()


async def found(db: Database, workspace: Workspace, search: str) -> list[Any]:
    return [
        run.id for run in (await runs.list_runs(db, workspace.admin, asks=RunFilter(search=search))).items
    ]


async def test_a_run_is_found_by_its_input_its_output_and_its_id(
    db: Database, workspace: Workspace, hands: Any, owner: Database
) -> None:
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-4711"})
    assert await found(db, workspace, "order_id=A-4711") == []
    assert await found(db, workspace, str(run.id)) == [run.id]
    while await fill(hands[0]):
        pass
    assert await found(db, workspace, "order_id=A-4711") == [run.id]
    assert await found(db, workspace, str(run.id)[-8:]) == [run.id]
    await hands[1].execute("UPDATE runs SET state = 'running' WHERE id = %s", (run.id,))
    await hands[1].execute(
        "UPDATE runs SET state = 'succeeded', output = '{\"refund\": \"R-99\"}' WHERE id = %s", (run.id,)
    )
    assert await fill(hands[0]) == 1
    assert await found(db, workspace, "refund=R-99 order_id=A-4711") == [run.id]
    assert await fill(hands[0]) == 0


async def test_two_that_fill_at_once_take_each_run_once(
    db: Database, workspace: Workspace, hands: Any
) -> None:
    ids = [
        (await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-77"})).id
        for _ in range(40)
    ]
    taken = [0]
    while any(taken := list(await asyncio.gather(*(fill(hand, 7) for hand in hands)))):
        pass
    assert taken == [0, 0]
    assert set(await found(db, workspace, "A-77")) == set(ids)


async def test_a_neighbour_finds_nothing(
    db: Database, workspace: Workspace, neighbour: Workspace, hands: Any
) -> None:
    await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-88"})
    while await fill(hands[0]):
        pass
    assert await found(db, neighbour, "order_id=A-88") == []
    assert len(await found(db, workspace, "order_id=A-88")) == 1


async def test_a_view_is_kept_changed_shared_and_deleted_by_its_owner(
    db: Database, workspace: Workspace, neighbour: Workspace
) -> None:
    viewer, builder = workspace.people["viewer"], workspace.people["builder"]
    mine = await views.save_view(db, viewer, "  My   failures ", {"state": "failed", "span": "24h"})
    assert (mine.name, mine.asks, mine.mine) == (
        "My failures",
        RunFilter(states=("failed",), span="24h"),
        True,
    )
    assert await views.list_views(db, builder) == ()
    again = await views.save_view(db, viewer, "My failures", {"state": "timed_out"}, shared=True)
    assert again.id == mine.id
    [seen] = await views.list_views(db, builder)
    assert (seen.asks.states, seen.mine, seen.shared) == (("timed_out",), False, True)
    assert await views.list_views(db, neighbour.admin) == ()
    for stranger in (builder, workspace.admin, neighbour.admin):
        with pytest.raises(NotFound):
            await views.delete_view(db, stranger, mine.id)
    await views.delete_view(db, viewer, mine.id)
    assert await views.list_views(db, viewer) == ()


@pytest.mark.parametrize(("name", "query"), [("", {}), ("x" * 61, {}), ("fine", {"state": "nonsense"})])
async def test_a_view_that_cannot_be_is_refused(
    db: Database, workspace: Workspace, name: str, query: dict[str, str]
) -> None:
    with pytest.raises(BadInput):
        await views.save_view(db, workspace.admin, name, query)
