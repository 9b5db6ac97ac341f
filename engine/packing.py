"""Arrays for Postgres in its binary form, packed by hand: one array for a batch instead of one value for a row.

The driver would look up how to write each element; for a batch of a few hundred rows of six columns that is most of
what the batch costs here.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_UUID, _INT8, _TEXT = 2950, 20, 25


class _Packed(bytes):
    """An array of one dimension, as the wire has it."""


class Uuids(_Packed):
    """``uuid[]``"""


class Bigints(_Packed):
    """``bigint[]``"""


class Texts(_Packed):
    """``text[]``"""


def uuids(values: Sequence[bytes]) -> Uuids:
    """Each of 16 bytes."""
    return Uuids(_head(_UUID, len(values)) + b"".join([b"\0\0\0\x10" + value for value in values]))


def bigints(values: Sequence[int]) -> Bigints:
    pairs: list[int] = []
    for value in values:
        pairs += (8, value)
    return Bigints(_head(_INT8, len(values)) + struct.pack("!" + "iq" * len(values), *pairs))


def texts(values: Sequence[str]) -> Texts:
    """Raises ``UnicodeEncodeError`` for half a surrogate pair."""
    parts = [_head(_TEXT, len(values))]
    for value in values:
        data = value.encode()
        parts.append(len(data).to_bytes(4, "big"))
        parts.append(data)
    return Texts(b"".join(parts))


def _head(oid: int, length: int) -> bytes:
    return struct.pack("!iiIii", 1, 0, oid, length, 1)


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        return bytes(obj)


class _UuidsDumper(_Dumper):
    oid = 2951


class _BigintsDumper(_Dumper):
    oid = 1016


class _TextsDumper(_Dumper):
    oid = 1009


def prepare(connection: psycopg.AsyncConnection[Any]) -> None:
    """Teach a connection to take packed arrays."""
    for kind, dumper in ((Uuids, _UuidsDumper), (Bigints, _BigintsDumper), (Texts, _TextsDumper)):
        connection.adapters.register_dumper(kind, dumper)
