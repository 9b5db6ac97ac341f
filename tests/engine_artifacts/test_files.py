"""Artifacts as files: whole or not there, for their owner only, and nothing outside the folder."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from engine.artifacts import StoreFailed, configured
from engine.artifacts.files import SCRATCH_S, FileStore
from engine.artifacts.store import digest

CONTENT = b"x" * 300_000
HASH = digest(CONTENT)
ROOT = Path(__file__).resolve().parents[2]


async def test_a_file_is_readable_by_its_owner_only_and_sharded(tmp_path: Path) -> None:
    account = uuid4()
    await FileStore(tmp_path / "artifacts").put(account, HASH, CONTENT)
    path = tmp_path / "artifacts" / str(account) / HASH[:2] / HASH
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "artifacts").stat().st_mode) == 0o700
    assert os.listdir(path.parent) == [HASH]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "a" * 63, "A" * 64, "a" * 64 + "\n"])
async def test_what_is_no_hash_is_no_path(tmp_path: Path, name: str) -> None:
    store = FileStore(tmp_path)
    for act in (store.put(uuid4(), name, b""), store.get(uuid4(), name), store.delete(uuid4(), name)):
        with pytest.raises(ValueError, match="not a SHA-256"):
            await act


async def test_a_crash_while_writing_leaves_nothing_that_could_be_read(tmp_path: Path) -> None:
    """The process dies before the rename; its scratch file goes with a later listing, once it is old."""
    program = (
        "import asyncio, os, sys, uuid\n"
        "from pathlib import Path\n"
        "from engine.artifacts.files import FileStore\n"
        "os.replace = lambda *_: os._exit(9)\n"
        "asyncio.run(FileStore(Path(sys.argv[1])).put(uuid.UUID(int=1), sys.argv[2], b'x' * 300_000))\n"
    )
    died = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "a"), HASH, cwd=ROOT
    )
    assert await died.wait() == 9
    store = FileStore(tmp_path / "a")
    (scratch,) = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert scratch.name.startswith(".new-")
    assert [one async for one in store.kept()] == [] and scratch.exists()
    old = scratch.stat().st_mtime - SCRATCH_S - 1
    os.utime(scratch, (old, old))
    assert [one async for one in store.kept()] == [] and not scratch.exists()


async def test_a_folder_that_does_not_work_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreFailed, match="does not work"):
        await FileStore(tmp_path / "file").put(uuid4(), HASH, CONTENT)


async def test_the_environment_says_where(tmp_path: Path) -> None:
    account = uuid4()
    for environment in (
        {"WEFT_HOME": str(tmp_path / "h")},
        {"WEFT_ARTIFACTS": str(tmp_path / "h/artifacts")},
    ):
        store = configured(environment)
        await store.put(account, HASH, CONTENT)
        assert await FileStore(tmp_path / "h" / "artifacts").get(account, HASH) == CONTENT
        await store.delete(account, HASH)
