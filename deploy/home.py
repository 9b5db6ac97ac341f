"""The folder where one installation keeps what must last, and what its processes are told about it.

``WEFT_HOME`` (by default ``.weft`` beside the code) holds the database cluster, the key file, the sample business,
the logs, and ``up.json``: who is running, so that a second start can say so and a killed one can be cleaned up.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deploy.failure import Failure

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Home:
    path: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Home:
        home = cls(Path(environment.get("WEFT_HOME") or ROOT / ".weft").expanduser().resolve())
        try:
            home.path.mkdir(parents=True, exist_ok=True)
            for folder in (home.logs, home.samples):
                folder.mkdir(mode=0o700, exist_ok=True)
                folder.chmod(0o700)  # also one that an earlier version made readable
            shared = home.path.stat().st_mode & 0o002
        except OSError as error:
            raise Failure(
                f"The folder {str(home.path)!r} cannot be used: {error.strerror}.",
                "Set WEFT_HOME to a folder you may write to.",
            ) from None
        if shared:
            raise Failure(
                f"Everybody on this machine may write to {str(home.path)!r}, and could read or swap the keys in it.",
                f"Set WEFT_HOME to a folder of your own, or take the right away: chmod o-w {home.path}",
            )
        return home

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def samples(self) -> Path:
        return self.path / "samples"

    @property
    def record(self) -> Path:
        return self.path / "up.json"

    @property
    def lock(self) -> Path:
        return self.path / "up.lock"

    def key_file(self) -> Path:
        """The file with this installation's root key, made on first use; only its owner may read it."""
        path = self.path / "key"
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return path

    def read_record(self) -> dict:
        try:
            return json.loads(self.record.read_text())
        except (OSError, ValueError):
            return {}

    def write_record(self, record: dict) -> None:
        write_private(self.record, json.dumps(record, indent=1))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. A name that somebody prepared is not followed."""
    descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def open_private(path: Path) -> BinaryIO:
    """Open a log to append to: only its owner can read it, and a link that somebody prepared is not followed."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "ab")
