"""Ids: UUIDs of version 7, so that they sort by the time they were made."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """48 bits of Unix milliseconds, then version, variant and 74 random bits (RFC 9562, 5.7)."""
    millis = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (millis & (2**48 - 1)) << 80
    value |= 0x7 << 76 | ((tail >> 62) & 0xFFF) << 64
    value |= 0b10 << 62 | (tail & (2**62 - 1))
    return uuid.UUID(int=value)
