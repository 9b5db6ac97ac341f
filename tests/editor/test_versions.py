"""Publishing, comparing and going back in the editor, without a browser."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from engine import people, runs, workflows
from studio.editor.comparing import Comparing
from studio.editor.publishing import Publishing
from studio.editor.sharing import Sharing
from studio.editor.state import EditorState
from studio.editor.versions import Rollback, Versions
from tests.editor.conftest import Editor
from tests.studio.conftest import PASSWORD, Tab, Workspace

TEXT = """workflow NAME {
  input { amount: float }
  output { paid: float }
  config { limit: float = 100.0 }

  step gate: if input.amount > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step note: let "seen"

  step done: return { paid: input.amount }
}
"""


@pytest.fixture
async def editor(signed_in: Tab, workspace: Workspace) -> AsyncIterator[Editor]:
    """A workflow that needs no connector, open, with nothing published."""
    text = TEXT.replace("NAME", f"ask_{secrets.token_hex(4)}")
    draft = await workflows.create_workflow(workspace.db, workspace.owner, "Ask somebody", text)
    signed_in.url = f"http://localhost:3000/workflows/{draft.workflow_id}"
    opened = Editor(signed_in, workspace, str(draft.workflow_id))
    await signed_in.send(EditorState.load())
    yield opened


async def change(editor: Editor, words: str, now: str) -> None:
    text = await editor.text()
    assert words in text
    await editor.tab.send(EditorState.take_text(text.replace(words, now, 1), "paste"))


async def publish(editor: Editor, message: str | None = None) -> None:
    await editor.tab.send(Publishing.ask())
    if message is not None:
        await editor.tab.send(Publishing.say(message))
    await editor.tab.send(Publishing.tick(True))
    await editor.tab.send(Publishing.publish())


async def listed(editor: Editor) -> list[tuple[int, str, bool]]:
    found = await workflows.list_versions(
        editor.workspace.db, editor.workspace.owner, UUID(editor.workflow_id)
    )
    return [(one.number, one.message, one.live) for one in found]


async def of(editor: Editor, state: Any) -> Any:
    return await editor.tab.state(state)


async def test_the_first_version_needs_no_more_than_a_click(editor: Editor) -> None:
    await editor.tab.send(Publishing.ask())
    asked = await of(editor, Publishing)
    assert (asked.open, asked.looking, asked.live, asked.message) == (True, False, 0, "First version")
    assert (asked.grave, asked.found, asked.refused) == (False, {}, [])
    await editor.tab.send(Publishing.publish())
    assert await listed(editor) == [(1, "First version", True)]
    assert (await of(editor, Publishing)).open is False
    assert "Version 1 is live." in editor.told() and "Run it" in editor.told()
    assert "Undo" not in editor.told()


async def test_what_lowers_safety_must_have_been_read(editor: Editor) -> None:
    await publish(editor)
    await change(editor, "limit: float = 100.0", "limit: float = 500.0")
    await editor.tab.send(Publishing.ask())
    asked = await of(editor, Publishing)
    assert (asked.grave, asked.lowers, asked.breaks, asked.read) == (True, 1, 0, False)
    assert asked.message == "The limit rises from 100.00 to 500.00"
    await editor.tab.send(Publishing.publish())
    assert len(await listed(editor)) == 1
    await editor.tab.send(Publishing.tick(True))
    await editor.tab.send(Publishing.publish())
    assert (await listed(editor))[0] == (2, "The limit rises from 100.00 to 500.00", True)
    assert "Undo" in editor.told()


async def test_what_breaks_must_have_been_read_too(editor: Editor) -> None:
    await publish(editor)
    await change(editor, "{ amount: float }", "{ amount: float, who: string }")
    await editor.tab.send(Publishing.ask())
    asked = await of(editor, Publishing)
    assert (asked.grave, asked.lowers, asked.breaks) == (True, 0, 1)
    assert [one["code"] for one in asked.found["breaks"]] == ["B701"]


async def test_a_harmless_change_asks_for_nothing(editor: Editor) -> None:
    await publish(editor)
    await change(editor, '"seen"', '"looked at"')
    await editor.tab.send(Publishing.ask())
    assert (await of(editor, Publishing)).grave is False


async def test_publishing_what_is_live_says_that_there_is_nothing_to_do(editor: Editor) -> None:
    await publish(editor)
    await editor.tab.send(Publishing.ask())
    assert (await of(editor, Publishing)).same is True


async def test_errors_stand_in_the_way_and_nothing_is_compared(editor: Editor) -> None:
    await publish(editor)
    await change(editor, "input.amount >", "input.amonut >")
    await editor.tab.send(Publishing.ask())
    asked = await of(editor, Publishing)
    assert asked.refused and asked.found == {}


async def test_runs_under_way_are_told_before_publishing(editor: Editor) -> None:
    await publish(editor)
    db, owner = editor.workspace.db, editor.workspace.owner
    for _ in range(2):
        await runs.start_run(db, owner, UUID(editor.workflow_id), {"amount": 5.0})
    await change(editor, '"seen"', '"looked at"')
    await editor.tab.send(Publishing.ask())
    asked = await of(editor, Publishing)
    assert asked.runs == {"count": 2, "words": "2 still to begin", "waiting": []}
    await editor.tab.send(Versions.look())
    assert [row["runs"] for row in (await of(editor, Versions)).rows] == [2]


async def test_a_version_is_live_again_in_one_click_and_a_notice_takes_it_back(editor: Editor) -> None:
    await publish(editor)
    first = await editor.text()
    await change(editor, "limit: float = 100.0", "limit: float = 500.0")
    await publish(editor, "Higher limit")
    second = await editor.text()

    await editor.tab.send(Rollback.ask(1))
    asked = await of(editor, Rollback)
    assert (asked.open, asked.looking, asked.number, asked.live, asked.lowers) == (True, False, 1, 2, False)
    assert "500.00 to 100.00" in asked.found["groups"][0]["changes"][0]["sentence"]
    await editor.tab.send(Rollback.confirm())

    assert await listed(editor) == [
        (3, "Back to version 1", True),
        (2, "Higher limit", False),
        (1, "First version", False),
    ]
    state = await editor.state()
    assert (state.live_version, state.changed, await editor.text()) == (3, True, second)
    assert "Version 1 is live again, as version 3." in editor.told()
    db, owner = editor.workspace.db, editor.workspace.owner
    live = await workflows.get_draft(db, owner, UUID(editor.workflow_id))
    assert live.live_version_id is not None
    assert (await workflows.get_version(db, owner, live.live_version_id)).text == first

    await editor.tab.send(Rollback.undo(2))
    assert (await listed(editor))[0] == (4, "Back to version 2", True)
    assert (await editor.state()).changed is False


async def test_going_back_to_less_safety_says_so(editor: Editor) -> None:
    await change(editor, "limit: float = 100.0", "limit: float = 500.0")
    await publish(editor)
    await change(editor, "limit: float = 500.0", "limit: float = 100.0")
    await publish(editor)
    await editor.tab.send(Rollback.ask(1))
    assert (await of(editor, Rollback)).lowers is True


async def test_going_back_to_what_there_is_not_is_refused_in_words(editor: Editor) -> None:
    await publish(editor)
    await editor.tab.send(Rollback.ask(7))
    asked = await of(editor, Rollback)
    assert asked.trouble == "This workflow has no version 7."
    await editor.tab.send(Rollback.confirm())
    assert len(await listed(editor)) == 1


async def test_every_version_says_what_it_changed(editor: Editor) -> None:
    await publish(editor)
    await change(editor, "limit: float = 100.0", "limit: float = 500.0")
    await publish(editor)
    await editor.tab.send(Versions.look())
    rows = (await of(editor, Versions)).rows
    assert [row["told"]["words"] for row in rows] == [
        "The limit rises from 100.00 to 500.00.",
        "The first version.",
    ]
    assert [row["told"]["lowers"] for row in rows] == [True, False]


async def test_an_address_leads_to_a_version(editor: Editor) -> None:
    await publish(editor)
    editor.tab.url = f"http://localhost:3000/workflows/{editor.workflow_id}?version=1"
    await editor.tab.send(Versions.load())
    state = await editor.state()
    assert ((await of(editor, Versions)).chosen, state.drawer, state.drawer_open) == (1, "versions", True)


@pytest.mark.parametrize("odd", ["9", "x", "-1", "", "²"])
async def test_an_address_that_names_no_version_changes_nothing(editor: Editor, odd: str) -> None:
    await publish(editor)
    editor.tab.url = f"http://localhost:3000/workflows/{editor.workflow_id}?version={odd}"
    await editor.tab.send(Versions.load())
    assert ((await of(editor, Versions)).chosen, (await editor.state()).drawer_open) == (0, False)


async def test_two_sides_are_compared_in_words_graphs_and_texts(editor: Editor) -> None:
    await publish(editor)
    first = await editor.text()
    await change(editor, '  step note: let "seen"\n\n', "")
    await editor.tab.send(Comparing.between(1, 0))
    found = await of(editor, Comparing)
    assert (found.open, found.model["old"], found.model["new"], found.model["busy"]) == (True, 1, 0, False)
    assert found.model["texts"] == {"old": first, "new": await editor.text()}
    assert [one["kind"] for one in found.model["groups"][0]["changes"]] == ["step_removed"]
    assert found.graphs["marks"] == {"old": {"note": "removed"}, "new": {}}
    assert "note" in {node["id"] for node in found.graphs["old"]["nodes"]}
    await editor.tab.send(Comparing.on_say({"type": "sides", "old": 0, "new": 1}))
    assert (await of(editor, Comparing)).graphs["marks"] == {"old": {}, "new": {"note": "added"}}
    await editor.tab.send(Comparing.on_say({"type": "close"}))
    closed = await of(editor, Comparing)
    assert (closed.open, closed.graphs, "texts" in closed.model) == (False, {}, False)


async def test_a_change_leads_to_its_step_in_the_editor(editor: Editor) -> None:
    await publish(editor)
    await change(editor, '"seen"', '"looked at"')
    await editor.tab.send(Comparing.between(1, 0))
    await editor.tab.send(Comparing.on_say({"type": "go", "step": "note", "line": 9}))
    assert ((await of(editor, Comparing)).open, (await editor.state()).selected) == (False, "note")


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "sides", "old": -1, "new": 1},
        {"type": "sides", "old": "x", "new": 1},
        {"type": "go", "line": -3},
        {},
    ],
)
async def test_what_the_page_should_not_say_is_dropped(editor: Editor, odd: dict[str, Any]) -> None:
    await editor.tab.send(Comparing.on_say(odd))
    assert (await of(editor, Comparing)).open is False


async def test_a_version_that_there_is_not_is_said(editor: Editor) -> None:
    await editor.tab.send(Comparing.between(5, 0))
    assert "no version 5" in (await of(editor, Comparing)).model["trouble"]


async def test_the_text_and_the_picture_are_taken_elsewhere(editor: Editor) -> None:
    await editor.tab.send(Sharing.pick("copy"))
    assert (await of(editor, Sharing)).copied == {"seq": 1, "text": await editor.text()}
    await editor.tab.send(Sharing.pick("link"))
    there = f"http://localhost:3000/workflows/{editor.workflow_id}"
    assert (await of(editor, Sharing)).copied == {"seq": 2, "text": there}
    for key, name in (("download", ".weft"), ("picture", ".svg")):
        await editor.tab.send(Sharing.pick(key))
        assert name in editor.told()


async def test_who_may_not_publish_is_not_asked(editor: Editor) -> None:
    await publish(editor)
    db, owner = editor.workspace.db, editor.workspace.owner
    email = f"op-{secrets.token_hex(3)}@example.com"
    await people.add_user(db, owner.account_id, email=email, name="Op", role="operator", password=PASSWORD)
    token, _ = await people.sign_in(db, email, PASSWORD)
    editor.tab.cookie = f"weft_session={token}"
    await editor.tab.call("reflex___state____state.hydrate", {})
    await editor.tab.send(EditorState.load())
    for handler in (Rollback.ask(1), Rollback.confirm(), Rollback.undo(1), Publishing.ask()):
        await editor.tab.send(handler)
    assert "may not do this" in editor.told()
    await editor.tab.send(Versions.look())
    found = await of(editor, Versions)
    assert (len(found.rows), found.may_publish, (await of(editor, Rollback)).open) == (1, False, False)
    assert len(await listed(editor)) == 1
