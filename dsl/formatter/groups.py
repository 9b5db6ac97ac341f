"""Lines of tokens: spaces between them, and brackets broken one part a line where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.formatter.pieces import Piece, Source
from dsl.literals import escaped, prompt_extent

WIDTH = 100
STEP = 2
MEASURED = 4_000
"""Characters up to which it is measured how wide something would be on one line."""

_CLOSERS = {"LPAR": "RPAR", "LBRACE": "RBRACE", "LSQB": "RSQB"}
_TIGHT_AFTER = frozenset({"LPAR", "LSQB", "DOT", "BANG", "AT"})
_TIGHT_BEFORE = frozenset({"COMMA", "RPAR", "RSQB", "DOT", "COLON"})
_VALUE_END = frozenset(
    {"ID", "TOOL", "RPAR", "RSQB", "RBRACE", "STRING", "SQ", "TEXT", "INT", "FLOAT", "DURATION"}
)


@dataclass(slots=True)
class Part:
    """What stands between two commas of a group. ``lead`` comments and docs go above it, ``trail`` behind it."""

    nodes: list[Node] = field(default_factory=list)
    lead: list[Piece] = field(default_factory=list)
    trail: Piece | None = None
    blank: bool = False


@dataclass(slots=True)
class Group:
    """``fields``: always broken. ``listed``: its parts end with commas when broken."""

    opening: Piece
    closing: Piece
    parts: list[Part]
    end: list[Piece]
    listed: bool
    fields: bool

    @property
    def broken(self) -> bool:
        """Whether it cannot stand on one line, however wide."""
        if self.fields and self.parts:
            return True
        return bool(self.end) or any(
            part.lead or part.trail or any(_must_break(node) for node in part.nodes) for part in self.parts
        )


Node: TypeAlias = Piece | Group


def _must_break(node: Node) -> bool:
    return node.broken if isinstance(node, Group) else node.type == "TEXT" and "\n" in node.text


def read_group(source: Source, at: int, before: Piece | None) -> tuple[Group, int]:
    """The group whose opening bracket is piece ``at``, and the place behind its closing one."""
    opening = source.pieces[at]
    closer = _CLOSERS[opening.type]
    kind = source.braces.get(opening.start)
    parts: list[Part] = []
    current = Part()
    last: Part | None = None
    at += 1
    loose: list[Piece] = []
    previous: Piece | None = opening
    while (piece := source.pieces[at]).type != closer:
        if piece.comment or piece.type == "DOC":
            behind_comma = piece.trailing and not current.nodes and last is not None and last.trail is None
            if behind_comma and last is not None:
                last.trail = piece
            elif piece.trailing and current.nodes and current.trail is None:
                current.trail = piece
            elif current.nodes:
                current.lead.append(piece)
            else:
                loose.append(piece)
            at += 1
            continue
        if piece.type == "COMMA":
            parts.append(current)
            last, current, loose = current, Part(), []
            at += 1
            previous = piece
            continue
        if not current.nodes:
            current.lead = loose
            current.blank = (loose[0] if loose else piece).blank and bool(parts)
        if piece.type in _CLOSERS:
            group, at = read_group(source, at, previous)
            current.nodes.append(group)
            previous = group.closing
        else:
            current.nodes.append(piece)
            previous = piece
            at += 1
    if current.nodes:
        parts.append(current)
        loose = []
    called = opening.type == "LPAR" and before is not None and before.type in ("ID", "TOOL", "WITH")
    indexed = opening.type == "LSQB" and (opening.start in source.types or _ends_value(before))
    listed = called or opening.type == "LBRACE" or (opening.type == "LSQB" and not indexed)
    return Group(opening, piece, parts, loose, listed, kind == "fields"), at + 1


def _ends_value(piece: Piece | None) -> bool:
    return piece is not None and piece.type in _VALUE_END


class Writer:
    """Lines in the making. Every method that lays something out appends to the last line or begins new ones."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines: list[str] = []
        self._last: Piece | None = None
        self._unary = False
        self._measured = False

    def line(self, indent: int, nodes: Sequence[Node]) -> None:
        """One logical line."""
        self.lines.append(" " * indent)
        self._last = None
        self._lay(nodes, indent)

    def more(self, nodes: Sequence[Node], indent: int) -> None:
        """Go on with the last line."""
        self._lay(nodes, indent)

    def comment(self, indent: int, piece: Piece) -> None:
        self.lines.append(" " * indent + piece.text)

    def behind(self, piece: Piece) -> None:
        self.lines[-1] += " " + piece.text

    def blank(self) -> None:
        if self.lines and self.lines[-1].strip():
            self.lines.append("")

    def _lay(self, nodes: Sequence[Node], indent: int) -> None:
        groups = [node for node in nodes if isinstance(node, Group)]
        forced = [group for group in groups if group.broken]
        broken: list[Group] = forced
        if not forced and groups and len(self.lines[-1]) + self._flat_width(nodes) > WIDTH:
            widest = max(groups, key=lambda group: self._flat_width([group]))
            broken = [widest] if widest.parts else []
        for node in nodes:
            if isinstance(node, Piece):
                self._token(node, indent)
            elif any(node is group for group in broken):
                self._open(node, indent)
            else:
                self._flat(node)

    def _flat_width(self, nodes: Sequence[Node]) -> int:
        trial = Writer(self.source)
        trial._measured = True
        trial.lines, trial._last, trial._unary = [""], self._last, self._unary
        for node in nodes:
            if isinstance(node, Piece):
                trial._token(node, 0)
            else:
                trial._flat(node)
        return len(trial.lines[-1])

    def _flat(self, group: Group) -> None:
        self._token(group.opening, 0)
        spaced = group.opening.type == "LBRACE" and bool(group.parts)
        for number, part in enumerate(group.parts):
            if self._measured and len(self.lines[-1]) > MEASURED:
                break
            if number:
                self.lines[-1] += ","
            if number or spaced:
                self.lines[-1] += " "
                self._glue(group.opening)
            for node in part.nodes:
                if isinstance(node, Piece):
                    self._token(node, 0)
                else:
                    self._flat(node)
        self.lines[-1] += " " + group.closing.text if spaced else group.closing.text
        self._last, self._unary = group.closing, False

    def _open(self, group: Group, indent: int) -> None:
        """Broken: the parts one a line, the closing bracket on its own."""
        self._token(group.opening, indent)
        inner = indent + STEP
        for number, part in enumerate(group.parts):
            if part.blank:
                self.blank()
            for piece in part.lead:
                self.comment(inner, piece)
            self.lines.append(" " * inner)
            self._glue(group.opening)
            self._lay(part.nodes, inner)
            if group.listed or number < len(group.parts) - 1:
                self.lines[-1] += ","
            if part.trail is not None:
                self.behind(part.trail)
        for piece in group.end:
            self.comment(inner, piece)
        self.lines.append(" " * indent + group.closing.text)
        self._last, self._unary = group.closing, False

    def _glue(self, opening: Piece) -> None:
        """The next token follows without a space, at the beginning of a part."""
        self._last = Piece("LPAR", "(", opening.start, False)
        self._unary = False

    def _token(self, piece: Piece, indent: int) -> None:
        if self._last is not None and self._spaced(self._last, piece):
            self.lines[-1] += " "
        self._unary = piece.type == "BANG" or (piece.type == "MINUS" and not _ends_value(self._last))
        if piece.type == "TEXT" and "\n" in piece.text:
            self._prompt(piece.text, indent + STEP)
        else:
            self.lines[-1] += piece.text
        self._last = piece

    def _spaced(self, last: Piece, piece: Piece) -> bool:
        types = self.source.types
        if self._unary or last.type in _TIGHT_AFTER or last.text == ".?" or piece.text == ".?":
            return False
        if piece.start in self.source.choices:
            return True
        if piece.start in types and (piece.type in ("QMARK", "LSQB", "RSQB") or piece.text in ("<", ">")):
            return piece.type == "LSQB" and not (_ends_value(last) or last.type in ("QMARK", "MORETHAN"))
        if last.start in types and last.text == "<":
            return False
        if piece.type in _TIGHT_BEFORE:
            return False
        if piece.type == "LPAR":
            return last.type not in ("ID", "TOOL", "RPAR", "RSQB")
        if piece.type == "LSQB":
            return not _ends_value(last)
        return True

    def _prompt(self, raw: str, indent: int) -> None:
        """A text over several lines; where it has lines of its own they are indented with the line it stands on."""
        start, end, common = prompt_extent(raw)
        if start == 3 or "\n" not in raw[:start]:
            first, *rest = raw.replace("\r\n", "\n").split("\n")
            self.lines[-1] += first
            self.lines.extend(rest)
            return
        self.lines[-1] += '"""'
        lines = raw[start:end].replace("\r\n", "\n").split("\n")
        if not lines[-1].strip() and (len(lines) == 1 or escaped(lines[-2], len(lines[-2]))):
            lines.pop()  # nothing stands there, and the closing quotes get a line of their own anyway
        for text in lines:
            self.lines.append(" " * indent + text[len(common) :] if text.strip() else "")
        self.lines.append(" " * indent + '"""')
