"""Signing in, sessions, tokens."""

from __future__ import annotations

import asyncio
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import text

from engine import delays, people, tokens
from engine.database import Database
from engine.errors import BadCredentials, BadInput, NotFound
from engine.settings import Settings
from tests.engine_store.conftest import PASSWORD, Workspace


async def test_a_workspace_is_made_once_and_its_password_is_told_once(owner: Database, db: Database):
    first, password = await people.ensure_workspace(owner, name="Once", email="once@example.com")
    again, nothing = await people.ensure_workspace(owner, name="Once", email="once@example.com")
    assert (first, nothing) == (again, None)
    _, actor = await people.sign_in(db, "Once@Example.com ", password or "")
    assert actor == first


async def test_a_session_knows_its_person_until_it_ends(db: Database, workspace: Workspace):
    token, actor = await people.sign_in(db, workspace.admin.email, PASSWORD)
    assert await people.actor_of_session(db, token) == actor == workspace.admin
    await people.sign_out(db, token)
    with pytest.raises(BadCredentials):
        await people.actor_of_session(db, token)


async def test_a_token_is_not_kept_in_the_database(db: Database, owner: Database, workspace: Workspace):
    token, _ = await people.sign_in(db, workspace.admin.email, PASSWORD)
    async with owner.platform() as session:
        rows = await session.execute(text("SELECT s::text FROM sessions AS s"))
        assert not any(token in row or token.encode().hex() in row for row in rows.scalars())


async def test_a_disabled_person_is_out_at_once(db: Database, settings: Settings, workspace: Workspace):
    token, actor = await people.sign_in(db, workspace.admin.email, PASSWORD)
    made = await tokens.issue_tokens(db, settings, actor)
    async with db.account(actor) as session:
        await session.execute(
            text("UPDATE users SET disabled_at = now() WHERE id = :id"), {"id": actor.user_id}
        )
    for attempt in (
        people.actor_of_session(db, token),
        people.sign_in(db, actor.email, PASSWORD),
        tokens.actor_of_token(db, settings, made.access),
        tokens.refresh(db, settings, made.refresh),
    ):
        with pytest.raises(BadCredentials):
            await attempt


async def test_a_new_password_ends_every_session(db: Database, settings: Settings, workspace: Workspace):
    token, actor = await people.sign_in(db, workspace.admin.email, PASSWORD)
    made = await tokens.issue_tokens(db, settings, actor)
    fresh = await people.reset_password(db, actor.email)
    with pytest.raises(BadCredentials):
        await people.actor_of_session(db, token)
    with pytest.raises(BadCredentials):
        await tokens.refresh(db, settings, made.refresh)
    assert (await people.sign_in(db, actor.email, fresh))[1] == actor


async def test_resetting_a_password_names_what_is_wrong(db: Database, workspace: Workspace):
    with pytest.raises(NotFound):
        await people.reset_password(db, "nobody@example.com")
    with pytest.raises(BadInput):
        await people.reset_password(db, workspace.admin.email, "short")


async def test_a_wrong_password_and_an_unknown_address_look_the_same(db: Database, workspace: Workspace):
    said = []
    for email in (workspace.admin.email, "nobody@example.com"):
        with pytest.raises(BadCredentials) as caught:
            await people.sign_in(db, email, "wrong")
        said.append((caught.value.message, caught.value.help))
    assert said[0] == said[1]


async def test_an_unknown_address_takes_as_long_as_a_known_one(db: Database, workspace: Workspace):
    async def seconds(email: str) -> float:
        took = []
        for attempt in range(5):
            begun = time.perf_counter()
            with pytest.raises(BadCredentials):
                await people.sign_in(db, email, "wrong", client=str(attempt))
            took.append(time.perf_counter() - begun)
        return sorted(took)[2]

    known, unknown = await seconds(workspace.admin.email), await seconds("nobody@example.com")
    assert 0.4 < known / unknown < 2.5


async def test_failures_slow_down_and_success_forgives(db: Database, workspace: Workspace):
    email = workspace.admin.email
    for _ in range(delays.FREE_FAILURES):
        with pytest.raises(BadCredentials):
            await people.sign_in(db, email, "wrong")
    with pytest.raises(BadCredentials) as caught:
        await people.sign_in(db, email, PASSWORD)
    assert caught.value.retry_after >= 1
    assert (await people.sign_in(db, email, PASSWORD, client="elsewhere"))[1] == workspace.admin
    async with db.platform() as session:
        await session.execute(text("UPDATE login_delays SET last_at = last_at - interval '1 minute'"))
    assert (await people.sign_in(db, email, PASSWORD))[1] == workspace.admin
    with pytest.raises(BadCredentials) as caught:
        await people.sign_in(db, email, "wrong")
    assert caught.value.retry_after == 0


def test_the_delay_grows_and_stays_bounded():
    assert [delays.delay_s(n) for n in (0, 2, 3, 4, 5, 50)] == [0, 0, 1, 2, 4, 60]


async def test_a_refresh_token_is_good_for_one_use(db: Database, settings: Settings, workspace: Workspace):
    first = await tokens.issue_tokens(db, settings, workspace.admin)
    second, actor = await tokens.refresh(db, settings, first.refresh)
    assert actor == workspace.admin == await tokens.actor_of_token(db, settings, second.access)


async def test_using_a_refresh_token_twice_ends_its_family_and_no_other(
    db: Database, settings: Settings, workspace: Workspace
):
    other = await tokens.issue_tokens(db, settings, workspace.admin)
    first = await tokens.issue_tokens(db, settings, workspace.admin)
    second, _ = await tokens.refresh(db, settings, first.refresh)
    for dead in (first.refresh, second.refresh):
        with pytest.raises(BadCredentials):
            await tokens.refresh(db, settings, dead)
    await tokens.refresh(db, settings, other.refresh)


async def test_of_two_uses_at_the_same_moment_at_most_one_counts(
    db: Database, settings: Settings, workspace: Workspace
):
    made = await tokens.issue_tokens(db, settings, workspace.admin)
    results = await asyncio.gather(
        *(tokens.refresh(db, settings, made.refresh) for _ in range(6)), return_exceptions=True
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"exp": 1},
        {"iss": "somebody"},
        {"aud": "other"},
        {"exp": None},
        {"acc": None},
        {"sub": "x"},
        {"sub": "00000000-0000-0000-0000-000000000000"},
    ],
)
async def test_a_defective_access_token_is_refused(
    db: Database, settings: Settings, workspace: Workspace, change: dict[str, object]
):
    key = OctKey.import_key(settings.derived("weft access token"))
    made = await tokens.issue_tokens(db, settings, workspace.admin)
    claims = jwt.decode(made.access, key).claims | change
    forged = jwt.encode(
        {"alg": "HS256"}, {name: value for name, value in claims.items() if value is not None}, key
    )
    with pytest.raises(BadCredentials):
        await tokens.actor_of_token(db, settings, forged)


@pytest.mark.parametrize("forge", ["none", "key", "garbage"])
async def test_a_token_that_we_did_not_sign_is_refused(
    db: Database, settings: Settings, workspace: Workspace, forge: str
):
    made = await tokens.issue_tokens(db, settings, workspace.admin)
    header, claims, signature = made.access.split(".")
    forged = {
        "none": f"eyJhbGciOiJub25lIn0.{claims}.",
        "key": f"{header}.{claims}.{'A' * len(signature)}",
        "garbage": "x",
    }[forge]
    with pytest.raises(BadCredentials):
        await tokens.actor_of_token(db, settings, forged)
