"""Strict JSON: what a journal may hold. Anything else is refused and raised, never mended in silence.

Python's ``json`` writes NaN, turns the key 1 into "1" and a tuple into a list, and escapes half a surrogate pair;
Postgres refuses NUL in text. All of that would come back as something else than was recorded, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection
from typing import Any

import orjson

MAX_DEPTH = 64
MOST_VALUES = 200_000
"""Items and fields in all: a list of 10,000 objects of nineteen fields. To look at so many takes some 20 milliseconds,
and writing them down as long again, on the loop that all runs of a process share."""
MOST_CHARACTERS = 16 * 1024 * 1024
"""In texts; the short ones are bounded by their number."""

_SHORT = 80
_MANY = 16
_NUMBERS = frozenset({int, bool, type(None)})


class NotJson(ValueError):
    """The value cannot be recorded; the message says where in it and why."""


class TooLarge(NotJson):
    """The value has more JSON than a run may hold."""


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), sort_keys=True
)


def encode(value: Any) -> str:
    """The value as JSON text that Postgres takes as ``jsonb``. Raises ``NotJson``."""
    check(value)
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of more than 64 bits
        return _encoder.encode(value)


def decode(text: str) -> Any:
    """The inverse."""
    return json.loads(text)


def canonical_hash(value: Any) -> str:
    """SHA-256, in hex, of the value's canonical JSON: keys sorted, no spaces."""
    check(value)
    return hashlib.sha256(_canonical.encode(value).encode()).hexdigest()


def check(value: Any, most: int = MOST_VALUES) -> None:
    """That a value can be recorded, told without looking at much more than a run may hold: names that share one value,
    again and again, would be endless to write down. Raises ``NotJson``; ``TooLarge`` early."""
    left = [most + 1, MOST_CHARACTERS]
    try:
        _items((value,), 0, left)
    except TooLarge:
        raise TooLarge(
            f"more than {most:,} values (items and fields in all)"
            if left[0] < 0
            else f"more than {MOST_CHARACTERS / 1_000_000:.1f} million characters of text"
        ) from None


def _items(inside: Collection[Any], depth: int, left: list[int]) -> None:
    """``left``: how many values, and how many characters of text, the rest may have."""
    left[0] -= len(inside)
    if left[0] < 0:
        raise TooLarge
    if len(inside) > _MANY and _NUMBERS.issuperset(map(type, inside)):
        return
    for value in inside:
        kind = type(value)
        if kind is str:
            if not value.isascii() or "\0" in value:
                _check_text(value)
            if len(value) > _SHORT:
                _take(value, left)
        elif kind is dict:
            if depth >= MAX_DEPTH:
                raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
            for key in value:
                if type(key) is not str:
                    raise NotJson(f"an object with the key {key!r}, which is not text")
                if not key.isascii() or "\0" in key:
                    _check_text(key)
                if len(key) > _SHORT:
                    _take(key, left)
            if value:
                _items(value.values(), depth + 1, left)
        elif kind is list:
            if depth >= MAX_DEPTH:
                raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
            if value:
                _items(value, depth + 1, left)
        elif kind is float:
            if not math.isfinite(value):
                raise NotJson("a number that is not finite")
        elif not (value is None or kind is bool or kind is int):
            raise NotJson(f"a {kind.__name__}, which JSON does not know")


def _take(text: str, left: list[int]) -> None:
    left[1] -= len(text)
    if left[1] < 0:
        raise TooLarge


def _check_text(value: str) -> None:
    if "\0" in value:
        raise NotJson("text with a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJson("text with half a surrogate pair") from None
