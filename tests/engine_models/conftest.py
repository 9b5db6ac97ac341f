"""Two accounts with people of every role, and a key file of the installation."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.engine_store.conftest import (
    application,
    client,
    make_workspace,
    neighbour,
    owner,
    runner,
    settings,
    workspace,
)

__all__ = ["application", "client", "make_workspace", "neighbour", "owner", "runner", "settings", "workspace"]


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "key"
    path.write_text(secrets.token_hex(32))
    monkeypatch.setenv("WEFT_KEY_FILE", str(path))
    return path
