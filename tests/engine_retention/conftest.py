"""An account with a workflow, and runs of it that ended long ago."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from engine.database import Urls
from engine.janitor import OPTIONS, Connection
from tests.engine_retention.past import Past
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


@pytest.fixture
def past(urls: Urls, owner_url: str) -> Past:
    return Past.lay(owner_url)


@pytest.fixture
async def broom(urls: Urls) -> AsyncIterator[Connection]:
    """The connection of a janitor."""
    connection = await psycopg.AsyncConnection.connect(urls.runner, autocommit=True, options=OPTIONS)
    async with connection:
        yield connection


@pytest.fixture
def hand(owner_url: str) -> Iterator[psycopg.Connection]:
    """The owner's, in a transaction that a test ends itself."""
    with psycopg.connect(owner_url) as connection:
        yield connection
