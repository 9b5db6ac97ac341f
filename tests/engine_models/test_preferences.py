"""What the designer remembers: said by a person, seen by all who may talk with it, deleted by any of them."""

from __future__ import annotations

import pytest

from engine import audit, conversations, preferences
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.identity import new_id
from tests.engine_store.conftest import Workspace


async def test_what_a_person_said_is_kept_with_who_and_where(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    talk = await conversations.create(db, builder)
    await preferences.add(db, builder, "  amounts in\n euros ", talk.id)
    [one] = await preferences.list_(db, workspace.admin)
    assert (one.text, one.source, one.conversation_id) == ("amounts in euros", "Builder", talk.id)
    assert await preferences.delete(db, workspace.admin, one.id) == ()
    assert await preferences.delete(db, workspace.admin, one.id) == ()
    said = [entry.action for entry in await audit.list_entries(db, workspace.admin)]
    assert said[:2] == ["preference.delete", "preference.add"]


async def test_said_twice_it_is_remembered_once(db: Database, workspace: Workspace):
    for _ in range(2):
        known = await preferences.add(db, workspace.admin, "finance_manager approves")
    assert [one.text for one in known] == ["finance_manager approves"]


async def test_it_remembers_so_many_things_and_so_long_ones(db: Database, workspace: Workspace):
    for number in range(preferences.MOST):
        await preferences.add(db, workspace.admin, f"{number}".ljust(preferences.LONGEST, "x"))
    with pytest.raises(Conflict, match="50 things"):
        await preferences.add(db, workspace.admin, "one more")
    for text in ("", " ", "x" * (preferences.LONGEST + 1), "nul \0"):
        with pytest.raises(BadInput):
            await preferences.add(db, workspace.admin, text)


async def test_another_account_neither_sees_nor_deletes_it(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    [one] = await preferences.add(db, workspace.admin, "ours")
    assert await preferences.list_(db, neighbour.admin) == ()
    assert await preferences.delete(db, neighbour.admin, one.id) == ()
    assert await preferences.list_(db, workspace.admin) == (one,)
    talk = await conversations.create(db, neighbour.admin)
    for conversation_id in (talk.id, new_id()):
        with pytest.raises(NotFound):
            await preferences.add(db, workspace.admin, "theirs", conversation_id)


@pytest.mark.parametrize("role", ["viewer", "approver", "operator"])
async def test_who_may_not_talk_with_the_designer_may_not_tell_it(
    db: Database, workspace: Workspace, role: str
):
    person = workspace.people[role]
    for attempt in (
        preferences.list_(db, person),
        preferences.add(db, person, "x"),
        preferences.delete(db, person, new_id()),
    ):
        with pytest.raises(Forbidden):
            await attempt
