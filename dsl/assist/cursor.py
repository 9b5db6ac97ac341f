"""Where a cursor stands: in code, in a text or in a comment, in which blocks, behind which part of a word.

Only the text before the cursor is read, by one pass that knows brackets, texts, comments and where steps begin. A
cursor in a ``${...}`` hole is in code: the hole's expression then stands in the place of the text that it is in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from dsl.tree import Span

_PIECES = re.compile(
    r"//[^\n]*"
    r'|"""(?:"{0,2}(?:[^"\\]|\\.))*+(?:"""|"{0,2}\\?\Z)'
    r'|"(?:[^"\\\n]|\\[^\n])*+(?:"|\\?(?=\n|\Z))'
    r"|'(?:[^'\\\n]|\\[^\n])*+(?:'|\\?(?=\n|\Z))"
    r"|[{}()\[\]]"
    r"|(?<![\w.])step(?=[ \t\r\n]+[A-Za-z_]\w*[ \t\r\n]*:)",
    re.S,
)
_STEP_NAME = re.compile(r"step\s+([A-Za-z_]\w*)")
_SPACES = re.compile(r"[ \t]*")
_WORD = re.compile(r"[A-Za-z0-9_]*\Z")
_TOOL_WORD = re.compile(r"(?:call|tools|,)\s+([A-Za-z_]\w*)\s*\.\s*([A-Za-z_][\w\-/]*)\Z")
_WORD_REST = re.compile(r"[A-Za-z0-9_]*")
_TOOL_REST = re.compile(r"[\w\-/]*")
_LONGEST_WORD = 200
_CLOSING = {")": "(", "]": "[", "}": "{"}


@dataclass(slots=True)
class Frame:
    """An open bracket at ``at``; ``steps`` are where the steps directly in it begin; ``indent`` of its line."""

    bracket: str
    at: int
    indent: int
    steps: list[int]


DEEPEST = 300
"""Open brackets above which no help is given: no workflow is nested as deeply."""

Where: TypeAlias = Literal["code", "text", "comment"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """``code`` is the text up to the word at the cursor, or up to the quotes of the text the cursor is in; a hole's
    beginning stands in it in the place of its text. ``span`` of the whole text is what a completion replaces;
    ``word`` is the part of it before the cursor; ``closed``: the quotes are closed behind the cursor.
    ``quote`` is that of the text the hole or the cursor is in, "" in plain code."""

    where: Where
    code: str
    word: str
    span: Span
    frames: tuple[Frame, ...]
    quote: str = ""
    closed: bool = False


def cursor_at(text: str, offset: int) -> Cursor:
    """``offset`` is clamped to the text."""
    offset = max(0, min(offset, len(text)))
    before = text[:offset]
    frames, last = _frames(before, trusting=_balanced(text))
    if last is None:
        return _in_code(text, offset, before, frames, "")
    start, piece = last
    if piece.startswith("//"):
        return Cursor("comment", before[:start], "", Span(offset, offset), tuple(frames))
    quote = '"""' if piece.startswith('"""') else piece[0]
    hole = None if quote == "'" else _open_hole(piece, len(quote))
    if hole is None:
        return _in_text(text, offset, before, start, quote, frames)
    inside = piece[hole:]
    code = f"{before[:start]}({inside}"
    more, tail = _frames(f"({inside}", trusting=True)
    shifted = [Frame(f.bracket, f.at + start, 0, []) for f in more]
    if tail is not None and tail[1][:1] == "'":
        content = tail[1][1:]
        end = offset
        while end < len(text) and text[end] not in "'\n\"}":
            end += 1
        closed = text[end : end + 1] == "'"
        span = Span(offset - len(content), end if closed else offset)
        return Cursor(
            "text",
            code[: start + tail[0]],
            content,
            span,
            (*frames, *shifted),
            "'",
            closed,
        )
    return _in_code(text, offset, code, [*frames, *shifted], quote)


def _in_code(text: str, offset: int, code: str, frames: list[Frame], quote: str) -> Cursor:
    tool = _TOOL_WORD.search(code[-200:])
    found = _WORD.search(code, max(0, len(code) - _LONGEST_WORD))
    word = tool.group(2) if tool else (found.group() if found else "")
    rest = (_TOOL_REST if tool else _WORD_REST).match(text, offset)
    end = rest.end() if rest and word else offset
    span = Span(offset - len(word), end)
    return Cursor("code", code[: len(code) - len(word)], word, span, tuple(frames), quote)


def _in_text(text: str, offset: int, before: str, start: int, quote: str, frames: list[Frame]) -> Cursor:
    content = before[start + len(quote) :]
    end = offset
    if quote != '"""':
        while end < len(text) and text[end] not in quote + "\n,)}":
            end += 1
    closed = text.startswith(quote, end)
    return Cursor(
        "text",
        before[:start],
        content,
        Span(start + len(quote), end if closed else offset),
        tuple(frames),
        quote,
        closed,
    )


def _open_hole(piece: str, at: int) -> int | None:
    """Where the expression of the hole begins that ``piece``, cut at the cursor, ends in."""
    while at < len(piece):
        if piece[at] == "\\":
            at += 2
        elif piece.startswith("${", at):
            begin = at = at + 2
            depth = 1
            while at < len(piece) and depth:
                if piece[at] in "\"'":
                    close = at + 1
                    while close < len(piece) and piece[close] != piece[at]:
                        close += 2 if piece[close] == "\\" else 1
                    at = close
                elif piece[at] in "{}":
                    depth += 1 if piece[at] == "{" else -1
                at += 1
            if depth:
                return begin
        else:
            at += 1
    return None


def _frames(text: str, *, trusting: bool) -> tuple[list[Frame], tuple[int, str] | None]:
    """The brackets open at the end, and the text or comment that is open there (its place and itself).

    Where brackets are ``trusting``ly counted, indentation says nothing; else a step that stands no deeper than the line
    of an opening brace is not in it: the closing brace is missing.
    """
    frames: list[Frame] = []
    last = None
    line = seen = 0
    for match in _PIECES.finditer(text):
        piece, at = match.group(), match.start()
        last = None
        line, seen = max(line, text.rfind("\n", seen, at) + 1), at
        match piece[0]:
            case "{" | "(" | "[":
                frames.append(Frame(piece, at, -1 if trusting else _indent(text, line), []))
            case "}" | ")" | "]":
                _close(frames, _CLOSING[piece])
            case "s":
                while frames and frames[-1].bracket != "{":
                    frames.pop()
                if not trusting and line + _indent(text, line) == at:
                    while len(frames) > 1 and at - line <= frames[-1].indent:
                        frames.pop()
                if frames:
                    frames[-1].steps.append(at)
            case _:
                if match.end() == len(text) and _open(piece):
                    last = (at, piece)
    return frames, last


def _close(frames: list[Frame], bracket: str) -> None:
    if frames and frames[-1].bracket == bracket:
        if len(frames) > 1 or bracket != "{" or not frames[0].steps:
            frames.pop()
    elif bracket == "{" and any(frame.bracket == "{" for frame in frames[1:]):
        while frames.pop().bracket != "{":
            pass


def _open(piece: str) -> bool:
    if piece.startswith("//"):
        return True
    if piece.startswith('"""'):
        return len(piece) < 6 or not piece.endswith('"""') or _escaped(piece, 3)
    return len(piece) < 2 or not piece.endswith(piece[0]) or _escaped(piece, 1)


def _escaped(piece: str, quotes: int) -> bool:
    body = piece[: len(piece) - quotes]
    return (len(body) - len(body.rstrip("\\"))) % 2 == 1


def _balanced(text: str) -> bool:
    depth = 0
    for match in _PIECES.finditer(text):
        piece = match.group()
        if piece == "{":
            depth += 1
        elif piece == "}":
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


def _indent(text: str, line: int) -> int:
    """How deep the line that begins at ``line`` stands."""
    found = _SPACES.match(text, line)
    return 0 if found is None else found.end() - line


def statements(text: str, frame: Frame) -> list[str]:
    """The steps of an open block that are behind us: all but the last that began."""
    return [_trimmed(text[start:end]) for start, end in pairwise(frame.steps)]


def _trimmed(piece: str) -> str:
    """A step without what stands behind it and belongs to the next one: documentation, comments, annotations."""
    end = len(piece)
    while (start := piece.rfind("\n", 0, end)) >= 0:
        line = piece[start + 1 : end].strip()
        if line and (not line.startswith(("//", "@")) or '"""' in line):
            break
        end = start
    return piece[:end]


def later_steps(text: str, offset: int) -> Iterator[str]:
    """The ids of the steps behind the cursor in the block that it is in."""
    for match, depth in _ahead(text, offset):
        if match.group()[0] == "s" and depth == 0 and (name := _STEP_NAME.match(text, match.start())):
            yield name.group(1)


def rest_of(text: str, offset: int, *, steps: bool) -> str:
    """What follows the cursor up to the end of the bracket it is in, or with ``steps`` to the next step, without what
    stands in brackets, texts and comments."""
    kept: list[str] = []
    at = offset
    for match, depth in _ahead(text, offset):
        if steps and match.group()[0] == "s" and depth == 0:
            return "".join([*kept, text[at : match.start()]])
        if match.group() in ("{", "(", "[") and depth == 1:
            kept.append(text[at : match.start()])
        elif depth == 0 and match.group()[0] not in "s":
            if match.group() not in ("}", ")", "]"):
                kept.append(text[at : match.start()])
            at = match.end()
        elif depth < 0:
            return "".join([*kept, text[at : match.start()]])
    return "".join([*kept, text[at:]])


def _ahead(text: str, offset: int) -> Iterator[tuple[re.Match[str], int]]:
    """The pieces behind the cursor with how many brackets are open there; ends where the cursor's bracket closes."""
    depth = 0
    for match in _PIECES.finditer(text, offset, min(len(text), offset + 50_000)):
        if match.group() in ("{", "(", "["):
            depth += 1
        elif match.group() in ("}", ")", "]"):
            depth -= 1
        yield match, depth
        if depth < 0:
            return
