"""Statements, one a line: what begins a line, how deep it stands, and where its comments go."""

from __future__ import annotations

from dsl.formatter.groups import STEP, Node, Writer, read_group
from dsl.formatter.pieces import Piece, Source

_HEADERS = {"USE", "TYPE", "INPUT", "OUTPUT", "CONFIG", "SECRET", "TRIGGER"}
_CLAUSES = {"AFTER", "TIMEOUT", "RETRY", "KEY", "COMPENSATE", "CATCH"}
_AGENT = {"SYSTEM", "PROMPT", "TOOLS", "OUTPUT", "MAX_TURNS", "BUDGET"}
_APPROVAL = {"TITLE", "SHOW", "QUORUM", "WITHIN", "ESCALATE", "ON"}
_BEGINS = {
    "file": {"DOC", "WORKFLOW"},
    "steps": {"DOC", "AT", "STEP", "YIELD"} | _HEADERS | _CLAUSES,
    "items": _AGENT | _APPROVAL,
    "switch": {"CASE", "DEFAULT"},
}
_OPENING = {"LPAR", "LSQB", "LBRACE"}


class Statements:
    """Reads pieces from left to right and writes them in canonical lines."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0
        self._out = Writer(source)
        self._following = _following(source.pieces)

    def format(self) -> str:
        self._block("file", 0)
        return "\n".join(line.rstrip() if not line.strip() else line for line in self._out.lines) + "\n"

    def _peek(self) -> Piece | None:
        pieces = self._source.pieces
        return pieces[self._at] if self._at < len(pieces) else None

    def _block(self, kind: str, indent: int) -> None:
        """Lines until the closing brace of the block, which is left for the caller, or the end of the text."""
        first = True
        while (piece := self._peek()) is not None and piece.type != "RBRACE":
            clause = kind == "steps" and self._next_token_type() in _CLAUSES
            if piece.blank and not first and not clause:
                self._out.blank()
            depth = indent + STEP if clause else indent
            first = False
            if piece.comment or piece.type == "DOC":
                self._out.comment(depth, piece)
                self._at += 1
            else:
                self._statement(kind, depth)

    def _next_token(self) -> Piece | None:
        """The next piece that is no comment."""
        at = self._following[self._at] if self._at < len(self._source.pieces) else len(self._source.pieces)
        return self._source.pieces[at] if at < len(self._source.pieces) else None

    def _next_token_type(self) -> str:
        piece = self._next_token()
        return "" if piece is None else piece.type

    def _statement(self, kind: str, indent: int) -> None:
        """One statement with its blocks; a trigger's ``with`` gets a line of its own, and so does a webhook's ``when``,
        which stands behind what its ``verify`` takes."""
        ends = self._own_lines()
        nodes, notes = self._segment(kind, ends)
        self._emit(indent, nodes, notes, fresh=True)
        while (piece := self._peek()) is not None:
            if self._opens_block(piece):
                self._braces(piece, indent)
            elif self._next_token_type() in ends:
                self._comments(indent + STEP)
                nodes, notes = self._segment(kind, ends)
                self._emit(indent + STEP, nodes, notes, fresh=True)
            elif self._next_token_type() == "ELSE":
                fresh = self._comments(indent)
                nodes, notes = self._segment(kind, frozenset())
                self._emit(indent, nodes, notes, fresh=fresh)
            else:
                return

    def _own_lines(self) -> frozenset[str]:
        """What of the statement that begins here begins another line."""
        near = self._source.pieces[self._at : self._at + 20]
        match [piece.type for piece in near if not piece.comment][:4]:
            case ["TRIGGER", _, _, "WEBHOOK"]:
                return frozenset({"WITH", "WHEN"})
            case ["TRIGGER", *_]:
                return frozenset({"WITH"})
            case _:
                return frozenset()

    def _braces(self, brace: Piece, indent: int) -> None:
        self._at += 1
        self._out.more([brace], indent)
        following = self._peek()
        if following is not None and following.type == "RBRACE":
            self._out.lines[-1] += "}"
            self._at += 1
            self._trailing()
            return
        self._trailing()
        self._block(self._source.braces[brace.start], indent + STEP)
        closing = self._peek()
        assert closing is not None
        self._at += 1
        self._out.line(indent, [closing])
        self._trailing()

    def _comments(self, indent: int) -> bool:
        """Comments between a closing brace and ``else``; whether there were any."""
        found = False
        while (piece := self._peek()) is not None and piece.comment:
            self._out.comment(indent, piece)
            self._at += 1
            found = True
        return found or self._out.lines[-1].lstrip().startswith("//") or " //" in self._out.lines[-1]

    def _trailing(self) -> None:
        while (piece := self._peek()) is not None and piece.comment and piece.trailing:
            self._out.behind(piece)
            self._at += 1

    def _opens_block(self, piece: Piece) -> bool:
        return piece.type == "LBRACE" and self._source.braces.get(piece.start, "fields") != "fields"

    def _segment(self, kind: str, ends: frozenset[str]) -> tuple[list[Node], list[Piece]]:
        """Tokens up to the next line, block or end; comments in the middle of them are handed back apart."""
        nodes: list[Node] = []
        notes: list[Piece] = []
        previous: Piece | None = None
        while (piece := self._peek()) is not None:
            if piece.comment:
                if self._ends_here(kind, ends):
                    break
                notes.append(piece)
                self._at += 1
                continue
            if nodes and self._stops(piece, kind, ends):
                break
            if piece.type in _OPENING:
                value = previous is not None and previous.type == "WITH" and len(nodes) > 1
                group, self._at = read_group(self._source, self._at, None if value else previous)
                nodes.append(group)
                previous = group.closing
            else:
                nodes.append(piece)
                previous = piece
                self._at += 1
        return nodes, notes

    def _stops(self, piece: Piece, kind: str, ends: frozenset[str]) -> bool:
        if piece.type == "RBRACE" or self._opens_block(piece) or piece.type in ends:
            return True
        return piece.type in _BEGINS[kind]

    def _ends_here(self, kind: str, ends: frozenset[str]) -> bool:
        piece = self._next_token()
        if piece is None:
            return True
        return self._stops(piece, kind, ends) and not self._opens_block(piece)

    def _emit(self, indent: int, nodes: list[Node], notes: list[Piece], *, fresh: bool) -> None:
        for note in notes:
            self._out.comment(indent, note)
        if fresh or notes:
            self._out.line(indent, nodes)
        else:
            self._out.more(nodes, indent)
        self._trailing()


def _following(pieces: tuple[Piece, ...]) -> list[int]:
    """For each piece, the place of the first from it on that is no comment."""
    found = [len(pieces)] * len(pieces)
    after = len(pieces)
    for at in range(len(pieces) - 1, -1, -1):
        after = after if pieces[at].comment else at
        found[at] = after
    return found
