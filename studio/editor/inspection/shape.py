"""Which control fits a JSON Schema: its kind, options, fields, and the words around it. Pure, and bounded in depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsl.catalog import Schema
from dsl.schemas import kinds_of, words_for
from dsl.wording.spelling import capital, humanize
from studio.editor.inspection.field import Control

DEEPEST: Final = 5
MOST_OPTIONS: Final = 200
_LONG: Final = frozenset(
    {"body", "message", "summary", "text", "content", "description", "comment", "html", "prompt"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """``properties`` of a group; ``item`` of a list; ``choices`` where several shapes are allowed, each with a name.
    ``constant`` is the one value there can be, as an expression."""

    control: Control
    schema: Schema
    options: tuple[str, ...] = ()
    quoted: bool = True
    properties: Mapping[str, Schema] | None = None
    item: Schema | None = None
    choices: tuple[tuple[str, Schema], ...] = ()
    constant: str = ""
    sort: str = ""
    long: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """In the order of whoever wrote the schema: an object's fields have none where it is stored."""
        names = self.schema.get("required", ())
        return tuple(map(str, names)) if isinstance(names, list | tuple) else ()


def shape_of(schema: Any, name: str = "", depth: int = 0) -> Shape:
    """``schema`` has its references put in place (:func:`dsl.schemas.resolved`); what is none is an expression."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return Shape("expression", {})
    schema = _one(schema)
    if "const" in schema:
        return _constant(schema)
    if isinstance(schema.get("enum"), list):
        return _options(schema, schema["enum"])
    members = _members(schema)
    if members:
        return _choice(schema, members)
    match kinds_of(schema) - {"null"}:
        case kinds if kinds == {"string"}:
            return _text(schema, name)
        case kinds if kinds and kinds <= {"integer", "number"}:
            return Shape("number", schema, sort="integer" if kinds == {"integer"} else "")
        case kinds if kinds == {"boolean"}:
            return Shape("toggle", schema, ("true", "false"))
        case kinds if kinds == {"array"}:
            return _list(schema, depth)
        case kinds if (
            kinds == {"object"} and isinstance(schema.get("properties"), dict) and schema["properties"]
        ):
            return Shape("group", schema, properties=schema["properties"])
        case _:
            return Shape("expression", schema)


def _one(schema: Schema) -> Schema:
    """Without null, and with the parts of an ``allOf`` put together."""
    parts = schema.get("allOf")
    if isinstance(parts, list) and parts:
        whole: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in (one for one in parts if isinstance(one, dict)):
            for key, value in part.items():
                if key == "properties" and isinstance(value, dict):
                    whole[key] = {**value, **whole.get(key, {})}
                elif key == "required" and isinstance(value, list):
                    whole[key] = [*whole.get(key, []), *value]
                else:
                    whole.setdefault(key, value)
        schema = whole
    for word in ("anyOf", "oneOf"):
        members = schema.get(word)
        if isinstance(members, list):
            there = [one for one in members if isinstance(one, dict) and one.get("type") != "null"]
            if len(there) == 1:
                outer = {key: value for key, value in schema.items() if key != word}
                return _one({**there[0], **outer})
    return schema


def _members(schema: Schema) -> list[Schema]:
    for word in ("anyOf", "oneOf"):
        members = schema.get(word)
        if isinstance(members, list):
            return [one for one in members if isinstance(one, dict) and one.get("type") != "null"]
    kinds = schema.get("type")
    if isinstance(kinds, list):
        several = [kind for kind in kinds if kind != "null"]
        if len(several) > 1 and not set(several) <= {"integer", "number"}:
            return [{**schema, "type": kind} for kind in several]
    return []


def _constant(schema: Schema) -> Shape:
    value = schema["const"]
    option = value if isinstance(value, str) else json.dumps(value)
    return Shape(
        "select",
        schema,
        (option,),
        quoted=isinstance(value, str),
        constant=json.dumps(value, ensure_ascii=False),
    )


def _options(schema: Schema, values: list[Any]) -> Shape:
    given = [value for value in values if value is not None][:MOST_OPTIONS]
    if given and all(isinstance(value, str) for value in given):
        return Shape("select", schema, tuple(given))
    if given and all(isinstance(value, int | float) for value in given):
        return Shape("select", schema, tuple(json.dumps(value) for value in given), quoted=False)
    return Shape("expression", schema)


def _choice(schema: Schema, members: list[Schema]) -> Shape:
    members = [_one(one) for one in members]
    outer = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "type")}
    listed = [value for one in members for value in _listed(one)]
    if listed and all(_listed(one) for one in members) and all(isinstance(value, str) for value in listed):
        return Shape("select", {**outer, "type": "string"}, tuple(dict.fromkeys(listed))[:MOST_OPTIONS])
    if all(kinds_of(one) and kinds_of(one) <= {"integer", "number"} for one in members):
        return Shape("number", {**outer, "type": "number"})
    named = tuple((choice_words(one), one) for one in members[:12])
    return Shape("choice", schema, choices=named)


def _listed(schema: Schema) -> list[Any]:
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    return [schema["const"]] if "const" in schema else []


def choice_words(schema: Schema) -> str:
    """One of several shapes, in a word or two."""
    if isinstance(schema.get("title"), str) and schema["title"]:
        return humanize(schema["title"])
    properties = schema.get("properties")
    if isinstance(properties, dict):
        tags = [one["const"] for one in properties.values() if isinstance(one, dict) and "const" in one]
        if tags:
            return capital(str(tags[0]))
        return capital(", ".join(list(properties)[:3]))
    words = words_for(schema)
    return capital(words.removeprefix("a ").removeprefix("an "))


def _text(schema: Schema, name: str) -> Shape:
    match schema.get("format"):
        case "date":
            return Shape("date", schema)
        case "date-time":
            return Shape("moment", schema)
        case "email" | "uri" | "url" as sort:
            return Shape("text", schema, sort="uri" if sort == "url" else str(sort))
    return Shape("text", schema, long=name.lower() in _LONG)


def _list(schema: Schema, depth: int) -> Shape:
    item = schema.get("items")
    if not isinstance(item, dict) or not item:
        return Shape("expression", schema)
    inner = shape_of(item, depth=depth + 1)
    if inner.control == "select":
        return Shape("picks", schema, inner.options, inner.quoted, item=item)
    if inner.control in ("text", "number"):
        return Shape("chips", schema, quoted=inner.control == "text", item=item)
    return Shape("rows", schema, item=item)


def label_of(name: str, schema: Schema) -> str:
    """A title that says more than the name does; the name in words otherwise."""
    title = schema.get("title")
    plain = humanize(name)
    if (
        isinstance(title, str)
        and title.strip()
        and title.replace(" ", "").lower() != name.replace("_", "").lower()
    ):
        return title.strip()
    return plain


def help_of(schema: Schema) -> str:
    """What the schema says of its values; where it says nothing, an example."""
    about = str(schema.get("description") or "")
    examples = schema.get("examples")
    if isinstance(examples, list) and examples and not about:
        return f"Such as {plain_words(examples[0])}."
    return about


def plain_words(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def placeholder_of(schema: Schema, control: Control) -> str:
    """What stands in an empty field: the default, an example, or the form."""
    default = default_of(schema)
    if default:
        return default
    examples = schema.get("examples")
    if isinstance(examples, list) and examples:
        return plain_words(examples[0])
    match control:
        case "expression":
            kinds = kinds_of(schema)
            return "{ name: value }" if kinds == {"object"} else "[ ... ]" if kinds == {"array"} else ""
        case "text" if schema.get("format") == "email":
            return "name@example.com"
        case "text" if schema.get("format") in ("uri", "url"):
            return "https://"
        case _:
            return ""


def default_of(schema: Schema) -> str:
    """The default in words; "" where there is none worth showing."""
    default = schema.get("default")
    return "" if default is None or default in ("", [], {}) else plain_words(default)
