"""The people and workspaces of ``engine_store``."""

from __future__ import annotations

from tests.engine_models.conftest import key_file
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

__all__ = [
    "application",
    "client",
    "key_file",
    "make_workspace",
    "neighbour",
    "owner",
    "runner",
    "settings",
    "workspace",
]
