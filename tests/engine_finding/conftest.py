"""A workspace with many runs that are over: spread over workflows, states, triggers and 90 days."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from engine.database import Urls
from tests.engine_store.conftest import (
    application,
    client,
    make_workspace,
    neighbour,
    owner,
    settings,
    workspace,
)
from tests.seeding import Seeded, seed

__all__ = ["application", "client", "make_workspace", "neighbour", "owner", "settings", "workspace"]


@pytest.fixture(scope="module")
def seeded(urls: Urls, owner_url: str) -> Iterator[Seeded]:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield seed(connection, 20_000)
