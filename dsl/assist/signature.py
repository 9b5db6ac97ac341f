"""The call that is being written, with its parameters and the one the cursor is at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsl import tree
from dsl.assist.cursor import DEEPEST, Cursor, cursor_at, rest_of
from dsl.assist.functions import FUNCTION_DOCS, METHOD_DOCS, Function
from dsl.assist.place import properties_of, tool_of
from dsl.assist.sketch import STAND_IN, Sketch, sketch
from dsl.catalog import Catalog, Schema
from dsl.outline import uses
from dsl.parse import MAX_CHARACTERS
from dsl.schemas import resolved
from dsl.wording.telling import argument_words, nature_words


@dataclass(frozen=True, slots=True)
class Parameter:
    """``label`` is a part of the signature's label."""

    name: str
    label: str
    documentation: str


@dataclass(frozen=True, slots=True)
class Signature:
    """``active`` is the parameter the cursor is at, None when that is none of them."""

    label: str
    documentation: str
    parameters: tuple[Parameter, ...]
    active: int | None


def signature(text: str, offset: int, catalog: Catalog) -> Signature | None:
    """The innermost call around ``offset``; None outside of calls. Never raises."""
    if len(text) > MAX_CHARACTERS:
        return None
    cursor = cursor_at(text, offset)
    if cursor.where == "comment" or len(cursor.frames) > DEEPEST:
        return None
    drawn = sketch(cursor, catalog, quoted=cursor.where == "text")
    found = _innermost(drawn)
    if found is not None or not any(frame.bracket == "(" for frame in cursor.frames):
        return found
    # Behind a whole value no name can stand: look at the beginning of the call and count.
    return _counted(cursor, catalog)


def _counted(cursor: Cursor, catalog: Catalog) -> Signature | None:
    for number in range(len(cursor.frames) - 1, max(-1, len(cursor.frames) - 6), -1):
        frame = cursor.frames[number]
        if frame.bracket == "{":
            return None
        if frame.bracket != "(":
            continue
        at = frame.at + 1
        begun = replace(cursor, code=cursor.code[:at], frames=cursor.frames[: number + 1], where="code")
        found = _innermost(sketch(begun, catalog))
        if found is None:
            continue
        written = rest_of(cursor.code, at, steps=False)
        names = [one.name for one in found.parameters]
        last = written.rpartition(",")[2].partition(":")[0].strip().strip('"')
        active = names.index(last) if last in names else written.count(",")
        if any(f"{name}:" in written for name in names) and last not in names:
            return replace(found, active=None)
        return replace(found, active=active if active < len(names) else None)
    return None


def _innermost(drawn: Sketch) -> Signature | None:
    for number in range(len(drawn.way) - 1, -1, -1):
        link = drawn.way[number]
        match link.node:
            case tree.Call(alias=alias, tool=name) if link.field == "args":
                tool = tool_of(drawn, alias, name)
                use = uses(drawn.workflow).get(alias)
                if tool is None or use is None:
                    return None
                nature = nature_words(drawn.catalog.nature(use.name, name))
                about = "\n\n".join(part for part in (tool.description, nature) if part)
                return _of_schema(f"{alias}.{name}", about, resolved(tool.input_schema), _at(drawn, number))
            case tree.RunWorkflow(alias=alias) if link.field == "args":
                use = uses(drawn.workflow).get(alias)
                other = drawn.catalog.workflows.get(use.name) if use else None
                if other is None:
                    return None
                return _of_schema(
                    alias, f"The workflow {other.name}.", resolved(other.input_schema), _at(drawn, number)
                )
            case tree.FunctionCall(function=name) if link.field == "args":
                return _of_function(FUNCTION_DOCS.get(name), link.index)
            case tree.MethodCall(method=name) if link.field == "args":
                return _of_function(METHOD_DOCS.get(name), link.index)
            case tree.Step():
                return None
    return None


def _at(drawn: Sketch, number: int) -> str:
    arg = drawn.way[number + 1].node
    return arg.name if isinstance(arg, tree.Arg) else ""


def _of_schema(called: str, about: str, schema: Schema, at: str) -> Signature:
    required = [name for name in schema.get("required") or () if isinstance(name, str)]
    known = properties_of(schema)
    order = [*(name for name in known if name in required), *(name for name in known if name not in required)]
    parameters = []
    for name in order:
        if name == "idempotency_key":
            continue
        words = argument_words(name, known[name], required)
        about_it = known[name].get("description")
        label = f"{name}{'' if name in required else '?'}"
        parameters.append(
            Parameter(name, label, f"{words}. {about_it}" if isinstance(about_it, str) else words)
        )
    label = f"{called}({', '.join(one.label for one in parameters)})"
    names = [one.name for one in parameters]
    if at == STAND_IN:
        active: int | None = 0 if names else None
    else:
        active = names.index(at) if at in names else None
    return Signature(label, about, tuple(parameters), active)


def _of_function(one: Function | None, index: int | None) -> Signature | None:
    if one is None:
        return None
    parameters = tuple(
        Parameter(name, label, "") for name, label in zip(one.parameters, one.shown, strict=True)
    )
    active = index if index is not None and index < len(parameters) else None
    return Signature(one.signature, f"{one.line}\n\n`{one.example}`", parameters, active)
