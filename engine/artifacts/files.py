"""Artifacts as files: ``<folder>/<account>/<first two letters of the hash>/<hash>``, readable by their owner only.

A file is written beside its place, synced, and renamed to it: it is there whole or not at all. Then its folder is
synced, so that it is still there after a power cut. What is there already is written again: a damaged file heals.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

from engine.artifacts.store import Kept, StoreFailed, lost

SCRATCH_S = 3600.0
"""An unfinished file that is older was left by a crash."""

_HASH = re.compile(r"[0-9a-f]{64}")


class FileStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, account_id: UUID, sha256: str, content: bytes) -> None:
        await asyncio.to_thread(self._write, self._path(account_id, sha256), content)

    async def get(self, account_id: UUID, sha256: str) -> bytes:
        return await asyncio.to_thread(self._read, self._path(account_id, sha256), sha256)

    async def delete(self, account_id: UUID, sha256: str) -> None:
        try:
            await asyncio.to_thread(self._path(account_id, sha256).unlink, missing_ok=True)
        except OSError as error:
            raise _failed(error) from error

    async def kept(self) -> AsyncIterator[Kept]:
        try:
            found = await asyncio.to_thread(lambda: list(self._list()))
        except OSError as error:
            raise _failed(error) from error
        for one in found:
            yield one

    def _path(self, account_id: UUID, sha256: str) -> Path:
        if _HASH.fullmatch(sha256) is None:
            raise ValueError(f"{sha256!r} is not a SHA-256 in hex")
        return self._folder / str(account_id) / sha256[:2] / sha256

    def _write(self, path: Path, content: bytes) -> None:
        try:
            _make_folder(path.parent, self._folder.parent)
            descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # 0600
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(scratch, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(scratch)
                raise
            _sync(path.parent)
        except OSError as error:
            raise _failed(error) from error

    def _read(self, path: Path, sha256: str) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise lost(sha256) from None
        except OSError as error:
            raise _failed(error) from error

    def _list(self) -> Iterator[Kept]:
        stale = time.time() - SCRATCH_S
        for path in self._folder.glob("*/??/*"):
            if path.name.startswith(".new-"):
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < stale:
                        path.unlink()
            elif _HASH.fullmatch(path.name):
                with contextlib.suppress(ValueError):
                    yield Kept(UUID(path.parent.parent.name), path.name)


def _make_folder(folder: Path, above: Path) -> None:
    """With its parents up to ``above``, each one's name durable."""
    if folder.is_dir() or folder == above:
        return
    _make_folder(folder.parent, above)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(error: OSError) -> StoreFailed:
    return StoreFailed(f"The folder of artifacts does not work: {error}.")
