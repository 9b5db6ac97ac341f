"""What could stand at a cursor: a short text that ends there, what the parser takes next, and what a name put there
becomes.

The short text (a sketch) holds the header and the blocks the cursor is in, without the steps that are done before it:
they change nothing of what may follow. Each of those is read once and kept by its text, so that typing in one step of a
long workflow reads that step alone. A stand-in is put at the cursor and the text is ended in the shortest way the
parser takes; where the stand-in is found in the tree says what is wanted, and the scopes of that tree what can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, get_args

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from dsl import tree
from dsl.assist.cursor import Cursor, statements
from dsl.catalog import Catalog, Schema
from dsl.grammar import grammar
from dsl.meaning.scope import Scopes, Site, scopes_of
from dsl.outline import slots
from dsl.parse import parse

STAND_IN = "weft_stands_in_here"

# The order in which a text is ended: what closes first, then what is needed to go on, in its shortest form.
_ENDING: tuple[tuple[str, str], ...] = (
    ("$END", ""),
    ("RBRACE", "}"),
    ("RPAR", ")"),
    ("RSQB", "]"),
    ("LBRACE", "{"),
    ("COLON", ":"),
    ("MAX", "max"),
    ("BY", "by"),
    ("WHILE", "while"),
    ("TO", "to"),
    ("TIMEZONE", "timezone"),
    ("REJECT", "reject"),
    ("MANUAL", "manual"),
    ("LET", "let"),
    ("ROLE", "role"),
    ("MCP", "mcp"),
    ("ID", "x"),
    ("TOOL", "x"),
    ("MORETHAN", ">"),
    ("DOT", "."),
    ("LPAR", "("),
    ("EQUAL", "="),
    ("INT", "1"),
    ("DURATION", "1s"),
    ("STRING", '""'),
    ("IN", "in"),
    ("STEP", "step"),
    ("AFTER", "after"),
    ("WORKFLOW", "workflow"),
)
_LINE_STARTS = frozenset(
    {"STEP", "YIELD", "CASE", "DEFAULT", "RBRACE", "AT", "TIMEOUT", "RETRY", "KEY", "CATCH"}
)
_MAX_ENDING = 200
_MAX_STACK = 600
_MOST_UNREADABLE = 300


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the way from the workflow down to the stand-in: ``node.field[index]`` leads on."""

    node: Any
    field: str
    index: int | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """``tokens`` stand before the cursor; ``accepts`` are the types of token the parser takes next.

    ``way`` leads from the workflow to the stand-in, () when none can stand here. ``workflow`` has the steps before the
    cursor too.
    """

    tokens: tuple[Token, ...]
    accepts: frozenset[str]
    way: tuple[Link, ...]
    workflow: tree.Workflow
    catalog: Catalog

    @property
    def scopes(self) -> Scopes:
        return scopes_in(self.workflow, self.catalog)

    def names(self) -> Mapping[str, Schema]:
        """What can be read at the stand-in, without the variables of ``map``, ``filter`` and the like around it."""
        site = self._site()
        if site is not None:
            return site.names
        path = _path(self.way)
        return self.scopes.before.get(path, {}) if path else {}

    def beside(self) -> Mapping[str, Schema]:
        """What is computed at the same time as the stand-in's step, in a ``parallel`` around it."""
        site = self._site()
        if site is None or not site.beside:
            return {}
        results = self.scopes.results
        return {
            path.rpartition(".")[2]: schema
            for path, schema in results.items()
            if path.rpartition(".")[2] in site.beside
        }

    def _site(self) -> Site | None:
        expressions = [link.node for link in self.way if isinstance(link.node, _EXPRESSIONS)]
        if not expressions:
            return None
        for site in reversed(self.scopes.sites):
            if any(site.expression is one for one in expressions[:2]):
                return site
        return None


_EXPRESSIONS = get_args(tree.Expr)


class _Same:
    """A value as a key: itself, whatever it holds."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


@lru_cache(maxsize=8)
def _scopes(workflow: _Same, catalog: _Same) -> Scopes:
    return scopes_of(workflow.value, catalog.value)


def scopes_in(workflow: tree.Workflow, catalog: Catalog) -> Scopes:
    """The scopes of a tree, remembered for the last few."""
    return _scopes(_Same(workflow), _Same(catalog))


def sketch(cursor: Cursor, catalog: Catalog, *, quoted: bool = False) -> Sketch:
    """``quoted``: the stand-in is a text in quotes instead of a name."""
    short, done = _shortened(cursor)
    tokens, parser = fed(short)
    accepts = frozenset(parser.accepts())  # type: ignore[no-untyped-call]
    kind = "STRING" if quoted else "ID" if "ID" in accepts else "TOOL" if "TOOL" in accepts else "STRING"
    if kind not in accepts:
        ended = parse(short + _ending(parser)).workflow
        return Sketch(tokens, accepts, (), _grafted(ended, done), catalog)
    parser.feed_token(Token(kind, STAND_IN))
    filler = f'"{STAND_IN}"' if kind == "STRING" else STAND_IN
    workflow = parse(f"{short} {filler}{_ending(parser)}").workflow
    way = tuple(_way(workflow))
    if not done:
        return Sketch(tokens, accepts, way, workflow, catalog)
    whole = _grafted(workflow, done)
    return Sketch(tokens, accepts, tuple(_way(whole)), whole, catalog)


def _shortened(cursor: Cursor) -> tuple[str, dict[int, list[str]]]:
    """The sketch's text, and the steps left out by the place of their block's brace in it."""
    code = cursor.code
    parts: list[str] = []
    done: dict[int, list[str]] = {}
    at = length = 0
    for frame in cursor.frames:
        if frame.bracket != "{" or not frame.steps or frame.at < at:
            continue
        here = length + frame.at - at
        done[here] = statements(code, frame)
        part = code[at : frame.steps[0]]
        parts.append(part)
        length += len(part)
        at = frame.steps[-1]
    parts.append(code[at:])
    return "".join(parts), {place: steps for place, steps in done.items() if steps}


def fed(text: str) -> tuple[tuple[Token, ...], InteractiveParser]:
    """The parser after ``text``, and the tokens it took; what fits nowhere is left out."""
    parser = grammar().parse_interactive(text, start="start")
    parser.parser_state.parse_conf = copy(parser.parser_state.parse_conf)
    parser.parser_state.parse_conf.callbacks = {}
    tokens: list[Token] = []
    lexing = parser.lexer_thread.state
    assert lexing is not None
    for _ in range(_MOST_UNREADABLE):
        try:
            for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
                if len(parser.parser_state.state_stack) > _MAX_STACK:
                    return tuple(tokens), parser
                try:
                    parser.feed_token(token)
                except UnexpectedToken:
                    token = _as_keyword(token)
                    if token.type not in _LINE_STARTS or not _make_room(parser, token):
                        continue
                tokens.append(token)
            return tuple(tokens), parser
        except UnexpectedCharacters as error:
            lexing.line_ctr.char_pos = (error.pos_in_stream or 0) + 1
        except UnexpectedToken:
            break
    return tuple(tokens), parser


def _as_keyword(token: Token) -> Token:
    if token.type in ("ID", "TOOL") and token.upper() in _LINE_STARTS:
        return Token(token.upper(), str(token), token.start_pos, end_pos=token.end_pos)
    return token


def _make_room(parser: InteractiveParser, token: Token) -> bool:
    """Drop what stands on the stack until ``token`` fits, and take it."""
    state = parser.parser_state
    for depth in range(len(state.value_stack) - 1, 0, -1):
        trial: InteractiveParser = parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
        del trial.parser_state.state_stack[depth + 1 :]
        del trial.parser_state.value_stack[depth:]
        try:
            trial.feed_token(token)
        except UnexpectedToken:
            continue
        state.state_stack[:] = trial.parser_state.state_stack
        state.value_stack[:] = trial.parser_state.value_stack
        return True
    return False


def _ending(parser: InteractiveParser) -> str:
    """The shortest text that the parser takes from here to the end."""
    words: list[str] = []
    for _ in range(_MAX_ENDING):
        row = parser.choices()  # type: ignore[no-untyped-call]
        for type, word in _ENDING:
            if type not in row:
                continue
            trial: InteractiveParser = parser.copy(deepcopy_values=False)  # type: ignore[no-untyped-call]
            try:
                trial.feed_token(Token(type, word))
            except UnexpectedToken:
                continue
            if type == "$END":
                return " " + " ".join(words)
            parser = trial
            words.append(word)
            break
        else:
            break
    return " " + " ".join(words)


def _way(root: Any) -> Iterator[Link]:
    found = _search(root)
    yield from reversed(found or [])


def _search(node: Any) -> list[Link] | None:
    """The links from a node down to the stand-in, last first. Trees are no deeper than ``parse`` lets them be."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tree.Span):
            continue
        if isinstance(value, str):
            if value == STAND_IN:
                return [Link(node, field.name, None)]
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if item == STAND_IN and isinstance(item, str):
                    return [Link(node, field.name, index)]
                inner = item if isinstance(item, tuple) else (item,)
                for one in inner:
                    if is_dataclass(one) and not isinstance(one, tree.Span) and (found := _search(one)):
                        return [*found, Link(node, field.name, index)]
                    if isinstance(item, tuple) and isinstance(one, str) and one == STAND_IN:
                        return [Link(node, field.name, index)]
        elif is_dataclass(value) and (found := _search(value)):
            return [*found, Link(node, field.name, None)]
    return None


def _grafted(workflow: tree.Workflow, done: Mapping[int, list[str]]) -> tree.Workflow:
    """The tree with the steps that the sketch left out, each block found by the place of its brace."""
    if not done:
        return workflow
    pieces = [piece for steps in done.values() for piece in steps]
    read = _steps_of(tuple(pieces))
    kept = {place: [step for piece in steps for step in read[piece]] for place, steps in done.items()}

    def rebuilt(node: Any) -> Any:
        if isinstance(node, tree.Block) and node.span.start in kept:
            steps = tuple(rebuilt(step) for step in node.steps)
            return replace(node, steps=(*kept[node.span.start], *steps))
        changes = {}
        for field in fields(node):
            value = getattr(node, field.name)
            if isinstance(value, _BEARING):
                changed: Any = rebuilt(value)
            elif isinstance(value, tuple) and any(isinstance(item, _BEARING) for item in value):
                changed = tuple(rebuilt(item) if isinstance(item, _BEARING) else item for item in value)
                if all(one is two for one, two in zip(changed, value, strict=True)):
                    continue
            else:
                continue
            if changed is not value:
                changes[field.name] = changed
        return replace(node, **changes) if changes else node

    result: tree.Workflow = rebuilt(workflow)
    return result


_BEARING = (
    tree.Block,
    tree.Step,
    tree.Arm,
    tree.Approve,
    tree.If,
    tree.Switch,
    tree.Parallel,
    tree.Do,
    tree.Foreach,
    tree.Loop,
    tree.Compensate,
    tree.Catch,
)

_REMEMBERED: dict[str, tuple[tree.Step, ...]] = {}
_MOST_REMEMBERED = 5_000


def _steps_of(pieces: tuple[str, ...]) -> Mapping[str, tuple[tree.Step, ...]]:
    """The steps that each piece of text holds, by the piece; one that cannot be read gives what can be kept of it."""
    new = [piece for piece in dict.fromkeys(pieces) if piece not in _REMEMBERED]
    if new:
        if len(_REMEMBERED) + len(new) > _MOST_REMEMBERED:
            _REMEMBERED.clear()
            new = list(dict.fromkeys(pieces))
        found = parse("workflow x {" + "\n".join(new) + "\n}")
        steps = found.workflow.body.steps
        if not found.diagnostics and len(steps) == len(new):
            _REMEMBERED.update({piece: (step,) for piece, step in zip(new, steps, strict=True)})
        else:
            for piece in new:
                _REMEMBERED[piece] = parse(f"workflow x {{{piece}\n}}").workflow.body.steps
    return {piece: _REMEMBERED.get(piece, ()) for piece in pieces}


def _path(way: tuple[Link, ...]) -> str | None:
    prefix = path = ""
    step: tree.Step | None = None
    for link in way:
        match link.node:
            case tree.Step():
                step = link.node
                path = prefix + step.id
            case tree.Block() as block if step is not None:
                prefix = path + next((slot.infix for slot in slots(step) if slot.block is block), ".")
    return path or None
