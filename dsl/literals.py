"""What the spelling of a string, a prompt, a number or a duration means.

Strings are ``"..."`` and prompts ``\"""...\"""``, both with ``${...}`` holes; ``'...'`` has none, so that it can stand
inside a hole. A prompt whose text begins on its own line loses the indentation its lines have in common, the line
break after the opening quotes and the one before the closing quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_INT = 2**63 - 1

_MOST_UNCLOSED = 5
"""Holes that are never closed in one text; looking for the end of each goes through the whole rest of it."""

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION_PART = re.compile(r"([0-9]+)(ms|s|m|h|d|w)")
_ESCAPES = {
    "a": "\a",
    "v": "\v",
    "?": "?",
    "`": "`",
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
    "$": "$",
}
_UNSEEN = re.compile("[\x01-\x1f\x7f]")
_CODE = (
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[xX][0-9a-fA-F]{2}|\\[0-3][0-7]{2}"
)
_PIECE = re.compile(_CODE + r"|\\\r?\n|\\.|\$\{|\r?\n|[^\\$\r\n]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hole:
    """``${...}`` in a literal; the expression stands at ``[start, end)`` of the whole text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong inside a literal, at ``[start, end)`` of the whole text."""

    code: str
    message: str
    help: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal:
    """The pieces of a literal in order; neighbouring text is joined, empty text left out."""

    pieces: tuple[str | Hole, ...]
    troubles: tuple[Trouble, ...] = ()

    @property
    def plain(self) -> str:
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


def duration_ms(spelling: str) -> int:
    """``1m30s`` -> 90000."""
    return sum(int(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(spelling))


def spell_duration(ms: int) -> str:
    """The shortest spelling with whole units: 90000 -> ``1m30s``."""
    if ms == 0:
        return "0s"
    spelled = ""
    for unit, size in sorted(_UNITS.items(), key=lambda pair: -pair[1]):
        count, ms = divmod(ms, size)
        if count:
            spelled += f"{count}{unit}"
    return spelled


def spell_string(value: str) -> str:
    """``value`` as a Weft string without holes."""
    spelled = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${")
    spelled = spelled.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + _UNSEEN.sub(lambda sign: f"\\u{ord(sign.group()):04x}", spelled) + '"'


def read_string(raw: str, offset: int, *, holes: bool = True) -> Literal:
    """A quoted literal; ``raw`` has its quotes, ``offset`` is where it begins in the whole text."""
    return _read(raw[1:-1], offset + 1, holes=holes)


def read_prompt(raw: str, offset: int) -> Literal:
    """A triple-quoted literal with its quotes."""
    start, end, indent = prompt_extent(raw)
    return _read(raw[start:end], offset + start, indent=indent, own_line=start > 3)


def prompt_extent(raw: str) -> tuple[int, int, str]:
    """Where the text of a prompt starts and ends in ``raw``, and the indentation its lines have in common.

    The indentation still stands before each line after a line break, and before the first line when that has
    a line of its own.
    """
    start, end = 3, len(raw) - 3
    own_line = re.compile(r"[ \t]*\r?\n").match(raw, start, end)
    if own_line:
        start = own_line.end()
    last_line = re.compile(r"\r?\n[ \t]*\Z").search(raw[:end], max(start - 2, 3))
    if last_line and escaped(raw, last_line.start()):  # the line break is taken back already
        last_line = None
    if last_line and last_line.start() >= start:
        end = last_line.start()
    elif last_line and own_line:
        end = start
    lines = raw[start:end].split("\n")
    counted = [line for line in (lines if own_line else lines[1:]) if line.strip()]
    if not counted:
        return start, end, ""
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in counted]
    shortest, longest = min(indents), max(indents)
    common = 0
    while common < min(len(shortest), len(longest)) and shortest[common] == longest[common]:
        common += 1
    return start, end, shortest[:common]


def escaped(text: str, at: int) -> bool:
    """Whether a backslash takes the character at ``at``: an odd number of them stands before it."""
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _read(body: str, offset: int, *, indent: str = "", own_line: bool = False, holes: bool = True) -> Literal:
    pieces: list[str | Hole] = []
    troubles: list[Trouble] = []
    text: list[str] = []
    position = 0
    unclosed = 0
    line_start = own_line
    while position < len(body):
        if line_start:
            line_start = False
            position = _after_indent(body, position, indent)
            continue
        match = _PIECE.match(body, position)
        assert match is not None
        piece, begin, position = match.group(), position, match.end()
        if piece == "${" and holes and unclosed < _MOST_UNCLOSED:
            close = _hole_end(body, position)
            if close is None:
                unclosed += 1
                troubles.append(
                    Trouble(
                        "E002",
                        "this `${` is never closed",
                        "close it with `}`; a text inside stands in 'single quotes'; a plain `${` is written `\\${`",
                        offset + begin,
                        offset + begin + 2,
                    )
                )
                text.append(piece)
                continue
            if text:
                pieces.append("".join(text))
                text = []
            pieces.append(Hole(offset + position, offset + close))
            position = close + 1
        elif piece.startswith("\\"):
            value = _escape(piece)
            if value is None:
                troubles.append(
                    Trouble(
                        "E001",
                        f"`{piece}` means nothing in a string",
                        "write `\\\\` for a backslash; known are \\n \\t \\\" \\' \\\\ \\$ and \\u with four digits",
                        offset + begin,
                        offset + position,
                    )
                )
                value = piece
            line_start = piece.endswith("\n")
            text.append(value)
        elif piece.endswith("\n"):
            text.append("\n")
            line_start = True
        else:
            text.append(piece)
    if text:
        pieces.append("".join(text))
    return Literal(tuple(pieces), tuple(troubles))


def _after_indent(body: str, position: int, indent: str) -> int:
    """Where the text of a line begins; a line of white space alone is an empty line."""
    text = position
    while text < len(body) and body[text] in " \t":
        text += 1
    if text == len(body) or body[text] in "\r\n":
        return text
    return position + len(indent) if body.startswith(indent, position) else position


def _escape(piece: str) -> str | None:
    if piece.endswith("\n"):
        return ""
    if len(piece) > 2 and piece[1] in "uUxX01234567":
        return _character(piece)
    return _ESCAPES.get(piece[1:])


def _character(piece: str) -> str | None:
    """One character by its number: ``\\u00e9``, ``\\U0001f642``, ``\\xe9``, ``\\351``, or as the two halves JSON
    writes."""
    if len(piece) == 12:
        high, low = int(piece[2:6], 16), int(piece[8:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    code = int(piece[1:], 8) if piece[1].isdigit() else int(piece[2:], 16)
    return None if 0xD800 <= code <= 0xDFFF or code == 0 or code > 0x10FFFF else chr(code)


def _hole_end(body: str, position: int) -> int | None:
    depth = 1
    while position < len(body):
        char = body[position]
        if char in "\"'":
            closing = _quote_end(body, position)
            if closing is None:
                return None
            position = closing
        elif char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return None


def _quote_end(body: str, position: int) -> int | None:
    quote = body[position]
    position += 1
    while position < len(body) and body[position] != quote:
        position += 2 if body[position] == "\\" else 1
    return position if position < len(body) else None
