"""Results that are made up: from a schema, varied where something decides on them, always the same."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dsl.catalog import Schema
from dsl.cel import ExpressionError, truth
from dsl.plan import ConstantExpr, Expression, Json, PlanStep, Wait
from dsl.schemas import kinds_of
from dsl.simulation.interests import Interest, Interests
from dsl.simulation.scope import Scope
from dsl.values import coerce, validate_input
from dsl.wording.spelling import clip, listed

if TYPE_CHECKING:
    from dsl.simulation.state import State

_DEPTH = 8
_LONGEST = 5
"""Items of the longest list that is made."""

_ABSENT: Final = object()
"""In the place of a field's value: the field is not there."""


def sample(schema: Schema | None, name: str = "", depth: int = _DEPTH) -> Json:
    """The plainest value that fits: the first of several, one item, all fields, 1, true, a text of the field's name."""
    if not isinstance(schema, dict) or not schema or depth == 0:
        return name or "text"
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for word in ("anyOf", "oneOf"):
        members = schema.get(word)
        if isinstance(members, list) and members:
            present = [m for m in members if isinstance(m, dict) and kinds_of(m) != {"null"}]
            return sample((present or members)[0], name, depth - 1)
    kinds = kinds_of(schema)
    for kind in ("object", "array", "string", "integer", "number", "boolean", "null"):
        if kind in kinds:
            return _of_kind(kind, schema, name, depth)
    return name or "text"


def _of_kind(kind: str, schema: Schema, name: str, depth: int) -> Json:
    match kind:
        case "object":
            properties = schema.get("properties")
            known = properties if isinstance(properties, dict) else {}
            return {field: sample(inner, field, depth - 1) for field, inner in known.items()}
        case "array":
            count = max(1, int(schema.get("minItems") or 0))
            return [sample(schema.get("items"), name, depth - 1) for _ in range(min(count, _LONGEST))]
        case "string":
            formats = {"date-time": "2026-01-05T09:00:00Z", "date": "2026-01-05", "duration": "1h"}
            text = formats.get(str(schema.get("format")), name or "text")
            return text.ljust(int(schema.get("minLength") or 0), "x")[: schema.get("maxLength") or None]
        case "integer" | "number":
            low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
            number = 1 if low is None or low < 1 else low + ("exclusiveMinimum" in schema)
            number = number if high is None or number <= high else high
            return int(number) if kind == "integer" else float(number)
        case "boolean":
            return True
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Samples:
    interests: Interests

    def variants(
        self, step: PlanStep, schema: Schema | None, scope: Scope, state: State
    ) -> list[tuple[str, Json]]:
        """The results of a step that are worth trying, each with its words; the first is the usual one."""
        base = self.usual(step.id, schema)
        return self._varied(step.id, base, schema, scope, state, f"`{step.id}` gives")

    def inputs(
        self, schema: Schema, defaults: Mapping[str, Expression], state: State
    ) -> list[tuple[str, Json]]:
        """The inputs that are worth trying. What has a default is left out, except where something decides on it."""
        whole = self.usual("input", schema)
        base = {name: value for name, value in whole.items() if name not in defaults}
        scope = Scope({})
        return self._varied("input", base, schema, scope, state, "the input has")

    def events(self, do: Wait, step: PlanStep, scope: Scope, state: State) -> list[tuple[str, Json]]:
        """Events that fit the condition of a wait."""
        both = Interests()
        for root in (step.id, "event"):
            both.of["event"] += self.interests.of.get(root, ())
            both.reads["event"] |= self.interests.reads.get(root, {})
        maker = Samples(both)
        found = maker._varied(
            "event", maker.usual("event", None), None, scope, state, f'"{do.event}" for `{step.id}` has'
        )
        return [(words, payload) for words, payload in found if _fits(do, payload, scope)]

    def usual(self, root: str, schema: Schema | None) -> Any:
        """The plainest result under a name, with all that is read of it."""
        made = {} if schema is None else sample(schema, root)
        if isinstance(made, dict):
            known = (schema or {}).get("properties") or {}
            for fields in self.interests.reads.get(root, {}):
                if (
                    fields
                    and fields[0] not in known
                    and (schema or {}).get("additionalProperties") is not False
                ):
                    _fill(made, fields)
        return made

    def _varied(
        self, root: str, base: Json, schema: Schema | None, scope: Scope, state: State, begin: str
    ) -> list[tuple[str, Json]]:
        axes = list(self._axes(root, base, schema, scope, state))
        if not axes:
            return [("", base)]
        most = state.limits.variants
        combinations = list(itertools.islice(itertools.product(*(values for _, values in axes)), 4096))
        if len(combinations) > most:
            usual = tuple(values[0] for _, values in axes)
            singles = [
                (*usual[:n], value, *usual[n + 1 :])
                for n, (_, values) in enumerate(axes)
                for value in values[1:]
            ]
            combinations = [usual, *singles]
        found: dict[str, tuple[str, Json]] = {}
        for combination in combinations:
            value = copy.deepcopy(base)
            said = []
            for (fields, _), part in zip(axes, combination, strict=True):
                value = _put(value, fields, part)
                said.append(_words(fields, part))
            if schema is not None:
                value = coerce(value, schema)
                if validate_input(value, schema) and not validate_input(base, schema):
                    continue
            found.setdefault(json.dumps(value, sort_keys=True), (f"{begin} {listed(said)}", value))
        kept = list(found.values())[:most]
        return kept if len(kept) > 1 else [("", kept[0][1])] if kept else [("", base)]

    def _axes(
        self, root: str, base: Json, schema: Schema | None, scope: Scope, state: State
    ) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
        grouped: dict[tuple[str, ...], list[Interest]] = {}
        for interest in self.interests.of.get(root, ()):
            grouped.setdefault(interest.fields, []).append(interest)
        for fields, those in grouped.items():
            inner = _schema_at(schema, fields)
            here = _at(base, fields)
            values: list[Any] = []
            for interest in those:
                for value in _candidates(interest, here, inner, scope, state):
                    if not any(value is one or (type(value) is type(one) and value == one) for one in values):
                        values.append(value)
            if len(values) > 1 or (values and values[0] != here):
                yield fields, values


def _candidates(
    interest: Interest, here: Any, schema: Schema | None, scope: Scope, state: State
) -> list[Any]:
    match interest.sort:
        case "bool":
            return [True, False]
        case "present":
            return [here, _ABSENT] if here is not _ABSENT else [sample(schema, interest.fields[-1]), _ABSENT]
        case "items":
            return _lists(here, schema, (1, 0, 2))
        case "amount":
            if isinstance(here, list):
                return [here, [_scaled(item) for item in here], []]
            return [here, 1_000_000, 0] if isinstance(here, int | float) else [here]
        case "size":
            size = _value(interest.other, scope, state)
            if not isinstance(size, int | float) or isinstance(size, bool):
                return _lists(here, schema, (1, 0, 2))
            return _lists(here, schema, (int(size), int(size) + 1, max(int(size) - 1, 0)))
        case "compare":
            return _compared(_value(interest.other, scope, state), here, schema)


def _compared(other: Any, here: Any, schema: Schema | None) -> list[Any]:
    values = (schema or {}).get("enum")
    if isinstance(values, list):
        return list(values)
    if "boolean" in kinds_of(schema or {}) or isinstance(other, bool):
        return [True, False]
    match other:
        case None:
            return [here, None]
        case int() | float():
            whole = "integer" in kinds_of(schema or {}) or (isinstance(other, int) and not schema)
            step = 1 if whole else 0.01
            return [other, round(other + step, 6), round(other - step, 6)]
        case str():
            return [
                other,
                here if isinstance(here, str) and here != other else f"not {other}" if other else "text",
            ]
        case _:
            if kinds_of(schema or {}) & {"integer", "number"} or isinstance(here, int | float):
                return [here, 1_000_000, 0]
            return [here] if here is not _ABSENT else []


def _scaled(item: Any) -> Any:
    if isinstance(item, int | float) and not isinstance(item, bool):
        return item * 1_000_000
    return item


def _lists(here: Any, schema: Schema | None, sizes: Sequence[int]) -> list[Any]:
    inner = (schema or {}).get("items")
    item = here[0] if isinstance(here, list) and here else sample(inner, "item")
    wanted = dict.fromkeys(size for size in sizes if size <= _LONGEST)
    return [[copy.deepcopy(item) for _ in range(size)] for size in wanted]


_UNKNOWN: Final = ["unknown"]


def _value(expression: Expression | None, scope: Scope, state: State) -> Any:
    if expression is None:
        return _UNKNOWN
    if isinstance(expression, ConstantExpr):
        return expression.value
    try:
        return state.value(expression, scope)
    except ExpressionError:
        return _UNKNOWN


def _fits(do: Wait, payload: Json, scope: Scope) -> bool:
    if do.when is None:
        return True
    names = frozenset(getattr(do.when, "names", ()))
    try:
        return truth(do.when, {**scope.env(names), "event": payload})
    except ExpressionError:
        return False


# ---- places in a value -------------------------------------------------------------------------------


def _at(value: Any, fields: tuple[str, ...]) -> Any:
    for name in fields:
        if name == "[]":
            if not isinstance(value, list) or not value:
                return _ABSENT
            value = value[0]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return _ABSENT
    return value


def _put(value: Any, fields: tuple[str, ...], part: Any) -> Any:
    """The value with a part of it set, in every item of a list on the way."""
    if not fields:
        return value if part is _ABSENT else copy.deepcopy(part)
    name, rest = fields[0], fields[1:]
    if name == "[]":
        return [_put(item, rest, part) for item in value] if isinstance(value, list) else value
    if not isinstance(value, dict):
        return value
    if not rest and part is _ABSENT:
        return {key: item for key, item in value.items() if key != name}
    return {**value, name: _put(value.get(name, [{}] if rest[:1] == ("[]",) else {}), rest, part)}


def _fill(value: Any, fields: tuple[str, ...]) -> None:
    """Put a text where nothing says what there is, so that what is read is there."""
    name, rest = fields[0], fields[1:]
    if name == "[]":
        if isinstance(value, list) and value and rest:
            _fill(value[0], rest)
        return
    if not isinstance(value, dict):
        return
    if not rest:
        value.setdefault(name, name)
        return
    known = value.get(name)
    if not isinstance(known, dict | list):
        value[name] = known = [{}] if rest[0] == "[]" else {}
    _fill(known, rest)


def _schema_at(schema: Schema | None, fields: tuple[str, ...]) -> Schema | None:
    for name in fields:
        if schema is None:
            return None
        for member in (schema, *(m for m in schema.get("anyOf", ()) if isinstance(m, dict))):
            inner = member.get("items") if name == "[]" else (member.get("properties") or {}).get(name)
            if isinstance(inner, dict):
                break
        schema = inner if isinstance(inner, dict) else None
    return schema


def _words(fields: tuple[str, ...], part: Any) -> str:
    name = ".".join(one for one in fields if one != "[]")
    if part is _ABSENT:
        return f"no {name}"
    if isinstance(part, list):
        count = f"{len(part)} item{'' if len(part) == 1 else 's'}"
        return f"{count} in {name}" if name else count
    return f"{name} {clip(json.dumps(part, ensure_ascii=False), 40)}".strip()


__all__ = ["Samples", "sample"]
