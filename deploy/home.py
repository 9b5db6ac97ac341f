"""The folder where one installation keeps what must last, and what its processes are told about it.

``WEFT_HOME`` (by default ``.weft`` beside the code) holds the database cluster, the key file, the sample business,
the logs, and ``up.json``: who is running, so that a second start can say so and a killed one can be cleaned up.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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
            home.logs.mkdir(exist_ok=True)
            home.samples.mkdir(exist_ok=True)
        except OSError as error:
            raise Failure(
                f"The folder {str(home.path)!r} cannot be used: {error.strerror}.",
                "Set WEFT_HOME to a folder you may write to.",
            ) from None
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
    """Write a file that only its owner can read, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    partial.replace(path)
