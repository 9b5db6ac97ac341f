"""An expression as the checker reads it.

The checker is not given what runs but a shadow of it, in which only kinds are left: a name is a variable that is
called after its shape, a text is any text, a field of an object is a field of a message. So two expressions of the
same kinds are one source, checked once. What the checker would refuse although it works (see ``signatures``) is
written as a call that it lets pass. ``anchors`` lead from where the checker complains back to the node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from dsl import tree
from dsl.cel.functions import FUNCTIONS, MACROS, METHODS
from dsl.cel.shapes import DURATION, Shape
from dsl.cel.source import bound_variable


@dataclass(frozen=True, slots=True)
class Shadow:
    """``anchors``: the offset at which the checker names a node, and the node. ``shapes`` are those it reads."""

    source: str
    anchors: Mapping[int, tree.Expr]
    shapes: tuple[Shape, ...]


def units(expression: tree.Expr) -> Iterator[tree.Expr]:
    """The parts of an expression that are computed on their own, those that can go wrong in a way of their own.

    A path such as ``order.total`` is left out: that its fields are there is known without a checker.
    """
    match expression:
        case tree.Constant() | tree.Duration() | tree.Name():
            return
        case tree.Template(parts=parts):
            for part in parts:
                if not isinstance(part, str):
                    yield from units(part)
        case tree.ListOf(items=items):
            for item in items:
                yield from units(item)
        case tree.MapOf(entries=entries):
            for entry in entries:
                for part in entry:
                    yield from units(part)
        case tree.Member() if _is_path(expression):
            return
        case _:
            yield expression


def _is_path(expression: tree.Expr) -> bool:
    while isinstance(expression, tree.Member):
        expression = expression.target
    return isinstance(expression, tree.Name)


def shadow_of(expression: tree.Expr, shape: Callable[[str], Shape]) -> Shadow:
    """``shape`` tells the shape of a name; names that do not exist are ``dyn``."""
    printer = _Printer(shape)
    printer.write(expression, {})
    return Shadow("".join(printer.parts), printer.anchors, tuple(printer.shapes))


def field_name(name: str) -> str:
    """A field as the message has it: any text is made a name, the same for every shape.

    Descriptors take names for one that differ in capitals and underscores only, so there are none in it.
    """
    return "f" + "".join(one if one in _KEPT else f"q{ord(one):x}q" for one in name)


_KEPT = frozenset("abcdefghijklmnoprstuvwxyz0123456789")
# The library's own take more when they check than when they run: a number for a duration, a duration for a number.
_STRICTER = {"duration": "_duration", "int": "_int"}


@dataclass(slots=True)
class _Printer:
    shape: Callable[[str], Shape]
    parts: list[str] = field(default_factory=list)
    anchors: dict[int, tree.Expr] = field(default_factory=dict)
    shapes: dict[Shape, None] = field(default_factory=dict)
    length: int = 0

    def put(self, text: str, node: tree.Expr | None = None) -> None:
        if node is not None:
            self.anchors[self.length] = node
        self.parts.append(text)
        self.length += len(text)

    def variable(self, shape: Shape, node: tree.Expr) -> None:
        self.shapes[shape] = None
        self.put(shape.variable, node)

    def write(self, expression: tree.Expr, bound: Mapping[str, str]) -> None:
        match expression:
            case tree.Constant(value=value):
                self.put(_constant(value))
            case tree.Duration():
                self.variable(DURATION, expression)
            case tree.Template(parts=parts):
                holes = [part for part in parts if not isinstance(part, str)]
                self._call("_text", holes, bound, expression)
            case tree.Name(id=name) if name in bound:
                self.put(bound[name], expression)
            case tree.Name(id=name):
                self.variable(self.shape(name), expression)
            case tree.Member() | tree.Index():
                self._link(expression, bound)
            case tree.FunctionCall(function="has", args=(tree.Member(target=target, name=name) as member,)):
                if _optional(member):
                    self._plain("_there", (target,), bound, expression)
                    return
                self.put("has")
                self.put("(", expression)
                self._inner(target, bound)
                self.put(f".{field_name(name)})")
            case tree.FunctionCall(function=function, args=args):
                if len(args) in FUNCTIONS.get(function, ()) and function != "has":
                    self._plain(_STRICTER.get(function, function), args, bound, expression)
                else:
                    self._call("_any", list(args), bound, expression)
            case tree.MethodCall():
                self._method(expression, bound)
            case tree.Unary(op=op, operand=operand):
                self.put(op, expression)
                self._inner(operand, bound)
            case tree.Binary(op="==" | "!=", left=left, right=right):
                self._plain("_same", (left, right), bound, expression)
            case tree.Binary(op="in", left=left, right=right):
                self._plain("_in", (left, right), bound, expression)
            case tree.Binary(op=op, left=left, right=right):
                self._inner(left, bound)
                self.put(op, expression)
                self._inner(right, bound)
            case tree.Conditional(test=test, then=then, other=other):
                self._inner(test, bound)
                self.put("?", expression)
                self._inner(then, bound)
                self.put(":")
                self._inner(other, bound)
            case tree.ListOf(items=items):
                self._list(items, bound, expression)
            case tree.MapOf(entries=entries):
                self._map(entries, bound, expression)
            case _:
                assert_never(expression)

    def _inner(self, expression: tree.Expr, bound: Mapping[str, str]) -> None:
        """Beside an operator."""
        if isinstance(expression, tree.Unary | tree.Binary | tree.Conditional):
            self.put("(")
            self.write(expression, bound)
            self.put(")")
        else:
            self.write(expression, bound)

    def _plain(
        self, function: str, args: tuple[tree.Expr, ...], bound: Mapping[str, str], node: tree.Expr
    ) -> None:
        self.put(function)
        self.put("(", node)
        for number, arg in enumerate(args):
            if number:
                self.put(",")
            self.write(arg, bound)
        self.put(")")

    def _call(self, function: str, items: list[tree.Expr], bound: Mapping[str, str], node: tree.Expr) -> None:
        """A call with one list of all values, so that it takes any number of them."""
        self.put(function)
        self.put("(", node)
        self._list(tuple(items), bound, node)
        self.put(")")

    def _list(self, items: tuple[tree.Expr, ...], bound: Mapping[str, str], node: tree.Expr) -> None:
        self.put("[", node)
        for number, item in enumerate(items):
            if number:
                self.put(",")
            self.write(item, bound)
        self.put("]")

    def _map(
        self,
        entries: tuple[tuple[tree.Expr, tree.Expr], ...],
        bound: Mapping[str, str],
        node: tree.Expr,
    ) -> None:
        if not all(isinstance(key, tree.Constant) and isinstance(key.value, str) for key, _ in entries):
            self._call("_object", [part for entry in entries for part in entry], bound, node)
            return
        self.put("{", node)
        for number, (_, value) in enumerate(entries):
            self.put(f'{"," if number else ""}"k{number}":')
            self.write(value, bound)
        self.put("}")

    def _link(self, link: tree.Member | tree.Index, bound: Mapping[str, str]) -> None:
        if _optional(link):
            self._optional_chain(link, bound)
            return
        self._inner(link.target, bound)
        match link:
            case tree.Member(name=name) | tree.Index(index=tree.Constant(value=str() as name)):
                self.put(f".{field_name(name)}", link)
            case tree.Index(index=index):
                self.put("[", link)
                self.write(index, bound)
                self.put("]")

    def _optional_chain(self, link: tree.Member | tree.Index, bound: Mapping[str, str]) -> None:
        """``a.b.?c[d]``: whatever is missing makes it null, so nothing from ``.?`` on can be of a wrong kind."""
        keys: list[tree.Expr] = []
        root: tree.Expr = link
        while isinstance(root, tree.Member | tree.Index) and _optional(root):
            if isinstance(root, tree.Index):
                keys.append(root.index)
            root = root.target
        self.put("_get")
        self.put("(", link)
        self.write(root, bound)
        self.put(",")
        self._list(tuple(reversed(keys)), bound, link)
        self.put(")")

    def _method(self, call: tree.MethodCall, bound: Mapping[str, str]) -> None:
        variable = bound_variable(call)
        match call:
            case tree.MethodCall(target=target, method="orValue", args=(other,)):
                self._plain("_default", (target, other), bound, call)
            case tree.MethodCall(target=target, method="hasValue", args=()):
                self._plain("_there", (target,), bound, call)
            case tree.MethodCall(target=target, method=method, args=args) if len(args) in METHODS.get(
                method, ()
            ) and (method not in MACROS or variable is not None):
                self._inner(target, bound)
                self.put(f".{method}")
                self.put("(", call)
                inner = bound
                if variable is not None:
                    name = f"b{len(bound)}"
                    inner, args = {**bound, variable: name}, args[1:]
                    self.put(f"{name},")
                for number, arg in enumerate(args):
                    if number:
                        self.put(",")
                    self.write(arg, inner)
                self.put(")")
            case _:
                self._call("_any", [call.target, *call.args], bound, call)


def _constant(value: str | int | float | bool | None) -> str:
    match value:
        case None:
            return "dyn(null)"
        case bool():
            return "true"
        case str():
            return '"s"'
        case int():
            return "1"
        case float():
            return "1.0"
        case _:
            assert_never(value)


def _optional(expression: tree.Expr) -> bool:
    """Whether ``.?`` stands in a chain, up to and with this link."""
    while isinstance(expression, tree.Member | tree.Index):
        if isinstance(expression, tree.Member) and expression.optional:
            return True
        expression = expression.target
    return False
