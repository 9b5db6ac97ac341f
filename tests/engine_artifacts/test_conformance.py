"""What every store of artifacts promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from engine.artifacts import Artifact, ArtifactLost, ArtifactStore, Kept, MemoryStore, Shelf
from engine.artifacts.files import FileStore
from engine.artifacts.store import digest

CONTENT = b'{"text":"' + b"x" * 300_000 + b'"}'
HASH = digest(CONTENT)


@asynccontextmanager
async def memory(_: Path) -> AsyncIterator[ArtifactStore]:
    yield MemoryStore()


@asynccontextmanager
async def files(folder: Path) -> AsyncIterator[ArtifactStore]:
    yield FileStore(folder / "artifacts")


STORES = {"memory": memory, "files": files}


@pytest.fixture(params=list(STORES))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ArtifactStore]:
    made: AbstractAsyncContextManager[ArtifactStore] = STORES[request.param](tmp_path)
    async with made as opened:
        yield opened


async def listed(store: ArtifactStore) -> list[Kept]:
    return sorted([one async for one in store.kept()], key=lambda one: one.sha256)


async def test_what_was_put_is_got_byte_for_byte(store: ArtifactStore) -> None:
    account = uuid4()
    await store.put(account, HASH, CONTENT)
    assert await store.get(account, HASH) == CONTENT
    assert await listed(store) == [Kept(account, HASH)]


async def test_the_same_content_twice_is_once(store: ArtifactStore) -> None:
    account = uuid4()
    await store.put(account, HASH, CONTENT)
    await store.put(account, HASH, CONTENT)
    assert await store.get(account, HASH) == CONTENT
    assert await listed(store) == [Kept(account, HASH)]


async def test_many_may_put_the_same_content_at_once(store: ArtifactStore) -> None:
    import asyncio

    account = uuid4()
    await asyncio.gather(*(store.put(account, HASH, CONTENT) for _ in range(8)))
    assert await store.get(account, HASH) == CONTENT
    assert await listed(store) == [Kept(account, HASH)]


async def test_what_is_not_there_is_lost(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactLost, match=HASH):
        await store.get(uuid4(), HASH)


async def test_an_account_does_not_see_the_content_of_another(store: ArtifactStore) -> None:
    account, neighbour = uuid4(), uuid4()
    await store.put(account, HASH, CONTENT)
    with pytest.raises(ArtifactLost):
        await store.get(neighbour, HASH)
    await store.put(neighbour, HASH, CONTENT)
    await store.delete(neighbour, HASH)
    assert await store.get(account, HASH) == CONTENT


async def test_what_was_deleted_is_lost_and_deleting_it_again_is_nothing(store: ArtifactStore) -> None:
    account = uuid4()
    await store.put(account, HASH, CONTENT)
    await store.delete(account, HASH)
    await store.delete(account, HASH)
    with pytest.raises(ArtifactLost):
        await store.get(account, HASH)
    assert await listed(store) == []


async def test_a_shelf_gives_back_the_value_and_refers_to_it_first(store: ArtifactStore) -> None:
    account, run = uuid4(), uuid4()
    referred: list[tuple[Artifact, bool]] = []

    async def refer(_: object, __: object, artifact: Artifact) -> None:
        referred.append((artifact, bool(await listed(store))))

    shelf = Shelf(store, refer)
    artifact = await shelf.put(account, run, CONTENT.decode())
    assert artifact == Artifact(HASH, len(CONTENT))
    assert referred == [(artifact, False)]  # nothing was kept yet
    assert await shelf.get(account, artifact) == {"text": "x" * 300_000}


async def test_content_that_is_not_what_it_was_is_told(store: ArtifactStore) -> None:
    account = uuid4()
    await store.put(account, HASH, CONTENT[:-3] + b'y"}')
    with pytest.raises(ArtifactLost, match="damaged"):
        await Shelf(store).get(account, Artifact(HASH, len(CONTENT)))
    await store.put(account, HASH, CONTENT)


async def test_a_damaged_content_heals_when_it_is_put_again(tmp_path: Path) -> None:
    store, account = FileStore(tmp_path / "artifacts"), uuid4()
    await store.put(account, HASH, b"damaged")
    await store.put(account, HASH, CONTENT)
    assert await store.get(account, HASH) == CONTENT
