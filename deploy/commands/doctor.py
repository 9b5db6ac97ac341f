"""``weft doctor``: what is installed, what runs, what is wrong and what to do; a new password when it was lost."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from deploy import children, local, memory
from deploy.desk import databases_here
from deploy.home import ROOT, Home
from deploy.workspace import reset_login


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``help`` is there when it is not well."""

    what: str
    says: str
    help: str = ""


def main(options: argparse.Namespace) -> int:
    home = Home.of(os.environ)
    if options.reset_login:
        return asyncio.run(_reset_login(home))
    if options.memory:
        parts = memory.by_part(home)
        print(json.dumps({"unit": "MB of PSS", **{name: round(size, 1) for name, size in parts.items()},
                          "all": round(sum(parts.values()), 1)}))  # fmt: skip
        return 0 if parts else 1
    ill = False
    for finding in examine(home):
        print(f"{'✗' if finding.help else '✓'} {finding.what}: {finding.says}")
        if finding.help:
            ill = True
            print(f"    {finding.help}")
    return 1 if ill else 0


async def _reset_login(home: Home) -> int:
    async with databases_here(home) as databases:
        password = await reset_login(databases)
    print(
        f"Sign in    {local.LOGIN}\nPassword   {password}\n(shown this once; everybody signed in as it was signed out)"
    )
    return 0


def examine(home: Home) -> Iterator[Finding]:
    """Look at everything, without changing or starting anything."""
    yield Finding("Python", f"{platform.python_version()} at {sys.executable}")
    yield _disk(home)
    built = (ROOT / ".web" / "build" / "client").exists()
    yield Finding("Page", "built" if built else "not built yet; ./weft up builds it")
    yield _database(home)
    yield _model(home)
    record = home.read_record()
    owner = record.get("up")
    if not owner or not children.alive(owner):
        left = [mark["name"] for mark in record.get("children", []) if children.alive(mark)]
        if left:
            yield Finding(
                "Studio", f"was killed and left {', '.join(left)}", "./weft up cleans up and starts again."
            )
        else:
            yield Finding("Studio", "not running; ./weft up starts it")
        return
    yield Finding("Studio", f"running at {record.get('url')} (process {owner['pid']})")
    for mark in record.get("children", []):
        log = local.relative(home.logs / f"{mark['name']}.log")
        if children.alive(mark):
            yield Finding(mark["name"], f"running (process {mark['pid']}, log {log})")
        else:
            yield Finding(
                mark["name"], "not running", f"It is being restarted; its log says why it ended: {log}"
            )
    yield _engine(record)


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.path).free // 2**20
    if free < 1000:
        return Finding(
            "Disk", f"{free} MB free under {home.path}", "Free some space; a gigabyte is comfortable."
        )
    return Finding("Disk", f"{free // 1024} GB free under {home.path}")


def _database(home: Home) -> Finding:
    if os.environ.get("DATABASE_URL"):
        import psycopg

        try:
            psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1]
            return Finding("Database", f"DATABASE_URL does not work: {reason}", "Correct it, or unset it.")
        return Finding("Database", "DATABASE_URL answers")
    if not (home.path / "postgres.json").exists():
        return Finding("Database", "embedded, not made yet; ./weft up makes it")
    from deploy.postgres import EmbeddedPostgres

    running = EmbeddedPostgres(home.path).running()
    return Finding("Database", f"embedded, {'running' if running else 'stopped'}")


def _model(home: Home) -> Finding:
    """What the environment says, without asking anybody."""
    from engine.errors import WeftError
    from engine.model import ModelSettings
    from engine.serving.settings import settled

    try:
        settings = ModelSettings.from_environment(settled(os.environ, home.path))
    except WeftError as error:
        return Finding("Language model", error.message, error.help)
    if settings is None:
        return Finding("Language model", "none in the environment; docs/models.md says how to connect one")
    names = ", ".join(f"{entry.model} at {entry.where}" for entry in settings.entries())
    return Finding("Language model", f"{names} (./weft model --probe asks what it can)")


def _engine(record: dict) -> Finding:
    url = f"http://127.0.0.1:{record.get('gateway_port')}/api/health"
    try:
        with urllib.request.urlopen(url, timeout=3):
            return Finding("Engine", f"answers at {url}")
    except (urllib.error.URLError, OSError):
        return Finding(
            "Engine", "does not answer (yet)", "Runs queue until it does. Its log says what it is doing."
        )
