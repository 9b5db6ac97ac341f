"""What a trial runs on: a Postgres of its own, the processes of the product, the witness, and proxies between them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from deploy.postgres import EmbeddedPostgres
from engine import people
from engine.database import Database, prepare
from engine.identity import new_id
from engine.urls import libpq_url
from tests.chaos.caller import PASSWORD
from tests.chaos.decider import PEOPLE
from tests.chaos.proxy import Proxy
from tests.chaos.shapes import Shape, shapes
from tests.conftest import ROOT

Json = Any

OPERATOR = "olga@example.com"
TRANSITIONS = """
CREATE TABLE chaos_transitions (n bigserial PRIMARY KEY, run_id uuid NOT NULL, old text NOT NULL, new text NOT NULL,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id());
CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO chaos_transitions (run_id, old, new)
        VALUES (NEW.id, CASE WHEN TG_OP = 'INSERT' THEN '' ELSE OLD.state END, NEW.state);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_born AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION chaos_note();
CREATE TRIGGER chaos_changed AFTER UPDATE ON runs FOR EACH ROW WHEN (OLD.state <> NEW.state
    OR OLD.state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
    AND (OLD.output, OLD.error, OLD.last_seq) IS DISTINCT FROM (NEW.output, NEW.error, NEW.last_seq)
) EXECUTE FUNCTION chaos_note();
"""


@dataclass(slots=True)
class Part:
    """One process. It is started again when it ends by itself, as a supervisor does; ``fell`` counts that."""

    name: str
    module: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    paused: bool = False
    fell: int = 0
    started: float = 0.0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self.arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.paused = False
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """It stays down until it is started."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)
        self.paused = True

    def wake(self) -> None:
        os.kill(self.pid, signal.SIGCONT)
        self.paused = False

    def mind(self) -> None:
        if (
            self.process is not None
            and self.process.poll() is not None
            and time.monotonic() > self.started + 1
        ):
            self.fell += 1
            self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.wake()
            self.process.terminate()

    def stop(self) -> None:
        self.ask_to_stop()
        if self.process is not None:
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(slots=True)
class Workflow:
    id: UUID
    shape: Shape


@dataclass
class Parts:
    """``open`` starts all of it, ``close`` ends all of it; what is in ``home`` stays when ``keep`` is set."""

    seed: int
    replicas: int
    lease_s: float
    unfenced: bool = False
    keep: bool = False
    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="weft-chaos-")))
    runners: list[Part] = field(default_factory=list)
    workflows: dict[str, Workflow] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    opened: list[Proxy] = field(default_factory=list)

    async def open(self) -> None:
        self.home.chmod(0o755)  # as root the database's user must be able to walk there
        self.postgres = EmbeddedPostgres(self.home)
        self.owner_url = await asyncio.to_thread(self.postgres.start, "chaos")
        urls = await asyncio.to_thread(prepare, self.owner_url, self.home)
        self.app_url = urls.app
        self.account = await self._people(urls.app)
        await self.query(TRANSITIONS)
        await self._publish()
        postgres_port = urlsplit(self.owner_url).port or 0
        self.api_port, self.witness_port = _quiet_port(), _quiet_port()
        self.to_api = Proxy(lambda: self.api_port)
        self.to_witness = Proxy(lambda: self.witness_port)
        self.runners_to_postgres = Proxy(lambda: postgres_port)
        self.api_to_postgres = Proxy(lambda: postgres_port)
        for proxy in self.proxies:
            await proxy.open()
            self.opened.append(proxy)
        key = self.home / "key"
        key.write_text(secrets.token_hex(32))
        runner = {
            "WEFT_RUNNER_URL": _through(urls.runner, self.runners_to_postgres.port),
            "WEFT_RUNNER_LEASE_S": str(self.lease_s),
            "CHAOS_WITNESS_PORT": str(self.to_witness.port),
            **({"CHAOS_UNFENCED": "1"} if self.unfenced else {}),
        }
        front = {
            "WEFT_APP_URL": _through(urls.app, self.api_to_postgres.port),
            "WEFT_KEY_FILE": str(key),
            "WEFT_HOME": str(self.home),
        }
        self._add("witness", "tests.chaos.witness", (str(self.witnessed), str(self.witness_port)), {})
        self._add("front", "tests.chaos.front", (str(self.api_port),), front)
        self._add("decider", "tests.chaos.decider", (self.url, str(self.seed), str(self.decided)), {})
        for number in range(self.replicas):
            self.runners.append(self._add(f"runner-{number}", "tests.chaos.replica", (), runner))
        for part in self.parts.values():
            part.start()

    async def close(self) -> None:
        for part in self.parts.values():
            part.ask_to_stop()
        for part in self.parts.values():
            await asyncio.to_thread(
                part.stop
            )  # the proxies live in this loop, and a part says its last words
        for proxy in self.opened:
            proxy.close()
        await asyncio.to_thread(self.postgres.stop, "immediate")
        if not self.keep:
            shutil.rmtree(self.home, ignore_errors=True)

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        return (self.to_api, self.to_witness, self.runners_to_postgres, self.api_to_postgres)

    @property
    def url(self) -> str:
        """Of the API, through its proxy."""
        return f"http://127.0.0.1:{self.to_api.port}"

    @property
    def witnessed(self) -> Path:
        return self.home / "witnessed.jsonl"

    @property
    def decided(self) -> Path:
        return self.home / "decided.jsonl"

    def mind(self) -> None:
        """Start again what has ended by itself."""
        for part in self.parts.values():
            part.mind()

    async def query(self, statement: str, *arguments: Json) -> list[tuple[Any, ...]]:
        """As the superuser, past every proxy."""
        connection = await psycopg.AsyncConnection.connect(self.owner_url, autocommit=True, connect_timeout=5)
        async with connection:
            cursor = await connection.execute(statement, arguments or None)  # type: ignore[arg-type]
            return await cursor.fetchall() if cursor.description else []

    def _add(self, name: str, module: str, arguments: tuple[str, ...], environment: dict[str, str]) -> Part:
        log = self.home / f"{name}.log"
        part = self.parts[name] = Part(name, module, arguments, environment, log)
        return part

    async def _people(self, app_url: str) -> UUID:
        owner = await Database.open(self.owner_url, pool_size=1)
        app = await Database.open(app_url, pool_size=1)
        try:
            admin, _ = await people.ensure_workspace(owner, samples_url="")
            for email in PEOPLE:
                await people.add_user(
                    app, admin.account_id, email=email, name=email, role="approver", groups=("manager",),
                    password=PASSWORD,
                )  # fmt: skip
            await people.add_user(
                app, admin.account_id, email=OPERATOR, name="Olga", role="operator", password=PASSWORD
            )
        finally:
            await owner.close()
            await app.close()
        return admin.account_id

    async def _publish(self) -> None:
        child = new_id()
        for shape in shapes(str(child)):
            version = child if shape.name == "linear" else new_id()
            workflow = self.workflows[shape.name] = Workflow(new_id(), shape)
            await self.query(
                "WITH made AS"
                " (INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s) RETURNING id, account_id)"
                " INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash)"
                " SELECT %s, account_id, id, 1, '', '[]', %s, %s FROM made",
                workflow.id, self.account, shape.name,
                version, Jsonb(shape.plan.model_dump(mode="json")), str(version),
            )  # fmt: skip
            await self.query("UPDATE workflows SET live_version_id = %s WHERE id = %s", version, workflow.id)


def _quiet_port() -> int:
    """A free port that no outgoing connection is ever given: the process behind it comes and goes, and its proxy may
    ask for it while nobody listens."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _through(url: str, port: int) -> str:
    """The same database, through a proxy."""
    parts = urlsplit(libpq_url(url))
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}"))
