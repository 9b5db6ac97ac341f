"""Two runs of one step side by side: what its expressions read, and whether they give the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dsl import coerce
from dsl.plan import Expression, Plan
from engine.forking.record import Opaque
from engine.runtime.expression import bind, names_of
from engine.runtime.scope import Scope
from engine.strict import encode

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Side:
    """A plan with the input of a run of it."""

    plan: Plan
    input: Mapping[str, Json]

    def names(self) -> dict[str, Json]:
        given = dict(self.input)
        for name, default in self.plan.input_defaults.items():
            if name not in given:
                given[name] = _value(default, Scope({}))
        config = {name: _value(value, Scope({})) for name, value in self.plan.config.items()}
        return {"input": coerce(given, self.plan.input_schema), "config": config, "secrets": {}}


@dataclass(frozen=True, slots=True)
class Pair:
    """The names on both sides. While nothing differs, they are never filled."""

    old: Scope
    now: Scope

    def inner(self, names: dict[str, Json] | None = None) -> Pair:
        return Pair(self.old.inner(dict(names or {})), self.now.inner(dict(names or {})))

    def round(self, static_path: str, path: str, names: dict[str, Json]) -> Pair:
        return Pair(
            self.old.round(static_path, path, dict(names)), self.now.round(static_path, path, dict(names))
        )

    def respelled(self, static_path: str, path: str) -> Pair:
        return Pair(self.old.respelled(static_path, path), self.now.respelled(static_path, path))

    def put(self, name: str, values: tuple[Json, Json]) -> None:
        self.old.names[name], self.now.names[name] = values

    def agrees_on(self, name: str) -> bool:
        try:
            old, now = self.old.get(name), self.now.get(name)
        except KeyError:
            return False
        return same_value(old, now)

    def agree(self, expression: Expression, *, computed: bool = True) -> bool:
        """Whether it provably gives the same on both sides: it reads nothing that differs, or what it gives is the
        same."""
        if all(self.agrees_on(name) for name in names_of(expression)):
            return True
        if not computed:
            return False
        old, now = _value(expression, self.old), _value(expression, self.now)
        return old is now or (
            not isinstance(old, Opaque) and type(old) is type(now) and _text(old) == _text(now)
        )

    def values(self, expression: Expression) -> tuple[Json, Json]:
        old, now = _value(expression, self.old), _value(expression, self.now)
        if isinstance(now, Opaque) and all(self.agrees_on(name) for name in names_of(expression)):
            return now, now
        return old, now


def _value(expression: Expression, scope: Scope) -> Json:
    try:
        if any(isinstance(scope.get(name), Opaque) for name in names_of(expression)):
            return Opaque()
        return bind(expression)(scope)
    except (ValueError, KeyError):
        return Opaque()


def _text(value: Json) -> str:
    return encode(value)


def same_value(old: Json, now: Json) -> bool:
    """Whether no expression could tell them apart: ``1``, ``1.0`` and ``true`` are three values, at any depth."""
    if old is now:
        return True
    if type(old) is not type(now):
        return False
    match old:
        case dict():
            return old.keys() == now.keys() and all(same_value(one, now[name]) for name, one in old.items())
        case list():
            return len(old) == len(now) and all(map(same_value, old, now))
        case _:
            return bool(old == now)
