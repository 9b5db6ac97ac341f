"""Several pages on one draft, without a browser: what one does, the others see, and each person undoes their own."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from engine import conversations, people, workflows
from studio.chat.deciding import Acceptance, accept
from studio.editor.choosing import Choosing
from studio.editor.feeds import CanvasFeed, TextFeed
from studio.editor.room import ROOMS
from studio.editor.state import EditorState
from tests.editor.conftest import Editor, unheard


async def another_page(editor: Editor, *, person: str = "") -> Editor:
    """The same draft in another tab, of the same person or of somebody new with this name."""
    tab = replace(editor.tab, token=f"tab-{secrets.token_hex(4)}")
    if person:
        db, owner = editor.workspace.db, editor.workspace.owner
        email = f"{secrets.token_hex(4)}@example.com"
        await people.add_user(
            db, owner.account_id, email=email, name=person, role="builder", password="some words here"
        )
        token, _ = await people.sign_in(db, email, "some words here")
        tab.cookie = f"weft_session={token}"
    other = Editor(tab, editor.workspace, editor.workflow_id)
    await tab.call("reflex___state____state.hydrate", {})
    await tab.send(EditorState.load())
    await settled(editor)
    return other


async def settled(editor: Editor) -> None:
    await (await editor.state())._room.settled()


async def feed(editor: Editor) -> Any:
    return await editor.tab.state(TextFeed)


async def saved(editor: Editor) -> str:
    draft = await workflows.get_draft(editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id))
    return draft.text


async def test_what_one_page_changes_the_other_is_told_as_a_patch(editor: Editor) -> None:
    other = await another_page(editor)
    await editor.type(0, "// hello\n")
    await settled(editor)
    assert await other.text() == await editor.text() == await saved(other)
    mine, theirs = await feed(editor), await feed(other)
    assert mine.patches[-1]["seen"] == 1 and theirs.patches[-1]["seen"] == 0
    assert {**mine.patches[-1], "seen": 0} == theirs.patches[-1]
    canvas = await other.tab.state(CanvasFeed)
    assert canvas.patches[-1]["rev"] == (await other.state())._desk.document.revision
    assert (await other.state()).save_state == "saved"
    assert theirs.saved == mine.saved


async def test_two_people_type_at_once_and_each_undoes_their_own(editor: Editor) -> None:
    other = await another_page(editor, person="Bo Bird")
    start = await editor.text()
    base = (await editor.state())._desk.document.revision
    epoch = (await editor.state())._desk.epoch
    says = {"type": "typed", "epoch": epoch, "base": base, "seq": 1, "start": 0, "end": 0, "gesture": ""}
    await editor.says("on_text", {**says, "text": "// ann\n"})
    await other.says("on_text", {**says, "text": "// bo\n"})
    assert await editor.text() == f"// ann\n// bo\n{start}"
    assert (await other.state()).can_undo and not (await other.state()).can_redo
    await other.gesture("undo")
    assert await editor.text() == f"// ann\n{start}"
    await other.gesture("redo")
    await editor.gesture("undo")
    assert await editor.text() == f"// bo\n{start}"
    assert not (await editor.state()).can_undo


async def test_what_others_built_on_cannot_be_undone_and_says_so(editor: Editor) -> None:
    other = await another_page(editor, person="Bo Bird")
    await editor.type(0, "// one two\n")
    await other.type(6, "!", end=7)
    before = await editor.text()
    await editor.gesture("undo")
    assert await editor.text() == before
    assert "Somebody else has changed the same place since." in editor.told()


async def test_who_else_is_here_and_what_they_selected(editor: Editor) -> None:
    other = await another_page(editor, person="Bo Bird")
    twice = replace(other.tab, token="the-same-again")
    again = Editor(twice, editor.workspace, editor.workflow_id)
    await twice.call("reflex___state____state.hydrate", {})
    await twice.send(EditorState.load())
    await again.gesture("select", step="order")
    await settled(editor)
    here = (await editor.state()).others
    assert [(one["name"], one["letters"], one["step"]) for one in here] == [("Bo Bird", "BB", "order")]
    flags = (await editor.tab.state(CanvasFeed)).others
    assert [(flag["letters"], flag["step"]) for flag in flags] == [("BB", "order")]
    assert len((await other.state()).others) == 1
    for page in (other, again):
        await page.tab.send(EditorState.leave())
    await settled(editor)
    assert (await editor.state()).others == []
    assert (await editor.tab.state(CanvasFeed)).others == []


async def test_a_page_whose_socket_is_gone_leaves_unless_it_comes_back(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.editor.room.GRACE", 0.0)
    other = await another_page(editor, person="Bo Bird")
    ROOMS.gone(other.tab.token)
    await other.gesture("select", step="order")
    await settled(editor)
    assert len((await editor.state()).others) == 1
    ROOMS.gone(other.tab.token)
    for _ in range(20):
        await asyncio.sleep(0)
    await settled(editor)
    assert (await editor.state()).others == []


async def test_a_room_is_forgotten_when_all_left_and_everything_is_saved(editor: Editor) -> None:
    before = len(ROOMS)
    await editor.type(0, "// x\n")
    await editor.tab.send(EditorState.leave())
    assert len(ROOMS) == before - 1
    await editor.tab.send(EditorState.load())
    assert (await editor.text()).startswith("// x\n")


async def test_what_another_process_saves_comes_into_the_open_pages_and_undo_takes_it_out(
    editor: Editor,
) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    other = await another_page(editor)
    draft = await workflows.get_draft(db, owner, workflow)
    theirs = draft.text.replace("within 24h", "within 12h")
    await workflows.save_draft(db, owner, workflow, theirs, draft.revision)
    await until(editor, theirs)
    await settled(editor)
    for page in (editor, other):
        assert (await feed(page)).patches[-1]["rev"] == (await page.state())._desk.document.revision
        assert (await page.state()).save_state == "saved"
    await editor.type(0, "// mine\n")
    assert await saved(editor) == f"// mine\n{theirs}"
    await editor.gesture("undo")
    await editor.gesture("undo")
    assert await editor.text() == await saved(editor) == draft.text


async def test_a_proposal_accepted_over_http_comes_into_the_open_pages(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    base = await editor.text()
    changed = base.replace("within 24h", "within 12h")
    made = await conversations.create(db, owner, "Sooner", workflow)
    said = {"text": changed, "base": base, "summary": "Sooner."}
    message = await conversations.append_message(db, owner, made.id, "assistant", "Sooner.", said)
    assert message.decision is not None
    await accept(db, owner, message.decision.id, Acceptance())
    await until(editor, changed)


async def test_where_steps_stand_is_saved_under_the_names_that_another_process_gave_them(
    editor: Editor,
) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    await editor.gesture("place", spots={"done": {"x": 40, "y": 900}})
    draft = await workflows.get_draft(db, owner, workflow)
    theirs = draft.text.replace("step done:", "step finished:")
    await workflows.save_draft(db, owner, workflow, theirs, draft.revision)
    await until(editor, theirs)
    async with asyncio.timeout(10):
        while "finished" not in (await workflows.get_draft(db, owner, workflow)).positions["spots"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def until(editor: Editor, text: str) -> None:
    """The page has this text; it hears of it from the database."""
    async with asyncio.timeout(10):
        while await editor.text() != text:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_clash_with_what_another_process_saved_shows_all_three_and_any_choice_can_be_undone(
    editor: Editor,
) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    other = await another_page(editor)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    theirs = "// theirs\n" + draft.text + "// at the end\n"
    await workflows.save_draft(db, owner, workflow, theirs, draft.revision)
    await editor.type(0, "// mine\n")
    await settled(editor)
    mine = await editor.text()
    assert {(await page.state()).save_state for page in (editor, other)} == {"conflict"}
    await other.tab.send(Choosing.show())
    rows = (await other.tab.state(Choosing)).rows
    assert [(row["line"], row["base"], row["mine"], row["theirs"]) for row in rows] == [
        (1, "", "// mine\n", "// theirs\n")
    ]
    await other.tab.send(Choosing.apply())
    assert (await other.tab.state(Choosing)).trouble
    await other.tab.send(Choosing.choose(0, "both"))
    await other.tab.send(Choosing.apply())
    both = f"// mine\n// theirs\n{draft.text}// at the end\n"
    assert (await editor.text(), await saved(editor)) == (both, both)
    assert not (await other.tab.state(Choosing)).open
    await editor.gesture("undo")
    assert await editor.text() == theirs
    await editor.gesture("undo")
    assert await editor.text() == mine


async def test_a_clash_that_was_taken_back_needs_no_choice(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    theirs = "// theirs\n" + draft.text
    await workflows.save_draft(db, owner, workflow, theirs, draft.revision)
    await editor.type(0, "// mine\n")
    await editor.gesture("undo")
    assert await editor.text() == theirs
    await editor.type(len(theirs), "// at the end\n")
    assert (await editor.state()).save_state == "saved"
    assert await editor.text() == await saved(editor) == f"{theirs}// at the end\n"


async def test_a_page_that_asks_for_everything_anew_delays_no_save_of_another(editor: Editor) -> None:
    other = await another_page(editor)
    await asyncio.gather(editor.type(0, "// mine\n"), other.says("on_text", {"type": "resync"}))
    async with asyncio.timeout(10):  # the save may be under way in the other page's name
        while not (await saved(editor)).startswith("// mine\n"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_choice_made_for_a_text_that_changed_meanwhile_is_asked_again(editor: Editor) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, "// theirs\n" + draft.text, draft.revision)
    await editor.type(0, "// mine\n")
    await editor.tab.send(Choosing.show())
    await editor.tab.send(Choosing.write(0, "// by hand"))
    await editor.type(7, "!")
    before = await editor.text()
    await editor.tab.send(Choosing.apply())
    dialog = await editor.tab.state(Choosing)
    assert dialog.open and "changed meanwhile" in dialog.trouble
    assert await editor.text() == before
    await editor.tab.send(Choosing.write(0, "// by hand"))
    await editor.tab.send(Choosing.apply())
    assert await saved(editor) == f"// by hand\n{draft.text}"


async def test_what_was_typed_while_the_server_was_away_is_put_together_with_what_others_saved(
    editor: Editor,
) -> None:
    db, owner, workflow = editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    safe = await editor.text()
    mine = safe.replace("// ", "// my ", 1) + "// at my end\n"
    ROOMS.end()
    draft = await workflows.get_draft(db, owner, workflow)
    await unheard(editor)
    await workflows.save_draft(db, owner, workflow, "// theirs\n" + safe, draft.revision)
    await editor.tab.send(EditorState.load())
    shown = (await feed(editor)).snapshot
    said = {"type": "returned", "epoch": shown["epoch"], "base": shown["rev"], "seq": 7, "safe": safe}
    await editor.says("on_text", {**said, "text": mine})
    assert await editor.text() == f"// theirs\n{mine}" == await saved(editor)
    assert (await feed(editor)).patches[-1]["seen"] == 7
    assert not (await editor.state()).parted


async def test_a_clash_after_the_server_was_away_keeps_mine_and_offers_the_choice(editor: Editor) -> None:
    safe = await editor.text()
    await editor.type(0, "// theirs\n")
    epoch = (await editor.state())._desk.epoch
    said = {"type": "returned", "epoch": epoch, "base": 0, "seq": 7, "safe": safe, "text": f"// mine\n{safe}"}
    await editor.says("on_text", said)
    assert (await editor.state()).parted
    assert await editor.text() == f"// mine\n{safe}"
    await editor.tab.send(Choosing.show())
    await editor.tab.send(Choosing.choose(0, "both"))
    await editor.tab.send(Choosing.apply())
    assert await editor.text() == f"// mine\n// theirs\n{safe}"
    assert not (await editor.state()).parted
    await editor.gesture("undo")
    await editor.gesture("undo")
    assert await editor.text() == f"// theirs\n{safe}"


async def test_a_gesture_that_comes_before_the_page_is_open_again_is_done(editor: Editor) -> None:
    """The server started anew: the browser sends what was waiting before the page's own load is through."""
    fresh = Editor(replace(editor.tab, token="after-a-restart"), editor.workspace, editor.workflow_id)
    await fresh.tab.call("reflex___state____state.hydrate", {})
    await fresh.gesture("remove", step="notify")
    assert "step notify" not in await editor.text()


async def test_a_page_that_somebody_else_signed_in_on_hears_nothing_in_the_name_of_who_was_there(
    editor: Editor,
) -> None:
    db, owner = editor.workspace.db, editor.workspace.owner
    email = f"{secrets.token_hex(4)}@example.com"
    await people.add_user(
        db, owner.account_id, email=email, name="Bo", role="viewer", password="some words here"
    )
    editor.tab.cookie = f"weft_session={(await people.sign_in(db, email, 'some words here'))[0]}"
    await editor.tab.call("reflex___state____state.hydrate", {})
    # A person more to ask is news for every page of the room, and the page as it was is still in it.
    await editor.tab.send(EditorState.load())
    await settled(editor)
    assert ((await editor.state()).workflow_id, "reload" in editor.told()) == (editor.workflow_id, False)
