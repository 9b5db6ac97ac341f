"""Handlers of the chat, without a browser: asking, accepting, rejecting, and an answer that fails."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from engine import conversations, preferences, proposals, workflows
from engine.errors import Unavailable
from studio.chat.state import ChatState
from studio.designer.scripted import Say, ScriptedModel
from studio.editor.state import EditorState
from tests.editor.conftest import Editor, unheard
from tests.editor.test_room import another_page

ASKED = "Get the order, then e-mail the customer."


async def chat(editor: Editor) -> Any:
    return await editor.tab.state(ChatState)


async def says(editor: Editor, type: str, **rest: Any) -> None:
    await editor.tab.send(ChatState.on_say({"type": type, **rest}))


async def reloaded(editor: Editor) -> Any:
    """The chat with what was put into the conversation behind the page's back."""
    await says(editor, "switch", conversation=(await chat(editor)).conversation_id)
    return await chat(editor)


async def asked(editor: Editor, text: str = ASKED) -> Any:
    """The chat after a question was asked and answered; the last message is the answer."""
    await editor.tab.send(ChatState.load())
    await editor.tab.send(ChatState.send(text))
    return await chat(editor)


async def proposed(editor: Editor) -> Any:
    """The message with a proposal of the last conversation, as the database has it."""
    db, owner = editor.workspace.db, editor.workspace.owner
    found = await conversations.get(db, owner, UUID((await chat(editor)).conversation_id))
    return next(message for message in reversed(found.messages) if message.proposal)


async def propose(editor: Editor, text: str) -> str:
    """A proposal in the conversation, as a designer would leave one. Its message's id."""
    await asked(editor)
    db, owner = editor.workspace.db, editor.workspace.owner
    conversation = UUID((await chat(editor)).conversation_id)
    proposal = {"text": text, "base": await editor.text(), "summary": "Another text.", "state": "open"}
    kept = await conversations.append_message(db, owner, conversation, "assistant", "Another text.", proposal)
    return str(kept.id)


async def test_a_question_is_kept_and_answered_and_the_box_is_free_again(editor: Editor) -> None:
    state = await asked(editor)
    assert [message.mine for message in state.messages][:2] == [True, False]
    assert state.messages[0].content == ASKED
    assert (state.busy, state.stream, state.progress) == (False, {}, "")
    found = await conversations.get(editor.workspace.db, editor.workspace.owner, UUID(state.conversation_id))
    assert found.messages[0].content == ASKED


async def test_an_empty_message_asks_nothing(editor: Editor) -> None:
    state = await asked(editor, "   ")
    assert (list(state.messages), state.conversation_id, state.busy) == ([], "", False)


async def test_an_accepted_proposal_is_the_draft_and_one_undo_takes_it_back(editor: Editor) -> None:
    before = await editor.text()
    other = before.replace("step done:", "step extra: let 1\n\n  step done:")
    message = await propose(editor, other)
    await editor.tab.send(ChatState.accept(message))
    draft = await workflows.get_draft(editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id))
    assert (await editor.text(), draft.text) == (other, other)
    assert (await proposed(editor)).proposal["state"] == "accepted"
    await editor.tab.send(EditorState.undo())
    assert await editor.text() == before


async def in_the_draft(editor: Editor) -> str:
    db, owner = editor.workspace.db, editor.workspace.owner
    return (await workflows.get_draft(db, owner, UUID(editor.workflow_id))).text


async def test_a_studio_that_ends_right_after_a_decision_has_the_accepted_text_in_the_draft(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = (await editor.text()).replace("within 24h", "within 12h")
    message = await propose(editor, other)
    decide = proposals.decide

    async def and_end(*args: Any, **more: Any) -> None:
        await decide(*args, **more)
        raise Unavailable("The studio ends.", "")

    monkeypatch.setattr(proposals, "decide", and_end)
    await editor.tab.send(ChatState.accept(message))
    assert (await proposed(editor)).proposal["state"] == "accepted"
    assert await in_the_draft(editor) == other


async def test_what_somebody_types_while_a_decision_is_written_down_stays_and_is_no_part_of_its_undo(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await editor.text()
    other = await another_page(editor, person="Bo Bird")
    message = await propose(editor, before.replace("within 24h", "within 12h"))
    decide = proposals.decide

    async def while_bo_types(*args: Any, **more: Any) -> Any:
        done = await decide(*args, **more)
        typing.append(asyncio.ensure_future(other.type(0, "// bo\n")))
        async with asyncio.timeout(10):
            while not (await other.text()).startswith("// bo"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return done

    typing: list[asyncio.Future[None]] = []
    monkeypatch.setattr(proposals, "decide", while_bo_types)
    await editor.tab.send(ChatState.accept(message))
    await typing[0]
    both = "// bo\n" + before.replace("within 24h", "within 12h")
    assert await editor.text() == await in_the_draft(editor) == both
    assert (await editor.state()).save_state == "saved"
    await editor.tab.send(EditorState.undo())
    assert await editor.text() == await in_the_draft(editor) == f"// bo\n{before}"


async def test_what_another_process_saves_in_the_middle_of_a_decision_is_put_together_with_it(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    before = await editor.text()
    message = await propose(editor, before.replace("within 24h", "within 12h"))
    decide, theirs = proposals.decide, ["// theirs\n" + before]

    async def after_them(*args: Any, **more: Any) -> Any:
        if theirs:
            draft = await workflows.get_draft(db, owner, UUID(editor.workflow_id))
            await workflows.save_draft(db, owner, draft.workflow_id, theirs.pop(), draft.revision)
        return await decide(*args, **more)

    monkeypatch.setattr(proposals, "decide", after_them)
    await editor.tab.send(ChatState.accept(message))
    both = "// theirs\n" + before.replace("within 24h", "within 12h")
    assert await editor.text() == await in_the_draft(editor) == both
    assert (await proposed(editor)).proposal["state"] == "accepted"


async def test_while_a_clash_waits_for_a_choice_nothing_is_accepted(editor: Editor) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    before = await editor.text()
    message = await propose(editor, before.replace("within 24h", "within 12h"))
    await unheard(editor)
    draft = await workflows.get_draft(db, owner, UUID(editor.workflow_id))
    await workflows.save_draft(db, owner, draft.workflow_id, "// theirs\n" + before, draft.revision)
    await editor.type(0, "// mine\n")
    await editor.tab.send(ChatState.accept(message))
    assert "Choose what becomes" in (await chat(editor)).failure_help
    assert (await proposed(editor)).proposal["state"] == "open"
    assert await editor.text() == f"// mine\n{before}"


async def test_a_rejected_proposal_changes_nothing_and_stays_rejected(editor: Editor) -> None:
    before = await editor.text()
    message = await propose(editor, "workflow other {\n}\n")
    await editor.tab.send(ChatState.reject(message))
    assert (await proposed(editor)).proposal["state"] == "rejected"
    await editor.tab.send(ChatState.accept(message))
    assert await editor.text() == before


async def test_what_was_changed_since_a_proposal_stays_when_it_is_accepted(editor: Editor) -> None:
    before = await editor.text()
    message = await propose(editor, before.replace("within 24h", "within 12h"))
    await editor.type(0, "// mine\n")
    await editor.tab.send(ChatState.accept(message))
    assert await editor.text() == "// mine\n" + before.replace("within 24h", "within 12h")
    assert "Made fit to your changes since." in editor.told()
    await editor.tab.send(EditorState.undo())
    assert await editor.text() == "// mine\n" + before


async def test_a_place_that_was_changed_since_is_asked_about_and_nobody_loses_anything(
    editor: Editor,
) -> None:
    before = await editor.text()
    message = await propose(editor, before.replace("within 24h", "within 12h"))
    at = before.index("24h")
    await editor.type(at, "48h", end=at + 3)
    mine = await editor.text()
    await editor.tab.send(ChatState.accept(message))
    asking = (await chat(editor)).asking
    assert (asking["kind"], len(asking["places"]), await editor.text()) == ("clash", 1, mine)
    assert (await proposed(editor)).proposal["state"] == "open"
    await says(editor, "accept", message=message, sides=["theirs"])
    assert await editor.text() == before.replace("within 24h", "within 12h")


async def test_what_lowers_safety_asks_before_it_is_accepted(editor: Editor) -> None:
    before = await editor.text()
    message = await propose(editor, before.replace("threshold: float = 100.0", "threshold: float = 900.0"))
    await editor.tab.send(ChatState.accept(message))
    asking = (await chat(editor)).asking
    assert asking["kind"] == "confirm" and "900" in asking["safety"][0]
    assert await editor.text() == before
    await says(editor, "accept", message=message, less_safe=True)
    assert "900.0" in await editor.text()


async def test_parts_are_taken_one_by_one(editor: Editor) -> None:
    before = await editor.text()
    both = before.replace("within 24h", "within 12h").replace("timeout 10s", "timeout 9s", 1)
    message = await propose(editor, both)
    shown = (await reloaded(editor)).messages[-1]
    ids = [part.id for part in shown.parts]
    assert len(ids) == 2
    await says(editor, "accept", message=message, parts=ids[:1])
    assert await editor.text() == before.replace("timeout 10s", "timeout 9s", 1)
    left = (await chat(editor)).messages[-1]
    assert (left.state, len(left.taken), len(left.parts)) == ("partly", 1, 1)
    await says(editor, "accept", message=message)
    assert (await editor.text(), (await proposed(editor)).proposal["state"]) == (both, "accepted")


async def test_a_proposal_is_looked_at_without_being_saved(editor: Editor) -> None:
    from studio.chat.overlaying import Overlay

    before = await editor.text()
    message = await propose(editor, before.replace("step done:", "step extra: let 1\n\n  step done:"))
    await reloaded(editor)
    await says(editor, "look", message=message)
    overlay = await editor.tab.state(Overlay)
    assert (overlay.open, overlay.message, overlay.graph["marks"]) == (True, message, {"extra": "added"})
    assert (overlay.old, await editor.text()) == (before, before)
    await says(editor, "look", message="")
    assert (await editor.tab.state(Overlay)).open is False


async def test_the_last_message_in_other_words_is_a_branch_and_the_old_answer_stays(editor: Editor) -> None:
    state = await asked(editor)
    first, answers = state.conversation_id, len(state.messages)
    await editor.tab.send(ChatState.edit_last("Get the order, then wait a day."))
    state = await chat(editor)
    assert state.conversation_id != first
    assert state.messages[0].content == "Get the order, then wait a day."
    (fork,) = state.branches
    assert (fork["seq"], fork["ids"], fork["at"]) == (0, [first, state.conversation_id], 1)
    await says(editor, "switch", conversation=first)
    state = await chat(editor)
    assert (state.messages[0].content, len(state.messages), state.branches[0]["at"]) == (ASKED, answers, 0)


async def test_one_goes_on_from_any_message(editor: Editor) -> None:
    state = await asked(editor)
    await editor.tab.send(ChatState.send("Wait a day before the e-mail."))
    answer = (await chat(editor)).messages[1]
    await says(editor, "go_on", message=answer.id)
    state = await chat(editor)
    assert [message.content for message in state.messages] == [ASKED, answer.content]
    await editor.tab.send(ChatState.send("Wait two days."))
    assert [m.content for m in (await chat(editor)).messages if m.mine] == [ASKED, "Wait two days."]


async def test_old_conversations_are_found_renamed_and_deleted_with_a_way_back(editor: Editor) -> None:
    from studio.chat.history import Conversations

    async def listed(**said: Any) -> Any:
        await editor.tab.send(Conversations.on_say(said))
        return await editor.tab.state(Conversations)

    first = (await asked(editor)).conversation_id
    await says(editor, "switch", conversation="")
    assert (await chat(editor)).messages == []
    await editor.tab.send(ChatState.send("Wait for a week."))
    assert [row["title"] for row in (await listed(type="show")).rows] == ["Wait for a week.", ASKED]
    assert [row["id"] for row in (await listed(type="show", words="then customer")).rows] == [first]
    assert (await listed(type="rename", id=first, title="Mails")).rows[0]["title"] == "Mails"
    gone = await listed(type="delete", id=first)
    assert (gone.rows, gone.deleted) == ([], {"id": first, "title": "Mails"})
    assert [row["id"] for row in (await listed(type="restore", id=first)).rows] == [first]


async def test_a_lasting_wish_is_offered_to_be_remembered_and_only_then_kept(editor: Editor) -> None:
    from engine import preferences

    await asked(editor, "Get the order. Always ask finance_manager.")
    assert (await chat(editor)).remember == "Always ask finance_manager"
    db, owner = editor.workspace.db, editor.workspace.owner
    assert await preferences.list_(db, owner) == ()
    await says(editor, "remember", text="Always ask finance_manager")
    (kept,) = await preferences.list_(db, owner)
    assert (kept.text, str(kept.conversation_id)) == (
        "Always ask finance_manager",
        (await chat(editor)).conversation_id,
    )
    await preferences.delete(db, owner, kept.id)


async def test_what_the_page_sends_as_a_proposal_is_never_believed(editor: Editor) -> None:
    before = await editor.text()
    await asked(editor)
    await editor.tab.send(ChatState.accept("00000000-0000-0000-0000-000000000000"))
    assert await editor.text() == before


async def test_a_question_that_could_not_be_kept_comes_back_into_the_box(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await editor.tab.send(ChatState.load())

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("The database does not answer.", "Try again in a moment.")

    monkeypatch.setattr(conversations, "create", away)
    await editor.tab.send(ChatState.send(ASKED))
    state = await chat(editor)
    assert (list(state.messages), state.busy) == ([], False)
    assert state.restore["text"] == ASKED
    assert (state.failure, state.failure_help) == ("The database does not answer.", "Try again in a moment.")


async def test_a_question_that_was_kept_and_then_failed_stays_in_the_thread_and_out_of_the_box(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await editor.tab.send(ChatState.load())

    async def away(*_: Any, **__: Any) -> None:
        raise Unavailable("The database does not answer.", "Try again in a moment.")

    monkeypatch.setattr(preferences, "list_", away)
    await editor.tab.send(ChatState.send(ASKED))
    state = await chat(editor)
    assert [message.content for message in state.messages] == [ASKED]
    assert (state.restore, state.failure) == ({}, "The database does not answer.")
    monkeypatch.undo()
    await editor.tab.send(ChatState.again())
    assert [message.mine for message in (await chat(editor)).messages] == [True, False]


async def test_a_question_without_an_answer_can_be_asked_again_after_the_page_was_loaded(
    editor: Editor,
) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    made = await conversations.create(db, owner, ASKED, UUID(editor.workflow_id))
    await conversations.append_message(db, owner, made.id, "user", ASKED)
    await editor.tab.send(ChatState.load())
    assert (await chat(editor)).failure == "This was not answered."
    await editor.tab.send(ChatState.again())
    state = await chat(editor)
    assert ([message.mine for message in state.messages], state.failure) == ([True, False], "")


async def test_an_answer_that_is_stopped_keeps_what_was_said_and_can_be_asked_again(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Say("The order is looked at before anything else is done with it. " * 50, pause_s=0.02)
    async with ScriptedModel([words]) as server:
        for name, value in {"URL": server.url, "KEY": "k", "": "small"}.items():
            monkeypatch.setenv(f"WEFT_MODEL_{name}".rstrip("_"), value)
        await editor.tab.send(ChatState.load())
        asking = asyncio.create_task(editor.tab.send(ChatState.send(ASKED)))
        async with asyncio.timeout(20):
            while not (await chat(editor)).stream:  # noqa: ASYNC110  the page has nothing to wait for, it looks
                await asyncio.sleep(0.02)
        await editor.tab.send(ChatState.stop())
        await asyncio.wait_for(asking, 20)
    state = await chat(editor)
    last = state.messages[-1]
    said = last.content.removesuffix("(Stopped.)").strip()
    assert said and words.text.startswith(said) and said != last.content
    assert (state.busy, state.stream, len(last.content) < len(words.text)) == (False, {}, True)
