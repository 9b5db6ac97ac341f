"""An engine for a command at a terminal: the running installation's, or one for as long as the command lasts."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from filelock import FileLock, Timeout

from deploy import children, local
from deploy.children import Child
from deploy.console import Console
from deploy.home import Home
from deploy.local import Databases
from deploy.workspace import prepare_workspace


@asynccontextmanager
async def databases_here(home: Home) -> AsyncIterator[Databases]:
    """The databases alone; an embedded server that was not running stops again at the end."""
    running = bool(home.read_record().get("up"))
    databases = await asyncio.to_thread(local.open_databases, home, os.environ)
    try:
        yield databases
    finally:
        if not running and databases.embedded is not None and not _held(home):
            await asyncio.to_thread(databases.embedded.stop)


@asynccontextmanager
async def engine_here(home: Home) -> AsyncIterator[Databases]:
    """Databases, sample connectors and somebody who runs what is due.

    When ``weft up`` has this installation it has all three. Otherwise they are started here and stopped at the end.
    """
    lock = FileLock(home.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield await asyncio.to_thread(local.open_databases, home, os.environ)
        return
    try:
        children.sweep(home.read_record().get("children", []))
        async with _own_engine(home) as databases:
            yield databases
    finally:
        lock.release()


@asynccontextmanager
async def _own_engine(home: Home) -> AsyncIterator[Databases]:
    console = Console()
    began: list[Child] = []
    databases: Databases | None = None

    def begin(child: Child) -> None:
        child.start()
        began.append(child)
        marks = [one.mark() for one in began]
        home.write_record({**home.read_record(), "up": None, "children": marks, "samples_port": samples_port})

    try:
        samples_port = local.free_port(home.read_record().get("samples_port"))
        samples = local.samples_child(home, samples_port, dict(os.environ))
        begin(samples)
        with console.stage("Starting a database and the sample connectors", "Database and connectors ready"):
            databases = await asyncio.to_thread(local.open_databases, home, os.environ)
            health = f"http://127.0.0.1:{samples_port}/health"
            await asyncio.to_thread(local.wait_until_up, samples, health, 40)
            environment = local.child_environment(
                home, databases.app, databases.runner, studio=3000, gateway=8000, samples=samples_port
            )
            os.environ.update(
                {name: value for name, value in environment.items() if name.startswith("WEFT_")}
            )
            await prepare_workspace(databases, home, environment["WEFT_SAMPLES_URL"])
        begin(
            Child(
                name="runner",
                command=[sys.executable, "-m", "engine.runner"],
                environment=environment,
                log=home.logs / "runner.log",
            )
        )
        yield databases
    finally:
        for child in reversed(began):
            await asyncio.to_thread(children.stop, child)
        if databases is not None and databases.embedded is not None:
            await asyncio.to_thread(databases.embedded.stop)
        home.write_record({**home.read_record(), "up": None, "children": []})


def _held(home: Home) -> bool:
    """Whether somebody runs this installation at the moment."""
    try:
        with FileLock(home.lock, timeout=0):
            return False
    except Timeout:
        return True
