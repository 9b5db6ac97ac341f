"""The embedded Postgres: found again, safe after a crash, closed to strangers."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.failure import Failure
from deploy.postgres import EmbeddedPostgres


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    home = Path(tempfile.mkdtemp(prefix="weft-postgres-"))
    home.chmod(0o755)
    running = EmbeddedPostgres(home)
    yield running
    running.stop("immediate")
    shutil.rmtree(home, ignore_errors=True)


def test_a_second_start_finds_the_running_server(server: EmbeddedPostgres) -> None:
    first = server.start()
    again = EmbeddedPostgres(server.home)
    assert again.start() == first


def test_what_was_committed_is_there_after_a_crash(server: EmbeddedPostgres) -> None:
    url = server.start()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('here')")
    server.restart_after_crash()
    with psycopg.connect(url) as connection:
        assert connection.execute("select word from kept").fetchone() == ("here",)


def test_nobody_comes_in_without_the_password(server: EmbeddedPostgres) -> None:
    url = server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
    wrong = url.replace(url.split(":")[2].split("@")[0], "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_the_file_with_the_password_is_for_its_owner_only(server: EmbeddedPostgres) -> None:
    server.start()
    assert stat.S_IMODE((server.home / "postgres.json").stat().st_mode) == 0o600


def test_a_creation_that_was_interrupted_is_begun_anew(server: EmbeddedPostgres) -> None:
    server.data.mkdir()
    (server.data / "half-made").write_text("")
    assert server.start()


def test_a_lost_password_file_is_said_plainly(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    (server.home / "postgres.json").unlink()
    with pytest.raises(Failure, match=r"postgres\.json.*cannot be read"):
        server.start()
