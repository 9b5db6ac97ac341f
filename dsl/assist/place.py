"""What is wanted at a cursor, read off the way from the workflow down to the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dsl import tree
from dsl.assist.sketch import STAND_IN, Link, Sketch
from dsl.catalog import Schema, Tool
from dsl.cel.functions import MACROS
from dsl.cel.source import bound_variable
from dsl.meaning.inference import Inference
from dsl.meaning.names import with_names
from dsl.outline import uses
from dsl.schemas import declared_types, fields_of, kinds_of, resolved, schema_of, schema_of_fields
from dsl.webhooks import FORMS
from dsl.wording.spelling import singular

TRUTH: Schema = {"type": "boolean"}
LIST: Schema = {"type": "array"}
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value, of ``schema`` where that is known ({} otherwise); ``called`` is the argument or field it is for."""

    schema: Schema
    names: Mapping[str, Schema]
    called: str = ""
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Member:
    """A field or method of a value of ``schema``."""

    schema: Schema
    secrets: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """The name of a connector or workflow that the text uses; ``called``: with its arguments behind it."""

    source: Literal["mcp", "workflow"]
    called: bool


@dataclass(frozen=True, slots=True)
class ToolName:
    alias: str
    called: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """The name of an argument or a field of an object. ``given`` are there already."""

    schema: Schema
    given: frozenset[str]
    sort: Literal["argument", "field"]


@dataclass(frozen=True, slots=True)
class TypeName:
    pass


@dataclass(frozen=True, slots=True)
class Sibling:
    """A step of the same ``parallel``."""

    given: frozenset[str]
    own: str


@dataclass(frozen=True, slots=True)
class Resource:
    """Something of the account."""

    sort: Literal["connector", "workflow", "role", "user", "secret"]


@dataclass(frozen=True, slots=True)
class Code:
    """An error code."""

    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class Word:
    """One of a few fixed words."""

    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class New:
    """A name or text that the writer makes up."""

    wish: str = ""


Place: TypeAlias = (
    Value | Member | Alias | ToolName | Entry | TypeName | Sibling | Resource | Code | Word | New
)

METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")


def infer(expression: tree.Expr, names: Mapping[str, Schema]) -> Schema:
    """The schema of a value, as far as it can be seen."""
    return resolved(Inference(names).infer(expression))


def names_at(sketch: Sketch) -> Mapping[str, Schema]:
    """What can be read at the stand-in, with the variables of ``map``, ``filter`` and the like around it."""
    names = sketch.names()
    if beside := sketch.beside():
        names = with_names(beside, dict(names))
    for number, link in enumerate(sketch.way):
        if isinstance(link.node, tree.MethodCall) and link.field == "args" and link.index:
            variable = bound_variable(link.node)
            if variable is not None and number:
                names = with_names(names, {variable: items_of(infer(link.node.target, names))})
    return names


def items_of(schema: Schema) -> Schema:
    if "object" in kinds_of(schema) and "array" not in kinds_of(schema):
        return TEXT
    items = schema.get("items")
    return items if isinstance(items, dict) else {}


def place_of(sketch: Sketch) -> Place | None:
    """None where no name can stand, or where it cannot be made out what it would be."""
    if not sketch.way:
        return None
    last = sketch.way[-1]
    match last.node:
        case tree.Name() | tree.FunctionCall() | tree.Constant():
            if len(sketch.way) > 1 and isinstance(sketch.way[-2].node, tree.Webhook):
                return Word(tuple((form.name, form.words) for form in FORMS.values()))
            return _value(sketch)
        case tree.Member(target=target) | tree.MethodCall(target=target):
            names = names_at(sketch)
            secrets = isinstance(target, tree.Name) and target.id == "secrets"
            return Member(infer(target, names), secrets)
        case tree.Call(alias=alias) | tree.ToolRef(alias=alias):
            called = isinstance(last.node, tree.Call)
            return Alias("mcp", called) if last.field == "alias" else ToolName(alias, called)
        case tree.RunWorkflow():
            return Alias("workflow", True)
        case tree.Arg():
            return _argument(sketch)
        case tree.NamedType() | tree.GenericType() | tree.LiteralType():
            return TypeName()
        case tree.After(ids=ids):
            own = next(
                (link.node.id for link in reversed(sketch.way) if isinstance(link.node, tree.Step)), ""
            )
            return Sibling(frozenset(ids) - {STAND_IN}, own)
        case tree.Use(source=source) if last.field == "name":
            return Resource("connector" if source == "mcp" else "workflow")
        case tree.Secret():
            return Resource("secret")
        case tree.Retry(codes=codes) | tree.Catch(codes=codes) if last.field == "codes":
            return Code(frozenset(codes) - {STAND_IN})
        case tree.Webhook() if last.field == "method":
            return Word(tuple((word, "") for word in METHODS))
        case tree.Annotation() if last.field == "name":
            return Word((("cost", "What one go of this step costs, as in `@cost(usd: 0.02)`."),))
        case _:
            return New()


def _value(sketch: Sketch) -> Place:
    way = sketch.way
    if len(way) > 1:
        match way[-2]:
            case Link(tree.Approver(by=by), "name", None):
                return Resource(by)
            case Link(tree.MethodCall(target=target, args=args), "args", 0) if _binds(way[-2].node, args):
                return New(_one_of(target))
            case Link(tree.MapOf(entries=entries), "entries", int() as index) if _is_key(entries[index]):
                given = frozenset(str(key.value) for key, _ in entries if isinstance(key, tree.Constant)) - {
                    STAND_IN
                }
                return Entry(_expected(sketch, len(way) - 2), given, "field")
    beside = frozenset(sketch.beside())
    return Value(_expected(sketch, len(way) - 1), names_at(sketch), _called(way), beside)


def _binds(call: tree.MethodCall, args: tuple[tree.Expr, ...]) -> bool:
    return call.method in MACROS and isinstance(args[0], tree.Name)


def _one_of(target: tree.Expr) -> str:
    match target:
        case tree.Member(name=name) | tree.Name(id=name):
            one = singular(name)
            return one if one != name else "item"
        case _:
            return "item"


def _is_key(entry: tuple[tree.Expr, tree.Expr]) -> bool:
    return isinstance(entry[0], tree.Constant) and entry[0].value == STAND_IN


def _called(way: tuple[Link, ...]) -> str:
    for link in reversed(way[:-1]):
        match link.node:
            case tree.Arg(name=name):
                return name
            case tree.MapOf(entries=entries) if link.index is not None:
                key = entries[link.index][0]
                return str(key.value) if isinstance(key, tree.Constant) else ""
            case tree.Conditional():
                continue
            case _:
                return ""
    return ""


def _expected(sketch: Sketch, at: int) -> Schema:
    """What is wanted of the expression ``way[at].node``."""
    if at == 0:
        return {}
    link = sketch.way[at - 1]
    node: Any = link.node
    match node:
        case tree.Arg(name=name):
            entry = _properties(_arguments(sketch, at - 1)).get(name)
            return entry if isinstance(entry, dict) else {}
        case tree.MapOf(entries=entries) if link.index is not None:
            key = entries[link.index][0]
            found = _properties(_expected(sketch, at - 1)).get(getattr(key, "value", None))
            return found if isinstance(found, dict) else {}
        case tree.ListOf():
            return items_of(_expected(sketch, at - 1))
        case tree.Binary(op=op, left=left, right=right):
            return _other_side(sketch, link, op, left, right)
        case tree.Conditional():
            return TRUTH if link.field == "test" else _expected(sketch, at - 1)
        case tree.Unary(op=op):
            return TRUTH if op == "!" else {"type": "number"}
        case tree.MethodCall(method=method) if link.field == "args" and link.index:
            return TRUTH if method in MACROS - {"map"} else {}
        case tree.Return():
            types = declared_types(sketch.workflow)
            return schema_of_fields(fields_of(sketch.workflow, "output"), types)
        case tree.Arm():
            parent = sketch.way[at - 2].node
            if isinstance(parent, tree.Switch):
                return infer(parent.subject, sketch.names())
            return TRUTH
        case tree.Loop(carry=carry) if carry is None or link.field != "carry":
            return TRUTH
        case tree.Wait() | tree.EventTrigger() | tree.Webhook() | tree.Schedule():
            return TRUTH if link.field == "when" else {"type": "string", "format": "date-time"}
        case tree.Foreach():
            return LIST
        case tree.Key() | tree.Fail():
            return TEXT
        case tree.Approve() | tree.Agent():
            return TEXT if link.field in ("title", "system", "prompt", "model") else {}
        case tree.Field(type=type_):
            return schema_of(type_, declared_types(sketch.workflow))
        case _:
            return {}


def _other_side(sketch: Sketch, link: Link, op: str, left: tree.Expr, right: tree.Expr) -> Schema:
    if op in ("&&", "||"):
        return TRUTH
    names = names_at(sketch)
    if op == "in":
        return LIST if link.field == "right" else items_of(infer(right, names))
    found = infer(right if link.field == "left" else left, names)
    return {key: value for key, value in found.items() if key not in ("const", "description", "title")}


def _properties(schema: Schema) -> Mapping[Any, Any]:
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if isinstance(one, dict) and isinstance(one.get("properties"), dict):
            return dict(one["properties"])
    return {}


def properties_of(schema: Schema) -> Mapping[str, Schema]:
    """The fields of an object, those of the first branch that has some where there are several."""
    return {str(name): found for name, found in _properties(schema).items() if isinstance(found, dict)}


def _argument(sketch: Sketch) -> Place:
    holder = sketch.way[-2].node
    given = frozenset(arg.name for arg in getattr(holder, "args", ())) - {STAND_IN}
    return Entry(_arguments(sketch, len(sketch.way) - 1), given, "argument")


def _arguments(sketch: Sketch, at: int) -> Schema:
    """The schema of what the holder of the argument ``way[at].node`` takes."""
    match sketch.way[at - 1].node:
        case tree.Call(alias=alias, tool=name):
            tool = tool_of(sketch, alias, name)
            return resolved(tool.input_schema) if tool else {}
        case tree.RunWorkflow(alias=alias):
            use = uses(sketch.workflow).get(alias)
            other = sketch.catalog.workflows.get(use.name) if use else None
            return resolved(other.input_schema) if other else {}
        case tree.Trigger():
            return schema_of_fields(fields_of(sketch.workflow, "input"), declared_types(sketch.workflow))
        case tree.Annotation(name="cost"):
            return {"type": "object", "properties": {"usd": {"type": "number"}}, "required": ["usd"]}
        case _:
            return {}


def tool_of(sketch: Sketch, alias: str, name: str) -> Tool | None:
    use = uses(sketch.workflow).get(alias)
    return None if use is None else sketch.catalog.tool(use.name, name)


def values_of(schema: Schema) -> list[Any]:
    """The values that an enumeration allows; none for anything else."""
    if isinstance(schema.get("enum"), list):
        return [value for value in schema["enum"] if value is not None]
    if "const" in schema:
        return [schema["const"]]
    members = schema.get("anyOf", schema.get("oneOf"))
    if isinstance(members, list):
        return [value for member in members if isinstance(member, dict) for value in values_of(member)]
    return []
