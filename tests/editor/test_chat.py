"""Handlers of the chat, without a browser: asking, accepting, rejecting, and an answer that fails."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from engine import conversations, workflows
from engine.errors import Unavailable
from studio.chat.state import ChatState
from studio.editor.state import EditorState
from tests.editor.conftest import Editor

ASKED = "Get the order, then e-mail the customer."


async def chat(editor: Editor) -> Any:
    return await editor.tab.state(ChatState)


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
    assert (state.busy, state.streaming, state.progress) == (False, "", "")
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


async def test_a_rejected_proposal_changes_nothing_and_stays_rejected(editor: Editor) -> None:
    before = await editor.text()
    message = await propose(editor, "workflow other {\n}\n")
    await editor.tab.send(ChatState.reject(message))
    assert (await proposed(editor)).proposal["state"] == "rejected"
    await editor.tab.send(ChatState.accept(message))
    assert await editor.text() == before


async def test_a_proposal_for_a_text_that_changed_since_asks_once_more(editor: Editor) -> None:
    other = "workflow other {\n  step a: let 1\n}\n"
    message = await propose(editor, other)
    await editor.type(0, "// mine\n")
    await editor.tab.send(ChatState.accept(message))
    assert (await chat(editor)).stale == message
    assert (await editor.text()).startswith("// mine\n")
    await editor.tab.send(ChatState.accept(message))
    assert await editor.text() == other


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
