"""The local installation's own parts: its database, its keys, its sample connectors, and what each process is told."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.children import Child
from deploy.failure import Failure
from deploy.home import Home, write_private
from deploy.postgres import EmbeddedPostgres

WORKSPACE = "Sample workspace"
LOGIN = "owner@weft.local"
_HARMLESS = ("WEFT_HOME", "WEFT_ORIGINS", "WEFT_STUDIO_PORT")
BUSINESS_ROLES = ("manager", "finance_manager", "support")


@dataclass(frozen=True, slots=True)
class Databases:
    """``owner`` prepares roles and tables; the services and runners connect as roles that own nothing."""

    owner: str
    app: str
    runner: str
    embedded: EmbeddedPostgres | None


def open_databases(home: Home, environment: Mapping[str, str]) -> Databases:
    """Start the embedded Postgres, or take ``DATABASE_URL``; then bring tables and roles up to date."""
    given = environment.get("DATABASE_URL")
    if given:
        return connect(home, given, embedded=None)
    embedded = EmbeddedPostgres(home.path)
    return connect(home, embedded.start(), embedded)


def connect(home: Home, owner: str, embedded: EmbeddedPostgres | None) -> Databases:
    """The databases behind an owner's URL, their tables and roles up to date."""
    from engine.database import prepare
    from engine.errors import WeftError

    try:
        urls = prepare(owner, home.path)
    except WeftError as error:
        raise Failure(error.message, error.help) from None
    return Databases(owner, urls.app, urls.runner, embedded)


def port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Failure(
                f"Port {port} is reserved: only root may use ports below 1024.",
                "Choose a higher one with --port.",
            ) from None
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    if preferred is not None and port_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def samples_token(home: Home) -> str:
    path = home.path / "samples-token"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def samples_child(home: Home, port: int, environment: dict[str, str]) -> Child:
    """The sample connectors. They get no database URL and no key: a connector is told only what it needs."""
    kept = {name: environment[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in environment}
    return Child(
        name="connectors",
        command=[
            sys.executable, "-m", "connectors.samples",
            "--port", str(port), "--data", str(home.samples), "--token-env", "WEFT_SAMPLES_TOKEN",
        ],
        environment={**kept, "PYTHONUNBUFFERED": "1", "WEFT_SAMPLES_TOKEN": samples_token(home)},
        log=home.logs / "connectors.log",
    )  # fmt: skip


def child_environment(
    home: Home, app_url: str, runner_url: str, *, studio: int, gateway: int, samples: int
) -> dict[str, str]:
    """What the studio and the engine are told. The owner's URL is not among it."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "WEFT_OWNER_URL")
    }
    origins = os.environ.get("WEFT_ORIGINS") or f"http://localhost:{studio},http://127.0.0.1:{studio}"
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "WEFT_HOME": str(home.path),
        "WEFT_APP_URL": app_url,
        "WEFT_RUNNER_URL": runner_url,
        "WEFT_STUDIO_PORT": str(studio),
        "WEFT_GATEWAY_PORT": str(gateway),
        "WEFT_SAMPLES_URL": f"http://127.0.0.1:{samples}",
        "WEFT_SAMPLES_TOKEN": samples_token(home),
        "WEFT_KEY_FILE": str(home.key_file()),
        "WEFT_ORIGINS": origins,
    }


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """For what runs other people's code, such as the npm packages of the page's build: nothing of ours to send away."""
    return {
        name: value
        for name, value in environment.items()
        if name != "DATABASE_URL" and (not name.startswith("WEFT_") or name in _HARMLESS)
    }


class Stopping(Exception):
    """Somebody asked to stop while a start was going on."""


def wait_until_up(
    child: Child, url: str, seconds: float, stopping: Callable[[], bool] = lambda: False
) -> None:
    """Return when ``url`` answers well; say what its log says when it does not. Raises ``Stopping``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and child.alive():
        if stopping():
            raise Stopping
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (
            urllib.error.URLError,
            OSError,
        ):  # an error page too: a proxy has one before its application is there
            pass
        time.sleep(0.1)
    reason = "did not answer in time" if child.alive() else "ended while it was starting"
    raise Failure(
        f"{child.name} {reason}. Its last words:\n{child.last_words()}",
        f"The whole log is in {str(child.log)!r}.",
    )


def relative(path: Path) -> str:
    """A path as a person would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
