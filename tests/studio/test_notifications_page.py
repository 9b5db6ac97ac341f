"""The page of notifications: a channel is added and tried, what is wrong is said at its field, secrets once."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from studio.notifications import Channels
from tests.engine_notifying.receiver import Receiver, status
from tests.studio.conftest import Tab, Workspace


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text(secrets.token_hex(32))
    monkeypatch.setenv("WEFT_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("WEFT_NOTIFY_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.delenv("WEFT_SMTP_HOST", raising=False)


async def test_a_channel_is_added_tried_and_deleted_and_its_secret_shown_once(
    signed_in: Tab, workspace: Workspace
) -> None:
    with Receiver(status(200, "thanks"), status(500, "no room")) as receiver:
        await signed_in.send(Channels.load())
        await signed_in.send(Channels.add("webhook"))
        wrong = {"name": "Ours", "url": "nowhere", "topic alert": "yes", "enabled": "on"}
        await signed_in.send(Channels.save(wrong))
        page = await signed_in.state(Channels)
        assert (page.editing, list(page.errors), page.said["url"]) == ("new", ["url"], "nowhere")
        await signed_in.send(Channels.save({**wrong, "url": receiver.url}))
        page = await signed_in.state(Channels)
        [row] = page.rows
        assert (page.editing, row.name, row.topics) == ("", "Ours", ["An alert went off"])
        secret = page.signing_secret
        assert secret.startswith("whsec_")
        await signed_in.send(Channels.close())
        for taken, words in ((True, "200: thanks"), (False, "It answered 500: no room")):
            await signed_in.send(Channels.test(row.id))
            page = await signed_in.state(Channels)
            assert (page.tested_taken, page.tested_words, page.testing) == (taken, words, "")
        assert secret not in str(page.dict())
        assert [(each.what, each.state) for each in page.sent] == [("A test", "dead"), ("A test", "sent")]
        await signed_in.send(Channels.pick(row.id, "delete"))
        await signed_in.send(Channels.delete())
        assert (await signed_in.state(Channels)).rows == []


async def test_ones_own_wish_is_kept(signed_in: Tab, workspace: Workspace) -> None:
    await signed_in.send(Channels.load())
    assert not (await signed_in.state(Channels)).wish
    await signed_in.send(Channels.switch_wish())
    await signed_in.send(Channels.load())
    page = await signed_in.state(Channels)
    assert (page.wish, page.wish_possible, page.may_decide) == (True, False, True)
