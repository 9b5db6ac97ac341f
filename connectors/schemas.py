"""Values against a tool's JSON Schemas (draft 2020-12 unless a schema says otherwise). Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema.exceptions import SchemaError, best_match
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from connectors.tool import KEY_ARGUMENT, Json, ToolDefinition, ToolError, ToolResult

_MOST_TEXT = 300


class Checker:
    """Checks calls against `definitions`. Validators are compiled once: compiling costs sixty times a check."""

    def __init__(self, definitions: Mapping[str, ToolDefinition]) -> None:
        self._definitions = definitions
        self._compiled: dict[tuple[str, str], Any] = {}

    def check_arguments(self, tool: str, arguments: dict[str, Json]) -> None:
        """Raises `ToolError("invalid_arguments", outcome "not_done")`; an unknown tool is `"unknown_tool"`."""
        definition = self._definitions.get(tool)
        if definition is None:
            raise ToolError("unknown_tool", f"there is no tool {tool!r}; refresh the catalog", "not_done")
        if not definition.honours_key:
            problem = self._problem(tool, "arguments", definition.input_schema, arguments)
        else:
            # The key is added further down when the caller has none; a schema may demand it.
            problem = self._problem(
                tool, "arguments", definition.input_schema, {KEY_ARGUMENT: "-", **arguments}
            )
        if problem is not None:
            raise ToolError("invalid_arguments", f"{tool}: {problem}", "not_done")

    def check_result(self, tool: str, result: ToolResult) -> None:
        """Raises `ToolError("invalid_result", outcome "unknown")`."""
        definition = self._definitions[tool]
        if definition.output_schema is None or result.checked == definition.sha256:
            return
        problem = self._problem(tool, "result", definition.output_schema, result.value)
        if problem is not None:
            raise ToolError("invalid_result", f"{tool}: {problem}", "unknown")

    def _problem(self, tool: str, what: str, schema: dict[str, Json], value: Json) -> str | None:
        try:
            validator = self._compiled.get((tool, what))
            if validator is None:
                validator = self._compiled[(tool, what)] = compiled(schema)
            error = best_match(validator.iter_errors(value))
        except SchemaError as refused:
            return f"the schema of its {what} is not a JSON Schema ({refused.message[:_MOST_TEXT]})"
        except Unresolvable as unresolved:
            return f"the schema of its {what} refers to something outside itself ({unresolved.ref!r})"
        except RecursionError:
            return f"the {what} or their schema are nested too deep"
        if error is None:
            return None
        place = ".".join(str(part) for part in error.absolute_path)
        return f"{place or what}: {error.message[:_MOST_TEXT]}"


def compiled(schema: dict[str, Json]) -> Any:
    """A validator that resolves references inside the schema only. Raises jsonschema's `SchemaError`."""
    kind = validator_for(schema, default=Draft202012Validator)
    kind.check_schema(schema)
    return kind(schema, registry=Registry())
