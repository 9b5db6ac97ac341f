"""What was caught once cannot be sent again: for how long a delivery is known where no time is signed, and who uses up
whose allowance."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import text

from engine import workflows
from engine.database import Database, Urls
from engine.hooks import receiving, webhook
from engine.hooks.pacing import Pace
from engine.hooks.receiving import Door
from engine.hooks.request import HookRequest
from engine.hooks.webhook import Lookout
from engine.janitor import FORGET_SEEN, OPTIONS
from tests.engine_hooks.conftest import TEXT, Hook, published
from tests.engine_hooks.corpus import OTHER
from tests.engine_store.conftest import Workspace

ORDER = json.dumps({"order": "A-1001", "amount": 12}).encode()
VERIFY = {
    "standard": "standard(secrets.shop_key)",
    "github": "github(secrets.shop_key)",
    "hmac_sha256": "hmac_sha256(event, secrets.shop_key)",
}


async def forget_all(hook: Hook, owner: Database) -> None:
    """What came in, and the runs that came of it, are past their time."""
    async with owner.account(hook.workspace.account_id) as session:
        await session.execute(text("DELETE FROM hook_deliveries"))
        await session.execute(text("DELETE FROM run_events"))
        await session.execute(text("DELETE FROM runs"))


@pytest.mark.parametrize(
    ("function", "again"), [("github", "duplicate"), ("hmac_sha256", "duplicate"), ("standard", "accepted")]
)
async def test_where_no_time_is_signed_a_delivery_is_known_when_its_run_is_long_gone(
    client: httpx.AsyncClient, db: Database, owner: Database, workspace: Workspace, function: str, again: str
):
    """The control: where a time is signed, nothing but that keeps what was forgotten from coming again."""
    hook = await published(db, workspace, verify=VERIFY[function])
    assert (await hook.post(client, ORDER)).status_code == 202
    await forget_all(hook, owner)
    answer = (await hook.post(client, ORDER, id="another")).json()
    assert answer["verdict"] == again and (answer["run_id"] is None) == (again == "duplicate")
    assert len(await hook.runs()) == (again == "accepted")


async def test_it_is_known_under_another_trigger_of_the_same_address_too(
    client: httpx.AsyncClient, db: Database, workspace: Workspace
):
    hook = await published(db, workspace, verify=VERIFY["github"])
    first = await hook.post(client, ORDER)
    renamed = TEXT.format(verify=VERIFY["github"], when="", method="POST").replace("placed", "ordered")
    draft = await workflows.get_draft(db, workspace.admin, hook.workflow_id)
    await workflows.save_draft(db, workspace.admin, hook.workflow_id, renamed, draft.revision)
    await workflows.publish(db, workspace.admin, hook.workflow_id)
    again = await hook.post(client, ORDER, id="another")
    assert (first.status_code, again.status_code, again.json()["verdict"]) == (202, 200, "duplicate")
    assert len(await hook.runs()) == 1


async def test_what_started_nothing_because_something_was_wrong_may_come_again(
    client: httpx.AsyncClient, db: Database, workspace: Workspace
):
    hook = await published(db, workspace, verify=VERIFY["hmac_sha256"])
    body = b'{"number": "A-1", "amount": 5}'
    assert [(await hook.post(client, body)).status_code for _ in range(2)] == [422, 422]
    mended = TEXT.format(verify=VERIFY["hmac_sha256"], when="", method="POST")
    draft = await workflows.get_draft(db, workspace.admin, hook.workflow_id)
    mended = mended.replace("event.body.order", "event.body.number")
    await workflows.save_draft(db, workspace.admin, hook.workflow_id, mended, draft.revision)
    await workflows.publish(db, workspace.admin, hook.workflow_id)
    assert [(await hook.post(client, body)).status_code for _ in range(2)] == [202, 200]


def test_what_is_known_is_bounded_by_time_and_by_number(
    workspace: Workspace, neighbour: Workspace, owner_url: str, urls: Urls
):
    insert = (
        "INSERT INTO hook_seen (account_id, digest, seen_at) SELECT %s, decode(md5(n::text), 'hex'),"
        " now() - make_interval(days => n) FROM generate_series(391, 410) AS n"
    )
    count = "SELECT count(*) FROM hook_seen WHERE account_id = %s"
    with (
        psycopg.connect(owner_url, autocommit=True) as owner,
        psycopg.connect(urls.runner, autocommit=True, options=OPTIONS) as broom,
    ):

        def left(of: Workspace) -> TupleRow | None:
            return owner.execute(count, (of.account_id,)).fetchone()

        for one in (workspace, neighbour):
            owner.execute(insert, (one.account_id,))
        page = broom.execute(FORGET_SEEN, (workspace.account_id, "", 8)).fetchone()
        assert page is not None and page[0] == 8 and page[1] is not None
        assert broom.execute(FORGET_SEEN, (workspace.account_id, page[1], 8)).fetchone() == (3, None)
        assert (left(workspace), left(neighbour)) == ((9,), (20,))
        newest = "SELECT seen, last FROM weft_forget_hook_seen(%s, '', 100, 4)"
        assert broom.execute(newest, (workspace.account_id,)).fetchone() == (5, None)
        assert left(workspace) == (4,)


# ---- allowances --------------------------------------------------------------------------------------------------


def slow(burst: int) -> Door:
    """So many at once, and none comes back."""
    return Door(Pace(0.0, burst), Pace(0.0, 2), Lookout(lambda: 0.0))


async def request_of(hook: Hook, body: bytes, id: str, **how: str) -> HookRequest:
    headers = (*(await hook.sender(id, **how)).send(body), ("Content-Type", "application/json"))
    return HookRequest(hook.workspace.account_id, "POST", "/orders/new", headers, body=body, size=len(body))


async def test_who_signs_nothing_or_wrongly_uses_up_nothing_of_what_the_sender_has(hook: Hook):
    door, stranger = slow(3), await request_of(hook, ORDER, "x", secret=OTHER)
    unsigned = HookRequest(hook.workspace.account_id, "POST", "/orders/new", (), body=ORDER, size=len(ORDER))

    async def verdict(request: HookRequest) -> str:
        found = await receiving.receive(hook.db, request, door=door)
        assert found is not None
        return found.verdict

    assert [await verdict(one) for one in (stranger, unsigned, stranger, unsigned, stranger)] == [
        "bad_signature",
        "missing_signature",
        "bad_signature",
        "too_many",
        "too_many",
    ]
    sent = [await request_of(hook, ORDER, f"msg_{number}") for number in range(4)]
    assert [await verdict(one) for one in sent] == ["accepted", "accepted", "accepted", "too_many"]


async def test_who_caught_a_request_and_sends_it_again_and_again_uses_up_nothing_either(hook: Hook):
    door, caught = slow(4), await request_of(hook, ORDER, "caught")
    for _ in range(8):
        await receiving.receive(hook.db, caught, door=door)
    sent = [await request_of(hook, ORDER, f"msg_{number}") for number in range(2)]
    found = [await receiving.receive(hook.db, one, door=door) for one in sent]
    assert [one.verdict for one in found if one] == ["accepted", "accepted"]


async def test_who_floods_an_address_is_refused_without_asking_the_database_each_time(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
):
    looks = 0
    find: Callable[..., object] = webhook.find

    async def counted(*args: object) -> object:
        nonlocal looks
        looks += 1
        return await find(*args)  # type: ignore[misc]

    monkeypatch.setattr(webhook, "find", counted)
    monkeypatch.setattr(receiving, "find", counted)
    door, now = slow(3), 0.0
    door.lookout = Lookout(lambda: now)
    unsigned = HookRequest(hook.workspace.account_id, "POST", "/orders/new", (), body=ORDER, size=len(ORDER))
    for _ in range(20):
        await receiving.receive(hook.db, unsigned, door=door)
    assert looks == 3 + 1
    now = 1.5
    await receiving.receive(hook.db, unsigned, door=door)
    assert looks == 3 + 2
    nowhere = HookRequest(hook.workspace.account_id, "POST", "/nowhere", (), body=ORDER, size=len(ORDER))
    for _ in range(20):
        assert await receiving.receive(hook.db, nowhere, door=door) is None
    assert looks == 3 + 2 + 3 + 1
