"""What kind of value an expression has, as a JSON Schema, and what can be seen to be wrong with it on the way.

Lenient by design: what is not known is ``{}`` and fits everywhere. Only what must fail is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from dsl import tree
from dsl.catalog import Schema
from dsl.cel.clashes import number_for_text
from dsl.cel.functions import MACROS
from dsl.cel.source import bound_variable, show_expression
from dsl.diagnostic import Fix, Replacement
from dsl.meaning.functions import (
    ANYTHING,
    EITHER,
    NUMBER,
    NUMBERS,
    TEXT,
    TRUTH,
    WHOLE,
    items_of,
    number_of,
    result_of,
)
from dsl.meaning.names import with_names
from dsl.meaning.unions import members_of, union, values_of
from dsl.schemas import fits, is_open, kind_of, kinds_of, words_for_kinds
from dsl.suggestion import closest


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must fail: E204, or E203 for a text that a value can never be."""

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
            case tree.FunctionCall(function="has", args=(tree.Member() as member,)):
                self._has_fields(member, self.infer(member.target))
                return TRUTH
            case tree.FunctionCall(function=function, args=args):
                given = [self.infer(arg) for arg in args]
                return result_of(function, given)
            case tree.MethodCall():
                return self._method(expression)
            case tree.Unary(op=op, operand=operand):
                return self._unary(expression, op, self.infer(operand))
            case tree.Binary():
                return self._binary(expression)
            case tree.Conditional(test=test, then=then, other=other):
                self.condition(test)
                return union([self.infer(then), self.infer(other)])
            case tree.ListOf(items=items):
                return {"type": "array", "items": union([self.infer(item) for item in items])}
            case tree.MapOf(entries=entries):
                return self._map(entries)
            case _:
                assert_never(expression)

    def value(self, expression: tree.Expr) -> Schema:
        """The schema of what an expression comes out as: times and durations are texts then."""
        found = self.infer(expression)
        match expression:
            case tree.FunctionCall(function="timestamp"):
                return {"type": "string", "format": "date-time"}
            case tree.FunctionCall(function="duration"):
                return {"type": "string", "format": "duration"}
        return found

    def condition(self, expression: tree.Expr) -> Schema:
        """Infer an expression that must be true or false."""
        found = self.infer(expression)
        kinds = kinds_of(found)
        if kinds and "boolean" not in kinds:
            shown = show_expression(expression)
            self._report(
                f"the condition must be true or false, but `{shown}` is {words_for_kinds(kinds)}",
                f"compare it with something, as in `{shown} {_comparison(kinds)}`",
                expression.span,
            )
        return found

    def _each(self, expressions: Iterable[tree.Expr]) -> None:
        for expression in expressions:
            self.infer(expression)

    def _report(self, message: str, help_: str, span: tree.Span, fix: Fix | None = None) -> None:
        self.problems.append(Problem("E204", message, help_, span, fix))

    def _member(self, member: tree.Member) -> Schema:
        owner = self.infer(member.target)
        found: list[Schema] = []
        for one in members_of(owner):
            properties = one.get("properties")
            if isinstance(properties, dict) and member.name in properties:
                inner = properties[member.name]
                found.append(inner if isinstance(inner, dict) else ANYTHING)
            elif isinstance(one.get("additionalProperties"), dict):
                found.append(one["additionalProperties"])
            elif is_open(one):
                found.append(ANYTHING)
        if found or member.optional:
            return union(found) if found and not member.optional else _maybe(found)
        self._has_fields(member, owner)
        kinds = kinds_of(owner) - {"null"}
        names = [name for one in members_of(owner) for name in one.get("properties", ())]
        if kinds == {"object"} and names:
            self._no_field(member, show_expression(member.target), list(dict.fromkeys(names)))
        return ANYTHING

    def _has_fields(self, member: tree.Member, owner: Schema) -> None:
        """Complain about a field of what can have none."""
        kinds = kinds_of(owner)
        if not kinds or member.optional or "object" in kinds:
            return
        shown = show_expression(member.target)
        help_ = f"use `{shown}` itself"
        if "array" in kinds:
            help_ = f"take one of its items first, as in `{shown}[0].{member.name}`"
        elif kinds == {"null"}:
            help_ = "read something that has a value; a block has the value that it gives with `yield`"
        self._report(
            f"`{shown}` is {words_for_kinds(kinds)}, it has no field `{member.name}`", help_, member.span
        )

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
            given = [self.infer(arg) for arg in call.args]
            if call.method == "orValue" and given:
                there = [one for one in members_of(target) if kinds_of(one) != {"null"}]
                return union([*map(_without_null, there), given[0]])
            return result_of(call.method, [target, *given])
        kinds = kinds_of(target)
        if kinds and not kinds & {"array", "object", "null"}:
            shown = show_expression(call.target)
            self._report(
                f"`{call.method}` needs a list, but `{shown}` is {words_for_kinds(kinds)}",
                "use it on a list",
                call.target.span,
            )
        inner = Inference(with_names(self.names, {variable: items_of(target)}), self.problems)
        results = [inner.infer(arg) for arg in call.args[1:]]
        if call.method == "map":
            return {"type": "array", "items": results[-1] if results else ANYTHING}
        if call.method == "filter":
            return {"type": "array", "items": items_of(target)}
        return TRUTH

    def _listed(self, constant: tree.Expr, other: Schema) -> None:
        """A text that is compared with what can only be other texts."""
        allowed = values_of(other)
        if allowed is None or not isinstance(constant, tree.Constant) or not isinstance(constant.value, str):
            return
        texts = [one for one in allowed if isinstance(one, str)]
        if len(texts) < 2 or constant.value in texts:
            return
        suggestion = closest(constant.value, texts)
        meant = f', did you mean "{suggestion}"?' if suggestion else ""
        fix = Fix(f"Change to `{suggestion}`", (Replacement(constant.span, f'"{suggestion}"'),))
        self.problems.append(
            Problem(
                "E203",
                f'this can never be "{constant.value}"{meant}',
                "use one of " + ", ".join(f'"{one}"' for one in texts),
                constant.span,
                fix if suggestion else None,
            )
        )

    def _unary(self, expression: tree.Unary, op: str, operand: Schema) -> Schema:
        kinds = kinds_of(operand)
        wanted = frozenset({"boolean"}) if op == "!" else NUMBERS
        if kinds and not kinds & wanted:
            shown = show_expression(expression.operand)
            self._report(
                f"`{op}` needs {'true or false' if op == '!' else 'a number'}, "
                f"but `{shown}` is {words_for_kinds(kinds)}",
                "compare it with something first" if op == "!" else "use a number",
                expression.span,
            )
        return TRUTH if op == "!" else number_of(kinds)

    def _binary(self, expression: tree.Binary) -> Schema:
        op = expression.op
        if op in ("&&", "||"):
            self.condition(expression.left)
            self.condition(expression.right)
            return TRUTH
        first, second = self.infer(expression.left), self.infer(expression.right)
        left, right = kinds_of(first), kinds_of(second)
        both = bool(left and right)
        if op in ("==", "!="):
            self._equal(expression, left, right)
            self._listed(expression.left, second)
            self._listed(expression.right, first)
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
        if both and (not fits(left, right) or (op != "+" and not (left | right) & (NUMBERS | {"string"}))):
            self._clash(
                expression,
                f"cannot compute `{op}` of {words_for_kinds(left)} and {words_for_kinds(right)}",
                left,
                right,
            )
        left, right = left - {"null"}, right - {"null"}
        if left == right == {"integer"}:
            return WHOLE
        if left and right and left | right <= NUMBERS:
            return NUMBER if {"number"} in (left, right) else EITHER
        if op == "+" and left == right == {"array"}:
            return {"type": "array", "items": union([items_of(first), items_of(second)])}
        # Two texts, unless they are durations: only texts can be added.
        return TEXT if op == "+" and left == right == {"string"} and not _lasts(first, second) else ANYTHING

    def _equal(self, expression: tree.Binary, left: frozenset[str], right: frozenset[str]) -> None:
        """What can never be equal is a mistake, though it runs. Comparing with null is a question, not a mistake."""
        if not left or not right or {"null"} in (left, right) or fits(left, right):
            return
        always = "never" if expression.op == "==" else "always"
        help_, fix = "compare values of the same kind", None
        if "string" in left | right and (left | right) & NUMBERS:
            help_, fix = number_for_text(expression.left, expression.right)
            help_ = help_ if fix else "turn one side into the kind of the other, as with `double(...)`"
        self._report(
            f"{words_for_kinds(left)} and {words_for_kinds(right)} are never the same, "
            f"so this is {always} true: {show_expression(expression)}",
            help_,
            expression.span,
            fix,
        )

    def _clash(
        self, expression: tree.Binary, message: str, left: frozenset[str], right: frozenset[str]
    ) -> None:
        help_, fix = "make both sides the same kind of value", None
        if "string" in left | right and (left | right) & NUMBERS:
            help_, fix = number_for_text(expression.left, expression.right)
        self._report(f"{message}: {show_expression(expression)}", help_, expression.span, fix)

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
    if kinds & NUMBERS:
        return "> 0"
    if "string" in kinds:
        return '== "..."'
    return "!= null" if "object" in kinds else ".size() > 0"


def _item(target: Schema, index: tree.Expr) -> Schema:
    found: list[Schema] = []
    for one in members_of(target):
        properties = one.get("properties")
        if isinstance(properties, dict) and isinstance(index, tree.Constant):
            inner = properties.get(str(index.value))
            found.append(inner if isinstance(inner, dict) else ANYTHING)
        elif isinstance(one.get("additionalProperties"), dict):
            found.append(one["additionalProperties"])
        elif kinds_of(one) != {"null"}:
            found.append(ANYTHING if "object" in kinds_of(one) else items_of(one))
    return union(found) if found else ANYTHING


def _maybe(found: list[Schema]) -> Schema:
    """What ``.?`` gives: the field, or null."""
    return union([*found, {"type": "null"}]) if found and all(found) else ANYTHING


def _without_null(schema: Schema) -> Schema:
    kinds = kinds_of(schema)
    if "null" not in kinds or len(kinds) < 2:
        return schema
    found = {**schema, "type": sorted(kinds - {"null"})}
    if isinstance(schema.get("enum"), list):
        found["enum"] = [value for value in schema["enum"] if value is not None]
    return found


def _lasts(*schemas: Schema) -> bool:
    return any(one.get("format") == "duration" for one in schemas)
