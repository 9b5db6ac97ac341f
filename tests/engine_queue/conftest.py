"""A queue of its own for each module; the people and workspaces of ``engine_store``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from engine.database import Urls
from engine.lease import Leases
from tests.engine_queue.claiming import Queue, claimer
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
def queue(owner_url: str, urls: Urls) -> Iterator[Queue]:
    made = Queue(owner_url)
    made.clear()  # of what tests without it have left
    yield made
    made.clear()
    made.connection.close()


@pytest.fixture
async def leases(urls: Urls) -> AsyncIterator[Leases]:
    async with claimer(urls.runner, "a-runner") as made:
        yield made
