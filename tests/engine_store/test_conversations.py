"""Conversations and proposals: branches share what was said, a decision counts once, nothing that was said changes."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from engine import conversations, proposals, tables, workflows
from engine.conversations import Branch
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.proposals import LEGAL, State, Verdict, Write
from tests.engine_store.conftest import Workspace


async def said(db: Database, workspace: Workspace, *contents: str, workflow: bool = False):
    """A conversation in which people and the designer take turns."""
    actor = workspace.admin
    made = await conversations.create(
        db, actor, contents[0] if contents else "", workspace.workflow_id if workflow else None
    )
    for number, content in enumerate(contents):
        await conversations.append_message(db, actor, made.id, "assistant" if number % 2 else "user", content)
    return made


async def proposed(db: Database, workspace: Workspace, of=None, base: str = "old\n", new: str = "new\n"):
    made = of or await said(db, workspace, "Change it", workflow=True)
    body = {"text": new, "base": base, "summary": "Changed."}
    message = await conversations.append_message(db, workspace.admin, made.id, "assistant", "Changed.", body)
    return message.decision


def contents(conversation) -> list[str]:
    return [message.content for message in conversation.messages]


async def test_a_branch_has_what_was_said_before_it_and_goes_its_own_way(db: Database, workspace: Workspace):
    actor = workspace.admin
    made = await said(db, workspace, "one", "two", "three", "four")
    branch = await conversations.branch(db, actor, made.id, 2)
    assert contents(branch) == ["one", "two"]
    added = await conversations.append_message(db, actor, branch.id, "user", "another three")
    assert added.seq == 3
    assert contents(await conversations.get(db, actor, branch.id)) == ["one", "two", "another three"]
    there = await conversations.get(db, actor, made.id)
    assert contents(there) == ["one", "two", "three", "four"]
    assert there.branches == (Branch(2, (made.id, branch.id)),)
    assert (await conversations.get(db, actor, branch.id)).branches == there.branches


async def test_a_branch_of_what_a_branch_shares_is_a_branch_of_where_it_was_said(
    db: Database, workspace: Workspace
):
    actor = workspace.admin
    made = await said(db, workspace, "one", "two", "three")
    first = await conversations.branch(db, actor, made.id, 2)
    second = await conversations.branch(db, actor, first.id, 2)
    assert (second.parent_id, second.parent_seq) == (made.id, 2)
    assert second.branches == (Branch(2, (made.id, first.id, second.id)),)
    with pytest.raises(NotFound):
        await conversations.branch(db, actor, made.id, 9)


async def test_whoever_goes_on_is_given_the_last_messages_and_the_older_ones_go_by_the_dozen(
    db: Database, workspace: Workspace
):
    actor = workspace.admin
    made = await said(db, workspace)

    async def up_to(first: int, last: int) -> None:
        async with db.account(actor) as session:
            session.add_all(
                tables.Message(
                    account_id=actor.account_id, conversation_id=made.id, seq=n, role="user", content=str(n)
                )
                for n in range(first, last + 1)
            )

    await up_to(1, 90)
    assert contents(await conversations.recent(db, actor, made.id)) == [str(n) for n in range(1, 91)]
    await up_to(91, 96)
    assert contents(await conversations.recent(db, actor, made.id)) == [str(n) for n in range(25, 97)]
    for seq, first in ((96, 25), (90, 1), (10, 1)):
        branch = await conversations.branch(db, actor, made.id, seq)
        await conversations.append_message(db, actor, branch.id, "user", "on")
        told = contents(await conversations.recent(db, actor, branch.id))
        assert told == [*(str(n) for n in range(first, seq + 1)), "on"]
    assert len((await conversations.get(db, actor, made.id)).messages) == 96


async def test_search_finds_titles_and_what_was_said_in_the_workflow_that_is_asked_for(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    actor = workspace.admin
    mine = await said(db, workspace, "Refund orders over 100 euros", "Here is a workflow.", workflow=True)
    other = await said(db, workspace, "Leave requests", "The manager approves the refund.")
    await said(db, neighbour, "Refund everything")

    async def found(words: str, workflow=None) -> dict[str, str]:
        return {one.title: one.found for one in await conversations.list_(db, actor, workflow, words=words)}

    assert set(await found("refu")) == {mine.title, other.title}
    assert await found("manager refund") == {other.title: "The manager approves the refund."}
    assert set(await found("refund", workspace.workflow_id)) == {mine.title}
    assert await found("nothing like it") == await found("':*&|!") == {}


async def test_a_deleted_conversation_is_gone_until_it_is_taken_back(db: Database, workspace: Workspace):
    actor = workspace.admin
    made = await said(db, workspace, "Delete me")
    branch = await conversations.branch(db, actor, made.id, 1)
    await conversations.delete(db, actor, made.id)
    assert [one.id for one in await conversations.list_(db, actor)] == [branch.id]
    assert [one.id for one in await conversations.list_(db, actor, words="delete me")] == [branch.id]
    with pytest.raises(NotFound):
        await conversations.append_message(db, actor, made.id, "user", "hello")
    assert contents(await conversations.get(db, actor, branch.id)) == ["Delete me"]
    await conversations.restore(db, actor, made.id)
    assert {one.id for one in await conversations.list_(db, actor)} == {made.id, branch.id}


async def test_what_was_deleted_long_ago_goes_for_good_unless_a_branch_needs_it(
    db: Database, owner: Database, workspace: Workspace
):
    actor = workspace.admin
    lonely, shared, last = [await said(db, workspace, name) for name in ("lonely", "shared", "last")]
    await conversations.branch(db, actor, shared.id, 1)
    for one in (lonely, shared):
        await conversations.delete(db, actor, one.id)
    async with db.account(actor) as session:
        await session.execute(
            text(
                "UPDATE conversations SET deleted_at = now() - interval '31 days'"
                " WHERE deleted_at IS NOT NULL"
            )
        )
    await conversations.delete(db, actor, last.id)
    await conversations.restore(db, actor, shared.id)
    with pytest.raises(NotFound):
        await conversations.restore(db, actor, lonely.id)


async def test_a_title_is_a_line_that_says_something(db: Database, workspace: Workspace):
    made = await said(db, workspace, "one")
    assert (await conversations.rename(db, workspace.admin, made.id, "  Refunds \n again ")).title == (
        "Refunds again"
    )
    for title in ("  ", "x" * 201):
        with pytest.raises(BadInput):
            await conversations.rename(db, workspace.admin, made.id, title)


async def test_a_newer_proposal_takes_the_place_of_the_one_that_is_open(db: Database, workspace: Workspace):
    made = await said(db, workspace, "Change it", workflow=True)
    first = await proposed(db, workspace, made)
    second = await proposed(db, workspace, made)
    states = [one.state for one in await proposals.of_conversation(db, workspace.admin, made.id)]
    assert states == ["superseded", "open"]
    taken, _ = await proposals.decide(db, workspace.admin, first.id, Verdict("accepted", first.start))
    assert (taken.state, taken.decided_by) == ("accepted", workspace.admin.user_id)
    assert (await proposals.get(db, workspace.admin, second.id)).state == "open"


async def test_a_proposal_that_two_accept_at_once_is_applied_once(db: Database, workspace: Workspace):
    actor = workspace.admin
    draft = await workflows.get_draft(db, actor, workspace.workflow_id)
    made = await proposed(db, workspace, base=draft.text, new="workflow other {\n}\n")
    assert made.base_revision == draft.revision
    write = Write(workspace.workflow_id, made.text, draft.revision)
    both = await asyncio.gather(
        *(proposals.decide(db, actor, made.id, Verdict("accepted", made.start), write) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "tuple"]
    after = await workflows.get_draft(db, actor, workspace.workflow_id)
    assert (after.text, after.revision) == (made.text, draft.revision + 1)


async def test_a_decision_over_a_draft_that_changed_decides_nothing(db: Database, workspace: Workspace):
    actor = workspace.admin
    draft = await workflows.get_draft(db, actor, workspace.workflow_id)
    made = await proposed(db, workspace, base=draft.text, new="workflow other {\n}\n")
    await workflows.save_draft(db, actor, workspace.workflow_id, "workflow mine {\n}\n", draft.revision)
    with pytest.raises(Conflict):
        write = Write(workspace.workflow_id, made.text, draft.revision)
        await proposals.decide(db, actor, made.id, Verdict("accepted", made.start), write)
    assert (await proposals.get(db, actor, made.id)).state == "open"


async def test_parts_are_taken_one_after_the_other_each_over_those_before(db: Database, workspace: Workspace):
    actor = workspace.admin
    made = await proposed(db, workspace, base="a\nb\n", new="A\nB\n")
    first, _ = await proposals.decide(db, actor, made.id, Verdict("partly", made.start, ("A",), "A\nb\n"))
    assert (first.state, first.parts, first.start) == ("partly", ("A",), "A\nb\n")
    with pytest.raises(Conflict):
        await proposals.decide(db, actor, made.id, Verdict("partly", made.start, ("B",), "a\nB\n"))
    last, _ = await proposals.decide(db, actor, made.id, Verdict("accepted", first.start))
    assert last.state == "accepted"


@pytest.mark.parametrize("state", LEGAL)
async def test_a_proposal_goes_only_where_the_table_says(db: Database, workspace: Workspace, state: State):
    for target in LEGAL:
        made = await proposed(db, workspace)
        async with db.account(workspace.admin) as session:
            await session.execute(
                text("UPDATE proposals SET state = :state WHERE id = :id"), {"state": state, "id": made.id}
            )
        verdict = Verdict(target, made.start, (), "x\n")
        if target in LEGAL[state]:
            assert (await proposals.decide(db, workspace.admin, made.id, verdict))[0].state == target
        else:
            with pytest.raises(Conflict, match=r"already|replaced|open"):
                await proposals.decide(db, workspace.admin, made.id, verdict)


async def test_who_may_not_edit_may_not_accept(db: Database, workspace: Workspace, neighbour: Workspace):
    made = await proposed(db, workspace)
    for role in ("viewer", "approver", "operator"):
        with pytest.raises(Forbidden):
            await proposals.decide(db, workspace.people[role], made.id, Verdict("accepted", made.start))
    with pytest.raises(NotFound):
        await proposals.decide(db, neighbour.admin, made.id, Verdict("accepted", made.start))
    with pytest.raises(NotFound):
        await proposals.get(db, workspace.admin, uuid4())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE messages SET content = 'x'",
        "UPDATE messages SET proposal = NULL",
        "DELETE FROM messages",
        "UPDATE proposals SET text = 'x'",
        "DELETE FROM proposals",
    ],
)
async def test_what_was_said_and_proposed_never_changes(db: Database, workspace: Workspace, statement: str):
    await proposed(db, workspace)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.account(workspace.admin) as session:
            await session.execute(text(statement))
