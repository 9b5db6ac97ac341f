"""Making a database ready, with whatever address somebody gives, and living through its restarts."""

from __future__ import annotations

import asyncio
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import text

from deploy.postgres import EmbeddedPostgres
from engine.database import Database, prepare
from engine.errors import Unavailable
from engine.migrate import MIGRATIONS, head
from engine.urls import libpq_url, sqlalchemy_url, with_login


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of our own: these tests restart it, and change the roles' passwords."""
    import shutil
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="weft-preparing-"))
    home.chmod(0o755)
    started = EmbeddedPostgres(home)
    started.start()
    yield started
    started.stop("immediate")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def modest(server: EmbeddedPostgres) -> str:
    """The URL of an owner who is no superuser, may create roles, and owns an empty database."""
    name, password = f"owner_{secrets.token_hex(3)}", secrets.token_urlsafe(8)
    with psycopg.connect(server.start("postgres"), autocommit=True) as connection:
        # A role of the server belongs to whoever created it: begin without them.
        for database in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'owner%'"
        ).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database[0])))
        for role in ("weft_app", "weft_runner"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        connection.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(name)))
    return with_login(server.start(name), name, password)


async def test_an_owner_who_is_no_superuser_is_enough(modest: str, tmp_path: Path):
    from engine import people, pulse

    urls = prepare(modest, tmp_path)
    owner, db = await Database.open(modest), await Database.open(urls.app)
    try:
        actor, password = await people.ensure_workspace(owner, samples_url="http://127.0.0.1:9")
        assert (await people.ensure_workspace(owner))[0] == actor
        assert (await people.sign_in(db, actor.email, password or ""))[1] == actor
        assert await people.reset_password(owner, actor.email)
        assert await pulse.run_totals(db) == ()
        async with owner.platform() as session:
            assert (await session.execute(text("SELECT count(*) FROM users"))).scalar_one() == 0
    finally:
        await owner.close()
        await db.close()


def test_preparing_again_changes_nothing_and_is_quick(modest: str, tmp_path: Path):
    first = prepare(modest, tmp_path)
    begun = time.monotonic()
    assert prepare(modest, tmp_path) == first
    assert time.monotonic() - begun < 1
    kept = tmp_path / "postgres-roles.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_lost_passwords_are_made_anew(modest: str, tmp_path: Path):
    first = prepare(modest, tmp_path)
    (tmp_path / "postgres-roles.json").unlink()
    second = prepare(modest, tmp_path)
    assert second != first
    psycopg.connect(second.app).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(first.app)


def test_no_password_is_in_what_prints(modest: str, tmp_path: Path):
    urls = prepare(modest, tmp_path)
    assert repr(urls) == "Urls(...)"


def test_a_wrong_password_says_so_and_shows_none(modest: str, tmp_path: Path):
    wrong = with_login(modest, "postgres", "hunter2hunter2")
    with pytest.raises(Unavailable, match="refused the password of 'postgres'") as caught:
        prepare(wrong, tmp_path)
    assert "DATABASE_URL" in caught.value.help and "hunter2" not in str(caught.value) + caught.value.help


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://a:b@127.0.0.1:9/x", "No Postgres answers at 127.0.0.1:9"),
        ("postgresql://a:b@no-such-host.invalid/x", "host of no-such-host.invalid:5432 is not known"),
        ("mysql://a:b@127.0.0.1/x", "not a Postgres address"),
        ("nonsense", "not a Postgres address"),
        ("postgresql://a:b@127.0.0.1:notaport/x", "not a Postgres address"),
    ],
)
def test_an_address_without_a_server_says_what_to_do(url: str, said: str, tmp_path: Path):
    with pytest.raises(Unavailable, match=said) as caught:
        prepare(url, tmp_path)
    assert "DATABASE_URL" in caught.value.message + caught.value.help or "postgresql://" in caught.value.help


def test_a_database_that_is_not_there_is_named(modest: str, tmp_path: Path):
    with pytest.raises(Unavailable, match="no database 'absent'"):
        prepare(modest.rpartition("/")[0] + "/absent", tmp_path)


def test_a_role_without_the_privilege_says_which(modest: str, server: EmbeddedPostgres, tmp_path: Path):
    name = modest.rpartition("/")[2]
    with psycopg.connect(server.start("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} NOCREATEROLE").format(sql.Identifier(name)))
    with pytest.raises(Unavailable, match="may not do what is needed") as caught:
        prepare(modest, tmp_path)
    assert "CREATEROLE" in caught.value.help


def test_the_newest_revision_is_the_one_that_alembic_means():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == head()


def test_addresses_in_every_usual_spelling():
    plain = "postgresql://u:p%40@h:1/d?sslmode=require"
    for given in (
        plain,
        plain.replace("postgresql", "postgres"),
        plain.replace("postgresql", "postgresql+asyncpg"),
    ):
        assert libpq_url(given) == plain
    assert sqlalchemy_url(plain).startswith("postgresql+psycopg://u:p%40@h:1/d")
    assert with_login(plain, "weft_app", "a/b@c") == "postgresql://weft_app:a%2Fb%40c@h:1/d?sslmode=require"


async def test_services_come_back_after_postgres_crashed(
    modest: str, server: EmbeddedPostgres, tmp_path: Path
):
    db = await Database.open(prepare(modest, tmp_path).app)
    try:
        async with db.notices.subscribe("weft_runs", "x") as notices:
            await asyncio.to_thread(server.stop, "immediate")
            with pytest.raises(Unavailable):
                async with db.platform() as session:
                    await session.execute(text("SELECT 1"))
            await asyncio.to_thread(server.start)
            async with db.platform() as session:
                await session.execute(text("SELECT 1"))
            async with asyncio.timeout(10):
                while not await notices.wait(0.5):
                    async with db.platform() as session:
                        await session.execute(text("SELECT pg_notify('weft_runs', 'x')"))
    finally:
        await db.close()


async def test_a_wrong_address_is_known_when_opening(tmp_path: Path):
    with pytest.raises(Unavailable):
        await Database.open("postgresql://a:b@127.0.0.1:9/x")


async def test_two_processes_prepare_at_the_same_time(modest: str, tmp_path: Path):
    urls = await asyncio.gather(*(asyncio.to_thread(prepare, modest, tmp_path) for _ in range(3)))
    psycopg.connect(urls[-1].app).close()
    psycopg.connect(urls[-1].runner).close()
