"""The people and workspaces of ``engine_store``, and a scheduler by hand."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from engine.database import Urls
from tests.engine_models.conftest import key_file
from tests.engine_notifying.conftest import courier, loopback
from tests.engine_store.conftest import (
    application,
    client,
    make_workspace,
    neighbour,
    open_gate,
    owner,
    runner,
    settings,
    workspace,
)
from tests.engine_triggers.scheduling import Ground

__all__ = [
    "application",
    "client",
    "courier",
    "key_file",
    "loopback",
    "make_workspace",
    "neighbour",
    "open_gate",
    "owner",
    "runner",
    "settings",
    "workspace",
]


@pytest.fixture
def ground(owner_url: str, urls: Urls) -> Iterator[Ground]:
    with psycopg.connect(owner_url, autocommit=True) as owner:
        yield Ground(owner, urls.runner)
        # What a test left due is no business of the next.
        owner.execute("DELETE FROM trigger_fires")
        owner.execute("UPDATE triggers SET next_at = NULL")
