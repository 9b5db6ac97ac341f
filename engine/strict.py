"""Strict JSON: what a journal may hold. Anything else is refused and raised, never mended in silence.

Python's ``json`` writes NaN, turns the key 1 into "1" and a tuple into a list, and escapes half a surrogate pair;
Postgres refuses NUL in text. All of that would come back as something else than was recorded, or not at all.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import orjson

MAX_DEPTH = 64


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
    _walk(value, 0)
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer of more than 64 bits
        return _encoder.encode(value)


def decode(text: str) -> Any:
    """The inverse."""
    return json.loads(text)


def canonical_hash(value: Any) -> str:
    """SHA-256, in hex, of the value's canonical JSON: keys sorted, no spaces."""
    _walk(value, 0)
    return hashlib.sha256(_canonical.encode(value).encode()).hexdigest()


def is_within(value: Any, most: int) -> bool:
    """Whether a value is of a sensible size, told without looking at much more than that: each value counts 16, and
    texts by their characters. Names that share one value, again and again, would be endless to write down."""
    left = most
    stack = [value]
    while stack:
        one = stack.pop()
        left -= 16 + (len(one) if type(one) is str else 0)
        if left < 0:
            return False
        if type(one) is dict:
            stack.extend(one.values())
        elif type(one) is list:
            stack.extend(one)
    return True


def _walk(value: Any, depth: int) -> None:
    kind = type(value)
    if kind is str:
        if not value.isascii() or "\0" in value:
            _check_text(value)
    elif kind is dict:
        if depth >= MAX_DEPTH:
            raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
        for key, item in value.items():
            if type(key) is not str:
                raise NotJson(f"an object with the key {key!r}, which is not text")
            if not key.isascii() or "\0" in key:
                _check_text(key)
            _walk(item, depth + 1)
    elif kind is list:
        if depth >= MAX_DEPTH:
            raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
        for item in value:
            _walk(item, depth + 1)
    elif kind is float:
        if not math.isfinite(value):
            raise NotJson("a number that is not finite")
    elif not (value is None or kind is bool or kind is int):
        raise NotJson(f"a {kind.__name__}, which JSON does not know")


def _check_text(value: str) -> None:
    if "\0" in value:
        raise NotJson("text with a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJson("text with half a surrogate pair") from None
