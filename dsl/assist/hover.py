"""What a person is told about the thing under the cursor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from dsl import tree
from dsl.assist.bindings import Origin, bindings_of
from dsl.assist.functions import FUNCTION_DOCS, METHOD_DOCS, Function
from dsl.assist.lexing import extent, is_keyword, token_at
from dsl.assist.place import infer, items_of, properties_of
from dsl.assist.schedule import schedule_words
from dsl.assist.sketch import scopes_in
from dsl.assist.words import CODES, FIELDS_OF_NAMES, TYPES, WORDS
from dsl.catalog import Catalog, Schema, Tool
from dsl.cel.source import bound_variable
from dsl.diagnostic import Diagnostic
from dsl.literals import duration_ms
from dsl.meaning.names import with_names
from dsl.meaning.results import types_of, unsaid
from dsl.outline import kind_slots, places, uses
from dsl.parse import parse
from dsl.schemas import declared_types, resolved, schema_of
from dsl.tree import Span
from dsl.wording.sentences import sentence_of
from dsl.wording.spelling import duration_words, small
from dsl.wording.telling import argument_words, nature_words, type_words
from dsl.wording.terms import terms_of


@dataclass(frozen=True, slots=True)
class Hover:
    """``span`` is what it is about; ``markdown`` is written by us around words of the account's connectors."""

    span: Span
    markdown: str


def hover(text: str, offset: int, catalog: Catalog, diagnostics: Sequence[Diagnostic] = ()) -> Hover | None:
    """What stands at ``offset``, with those of ``diagnostics`` that are about it; None for nothing of interest."""
    offset = max(0, min(offset, len(text)))
    about = _About(text, offset, catalog)
    found = about.hover()
    here = [one for one in diagnostics if one.span.start <= offset <= one.span.end]
    if not here:
        return found
    told = [f"**{one.code}** {_plain(one.message)}\n\n{_plain(one.help)}" for one in here]
    if found is None:
        return Hover(here[0].span, "\n\n".join(told))
    return Hover(found.span, "\n\n---\n\n".join([*told, found.markdown]))


class _About:
    def __init__(self, text: str, offset: int, catalog: Catalog) -> None:
        self.text = text
        self.offset = offset
        self.catalog = catalog
        self.parsed = parse(text)
        self.workflow = self.parsed.workflow
        self.way = tuple(_way(self.workflow, offset))

    def hover(self) -> Hover | None:
        for node in reversed(self.way):
            found = self._node(node)
            if found is not None:
                return found
        return self._token()

    def _node(self, node: Any) -> Hover | None:
        match node:
            case tree.Name(id=id, span=span):
                return self._hover(self._word(id, span), lambda: self._name(id))
            case tree.Member(target=target, name=name, span=span):
                at = self._last_word(name, span)
                return self._hover(at, lambda: self._field(target, name))
            case tree.FunctionCall(function=name, span=span):
                return self._hover(self._word(name, span), lambda: _function(FUNCTION_DOCS.get(name)))
            case tree.MethodCall(target=target, method=name, span=span):
                at = self._word(name, Span(target.span.end, span.end))
                return self._hover(at, lambda: _function(METHOD_DOCS.get(name)))
            case tree.Arg(name=name, name_span=span):
                return self._hover(span, lambda: self._argument(name))
            case tree.Call(alias=alias, tool=tool, target_span=span):
                return self._target(alias, tool, span)
            case tree.ToolRef(alias=alias, tool=tool, span=span):
                return self._target(alias, tool, span)
            case tree.RunWorkflow(alias=alias, target_span=span):
                return self._hover(span, lambda: self._alias(alias))
            case tree.Step(id=id, id_span=span):
                return self._hover(span, lambda: self._step(node))
            case tree.After(span=span):
                return self._after(span)
            case tree.Use(alias=alias, span=span):
                return self._hover(node.alias_span, lambda: self._alias(alias)) or self._hover(
                    self._last_word(f'"{node.name}"', span), lambda: self._alias(alias)
                )
            case tree.Field(name=name, name_span=span):
                return self._hover(span, lambda: self._declared(node))
            case tree.NamedType(name=name, span=span):
                return self._hover(self._word(name, span), lambda: self._type(name))
            case tree.Trigger(on=tree.Schedule(cron=cron, timezone=zone), span=span):
                words = schedule_words(cron)
                at = self._word(f'"{cron}"', span)
                return self._hover(at, lambda: f"{words}, {zone} time." if words else None)
            case tree.Duration(ms=ms, span=span):
                return self._hover(span, lambda: duration_words(ms))
            case tree.Catch(codes=codes, span=span) | tree.Retry(codes=codes, span=span):
                for code in codes:
                    if code in CODES and (
                        found := self._hover(self._word(f'"{code}"', span), lambda c=code: CODES[c])
                    ):
                        return found
        return None

    def _hover(self, span: Span | None, tell: Any) -> Hover | None:
        if span is None or not span.start <= self.offset <= span.end:
            return None
        markdown = tell()
        return Hover(span, markdown) if markdown else None

    def _word(self, word: str, span: Span) -> Span | None:
        at = self.text.find(word, span.start, span.end)
        return Span(at, at + len(word)) if at >= 0 else None

    def _last_word(self, word: str, span: Span) -> Span | None:
        at = self.text.rfind(word, span.start, span.end)
        return Span(at, at + len(word)) if at >= 0 else None

    def _names(self) -> Mapping[str, Schema]:
        """What the expression under the cursor can read."""
        scopes = scopes_in(self.workflow, self.catalog)
        for site in scopes.sites:
            if any(site.expression is node for node in self.way):
                names: Mapping[str, Schema] = site.names
                for node in self.way:
                    if isinstance(node, tree.MethodCall) and (variable := bound_variable(node)):
                        names = with_names(names, {variable: items_of(infer(node.target, names))})
                return names
        return {}

    def _name(self, id: str) -> str:
        schema = self._names().get(id)
        use = bindings_of(self.text).at(self.offset)
        step = self._step_at(use.origin.span) if use is not None and use.origin.sort == "step" else None
        lines = [f"`{id}`: {self._type_of(schema, step)}"]
        if use is not None:
            lines.append(self._origin(use.origin))
        elif id in FIELDS_OF_NAMES:
            lines.append(FIELDS_OF_NAMES[id])
        if schema is not None:
            lines.append(_fields(schema))
        return "\n\n".join(line for line in lines if line)

    def _type_of(self, schema: Schema | None, step: tree.Step | None) -> str:
        """What a name can be; of the result of a step that is not known, why."""
        if schema or step is None:
            return type_words(schema or {})
        results = types_of(self.parsed, self.catalog)
        paths = (place.path for place in places(self.workflow.body) if place.step is step)
        return next((results[path].words for path in paths if path in results), "anything")

    def _origin(self, origin: Origin) -> str:
        match origin.sort:
            case "step":
                step = self._step_at(origin.span)
                return (
                    "" if step is None else f"The result of the step `{origin.name}`: {self._sentence(step)}."
                )
            case "item":
                return "The item that the `foreach` is at."
            case "error":
                return "The error that the `catch` took."
            case "carry":
                return "What the `loop` carries from one round to the next."
            case "variable":
                return "One item of the list."
            case _:
                return FIELDS_OF_NAMES.get(origin.name, "")

    def _step_at(self, span: Span) -> tree.Step | None:
        for place in places(self.workflow.body):
            if place.step.id_span == span:
                return place.step
        return None

    def _sentence(self, step: tree.Step) -> str:
        if isinstance(step.kind, tree.Broken):
            return "it cannot be read"
        said = sentence_of(step.kind, terms_of(self.workflow, self.catalog))
        return small(said)

    def _step(self, step: tree.Step) -> str:
        scopes = scopes_in(self.workflow, self.catalog)
        place = next((one for one in places(self.workflow.body) if one.step is step), None)
        schema = scopes.results.get(place.path) if place else None
        sentence = self._sentence(step)
        result = self._type_of(schema, step)
        lines = [f"**{step.id}**: {sentence}.", _plain(step.doc)]
        if not isinstance(step.kind, tree.Return | tree.Fail | tree.Broken):
            lines += [f"Result: {result}", _fields(schema or {})]
        inner = sum(len(slot.block.steps) for slot in kind_slots(step.kind))
        if inner:
            lines.append(f"{inner} step{'s' if inner > 1 else ''} inside.")
        return "\n\n".join(line for line in lines if line)

    def _after(self, span: Span) -> Hover | None:
        use = bindings_of(self.text).at(self.offset)
        if use is None or not span.start <= use.span.start < span.end:
            return None
        step = self._step_at(use.origin.span)
        return Hover(use.span, self._step(step)) if step else None

    def _field(self, target: tree.Expr, name: str) -> str:
        owner = infer(target, self._names())
        schema = properties_of(owner).get(name)
        if schema is None:
            return f"`{name}`: unknown"
        missing = "default" not in schema and name not in owner.get("required", (name,))
        words = type_words(schema) + (", may be missing" if missing else "")
        about = schema.get("description")
        lines = [f"`{name}`: {words}", _plain(about) if isinstance(about, str) else "", _fields(schema)]
        return "\n\n".join(line for line in lines if line)

    def _declared(self, entry: tree.Field) -> str:
        words = type_words(schema_of(entry.type, declared_types(self.workflow)))
        return "\n\n".join(part for part in (f"`{entry.name}`: {words}", _plain(entry.doc)) if part)

    def _type(self, name: str) -> str:
        declared = declared_types(self.workflow)
        if name in declared:
            schema = schema_of(declared[name], declared)
            return "\n\n".join(part for part in (f"`{name}`: {type_words(schema)}", _fields(schema)) if part)
        return f"`{name}`: {TYPES[name]}" if name in TYPES else ""

    def _tool(self, alias: str, name: str) -> Tool | None:
        use = uses(self.workflow).get(alias)
        return None if use is None else self.catalog.tool(use.name, name)

    def _target(self, alias: str, tool: str, span: Span) -> Hover | None:
        if not span.start <= self.offset <= span.end:
            return None
        dot = self.text.find(".", span.start, span.end)
        if self.offset <= (dot if dot >= 0 else span.end) and dot >= 0:
            return self._hover(self._word(alias, span), lambda: self._alias(alias))
        return self._hover(self._last_word(tool, span), lambda: self._tool_words(alias, tool))

    def _tool_words(self, alias: str, name: str) -> str:
        use = uses(self.workflow).get(alias)
        tool = self._tool(alias, name)
        if tool is None or use is None:
            return f"`{alias}.{name}`: a tool that is not known here"
        schema = resolved(tool.input_schema)
        required = [one for one in schema.get("required") or () if isinstance(one, str)]
        lines = [f"**{_plain(tool.title) or name}** `{use.name}.{name}`", _plain(tool.description)]
        lines.append(nature_words(self.catalog.nature(use.name, name)))
        known = [one for one in properties_of(schema).items() if one[0] != "idempotency_key"]
        lines.append("\n".join(f"- `{one}`: {argument_words(one, inner, required)}" for one, inner in known))
        output = tool.output_schema
        said = unsaid(alias, name) if output is None else type_words(resolved(output))
        lines.append(f"Result: {said}")
        if output is not None:
            lines.append(_fields(resolved(output)))
        return "\n\n".join(line for line in lines if line)

    def _alias(self, alias: str) -> str:
        use = uses(self.workflow).get(alias)
        if use is None:
            return ""
        if use.source == "workflow":
            other = self.catalog.workflows.get(use.name)
            if other is None:
                return f"`{alias}`: the workflow {use.name}"
            schema = resolved(other.input_schema)
            required = [one for one in schema.get("required") or () if isinstance(one, str)]
            takes = [
                f"- `{n}`: {argument_words(n, one, required)}" for n, one in properties_of(schema).items()
            ]
            result = f"Result: {type_words(resolved(other.output_schema))}"
            return "\n\n".join(
                part for part in (f"`{alias}`: the workflow {use.name}", "\n".join(takes), result) if part
            )
        connector = self.catalog.connectors.get(use.name)
        if connector is None:
            return f"`{alias}`: the connector {use.name}, which is not known here"
        tools = "\n".join(
            f"- `{tool.name}` {_plain(tool.title)}" for tool in list(connector.tools.values())[:30]
        )
        return "\n\n".join(
            part for part in (f"**{_plain(connector.title) or use.name}**, a connector", tools) if part
        )

    def _argument(self, name: str) -> str:
        holder = next((node for node in reversed(self.way) if isinstance(node, _HOLDERS)), None)
        schema: Schema = {}
        match holder:
            case tree.Call(alias=alias, tool=tool):
                found = self._tool(alias, tool)
                schema = resolved(found.input_schema) if found else {}
            case tree.RunWorkflow(alias=alias):
                use = uses(self.workflow).get(alias)
                other = self.catalog.workflows.get(use.name) if use else None
                schema = resolved(other.input_schema) if other else {}
        entry = properties_of(schema).get(name)
        if entry is None:
            return ""
        required = [one for one in schema.get("required") or () if isinstance(one, str)]
        about = entry.get("description")
        words = f"`{name}`: {argument_words(name, entry, required)}"
        return f"{words}\n\n{_plain(about)}" if isinstance(about, str) else words

    def _token(self) -> Hover | None:
        token = token_at(self.text, self.offset)
        if token is None:
            return None
        if token.type == "DURATION":
            return Hover(extent(token), duration_words(duration_ms(token[:200])))
        if is_keyword(token) and token in WORDS:
            word = WORDS[str(token)]
            return Hover(extent(token), f"`{token}`: {word.line}\n\n```weft\n{word.form}\n```")
        return None


_HOLDERS = (tree.Call, tree.RunWorkflow, tree.Trigger, tree.Annotation)
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|])")


def _plain(text: str) -> str:
    """Words of a connector or a person as Markdown that shows them as they are, not too many."""
    return _MARKED.sub(r"\\\1", text if len(text) <= 2_000 else f"{text[:1_999]}…")


def _function(one: Function | None) -> str:
    return f"`{one.signature}`\n\n{one.line}\n\n```weft\n{one.example}\n```" if one else ""


def _fields(schema: Schema) -> str:
    shown = list(properties_of(schema).items())
    lines = [f"- `{name}`: {type_words(inner)}" for name, inner in shown[:20]]
    if len(shown) > 20:
        lines.append(f"- and {len(shown) - 20} more")
    return "\n".join(lines)


def _way(node: Any, offset: int) -> Iterator[Any]:
    """The nodes around an offset, outermost first."""
    yield node
    for inner in _parts(node):
        span = getattr(inner, "span", None)
        if span is not None and span.start <= offset <= span.end:
            later = [
                one
                for one in _parts(node)
                if (other := getattr(one, "span", None)) is not None
                and other.start == offset
                and one is not inner
            ]
            yield from _way(later[0] if later and span.end == offset else inner, offset)
            return
        if span is None and (found := list(_way(inner, offset))[1:]):
            yield inner
            yield from found
            return


def _parts(node: Any) -> Iterator[Any]:
    for field in fields(node):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            for one in item if isinstance(item, tuple) else (item,):
                if is_dataclass(one) and not isinstance(one, Span | tree.Line):
                    yield one
