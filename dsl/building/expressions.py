"""Expressions."""

from __future__ import annotations

import math
from dataclasses import replace

from lark import Token

from dsl import tree
from dsl.building.reading import (
    Child,
    Item,
    cover,
    current_reading,
    expressions,
    extent,
    milliseconds,
    of,
    plain,
    report,
    whole,
)
from dsl.literals import MAX_INT, Hole, read_prompt, read_string
from dsl.tree import Expr

_ONE_TOO_MANY = str(MAX_INT + 1)


def _literal(token: Token, *, prompt: bool) -> Expr:
    span = extent(token)
    read = read_prompt if prompt else read_string
    literal = read(token, span.start)
    report(literal.troubles)
    if not any(isinstance(piece, Hole) for piece in literal.pieces):
        return tree.Constant(literal.plain, span)
    hole = current_reading().hole
    parts = tuple(p if isinstance(p, str) else hole(p.start, p.end) for p in literal.pieces)
    return tree.Template(parts, prompt, span)


class Expressions:
    def quoted(self, kids: list[Token]) -> Expr:
        token = kids[0]
        if token.type == "SQ":
            literal = read_string(token, token.start_pos or 0, holes=False)
            report(literal.troubles)
            return tree.Constant(literal.plain, extent(token))
        return _literal(token, prompt=False)

    def text(self, kids: list[Token]) -> Expr:
        return _literal(kids[0], prompt=True)

    def integer(self, kids: list[Token]) -> Expr:
        token = kids[0]
        if token.lstrip("0") == _ONE_TOO_MANY:
            whole(token)
            return tree.Constant(MAX_INT + 1, extent(token))
        return tree.Constant(whole(token) if token else None, extent(token))

    def decimal(self, kids: list[Token]) -> Expr:
        value = float(kids[0])
        if math.isinf(value):
            current_reading().problem(
                "E001", "this number is too large", "numbers go up to 1.7e308", extent(kids[0])
            )
            value = 0.0
        return tree.Constant(value, extent(kids[0]))

    def duration(self, kids: list[Token]) -> Expr | tree.Broken:
        if not kids[0]:  # put in where the middle of a step could not be read
            return tree.Broken(extent(kids[0]))
        return tree.Duration(milliseconds(kids[0]), extent(kids[0]))

    def var(self, kids: list[Token]) -> Expr:
        token = kids[0]
        match str(token):
            case "true" | "false":
                return tree.Constant(token == "true", extent(token))
            case "null" | "":
                return tree.Constant(None, extent(token))
            case name:
                return tree.Name(name, extent(token))

    def member(self, kids: list[Child]) -> Expr:
        return tree.Member(kids[0], str(kids[2]), False, cover(kids))

    def opt_member(self, kids: list[Child]) -> Expr:
        return tree.Member(kids[0], str(kids[2]), True, cover(kids))

    def method(self, kids: list[Child]) -> Expr:
        args = kids[4].value if isinstance(kids[4], Item) else ()
        return tree.MethodCall(kids[0], str(kids[2]), args, cover(kids))

    def func(self, kids: list[Child]) -> Expr:
        args = kids[2].value if isinstance(kids[2], Item) else ()
        return tree.FunctionCall(str(kids[0]), args, cover(kids))

    def index(self, kids: list[Child]) -> Expr:
        return tree.Index(kids[0], kids[2], cover(kids))

    def list_of(self, kids: list[Child]) -> Expr:
        return tree.ListOf(kids[1].value if isinstance(kids[1], Item) else (), cover(kids))

    def map_of(self, kids: list[Child]) -> Expr:
        return tree.MapOf(tuple(item.value for item in of(kids, Item)), cover(kids))

    def entry(self, kids: list[Child]) -> Item:
        first = kids[0]
        if isinstance(first, Token) and first.type == "LPAR":
            return Item("entry", (kids[1], kids[4]), cover(kids))
        key = plain(first) if first.type == "STRING" else str(first)
        return Item("entry", (tree.Constant(key, extent(first)), kids[2]), cover(kids))

    def exprs(self, kids: list[Child]) -> Item:
        return Item("exprs", expressions(kids), cover(kids))

    def primary(self, kids: list[Child]) -> Expr:
        """``( expr )``: the parentheses count to the expression's place."""
        return replace(kids[1], span=cover(kids))  # type: ignore[no-any-return]

    def not_(self, kids: list[Child]) -> Expr:
        return tree.Unary("!", kids[1], cover(kids))

    def neg(self, kids: list[Child]) -> Expr:
        """``-9223372036854775808`` is a number although what stands behind its sign is none."""
        operand = kids[1]
        if isinstance(operand, tree.Constant) and operand.value == MAX_INT + 1:
            current_reading().take_back(operand.span)
            return tree.Constant(-MAX_INT - 1, cover(kids))
        return tree.Unary("-", kids[1], cover(kids))

    def cond(self, kids: list[Child]) -> Expr:
        return tree.Conditional(kids[0], kids[2], kids[4], cover(kids))

    def binary(self, kids: list[Child]) -> Expr:
        return tree.Binary(str(kids[1]), kids[0], kids[2], cover(kids))  # type: ignore[arg-type]

    or_ = and_ = rel = add = mul = binary

    def operator(self, kids: list[Token]) -> Token:
        return kids[0]

    rel_op = add_op = mul_op = operator
