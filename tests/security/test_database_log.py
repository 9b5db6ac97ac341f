"""The database's log tells what failed, and not on what."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from deploy.postgres import EmbeddedPostgres
from engine.database import prepare

CANARY = "canary-in-a-row"


def test_neither_rows_nor_statements_come_into_the_log(postgres: EmbeddedPostgres, owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("create table kept (a text check (length(a) < 3), b text not null)")
        with pytest.raises(psycopg.errors.CheckViolation, match=CANARY):  # the client is told
            connection.execute("insert into kept values (%s, 'x')", [CANARY])
        with pytest.raises(psycopg.errors.DuplicateObject):
            connection.execute(f"create role postgres password '{CANARY}'")
    log = postgres.log.read_text()
    assert "violates check constraint" in log
    assert CANARY not in log


def test_the_roles_sign_in_with_passwords_that_the_server_never_saw(owner_url: str, tmp_path: Path) -> None:
    urls = prepare(owner_url, tmp_path)
    psycopg.connect(urls.app).close()
    with psycopg.connect(owner_url) as connection:
        kept = connection.execute("select rolpassword from pg_authid where rolname = 'weft_app'").fetchone()
    assert kept is not None and str(kept[0]).startswith("SCRAM-SHA-256$")
