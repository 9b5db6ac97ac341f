"""What a run is found by: a bounded set of ``key=value`` pairs of its input and output, each as a number. Pure.

A pair becomes two terms, ``order_id=A-1001`` and, for whoever knows only the value, ``=A-1001``; the last eight
letters of the run's id, which lists show, are ``run=...``. A term is kept as the first eight bytes of its BLAKE2 hash:
a row is of one size, an index of it is small, and what is in it cannot be read back. Two words that share a number are
so rare (one in 10^19) that nothing is done about it.

Names and values are compared without case. Not found by anything are: what stands under a name that sounds like a
secret, what the account's rules keep from models (``engine.dlp``), texts of several lines or above ``LONGEST_VALUE``,
true, false and null.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any, Final, TypeAlias
from uuid import UUID

Json: TypeAlias = Any

MOST_PAIRS: Final = 24
"""Of one run: the first of its input, breadth first, then the first of its output."""
MOST_LOOKED_AT: Final = 400
"""Values of one input or output, fit or not: a list of a million numbers is no work."""
LONGEST_VALUE: Final = 100
"""Bytes of UTF-8."""
LONGEST_NAME: Final = 60
MOST_WORDS: Final = 5
"""Of one search."""

SECRET: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|api[-_ ]?key|authori[sz]ation|credential|private[-_ ]?key|signature|cookie"
    r"|session|(?<![a-z])(cvv|cvc|cvn|pin|otp|iban|ssn)(?![a-z])",
    re.IGNORECASE,
)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD: Final = re.compile(r'([A-Za-z_][\w.\-]*)=("[^"]*"|\S*)|"([^"]*)"|(\S+)')


def terms(run_id: UUID, given: Json, output: Json, keep: Callable[[str], bool]) -> frozenset[int]:
    """The numbers of a run. ``keep`` says of a text whether it may be found at all."""
    found = {number(f"run={run_id.hex[-8:]}")}
    for name, value in _pairs(given, output, keep):
        found |= {number(f"={value}"), number(f"{name}={value}")}
    return frozenset(found)


def asked(search: str) -> tuple[int, ...]:
    """What somebody typed, as numbers that a run must have all of: ``order_id=A-1001``, ``A-1001``, ``"two words"``,
    or the short id of a run. At most ``MOST_WORDS``; a word of eight hex digits is taken for a run's short id only by
    ``shown_ids``."""
    wanted = []
    for match in _WORD.finditer(search[:1000]):
        name, value, quoted, bare = match.groups()
        words = (value if value is not None else quoted if quoted is not None else bare).strip('"')
        if fitting := _fitting(words):
            wanted.append(number(f"{(name or '').rpartition('.')[2].casefold()}={fitting}"))
    return tuple(dict.fromkeys(wanted))[:MOST_WORDS]


def short_id(search: str) -> int | None:
    """The term of a run's short id, when that is what was typed."""
    typed = search.strip().lower()
    return number(f"run={typed}") if re.fullmatch(r"[0-9a-f]{8}", typed) else None


def whole_id(search: str) -> UUID | None:
    """A whole id, when that is what was typed."""
    try:
        return UUID(search.strip())
    except ValueError:
        return None


def is_secret_name(name: str) -> bool:
    """Whether what goes by this name is found by nothing: ``card_pin`` and ``cardPin``, and not ``shipping``."""
    return SECRET.search(_HUMP.sub("_", name)) is not None


def number(word: str) -> int:
    """A term as a signed number of 64 bits."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big", signed=True)


def _pairs(given: Json, output: Json, keep: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    seen: set[tuple[str, str]] = set()
    for whole in (given, output):
        for name, value, written in _leaves(whole):
            if len(seen) == MOST_PAIRS:
                return
            if (name, value) in seen or not keep(written):
                continue
            seen.add((name, value))
            yield name, value


def _leaves(whole: Json) -> Iterator[tuple[str, str, str]]:
    """Names and values that could be found by, the outer ones first: a value as it is compared, and as it is."""
    level: list[tuple[str, Json]] = [("", whole)]
    looked = 0
    while level:
        inner: list[tuple[str, Json]] = []
        for name, value in level:
            looked += 1
            if looked > MOST_LOOKED_AT:
                return
            match value:
                case dict():
                    for key, one in value.items():
                        if len(inner) <= MOST_LOOKED_AT and not is_secret_name(key):
                            inner.append((key[:LONGEST_NAME].casefold(), one))
                case list():
                    inner += [
                        (name, one) for one in value[: MOST_LOOKED_AT + 1 - min(len(inner), MOST_LOOKED_AT)]
                    ]
                case None | bool():
                    pass
                case _ if fitting := _fitting(value):
                    yield name, fitting, str(value)
        level = inner


def _fitting(value: Json) -> str:
    """A value as it is compared; "" for one that is not found by."""
    match value:
        case bool() | None:
            return ""
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case int() | float():
            said = str(value)
        case _:
            said = str(value).strip().casefold()
            if re.fullmatch(r"-?\d{1,15}\.0+", said):
                said = said.partition(".")[0]
    return "" if len(said.encode("utf-8", "replace")) > LONGEST_VALUE or "\n" in said else said
