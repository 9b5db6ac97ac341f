"""A sample server's SQLite file, and effects that happen once per idempotency key.

Tools run on the event loop and use one connection without awaiting inside a transaction: a write takes some
tens of microseconds, less than a hop to a thread. Several processes may share a file; SQLite's write lock
orders them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from mcp.server.mcpserver import Context
from pydantic import BaseModel

from connectors.samples.refusal import Refusal

M = TypeVar("M", bound=BaseModel)

_EFFECTS = """
CREATE TABLE IF NOT EXISTS effects (
    tool TEXT NOT NULL, key TEXT NOT NULL, arguments TEXT NOT NULL, result TEXT NOT NULL,
    PRIMARY KEY (tool, key)
) WITHOUT ROWID;
"""


class Store:
    """One database file.

    `prepare` creates tables and seed rows; it runs in one transaction at every opening and must be
    idempotent.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Reachable from the in-process transport too, whose loop may run in another thread than the opener's.
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute("PRAGMA foreign_keys = ON")
        with self._writing():
            self.connection.execute(_EFFECTS)
            prepare(self.connection)

    def _writing(self) -> _Writing:
        return _Writing(self.connection)

    def once(
        self, tool: str, key: str, arguments: dict[str, Any], answer: type[M], effect: Callable[[], M]
    ) -> M:
        """Do `effect` in a transaction, at most once per (tool, key); later calls get the recorded answer.

        An empty key means that the caller asked for no such protection. A refused effect records nothing,
        so the same key may be tried again. Raises `Refusal("idempotency_key_reused")` for the same key with
        other arguments.
        """
        fingerprint = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()
        with self._writing():
            if not key:
                return effect()
            done = self.connection.execute(
                "SELECT arguments, result FROM effects WHERE tool = ? AND key = ?", (tool, key)
            ).fetchone()
            if done is None:
                result = effect()
                self.connection.execute(
                    "INSERT INTO effects (tool, key, arguments, result) VALUES (?, ?, ?, ?)",
                    (tool, key, fingerprint, result.model_dump_json()),
                )
                return result
        if done["arguments"] != fingerprint:
            raise Refusal(
                "idempotency_key_reused",
                f"the key {key!r} was already used for {tool} with other arguments; use a new one",
            )
        return answer.model_validate_json(done["result"])

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        with closing(self.connection.execute(sql, parameters)) as cursor:
            return cursor.fetchall()

    def close(self) -> None:
        self.connection.close()


class _Writing:
    """`BEGIN IMMEDIATE` ... `COMMIT`, or `ROLLBACK` when the body raises."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")


def key_of(argument: str, context: Context[Any, Any]) -> str:
    """The call's key: from `_meta["weft/idempotency-key"]`, otherwise from the argument, otherwise empty."""
    meta = context.request_context.meta
    carried = dict(meta).get("weft/idempotency-key") if meta else None
    return carried if isinstance(carried, str) and carried else argument
