"""What is written in the outbox arrives: whoever answers what, whoever dies, however many send."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from engine.database import Database, Urls
from engine.notifying import MOST_ATTEMPTS, Notice, enqueue, tell, writing
from engine.notifying.courier import CourierSettings
from engine.notifying.outbox import wait_s
from engine.notifying.posting import Failed, Sent, post
from engine.notifying.signing import headers, key_of
from tests.conftest import ROOT
from tests.engine_notifying.conftest import SECRET, MakeChannel, Watched
from tests.engine_notifying.receiver import Receiver, status
from tests.engine_run.kit import until
from tests.engine_store.conftest import Workspace

Open = Callable[..., Watched]


def notice(workspace: Workspace, key: str = "one", **body: object) -> Notice:
    return Notice(workspace.account_id, "alert", key, body or {"title": "Runs fail", "text": "9 of 10"})


async def write(db: Database, *notices: Notice) -> None:
    async with db.account(notices[0].account_id) as session:
        for one in notices:
            await writing.tell(session, one)


def rows(hand: psycopg.Connection, *columns: str) -> list[tuple]:
    return hand.execute(f"SELECT {', '.join(columns)} FROM outbox ORDER BY key").fetchall()  # type: ignore[arg-type]


async def test_what_is_told_arrives_signed_and_once(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver() as receiver:
        await channel(workspace, receiver.url)
        one = notice(workspace)
        await write(db, one, one)
        open_ = courier()
        item, outcome = await open_.sent()
        await open_.courier.close()
    assert outcome == Sent("200: ok")
    [heard] = receiver.heard
    body = heard.json
    assert (body["type"], body["data"]) == ("alert", {"title": "Runs fail", "text": "9 of 10"})
    assert heard.headers["webhook-id"] == str(item.id)
    at = int(heard.headers["webhook-timestamp"])
    assert abs(at - time.time()) < 60
    assert heard.headers.items() >= headers([key_of(SECRET)], str(item.id), at, heard.body).items()
    assert rows(hand, "state", "attempt", "answer", "last_error") == [("sent", 1, "200: ok", "")]


async def test_it_is_told_only_if_the_transaction_commits(
    db: Database,
    runner: Database,
    urls: Urls,
    workspace: Workspace,
    channel: MakeChannel,
    hand: psycopg.Connection,
):
    target = await channel(workspace, "http://127.0.0.1:9/")
    with pytest.raises(ZeroDivisionError):
        async with db.account(workspace.account_id) as session:
            await writing.enqueue(session, notice(workspace), "channel", target)
            _ = 1 / 0
    async with await psycopg.AsyncConnection.connect(urls.runner) as connection:
        await enqueue(connection, notice(workspace), "channel", target)
        await tell(connection, notice(workspace, "two"))
        await connection.rollback()
        assert rows(hand, "key") == []
        await tell(connection, notice(workspace, "two"))
        await enqueue(connection, notice(workspace), "channel", target)
        await enqueue(connection, notice(workspace), "channel", target)
    assert rows(hand, "key", "target_id") == [("one", target), ("two", target)]


async def test_only_channels_of_the_account_that_want_the_topic_are_told(
    db: Database, workspace: Workspace, neighbour: Workspace, channel: MakeChannel, hand: psycopg.Connection
):
    wants = await channel(workspace, "http://127.0.0.1:9/")
    await channel(workspace, "http://127.0.0.1:9/", topics=("run.failed",))
    await channel(neighbour, "http://127.0.0.1:9/")
    await write(db, notice(workspace))
    assert rows(hand, "target_id") == [(wants,)]


async def test_what_fails_comes_again_with_the_same_id_and_body_and_then_not_any_more(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver(status(500, "broken"), status(503, retry_after="7"), status(200, "ok")) as receiver:
        await channel(workspace, receiver.url)
        await write(db, notice(workspace))
        open_ = courier()
        assert (await open_.sent())[1] == Failed("It answered 500: broken")
        hand.execute("UPDATE outbox SET due_at = now()")
        assert (await open_.sent())[1] == Failed("It answered 503", asked_s=7.0)
        hand.execute("UPDATE outbox SET due_at = now()")
        assert isinstance((await open_.sent())[1], Sent)
        await open_.courier.close()
    assert len({(heard.headers["webhook-id"], heard.body) for heard in receiver.heard}) == 1
    assert rows(hand, "state", "attempt", "last_error") == [("sent", 3, "")]


async def test_after_so_many_attempts_it_is_dead_and_says_why(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver(status(500, "broken")) as receiver:
        await channel(workspace, receiver.url)
        await write(db, notice(workspace))
        hand.execute("UPDATE outbox SET attempt = %s", (MOST_ATTEMPTS - 1,))
        open_ = courier()
        await open_.sent()
        await open_.courier.close()
    assert rows(hand, "state", "last_error") == [("dead", "It answered 500: broken")]
    assert len(receiver.heard) == 1


async def test_what_takes_its_courier_down_each_time_is_given_up(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver() as receiver:
        await channel(workspace, receiver.url)
        await write(db, notice(workspace, "poison"), notice(workspace, "sound"))
        hand.execute("UPDATE outbox SET attempt = %s WHERE key = 'poison'", (MOST_ATTEMPTS,))
        open_ = courier()
        await open_.sent()
        await open_.sent()
    assert rows(hand, "state") == [("dead",), ("sent",)]
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(302, location="http://127.0.0.1:9/else"), "a redirect, which is not followed"),
        (status(410, "gone"), "no more messages"),
        (status(404, "what?"), "404: what?"),
    ],
)
async def test_an_answer_that_is_no_yes_is_told_in_words(answer, said: str):
    with Receiver(answer) as receiver:
        outcome = await post(receiver.url, {}, b"{}")
    assert isinstance(outcome, Failed) and said in outcome.words
    assert [heard.path for heard in receiver.heard] == ["/in"]


async def test_a_receiver_that_hangs_holds_up_no_other(
    db: Database, workspace: Workspace, neighbour: Workspace, channel: MakeChannel, courier: Open
):
    with Receiver() as slow, Receiver() as quick:
        slow.answers = [slow.hang]
        await channel(workspace, slow.url)
        await channel(neighbour, quick.url)
        await write(db, *(notice(workspace, f"slow {number:03}") for number in range(40)))
        await write(db, *(notice(neighbour, f"quick {number}") for number in range(5)))
        open_ = courier(CourierSettings(at_once=4, each=2, poll_s=0.05, close_s=0.2))
        begun = time.monotonic()
        for _ in range(5):
            await asyncio.to_thread(quick.next)
        assert time.monotonic() - begun < 10
        assert len(slow.heard) <= 2
        slow.released.set()
        await open_.courier.close()


def late(handler, heard) -> None:
    time.sleep(0.5)
    status(500)(handler, heard)


async def test_an_account_whose_receivers_all_hang_holds_up_no_other(
    db: Database, workspace: Workspace, neighbour: Workspace, channel: MakeChannel, courier: Open
):
    """It has more of them than messages are on their way at once, and each has older messages than the neighbour's."""
    with Receiver() as slow, Receiver() as quick:
        slow.answers = [late]
        for _ in range(8):
            await channel(workspace, slow.url)
        await channel(neighbour, quick.url)
        await write(db, *(notice(workspace, f"slow {number:03}") for number in range(40)))
        await write(db, notice(neighbour, "quick"))
        open_ = courier(CourierSettings(at_once=2, each=1, poll_s=0.02, close_s=0.2))
        await asyncio.to_thread(quick.next)
        assert len(slow.heard) <= 4
        await open_.courier.close()


async def test_what_is_over_is_forgotten_however_much_there_is(
    workspace: Workspace, courier: Open, hand: psycopg.Connection
):
    hand.execute(
        "INSERT INTO outbox (account_id, topic, key, target_kind, target_id, body, state, done_at)"
        " SELECT %s, 'alert', n::text, 'channel', gen_random_uuid(), '{}', 'sent', now() - interval '31 days'"
        " FROM generate_series(1, 1600) n",
        (workspace.account_id,),
    )
    open_ = courier(CourierSettings(poll_s=0.01, forget_s=1e6))
    await until(lambda: not rows(hand, "state"))
    await open_.courier.close()


async def test_a_long_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    def endless(handler, heard) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200_000):
            handler.wfile.write(b"x" * 1000)

    with Receiver(endless) as receiver:
        begun = time.monotonic()
        assert isinstance(await post(receiver.url, {}, b"{}"), Sent)
        assert time.monotonic() - begun < 5


async def test_no_answer_in_time_is_a_failure():
    with Receiver() as receiver:
        receiver.answers = [receiver.hang]
        assert await post(receiver.url, {}, b"{}", within_s=0.3) == Failed(
            "It did not answer within 0.3 seconds."
        )


async def test_the_operators_network_is_not_reached(monkeypatch: pytest.MonkeyPatch):
    with Receiver() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        for allowed, taken in (("", False), ("127.0.0.1:1", False), (f"127.0.0.1:{port}", True)):
            monkeypatch.setenv("WEFT_NOTIFY_ALLOW_HOSTS", allowed)
            outcome = await post(receiver.url, {}, b"{}")
            assert isinstance(outcome, Sent) is taken
            assert taken or "operator's network" in outcome.words
        monkeypatch.setenv("WEFT_NOTIFY_ALLOW_HOSTS", "")
        for url in (
            "http://2130706433/",
            "http://[::1]/",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "http://user:pass@example.com/",
            "http://[fe80::1%25eth0]/",
        ):
            assert isinstance(await post(url, {}, b"{}"), Failed), url
    assert len(receiver.heard) == 1


async def test_two_couriers_lose_and_double_nothing(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver() as receiver:
        await channel(workspace, receiver.url)
        await write(db, *(notice(workspace, f"{number:03}") for number in range(60)))
        busy = CourierSettings(at_once=8, each=8, poll_s=0.02)
        both = [courier(busy), courier(busy)]
        heard = [await asyncio.to_thread(receiver.next) for _ in range(60)]
        for one in both:
            await one.courier.close()
    counted = Counter(one.headers["webhook-id"] for one in heard)
    assert (len(counted), set(counted.values()), len(receiver.heard)) == (60, {1}, 60)
    assert set(rows(hand, "state", "attempt")) == {("sent", 1)}


async def test_killed_between_the_sending_and_the_mark_it_is_sent_again_with_the_same_id(
    db: Database,
    urls: Urls,
    workspace: Workspace,
    channel: MakeChannel,
    courier: Open,
    hand: psycopg.Connection,
):
    with Receiver() as receiver:
        await channel(workspace, receiver.url)
        await write(db, notice(workspace))
        command = [sys.executable, "-m", "tests.engine_notifying.dying", urls.runner]
        died = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, timeout=30)
        assert died.returncode == -9
        assert rows(hand, "state", "attempt") == [("due", 1)]
        another = courier()
        assert hand.execute("SELECT due_at > clock_timestamp() + interval '60 s' FROM outbox").fetchone() == (
            True,
        )
        hand.execute("UPDATE outbox SET due_at = clock_timestamp()")  # its lease is over
        await another.sent()
        await another.courier.close()
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    assert rows(hand, "state", "attempt") == [("sent", 2)]


async def test_a_receiver_that_was_deleted_ends_what_waits_for_it(
    db: Database, workspace: Workspace, channel: MakeChannel, courier: Open, hand: psycopg.Connection
):
    with Receiver() as receiver:
        gone, there = await channel(workspace, receiver.url), await channel(workspace, receiver.url)
        await write(db, notice(workspace))
        hand.execute("DELETE FROM channels WHERE id = %s", (gone,))
        open_ = courier()
        await open_.sent()
        await open_.sent()
    states = dict(hand.execute("SELECT target_id, state FROM outbox").fetchall())
    assert states == {gone: "dead", there: "sent"}


async def test_what_a_service_wrote_stays_within_its_account(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    foreign = Notice(neighbour.account_id, "alert", "x", {})
    with pytest.raises(Exception, match="row-level security"):
        async with db.account(workspace.account_id) as session:
            await writing.enqueue(session, foreign, "channel", UUID(int=1))


def test_waits_grow_and_are_spread_and_heed_the_receiver():
    waits = [wait_s(attempt, 0.5) for attempt in range(1, MOST_ATTEMPTS)]
    assert waits == sorted(waits) and 12 * 3600 < sum(waits) < 48 * 3600
    assert wait_s(1, 0.0) < wait_s(1, 0.99)
    assert (wait_s(1, 0.5, 600), wait_s(1, 0.5, 10**9)) == (600, 3600)


async def test_a_body_is_strict_json(db: Database, workspace: Workspace):
    with pytest.raises(ValueError):
        await write(db, notice(workspace, "nan", value=float("nan")))
    assert json.dumps({}) == "{}"
