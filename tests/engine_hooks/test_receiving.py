"""Requests over HTTP: each gets its answer, its row and at most one run."""

from __future__ import annotations

import asyncio
import json
import logging

import httpx
import pytest
from sqlalchemy import text

from engine import backpressure, secrets, workflows
from engine.database import Database
from engine.errors import Conflict, Forbidden, Rejected
from engine.hooks import receiving, register
from engine.hooks.pacing import Pace
from engine.hooks.receiving import Door
from engine.hooks.request import HookRequest
from engine.hooks.verdict import Verdict
from engine.settings import Settings
from engine.triggers import register as triggers
from tests.engine_hooks.conftest import TEXT, Hook, published
from tests.engine_hooks.corpus import BEFORE, CURRENT, FUNCTIONS, OTHER
from tests.engine_store.conftest import Workspace, bearer

ORDER = json.dumps({"order": "A-1001", "amount": 12}).encode()


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_a_signed_request_starts_one_run_and_again_it_is_that_run(
    client: httpx.AsyncClient, db: Database, workspace: Workspace, function: str
):
    given = "event, secrets.shop_key" if function == "hmac_sha256" else "secrets.shop_key"
    hook = await published(db, workspace, verify=f"{function}({given})")
    body = json.dumps({"order": "A-1", "id": "evt_1", "object": "event", "amount": 12}).encode()
    first = await hook.post(client, body)
    assert first.status_code == 202, first.text
    again = await hook.post(client, body)
    assert (again.status_code, again.json()) == (
        200,
        {"verdict": "duplicate", "run_id": first.json()["run_id"]},
    )
    [run] = await hook.runs()
    assert run == {
        "id": run["id"],
        "input": {"order": "A-1", "amount": 12.0},
        "trigger": "webhook",
        "trigger_id": hook.trigger_id,
        "requested_by": None,
    }
    assert await hook.rows() == [("accepted", run["id"]), ("duplicate", run["id"])]


async def test_the_same_request_twenty_times_at_once_starts_one_run(client: httpx.AsyncClient, hook: Hook):
    headers = (await hook.sender()).send(ORDER)
    answers = await asyncio.gather(
        *(client.post(hook.url, content=ORDER, headers=list(headers)) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert len(await hook.runs()) == 1


async def test_a_run_that_outlived_its_delivery_is_still_found(client: httpx.AsyncClient, hook: Hook):
    first = await hook.post(client, ORDER)
    async with hook.db.account(hook.workspace.account_id) as session:
        await session.execute(text("DELETE FROM hook_deliveries"))
    again = await hook.post(client, ORDER)
    assert (again.status_code, again.json()["run_id"]) == (200, first.json()["run_id"])
    assert len(await hook.runs()) == 1


async def test_whatever_is_wrong_about_a_signature_is_one_answer_and_each_has_its_own_verdict(
    client: httpx.AsyncClient, hook: Hook
):
    db, admin = hook.db, hook.workspace.admin
    answers = [
        await hook.post(client, ORDER, secret=OTHER),
        await hook.post(client, ORDER, late_s=301),
        await hook.post(client, ORDER, late_s=-400),
        await client.post(hook.url, content=ORDER),
        await client.post(hook.url, content=ORDER + b" ", headers=list((await hook.sender()).send(ORDER))),
    ]
    await secrets.delete_secret(db, admin, "shop_key", forced=True)
    answers.append(await hook.post(client, ORDER))
    assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
    assert [verdict for verdict, _ in await hook.rows()] == [
        "bad_signature", "late", "early", "missing_signature", "bad_signature", "no_secret",
    ]  # fmt: skip
    seen = await register.list_deliveries(db, hook.workspace.people["viewer"], hook.trigger_id)
    assert [one.why for one in seen[:1]] == ["The secret `shop_key` is not set."]
    assert {(one.preview, one.body_hash) for one in seen} == {(None, None)}
    assert await hook.runs() == []


async def test_both_values_of_a_secret_are_valid_until_the_one_before_is_revoked(
    client: httpx.AsyncClient, hook: Hook
):
    db, admin = hook.db, hook.workspace.admin
    await secrets.set_secret(db, admin, "shop_key", BEFORE)
    said = [
        await hook.post(client, ORDER, id="a", secret=CURRENT),
        await hook.post(client, ORDER, id="b", secret=BEFORE),
    ]
    await secrets.revoke_before(db, admin, "shop_key")
    said.append(await hook.post(client, ORDER, id="c", secret=CURRENT))
    assert [one.status_code for one in said] == [202, 202, 401]
    seen = await register.list_deliveries(db, admin, hook.trigger_id)
    assert [one.previous for one in reversed(seen)] == [True, False, False]


async def test_an_address_that_is_none_is_not_found_whoever_asks(
    client: httpx.AsyncClient, hook: Hook, neighbour: Workspace
):
    headers = list((await hook.sender()).send(ORDER))
    account = hook.workspace.account_id
    others = [
        ("POST", f"/hooks/{account}/orders"),
        ("POST", f"/hooks/{account}/orders/new/"),
        ("POST", f"/hooks/{account}/Orders/new"),
        ("POST", f"/hooks/{account}/"),
        ("PUT", hook.url),
        ("GET", hook.url),
        ("POST", hook.url.replace(str(account), str(neighbour.account_id))),
        ("POST", hook.url.replace(str(account), "nobody")),
        ("POST", hook.url.replace(str(account), account.hex)),
    ]
    answers = [await client.request(method, url, content=ORDER, headers=headers) for method, url in others]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    await workflows.archive(hook.db, hook.workspace.admin, hook.workflow_id)
    gone = await client.post(hook.url, content=ORDER, headers=headers)
    assert (gone.status_code, gone.text) == (404, answers[0].text)
    assert await hook.rows() == []


async def test_what_the_condition_does_not_want_starts_nothing_and_is_known_again(
    client: httpx.AsyncClient, db: Database, workspace: Workspace
):
    hook = await published(db, workspace, when="when event.body.amount > 100.0")
    small = await hook.post(client, ORDER)
    assert (small.status_code, small.json()) == (200, {"verdict": "filtered", "run_id": None})
    again = await hook.post(client, ORDER)
    assert again.json()["verdict"] == "duplicate"
    large = await hook.post(client, ORDER.replace(b"12", b"120.5"), id="msg_2")
    assert large.status_code == 202
    assert [verdict for verdict, _ in await hook.rows()] == ["filtered", "duplicate", "accepted"]


async def test_what_makes_no_input_may_come_again_when_that_was_mended(client: httpx.AsyncClient, hook: Hook):
    db, admin = hook.db, hook.workspace.admin
    for _ in range(2):
        refused = await hook.post(client, b'{"number": "A-1", "amount": 5}')
        assert (refused.status_code, refused.json()["title"]) == (422, "Bad input")
    mended = TEXT.format(verify="standard(secrets.shop_key)", when="", method="POST")
    draft = await workflows.get_draft(db, admin, hook.workflow_id)
    mended = mended.replace("event.body.order", "event.body.number")
    await workflows.save_draft(db, admin, hook.workflow_id, mended, draft.revision)
    await workflows.publish(db, admin, hook.workflow_id)
    assert (await hook.post(client, b'{"number": "A-1", "amount": 5}')).status_code == 202
    assert [verdict for verdict, _ in await hook.rows()] == ["no_input", "no_input", "accepted"]
    seen = await register.list_deliveries(db, admin, hook.trigger_id)
    assert "order" in seen[-1].why


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\xff\xfe{}", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"order": NaN}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[" * 70 + b"]" * 70, "application/json", 400),
        (b'{"order": "\\ud800", "amount": 1}', "application/json", 400),
        (b"\xff", "text/plain", 400),
        (b"", "application/json", 422),
        (b"order=A-1", "application/x-www-form-urlencoded", 422),
        (b'{"order": "A-1", "amount": 1}', "application/vnd.shop+json; charset=utf-8", 202),
        (b'{"order": "A-1", "amount": 1}', "", 202),
        ('{"order": "Zoë \U0001f9f6", "amount": 1}'.encode(), "application/json", 202),
        (b'{"order": "A-1", "amount": 1, "more": "' + b"x" * 1_000_000 + b'"}', "application/json", 202),
    ],
)
async def test_a_body_is_read_as_what_it_says_it_is(
    client: httpx.AsyncClient, hook: Hook, body: bytes, kind: str, status: int
):
    answer = await hook.post(client, body, content_type=kind)
    assert answer.status_code == status, answer.text
    assert len(await hook.runs()) == (status == 202)


async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: httpx.AsyncClient, hook: Hook):
    large = b"x" * (2**20 + 1)

    async def pieces():
        for _ in range(200):
            yield large[:10_000]

    headers = list((await hook.sender()).send(large))
    announced = await client.post(hook.url, content=large, headers=headers)
    streamed = await client.post(hook.url, content=pieces(), headers=headers)
    assert [announced.status_code, streamed.status_code] == [413, 413]
    seen = await register.list_deliveries(hook.db, hook.workspace.admin, hook.trigger_id)
    assert [(one.verdict, one.size) for one in seen] == [("too_large", 1_050_000), ("too_large", 2**20 + 1)]


async def test_a_webhook_that_is_paused_says_so_to_who_signs_and_nothing_is_kept_of_it(
    client: httpx.AsyncClient, hook: Hook
):
    db, operator = hook.db, hook.workspace.people["operator"]
    await triggers.pause(db, operator, hook.trigger_id)
    paused, stranger = await hook.post(client, ORDER), await hook.post(client, ORDER, secret=OTHER)
    assert (paused.status_code, paused.headers["retry-after"], stranger.status_code) == (409, "300", 401)
    await triggers.resume(db, operator, hook.trigger_id)
    assert (await hook.post(client, ORDER)).status_code == 202


async def test_a_full_queue_is_said_and_the_same_request_starts_a_run_when_there_is_room(
    client: httpx.AsyncClient, hook: Hook, owner: Database
):
    async def room(runs: int) -> None:
        async with owner.account(hook.workspace.account_id) as session:
            about = {"n": runs, "id": hook.workspace.account_id}
            await session.execute(text("UPDATE accounts SET max_queued = :n WHERE id = :id"), about)
        backpressure.forget(hook.db, hook.workspace.account_id)

    await room(1)
    assert (await hook.post(client, ORDER, id="msg_0")).status_code == 202
    full = await hook.post(client, ORDER)
    assert (full.status_code, int(full.headers["retry-after"]) > 0) == (429, True)
    await room(1000)
    assert (await hook.post(client, ORDER)).status_code == 202
    assert [verdict for verdict, _ in await hook.rows()] == ["accepted", "queue_full", "accepted"]


async def test_one_address_that_gets_too_many_is_slowed_down_and_others_are_not(hook: Hook):
    clock = iter(x / 100 for x in range(1000))
    door = Door(Pace(rate_s=1.0, burst=3, clock=lambda: next(clock)))
    account = hook.workspace.account_id
    wild = HookRequest(account, "POST", "/orders/new", (), body=ORDER, size=len(ORDER))
    found = [await receiving.receive(hook.db, wild, door=door) for _ in range(6)]
    assert [one.verdict for one in found if one] == ["missing_signature"] * 3 + ["too_many"] * 3
    assert [one.retry_after_s for one in found[3:] if one] == [1, 1, 1]
    other = HookRequest(account, "POST", "/others", (), body=ORDER, size=len(ORDER))
    assert await receiving.receive(hook.db, other, door=door) is None
    assert [verdict for verdict, _ in await hook.rows()] == ["missing_signature"] * 3 + ["too_many"]


async def test_what_nobody_signed_is_kept_bounded_and_pushes_nothing_else_out(
    client: httpx.AsyncClient, hook: Hook, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engine.hooks.deliveries.MOST_UNSIGNED", 5)
    monkeypatch.setattr("engine.hooks.deliveries.MOST_SIGNED", 3)
    await hook.post(client, ORDER)
    for _ in range(9):
        await client.post(hook.url, content=ORDER)
        await hook.post(client, ORDER)
    verdicts = [verdict for verdict, _ in await hook.rows()]
    assert {one: verdicts.count(one) for one in set(verdicts)} == {
        "accepted": 1,
        "missing_signature": 5,
        "duplicate": 3,
    }


async def test_a_secret_and_what_must_not_leave_are_in_no_preview_no_log_and_no_input(
    client: httpx.AsyncClient, hook: Hook, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    card = "4111 1111 1111 1111"
    body = json.dumps({"order": "A-1", "amount": 1, "oops": CURRENT, "card": card}).encode()
    answers = [await hook.post(client, body), await hook.post(client, body, secret=OTHER, id="other")]
    seen = await register.list_deliveries(hook.db, hook.workspace.admin, hook.trigger_id)
    assert "[secret]" in (seen[-1].preview or "") and "[card 1]" in (seen[-1].preview or "")
    told = repr(seen) + "".join(one.text for one in answers) + caplog.text
    assert [mark for mark in (CURRENT, CURRENT[6:], card) if mark in told] == []


async def test_a_test_is_signed_checked_and_starts_a_real_run_for_who_sent_it(hook: Hook):
    db, operator = hook.db, hook.workspace.people["operator"]
    found = await register.send_test(db, operator, hook.trigger_id, ORDER.decode())
    assert found.verdict is Verdict.ACCEPTED
    [run] = await hook.runs()
    assert (run["id"], run["requested_by"]) == (found.run_id, operator.user_id)
    [seen] = await register.list_deliveries(db, operator, hook.trigger_id)
    assert (seen.asked_by, seen.source) == ("Operator", "this page")
    refused = await register.send_test(db, operator, hook.trigger_id, "{")
    assert (refused.verdict, refused.run_id) == (Verdict.NOT_JSON, None)
    with pytest.raises(Forbidden):
        await register.send_test(db, hook.workspace.people["viewer"], hook.trigger_id, "{}")
    await secrets.delete_secret(db, hook.workspace.admin, "shop_key", forced=True)
    with pytest.raises(Conflict, match="not set"):
        await register.send_test(db, operator, hook.trigger_id, "{}")


async def test_deliveries_come_page_by_page_and_to_nobody_elses_account(
    client: httpx.AsyncClient, hook: Hook, settings: Settings, neighbour: Workspace
):
    for number in range(5):
        await hook.post(client, ORDER, id=f"msg_{number}")
    path = f"/triggers/{hook.trigger_id}/deliveries"
    mine = await bearer(hook.db, settings, hook.workspace.people["viewer"])
    first = (await client.get(f"{path}?limit=3", headers=mine)).json()
    rest = (await client.get(f"{path}?limit=3&before={first[-1]['id']}", headers=mine)).json()
    assert ([len(first), len(rest)], len({one["id"] for one in first + rest})) == ([3, 2], 5)
    theirs = await bearer(hook.db, settings, neighbour.admin)
    assert [
        (await client.get(path, headers=theirs)).status_code,
        (await client.post(path, headers=theirs, json={})).status_code,
    ] == [404, 404]
    assert (await client.post(path, headers=mine, json={})).status_code == 403


@pytest.mark.parametrize(
    "verify", ["hmac_md5(event, secrets.shop_key)", "standard(secrets.other)", "true", "standard()"]
)
async def test_a_webhook_with_a_check_that_there_is_not_cannot_be_published(
    db: Database, workspace: Workspace, verify: str
):
    with pytest.raises(Rejected):
        await published(db, workspace, verify=verify)
