"""Random expressions: those that are right by the way they are made, and those put together anyhow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.dsl_types.shapes import Schema, Source, paths

TEXT: Schema = {"type": "string"}


def kind_of(schema: Schema) -> str:
    """The one kind of a schema, "any" where it has none or several."""
    if "anyOf" in schema or "allOf" in schema or "const" in schema:
        return "any"
    kind = schema.get("type")
    return kind if isinstance(kind, str) else "any"


def hole(inner: str) -> str:
    """A text with a hole, as far as the inner text can stand in one."""
    return f"text({inner})" if '"' in inner else f'"<${{{inner}}}>"'


@dataclass
class Right:
    """Expressions whose operands are of the right kinds, as a careful author writes them."""

    random: Random
    sources: list[Source]
    bound: int = 0

    def of(self, kind: str, depth: int = 3) -> str:
        known = [one.text for one in self.sources if kind_of(one.schema) == kind]
        if known and (depth == 0 or self.random.random() < 0.35):
            return self.random.choice(known)
        make: Callable[[int], str] = getattr(self, f"_{kind}")
        return make(max(depth - 1, 0))

    def any(self, depth: int = 3) -> str:
        kinds = ["string", "integer", "number", "boolean"]
        if depth:
            kinds += ["array", "object"]
        if self.random.random() < 0.3:
            return self.random.choice(self.sources).text
        return self.of(self.random.choice(kinds), depth)

    def _one(self, *made: Any) -> str:
        found = self.random.choice(made)
        return found if isinstance(found, str) else found()

    def _string(self, depth: int) -> str:
        if depth == 0:
            return "'ab'"
        return self._one(
            "'ab'",
            lambda: f"{self.of('string', depth)} + {self.of('string', depth)}",
            lambda: hole(self.any(depth)),
            lambda: f"text({self.any(depth)})",
            lambda: f"string({self.of('integer', depth)})",
            lambda: f"money({self.of('number', depth)})",
            lambda: f"({self.of('string', depth)}).upper()",
            lambda: f"({self.of('string', depth)}).trim().lower()",
            lambda: f"({self.of('string', depth)}).replace('a', {self.of('string', depth)})",
            lambda: f"({self.of('array', depth)}).join({self.of('string', depth)})",
            lambda: (
                f"({self.of('boolean', depth)} ? {self.of('string', depth)} : {self.of('string', depth)})"
            ),
            lambda: f"{self.random.choice(self.sources).text}.?nothing.orValue('x')",
            lambda: f"[{self.of('string', depth)}][0]",
            lambda: f"{{ a: {self.of('string', depth)} }}.a",
            lambda: f"({self.of('string', depth)}).split(',').sort().join('')",
        )

    def _integer(self, depth: int) -> str:
        if depth == 0:
            return "3"
        return self._one(
            "2",
            lambda: f"({self.of('integer', depth)} {self.random.choice('+-*')} {self.of('integer', depth)})",
            lambda: f"size({self.of(self.random.choice(['string', 'array', 'object']), depth)})",
            lambda: f"({self.of('array', depth)}).size()",
            lambda: f"({self.of('integer', depth)} % 7)",
            lambda: f"floor({self.of('number', depth)})",
            lambda: f"int({self.of('number', depth)})",
            lambda: f"-({self.of('integer', depth)})",
            lambda: f"({self.of('string', depth)}).indexOf('a')",
            lambda: f"[{self.of('integer', depth)}, 1].sum()",
            lambda: f"max({self.of('integer', depth)}, 3)",
            lambda: "timestamp('2026-01-31T09:00:00Z').getFullYear()",
            lambda: f"abs({self.of('integer', depth)})",
        )

    def _number(self, depth: int) -> str:
        if depth == 0:
            return "1.5"
        some = self.random.choice(["integer", "number"])
        return self._one(
            "0.5",
            lambda: f"({self.of('number', depth)} {self.random.choice('+-*')} {self.of(some, depth)})",
            lambda: f"({self.of(some, depth)} * 1.0 + {self.of('number', depth)})",
            lambda: f"double({self.of('integer', depth)})",
            lambda: f"round({self.of('number', depth)} * 1.0, 2)",
            lambda: f"[{self.of('number', depth)}, 1].max() + 0.5",
            lambda: f"({self.of('number', depth)} / 2)",
        )

    def _boolean(self, depth: int) -> str:
        if depth == 0:
            return "true"
        some, other = (self.random.choice(["integer", "number"]) for _ in range(2))
        compare = self.random.choice(["<", "<=", ">", ">=", "==", "!="])
        return self._one(
            "false",
            lambda: f"{self.of(some, depth)} {compare} {self.of(other, depth)}",
            lambda: f"({self.of('string', depth)} {compare} {self.of('string', depth)})",
            lambda: f"({self.of('boolean', depth)} && {self.of('boolean', depth)})",
            lambda: f"({self.of('boolean', depth)} || {self.of('boolean', depth)})",
            lambda: f"!({self.of('boolean', depth)})",
            lambda: f"({self.of('string', depth)}).contains({self.of('string', depth)})",
            lambda: f"({self.of('integer', depth)} in {self.of('array', depth)})",
            lambda: f"({self.of('string', depth)} in {self.of('object', depth)})",
            lambda: f"({self.any(depth)} == null)",
            lambda: f"has({self.of('object', depth)}.nothing)",
            lambda: f"{self.random.choice(self.sources).text}.?nothing.hasValue()",
            lambda: "timestamp('2026-01-31T09:00:00Z') + 24h > timestamp('2026-02-01T09:00:00Z')",
            lambda: self._loop(depth, "exists"),
            lambda: self._loop(depth, "all"),
        )

    def _loop(self, depth: int, method: str) -> str:
        """Over a list whose items are known, or the names of an object."""
        lists = [one for one in self.sources if kind_of(one.schema) == "array" and one.schema.get("items")]
        self.bound += 1
        variable = f"it{self.bound}"
        if lists and self.random.random() < 0.7:
            chosen = self.random.choice(lists)
            target, item = chosen.text, chosen.schema["items"]
        elif self.random.random() < 0.5:
            target, item = f"({self.of('object', depth)})", TEXT
        else:
            target, item = f"[{self.of('integer', depth)}, 2]", {"type": "integer"}
        inner = Right(self.random, [*self.sources, *paths(variable, item, 2)], self.bound)
        body = inner.any(depth) if method == "map" else inner.of("boolean", depth)
        self.bound = inner.bound
        return f"{target}.{method}({variable}, {body})"

    def _array(self, depth: int) -> str:
        if depth == 0:
            return "[1, 2]"
        return self._one(
            "[]",
            lambda: f"[{self.any(depth)}, {self.any(depth)}]",
            lambda: f"({self.of('array', depth)} + {self.of('array', depth)})",
            lambda: self._loop(depth, "map"),
            lambda: self._loop(depth, "filter"),
            lambda: f"({self.of('string', depth)}).split(',')",
        )

    def _object(self, depth: int) -> str:
        if depth == 0:
            return "{ a: 1 }"
        return self._one(
            "{}" if self.random.random() < 0.1 else "{ a: 1, b: 'x' }",
            lambda: f"{{ a: {self.any(depth)}, b: {self.any(depth)} }}",
            lambda: f"{{ (text({self.any(depth)})): {self.any(depth)} }}",
        )


@dataclass
class Anyhow:
    """Expressions without a plan. Nothing in them is left out when they are computed: no ``&&``, no branches, no
    loops over what may be empty; so what is wrong with them shows."""

    random: Random
    sources: list[Source]

    def any(self, depth: int = 2) -> str:
        if depth == 0 or self.random.random() < 0.3:
            plain = ["'ab'", "2", "1.5", "true", "[1, 2]", "['a']", "{ a: 1 }", "24h", "[1.5]"]
            return self.random.choice(
                [self.random.choice(self.sources).text] * 3 + [self.random.choice(plain)]
            )
        a, b = self.any(depth - 1), self.any(depth - 1)
        op = self.random.choice(["+", "-", "*", "<", ">="])
        method = self.random.choice(
            [
                "upper()",
                "size()",
                "sum()",
                "max()",
                "sort()",
                "contains(B)",
                "startsWith(B)",
                "join(B)",
                "join()",
                "split(B)",
                "replace(B, B)",
                "indexOf(B)",
                "substring(0)",
                "getHours()",
                "trim()",
            ]
        )
        function = self.random.choice(
            ["size", "string", "int", "double", "text", "money", "round", "abs", "floor", "sum", "min"]
        )
        return self.random.choice(
            [
                f"({a} {op} {b})",
                f"({a} {op} {b})",
                f"({a} in {b})",
                f"({a} == {b})",
                f"-({a})",
                f"!({a})",
                f"({a}).{method.replace('B', b)}",
                f"{function}({a})",
                f"max({a}, {a})",
                f"round({a}, {b})",
                f"({a})[0]",
                f"({a})[{b}]",
                f"({a})['a']",
                f"({a}).total",
                f"[{a}, {b}]",
                f"{{ a: {a}, total: {b} }}",
                hole(a),
                f"({a}).?total",
                f"has(({a}).total)",
                f"timestamp({a})",
                f"duration({a})",
            ]
        )
