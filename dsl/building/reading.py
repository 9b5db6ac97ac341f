"""What the methods of the builder share: the reading of the moment, children and their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar, get_args

from lark import Token

from dsl.diagnostic import Diagnostic
from dsl.literals import MAX_INT, Trouble, duration_ms, read_string
from dsl.tree import Expr, Span

Child: TypeAlias = Any
"""A token of the parser or something an earlier method returned."""

MOST_PROBLEMS = 100
"""More of them in one text are not told: whoever mends these reads it again."""

T = TypeVar("T")
EXPRESSIONS = get_args(Expr)


@dataclass(slots=True)
class Reading:
    """``hole`` parses ``[start, end)`` of the text as an expression and reports its own problems; ``holes`` counts."""

    hole: Callable[[int, int], Expr]
    problems: list[Diagnostic] = field(default_factory=list)
    holes: int = 0

    def problem(self, code: str, message: str, help: str, span: Span) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Diagnostic(code, "error", message, span, help))

    def take_back(self, span: Span) -> None:
        """What was a problem by itself turned out to be none where it stands."""
        self.problems[:] = [problem for problem in self.problems if problem.span != span]


_current: ContextVar[Reading] = ContextVar("weft_reading")


def current_reading() -> Reading:
    return _current.get()


@contextmanager
def reading(current: Reading) -> Iterator[None]:
    token = _current.set(current)
    try:
        yield
    finally:
        _current.reset(token)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an agent, an approval or another construct, on its way into the node it belongs to."""

    name: str
    value: Any
    span: Span


def extent(child: Child) -> Span:
    if isinstance(child, Token):
        return Span(child.start_pos or 0, child.end_pos or 0)
    return child.span  # type: ignore[no-any-return]


def cover(kids: Sequence[Child]) -> Span:
    return Span(extent(kids[0]).start, extent(kids[-1]).end)


def nodes(kids: Sequence[Child]) -> list[Any]:
    return [kid for kid in kids if not isinstance(kid, Token)]


def of(kids: Sequence[Child], sort: type[T]) -> tuple[T, ...]:
    return tuple(kid for kid in kids if isinstance(kid, sort))


def expressions(kids: Sequence[Child]) -> tuple[Expr, ...]:
    return tuple(kid for kid in kids if isinstance(kid, EXPRESSIONS))


def tokens(kids: Sequence[Child], type: str) -> list[Token]:
    return [kid for kid in kids if isinstance(kid, Token) and kid.type == type]


def plain(token: Token) -> str:
    """A string where only fixed text can stand: ``${`` is just two characters there."""
    literal = read_string(token, token.start_pos or 0, holes=False)
    report(literal.troubles)
    return literal.plain


def whole(token: Token) -> int:
    value = int(token.lstrip("0")[:20] or 0) if token else 0
    if value > MAX_INT:
        _current.get().problem(
            "E001", "this number is too large", "numbers go up to 9223372036854775807", extent(token)
        )
        return MAX_INT
    return value


def milliseconds(token: Token) -> int:
    value = duration_ms(token[:200])
    if len(token) > 200 or value > 100 * 366 * 86_400_000:
        _current.get().problem(
            "E001", "this is longer than a hundred years", "use a shorter time", extent(token)
        )
        return 0
    return value


def documentation(kids: Sequence[Child]) -> str:
    lines = (token[3:].rstrip() for token in tokens(kids, "DOC"))
    return "\n".join(line[1:] if line.startswith(" ") else line for line in lines)


def report(troubles: Sequence[Trouble]) -> None:
    for trouble in troubles:
        span = Span(trouble.start, trouble.end)
        _current.get().problem(trouble.code, trouble.message, trouble.help, span)
