"""What kind of value an expression has, as a JSON Schema, and what can be seen to be wrong with it on the way.

Lenient by design: what is not known is ``{}`` and fits everywhere. Only what must fail is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from dsl import tree
from dsl.catalog import Schema
from dsl.cel.functions import MACROS
from dsl.cel.source import bound_variable, show_expression
from dsl.diagnostic import Fix, Replacement
from dsl.names import with_names
from dsl.schemas import fits, kind_of, kinds_of, words_for_kinds
from dsl.suggestion import closest

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
_NUMBERS = frozenset({"integer", "number"})

_RESULTS: dict[str, Schema] = {
    "has": TRUTH,
    "size": WHOLE,
    "string": TEXT,
    "text": TEXT,
    "money": TEXT,
    "int": WHOLE,
    "double": NUMBER,
    "bool": TRUTH,
    "contains": TRUTH,
    "startsWith": TRUTH,
    "endsWith": TRUTH,
    "matches": TRUTH,
    "all": TRUTH,
    "exists": TRUTH,
    "exists_one": TRUTH,
    "hasValue": TRUTH,
    "upper": TEXT,
    "lower": TEXT,
    "upperAscii": TEXT,
    "lowerAscii": TEXT,
    "trim": TEXT,
    "replace": TEXT,
    "substring": TEXT,
    "join": TEXT,
    "indexOf": WHOLE,
    "split": {"type": "array", "items": TEXT},
    "round": NUMBER,
    "abs": NUMBER,
    "floor": WHOLE,
    "ceil": WHOLE,
    "sum": NUMBER,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must fail. ``code`` is E101 for a name that does not exist, E204 otherwise."""

    code: str
    message: str
    help: str
    span: tree.Span
    fix: Fix | None = None


@dataclass(slots=True)
class Inference:
    """One expression, with the schemas of the names it may read."""

    names: Mapping[str, Schema]
    problems: list[Problem] = field(default_factory=list)

    def infer(self, expression: tree.Expr) -> Schema:
        match expression:
            case tree.Constant(value=value):
                return {"const": value, "type": kind_of(value)}
            case tree.Duration():
                return {"type": "string", "format": "duration"}
            case tree.Template(parts=parts):
                self._each(part for part in parts if not isinstance(part, str))
                return TEXT
            case tree.Name(id=name):
                return self.names.get(name, ANYTHING)
            case tree.Member():
                return self._member(expression)
            case tree.Index(target=target, index=index):
                self.infer(index)
                return _item(self.infer(target), index)
            case tree.FunctionCall(function="has", args=(tree.Member(target=target),)):
                self.infer(target)
                return TRUTH
            case tree.FunctionCall(function=function, args=args):
                self._each(args)
                return _RESULTS.get(function, ANYTHING)
            case tree.MethodCall():
                return self._method(expression)
            case tree.Unary(op=op, operand=operand):
                return self._unary(expression, op, self.infer(operand))
            case tree.Binary():
                return self._binary(expression)
            case tree.Conditional(test=test, then=then, other=other):
                self.condition(test)
                one, two = self.infer(then), self.infer(other)
                return _either(one, two)
            case tree.ListOf(items=items):
                return {"type": "array", "items": _common([self.infer(item) for item in items])}
            case tree.MapOf(entries=entries):
                return self._map(entries)
            case _:
                assert_never(expression)

    def condition(self, expression: tree.Expr) -> None:
        """Infer an expression that must be true or false."""
        kinds = kinds_of(self.infer(expression))
        if kinds and "boolean" not in kinds:
            shown = show_expression(expression)
            self._report(
                f"the condition must be true or false, but `{shown}` is {words_for_kinds(kinds)}",
                f"compare it with something, as in `{shown} {_comparison(kinds)}`",
                expression.span,
            )

    def _each(self, expressions: Iterable[tree.Expr]) -> None:
        for expression in expressions:
            self.infer(expression)

    def _report(self, message: str, help_: str, span: tree.Span, fix: Fix | None = None) -> None:
        self.problems.append(Problem("E204", message, help_, span, fix))

    def _member(self, member: tree.Member) -> Schema:
        owner = self.infer(member.target)
        kinds = kinds_of(owner)
        shown = show_expression(member.target)
        properties = owner.get("properties")
        if isinstance(properties, dict):
            if member.name in properties:
                found = properties[member.name]
                return found if isinstance(found, dict) else ANYTHING
            if owner.get("additionalProperties") in (None, False) and not member.optional and properties:
                self._no_field(member, shown, list(properties))
            rest = owner.get("additionalProperties")
            return rest if isinstance(rest, dict) else ANYTHING
        if isinstance(owner.get("additionalProperties"), dict):
            return dict(owner["additionalProperties"])
        if kinds and not member.optional and not kinds & {"object", "null"}:
            self._report(
                f"`{shown}` is {words_for_kinds(kinds)}, it has no field `{member.name}`",
                f"take one of its items first, as in `{shown}[0].{member.name}`"
                if "array" in kinds
                else f"use `{shown}` itself",
                member.span,
            )
        return ANYTHING

    def _no_field(self, member: tree.Member, shown: str, names: list[str]) -> None:
        suggestion = closest(member.name, names)
        end = member.span.end
        at = tree.Span(end - len(member.name), end)
        meant = f", did you mean `{suggestion}`?" if suggestion else ""
        self._report(
            f"`{shown}` has no field `{member.name}`{meant}",
            f"the fields of `{shown}` are {', '.join(names[:12])}",
            at,
            Fix(f"Change to `{suggestion}`", (Replacement(at, suggestion),)) if suggestion else None,
        )

    def _method(self, call: tree.MethodCall) -> Schema:
        target = self.infer(call.target)
        variable = bound_variable(call)
        if call.method not in MACROS or variable is None:
            self._each(call.args)
            if call.method == "orValue":
                return target
            return _RESULTS.get(call.method, ANYTHING)
        kinds = kinds_of(target)
        if kinds and not kinds & {"array", "object", "null"}:
            shown = show_expression(call.target)
            self._report(
                f"`{call.method}` needs a list, but `{shown}` is {words_for_kinds(kinds)}",
                "use it on a list",
                call.target.span,
            )
        inner = Inference(with_names(self.names, {variable: _items(target)}), self.problems)
        results = [inner.infer(arg) for arg in call.args[1:]]
        if call.method == "map":
            return {"type": "array", "items": results[-1]}
        return target if call.method == "filter" else TRUTH

    def _unary(self, expression: tree.Unary, op: str, operand: Schema) -> Schema:
        kinds = kinds_of(operand)
        wanted = frozenset({"boolean"}) if op == "!" else _NUMBERS
        if kinds and not kinds & wanted:
            shown = show_expression(expression.operand)
            self._report(
                f"`{op}` needs {'true or false' if op == '!' else 'a number'}, "
                f"but `{shown}` is {words_for_kinds(kinds)}",
                "compare it with something first" if op == "!" else "use a number",
                expression.span,
            )
        return TRUTH if op == "!" else ({"type": sorted(kinds & _NUMBERS)} if kinds & _NUMBERS else NUMBER)

    def _binary(self, expression: tree.Binary) -> Schema:
        op = expression.op
        if op in ("&&", "||"):
            self.condition(expression.left)
            self.condition(expression.right)
            return TRUTH
        left, right = kinds_of(self.infer(expression.left)), kinds_of(self.infer(expression.right))
        both = bool(left and right)
        if op in ("==", "!="):
            return TRUTH
        if op == "in":
            if right and not right & {"array", "object", "null"}:
                self._clash(expression, "`in` needs a list or an object on its right", left, right)
            return TRUTH
        if op in ("<", "<=", ">", ">="):
            if both and not fits(left, right):
                self._clash(
                    expression,
                    f"cannot compare {words_for_kinds(left)} with {words_for_kinds(right)}",
                    left,
                    right,
                )
            return TRUTH
        if both and (not fits(left, right) or (op != "+" and not (left | right) & (_NUMBERS | {"string"}))):
            self._clash(
                expression,
                f"cannot compute `{op}` of {words_for_kinds(left)} and {words_for_kinds(right)}",
                left,
                right,
            )
        if left == right == {"integer"}:
            return WHOLE
        if both and left | right <= _NUMBERS:
            return NUMBER
        return TEXT if left == right == {"string"} else ANYTHING

    def _clash(
        self, expression: tree.Binary, message: str, left: frozenset[str], right: frozenset[str]
    ) -> None:
        help_ = "make both sides the same kind of value"
        if "string" in left | right and (left | right) & _NUMBERS:
            help_ = (
                'write a text with holes, as in "${a}${b}", or turn the text into a number with `double(...)`'
            )
        self._report(f"{message}: {show_expression(expression)}", help_, expression.span)

    def _map(self, entries: tuple[tuple[tree.Expr, tree.Expr], ...]) -> Schema:
        properties: dict[str, Schema] = {}
        closed = True
        for key, value in entries:
            found = self.infer(value)
            if isinstance(key, tree.Constant) and isinstance(key.value, str):
                properties[key.value] = found
            else:
                self.infer(key)
                closed = False
        return {"type": "object", "properties": properties, "additionalProperties": not closed}


def _comparison(kinds: frozenset[str]) -> str:
    if kinds & _NUMBERS:
        return "> 0"
    if "string" in kinds:
        return '== "..."'
    return "!= null" if "object" in kinds else ".size() > 0"


def _item(target: Schema, index: tree.Expr) -> Schema:
    properties = target.get("properties")
    if isinstance(index, tree.Constant) and isinstance(properties, dict):
        found = properties.get(str(index.value))
        return found if isinstance(found, dict) else ANYTHING
    rest = target.get("additionalProperties")
    return rest if isinstance(rest, dict) else _items(target)


def _items(target: Schema) -> Schema:
    kinds = kinds_of(target)
    if "object" in kinds and "array" not in kinds:
        return TEXT
    items = target.get("items")
    return items if isinstance(items, dict) else ANYTHING


def _either(one: Schema, two: Schema) -> Schema:
    if one == two:
        return one
    first, second = kinds_of(one), kinds_of(two)
    return {"type": sorted(first | second)} if first and second else ANYTHING


def _common(members: list[Schema]) -> Schema:
    found = members[0] if members else ANYTHING
    for member in members[1:]:
        found = _either(found, member)
    return found
