"""Channels as people keep them: a secret goes in and never comes out, and a test shows what the receiver answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import psycopg
import pytest

from engine.alerts import rules
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.notifying import Notice, channels, deliveries, writing
from engine.notifying.channels import Form, Smtp
from engine.notifying.signing import headers, key_of
from engine.settings import Settings
from tests.engine_notifying.conftest import Watched
from tests.engine_notifying.mailserver import MailServer
from tests.engine_notifying.receiver import Receiver, status
from tests.engine_store.conftest import Workspace, bearer

HOOK = Form("Hook", "webhook", ("alert",), url="http://127.0.0.1:9/in")
SECRET = "hunter2-that-nobody-sees-again"


def mail(port: int, **more: object) -> Form:
    smtp = Smtp("127.0.0.1", port, "none", "weft@example.com")
    return replace(Form("Group", "email", ("alert",), to=("a@example.com",), smtp=smtp), **more)


async def test_a_channel_is_added_tried_changed_and_deleted_over_http_and_its_secret_is_nowhere(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    caplog: pytest.LogCaptureFixture,
):
    client.headers.update(await bearer(db, settings, workspace.people["operator"]))
    answers = []
    with Receiver(status(200, "thanks"), status(500, "no room")) as receiver:
        url = receiver.url.replace("/in", f"/{SECRET}")
        chat = {"name": "Chat", "kind": "slack", "topics": ["alert"], "url": url}
        made = await client.post("/channels", json=chat)
        assert made.status_code == 201, made.text
        one = made.json()["channel"]["id"]
        answers += [made, await client.get("/channels")]
        tried = [await client.post(f"/channels/{one}/test") for _ in range(2)]
        assert [answer.json() for answer in tried] == [
            {"taken": True, "words": "200: thanks"},
            {"taken": False, "words": "It answered 500: no room"},
        ]
        kept = await client.put(f"/channels/{one}", json={**chat, "url": None, "name": "Renamed"})
        assert (kept.status_code, kept.json()["name"]) == (200, "Renamed")
        answers += [*tried, kept, await client.get("/deliveries"), await client.delete(f"/channels/{one}")]
    assert (
        receiver.heard[0].path == f"/{SECRET}" and "A test from Weft Studio" in receiver.heard[0].json["text"]
    )
    client.headers.update(await bearer(db, settings, workspace.admin))
    answers.append(await client.get("/admin/audit"))
    assert [answer.url for answer in answers if SECRET in answer.text] == [] and SECRET not in caplog.text
    assert [(row["topic"], row["state"]) for row in answers[5].json()] == [("test", "dead"), ("test", "sent")]


async def test_a_signing_secret_is_told_once_and_the_one_before_signs_along(
    db: Database, workspace: Workspace
):
    with Receiver() as receiver:
        made = await channels.add_channel(db, workspace.admin, replace(HOOK, url=receiver.url))
        first = made.signing_secret
        second = (await channels.rotate_secret(db, workspace.admin, made.channel.id)).signing_secret
        assert first != second and first.startswith("whsec_")
        assert (await deliveries.try_channel(db, workspace.admin, made.channel.id)).taken
        third = (await channels.rotate_secret(db, workspace.admin, made.channel.id)).signing_secret
        await deliveries.try_channel(db, workspace.admin, made.channel.id)
    for heard, keys in zip(receiver.heard, ([second, first], [third, second]), strict=True):
        said = headers(
            [key_of(key) for key in keys],
            heard.headers["webhook-id"],
            int(heard.headers["webhook-timestamp"]),
            heard.body,
        )
        assert heard.headers["webhook-signature"] == said["webhook-signature"]
    assert "whsec" not in str(await channels.list_channels(db, workspace.admin))


async def test_a_stored_password_goes_to_no_other_server(db: Database, workspace: Workspace):
    with MailServer() as server:
        made = await channels.add_channel(db, workspace.admin, mail(server.port))
        assert (await deliveries.try_channel(db, workspace.admin, made.channel.id)).taken
        assert "A test from Weft Studio" in server.next().message["Subject"]
        sealed = mail(server.port, password=SECRET)
        assert sealed.smtp is not None
        tls = replace(sealed, smtp=replace(sealed.smtp, tls="starttls", user="u"))
        changed = await channels.change_channel(db, workspace.admin, made.channel.id, tls)
        assert changed.has_password
        assert tls.smtp is not None
        for elsewhere in (replace(tls.smtp, port=9), replace(tls.smtp, tls="none")):
            with pytest.raises(BadInput, match="another mail server"):
                await channels.change_channel(
                    db, workspace.admin, made.channel.id, replace(tls, smtp=elsewhere, password=None)
                )
        with pytest.raises(BadInput) as refused:
            await channels.change_channel(
                db, workspace.admin, made.channel.id, replace(tls, smtp=replace(tls.smtp, tls="none"))
            )
        assert ("tls", "a password is not sent without TLS") in refused.value.problems
    assert SECRET not in repr(tls) + str(await channels.list_channels(db, workspace.admin))


@pytest.mark.parametrize(
    ("form", "about"),
    [
        (replace(HOOK, url="ftp://example.com"), "url"),
        (replace(HOOK, url="http://user:pass@127.0.0.1/"), "url"),
        (replace(HOOK, url="http://127.0.0.1:9/a b"), "url"),
        (replace(HOOK, url="http://10.0.0.1/"), "url"),
        (replace(HOOK, url=""), "url"),
        (replace(HOOK, topics=()), "topics"),
        (replace(HOOK, topics=("everything",)), "topics"),
        (replace(HOOK, name=" "), "name"),
        (replace(HOOK, kind="pigeon"), "kind"),
        (Form("Mail", "email", ("alert",), to=("a@example.com",)), "host"),
        (mail(9, to=()), "to"),
        (mail(9, to=("a@example.com\nBcc: b@example.com",)), "to"),
        (mail(0), "port"),
    ],
)
async def test_what_does_not_fit_is_named(
    db: Database, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, form: Form, about: str
):
    monkeypatch.delenv("WEFT_SMTP_HOST", raising=False)
    with pytest.raises(BadInput) as refused:
        await channels.add_channel(db, workspace.admin, form)
    assert about in [name for name, _ in refused.value.problems]
    assert await channels.list_channels(db, workspace.admin) == ()


async def test_channels_are_the_accounts_own_and_kept_by_who_may(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    made = (await channels.add_channel(db, workspace.admin, HOOK)).channel
    with pytest.raises(Conflict, match="already"):
        await channels.add_channel(db, workspace.admin, HOOK)
    for name in ("viewer", "builder", "approver"):
        with pytest.raises(Forbidden):
            await channels.add_channel(db, workspace.people[name], replace(HOOK, name="Other"))
    for look in (
        channels.change_channel(db, neighbour.admin, made.id, HOOK),
        channels.rotate_secret(db, neighbour.admin, made.id),
        channels.delete_channel(db, neighbour.admin, made.id),
        deliveries.try_channel(db, neighbour.admin, made.id),
    ):
        with pytest.raises(NotFound):
            await look
    assert await channels.list_channels(db, neighbour.admin) == ()


async def test_what_was_given_up_is_shown_and_sent_again(
    db: Database, workspace: Workspace, courier: Callable[..., Watched], hand: psycopg.Connection
):
    with Receiver(status(410, "never"), status(200, "ok")) as receiver:
        made = await channels.add_channel(db, workspace.admin, replace(HOOK, url=receiver.url))
        async with db.account(workspace.account_id) as session:
            await writing.tell(session, Notice(workspace.account_id, "alert", "one", {"title": "Late"}))
        open_ = courier()
        await open_.sent()
        [shown] = await channels.list_channels(db, workspace.admin)
        assert (shown.dead, shown.waiting) == (1, 0) and "wants no more messages" in shown.last_error
        [sent] = await deliveries.list_deliveries(db, workspace.people["viewer"], made.channel.id)
        assert (sent.state, sent.title, sent.target) == ("dead", "Late", "Hook")
        with pytest.raises(Forbidden):
            await deliveries.send_again(db, workspace.people["viewer"], sent.id)
        await deliveries.send_again(db, workspace.admin, sent.id)
        await open_.sent()
        [sent] = await deliveries.list_deliveries(db, workspace.admin)
        assert (sent.state, sent.answer) == ("sent", "200: ok")
        with pytest.raises(Conflict):
            await deliveries.send_again(db, workspace.admin, sent.id)
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1


async def test_what_is_planned_for_later_is_not_on_its_way(
    db: Database, workspace: Workspace, hand: psycopg.Connection
):
    await channels.add_channel(db, workspace.admin, HOOK)
    async with db.account(workspace.account_id) as session:
        await writing.tell(session, Notice(workspace.account_id, "alert", "now", {}))
        await writing.tell(session, Notice(workspace.account_id, "alert", "later", {}, delay_s=3600))
        await writing.tell(session, Notice(workspace.account_id, "alert", "again", {}, delay_s=3600))
    hand.execute("UPDATE outbox SET attempt = 1 WHERE key = 'again'")
    [shown] = await channels.list_channels(db, workspace.admin)
    assert shown.waiting == 2
    assert len(await deliveries.list_deliveries(db, workspace.admin)) == 2


async def test_a_rule_whose_own_channels_are_deleted_is_told_to_all_that_hear_of_alerts(
    db: Database, workspace: Workspace
):
    """Told to nobody, a rule would fire unheard, and could not be saved again."""
    made = [(await channels.add_channel(db, workspace.admin, replace(HOOK, name=n))).channel for n in "ab"]
    own = tuple(one.id for one in made)
    rule = await rules.create_rule(db, workspace.admin, rules.Form("Deep", "queue_depth", 1, channels=own))
    await channels.delete_channel(db, workspace.admin, own[0])
    [now] = await rules.list_rules(db, workspace.admin)
    assert now.channels == own[1:]
    await channels.delete_channel(db, workspace.admin, own[1])
    await channels.add_channel(db, workspace.admin, HOOK)
    assert (await rules.try_rule(db, workspace.admin, rule.id, send=True)).channels == ("Hook",)
