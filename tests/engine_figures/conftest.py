from __future__ import annotations

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
