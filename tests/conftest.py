"""Real parts for every suite: one embedded Postgres a session, a fresh database a module, the sample connectors."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from deploy.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from engine.database import Database, Urls

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running cluster of its own; ``postgres.start(name)`` gives the superuser's URL of a database."""
    # Not under pytest's own folder: as root the server runs as another user, who must be able to walk there.
    home = Path(tempfile.mkdtemp(prefix="weft-postgres-"))
    home.chmod(0o755)
    server = EmbeddedPostgres(home)
    server.start()
    yield server
    server.stop("immediate")
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def owner_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The superuser's URL of an empty database, dropped after the module."""
    name = f"weft_{secrets.token_hex(4)}"
    yield postgres.start(name)
    with psycopg.connect(postgres.start("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")


@pytest.fixture(scope="module")
def urls(owner_url: str, tmp_path_factory: pytest.TempPathFactory) -> Urls:
    """A migrated database with its roles: ``urls.app``, ``urls.runner``."""
    from engine.database import prepare

    return prepare(owner_url, tmp_path_factory.mktemp("secrets"))


@pytest.fixture
async def db(urls: Urls) -> AsyncIterator[Database]:
    from engine.database import Database

    database = await Database.open(urls.app)
    yield database
    await database.close()


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample connectors, up: ``url`` is their root, ``token`` the bearer token they ask for."""

    url: str
    token: str
    data: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_http(url: str, process: subprocess.Popen[bytes] | None = None, seconds: float = 30) -> None:
    """Return when ``url`` answers; fail when it does not in time or its process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"the server of {url} ended with exit code {process.returncode}")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {seconds} s")


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samples]:
    port, data, token = free_port(), tmp_path_factory.mktemp("samples"), secrets.token_urlsafe(16)
    command = [sys.executable, "-m", "connectors.samples", "--port", str(port), "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--token-env", "WEFT_SAMPLES_TOKEN"],
        cwd=ROOT,
        env={**os.environ, "WEFT_SAMPLES_TOKEN": token},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for_http(f"{url}/health", process)
        yield Samples(url, token, data, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
