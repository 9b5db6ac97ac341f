"""What one node does, as the kind of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from dsl.catalog import Catalog
from dsl.literals import spell_duration, spell_string
from dsl.n8n.export import Node, dig, number, rows, slug, words
from dsl.n8n.expressions import NotTaken, Values, key_of
from dsl.n8n.report import Report

_MAILS: Final = {"emailSend": ("toEmail", "subject", "text"), "gmail": ("sendTo", "subject", "message")}
_MODELS: Final = frozenset({"agent", "chainLlm", "openAi", "anthropic", "lmChatOpenAi"})
_CODE: Final = frozenset({"code", "function", "functionItem"})
_UNITS: Final = {
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
    "weeks": 604_800_000,
}
_QUIET: Final = frozenset(
    {"resource", "operation", "authentication", "options", "mode", "nodeCredentialType"}
)
_LONGEST: Final = 4_000


class Work:
    """``alias(source, name)`` is what a connector or another workflow is called in the text."""

    def __init__(self, catalog: Catalog, alias: Callable[[str, str], str], report: Report) -> None:
        self._catalog = catalog
        self._alias = alias
        self._report = report

    def kind(self, node: Node, values: Values) -> tuple[str, str]:
        """The step's kind, and where in its result the node's own answer lies ("", ".body")."""
        match node.kind:
            case "httpRequest":
                return self._request(node, values), ".body"
            case "set" | "editFields":
                return f"let {self._object(node, self._assignments(node), values)}", ""
            case "wait":
                return self._wait(node, values), ""
            case "stopAndError":
                message = node.parameters.get("errorMessage") or "It was stopped."
                return f'fail "stopped" with {self._value(node, message, values)}', ""
            case "executeWorkflow":
                return self._run(node, values), ""
            case "respondToWebhook":
                return f"return {self._value(node, node.parameters.get('responseBody'), values)}", ""
            case kind if kind in _MAILS:
                return self._mail(node, values), ""
            case kind if kind in _MODELS:
                return self._model(node, values), ".text"
            case _:
                return self._tool(node, values), ""

    def _value(self, node: Node, parameter: Any, values: Values) -> str:
        made = values.of(parameter)
        if isinstance(made, NotTaken):
            self._report.say(
                node.name,
                f"has an expression without an equal in Weft; it stands there as a text: {made.source[:200]}",
            )
            return spell_string(made.source[:_LONGEST])
        return made

    def _object(self, node: Node, pairs: Iterator[tuple[str, Any]], values: Values) -> str:
        made = {name: self._value(node, value, values) for name, value in pairs if name}
        return (
            "{ " + ", ".join(f"{key_of(name)}: {value}" for name, value in made.items()) + " }"
            if made
            else "{}"
        )

    def _assignments(self, node: Node) -> Iterator[tuple[str, Any]]:
        parameters = node.parameters
        if parameters.get("mode") == "raw":
            self._report.say(node.name, "is written as JSON; look whether its expressions came over.")
            yield "value", parameters.get("jsonOutput")
        for one in rows(parameters, "assignments", "assignments"):
            yield words(one.get("name")), one.get("value")
        for kind in ("string", "number", "boolean"):
            for one in rows(parameters, "values", kind):
                yield words(one.get("name")), one.get("value")
        for one in rows(parameters, "fields", "values"):
            value = next((one[key] for key in one if key.endswith("Value")), "")
            yield words(one.get("name")), value
        if parameters.get("includeOtherFields") is True:
            self._report.say(
                node.name, "keeps the other fields of its input too; here only those that it sets are there."
            )

    def _request(self, node: Node, values: Values) -> str:
        parameters = node.parameters
        arguments = [
            (
                "method",
                spell_string(
                    words(parameters.get("method") or parameters.get("requestMethod")).upper() or "GET"
                ),
            ),
            ("url", self._value(node, parameters.get("url") or "", values)),
        ]
        headers = [
            (words(one.get("name")), one.get("value"))
            for one in rows(parameters, "headerParameters", "parameters")
        ]
        if headers:
            arguments.append(("headers", self._object(node, iter(headers), values)))
        fields = [
            (words(one.get("name")), one.get("value"))
            for one in rows(parameters, "bodyParameters", "parameters")
        ]
        body = next(
            (parameters[key] for key in ("jsonBody", "body", "bodyParametersJson") if parameters.get(key)),
            None,
        )
        if fields:
            arguments.append(("body", self._object(node, iter(fields), values)))
        elif body is not None:
            arguments.append(("body", self._value(node, body, values)))
        if next(rows(parameters, "queryParameters", "parameters"), None):
            self._report.say(node.name, "has query parameters; write them into the address.")
        if words(parameters.get("authentication")) not in ("", "none"):
            self._report.say(node.name, "signs in with a credential of n8n; add it to the connector here.")
        http = self._connector("http", "request")
        return f"call {http}.request({', '.join(f'{name}: {value}' for name, value in arguments)})"

    def _wait(self, node: Node, values: Values) -> str:
        parameters = node.parameters
        match words(parameters.get("resume")) or "timeInterval":
            case "timeInterval":
                size = _UNITS.get(words(parameters.get("unit")) or "hours", 3_600_000)
                length = int(min(number(parameters.get("amount"), 1), 10_000) * size)
                return f"wait {spell_duration(max(1_000, length))}"
            case "specificTime":
                return f"wait until timestamp({self._value(node, parameters.get('dateTime'), values)})"
            case _:
                event = slug(node.name).replace("_", ".")
                self._report.say(
                    node.name, f"waits for a call from outside; here it waits for the event {event!r}."
                )
                return f"wait event {spell_string(event)}"

    def _run(self, node: Node, values: Values) -> str:
        given = node.parameters.get("workflowId")
        name = (
            words(dig(given, "cachedResultName")) or words(dig(given, "value")) or words(given) or node.name
        )
        target = slug(name)
        if target not in self._catalog.workflows:
            self._report.say(
                node.name, f"runs the workflow {name!r}; import that too, and publish it as {target!r}."
            )
        inputs = dig(node.parameters, "workflowInputs", "value")
        pairs = [(str(key), value) for key, value in inputs.items()] if isinstance(inputs, dict) else []
        arguments = ", ".join(f"{key_of(key)}: {self._value(node, value, values)}" for key, value in pairs)
        return f"run {self._alias('workflow', target)}({arguments})"

    def _mail(self, node: Node, values: Values) -> str:
        to, subject, body = _MAILS[node.kind]
        parameters = node.parameters
        text = parameters.get(body) or parameters.get("html") or parameters.get("message") or ""
        if not parameters.get(body) and parameters.get("html"):
            self._report.say(node.name, "sends HTML; look whether the text reads well without it.")
        mail = self._connector("mail", "send")
        return (
            f"call {mail}.send(to: {self._value(node, parameters.get(to) or '', values)}, "
            f"subject: {self._value(node, parameters.get(subject) or '', values)}, "
            f"body: {self._value(node, text, values)})"
        )

    def _model(self, node: Node, values: Values) -> str:
        parameters = node.parameters
        said = next(rows(parameters, "messages", "values"), {})
        prompt = (
            parameters.get("text")
            or parameters.get("prompt")
            or said.get("content")
            or said.get("message")
            or ""
        )
        system = dig(parameters, "options", "systemMessage")
        self._report.say(
            node.name,
            "asks a model; which model, its tools and the shape of its answer are to be chosen here.",
        )
        lines = [f"system {self._value(node, system, values)}"] if system else []
        lines += [
            f"prompt {self._value(node, prompt, values)}",
            "output { text: string }",
            "max_turns 8",
            "budget 0.10",
        ]
        return 'agent "balanced" {\n' + "\n".join(lines) + "\n}"

    def _tool(self, node: Node, values: Values) -> str:
        """A node of some service: a call of a tool that is still to be connected, with what the node had filled in."""
        service = "code" if node.kind in _CODE else slug(node.kind)
        what = [words(node.parameters.get(key)) for key in ("operation", "resource")]
        tool = "run" if service == "code" else slug("_".join(filter(None, what)) or "call")
        if service == "code":
            self._report.say(
                node.name, "is a program. Weft runs none: write it as expressions, or give it to a tool."
            )
        else:
            self._report.say(
                node.name, f"works with {node.kind}: connect a tool for it and choose that in this step."
            )
        plain = [
            (name, value)
            for name, value in node.parameters.items()
            if name not in _QUIET and isinstance(value, str | int | float | bool) and value != ""
        ]
        arguments = [
            f"{key_of(name)}: {self._value(node, value[:_LONGEST] if isinstance(value, str) else value, values)}"
            for name, value in plain[:12]
        ]
        return f"call {self._alias('mcp', service)}.{tool}({', '.join(arguments)})"

    def _connector(self, usual: str, tool: str) -> str:
        """The alias of the connector that has this tool: the one of the usual name, or the first that has it."""
        known = self._catalog.connectors
        fits = [
            name for name in (usual, *known) if name in known and self._catalog.tool(name, tool) is not None
        ]
        return self._alias("mcp", fits[0] if fits else usual)
