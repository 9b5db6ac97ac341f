"""What a catalog offers to a program, in rules: its connectors with their tools and arguments, workflows and people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from dsl.catalog import Catalog, Schema
from dsl.literals import spell_string

ENGINE_GIVES = "idempotency_key"
"""The one argument that a program never gives: it has the clause ``key`` for it."""

MOST_ARGUMENTS = 60
"""A tool with more has them in any number: which ones stand already is counted in the bits of one number."""

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,39}")
_GAP = "gap"


def aliases(catalog: Catalog) -> dict[tuple[str, str], str]:
    """The name under which ``("mcp", connector)`` or ``("workflow", name)`` is used: its own, behind the last ``/``."""
    wanted = [("mcp", name) for name, connector in catalog.connectors.items() if connector.tools]
    wanted += [("workflow", name) for name in catalog.workflows]
    found: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for source, name in wanted:
        plain = re.sub(r"[^a-zA-Z0-9_]+", "_", name.rpartition("/")[2])[:32].strip("_")
        plain = plain if _NAME.fullmatch(plain) else f"use_{plain}"
        alias, number = plain, 1
        while alias in taken:
            number += 1
            alias = f"{plain}_{number}"
        taken.add(alias)
        found[source, name] = alias
    return found


class Offers:
    """The rules about names from outside. ``lines`` holds those that were asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._aliases = aliases(catalog)
        self.lines: dict[str, str] = {}
        self._enums: dict[tuple[str, ...], str] = {}

    @property
    def free(self) -> bool:
        """Whether nothing is known of any connector."""
        return not self._catalog.connectors

    def missing(self) -> set[str]:
        """The rules of the grammar for which the catalog has nothing."""
        sources = {source for source, _ in self._aliases}
        absent = {
            "use": True,
            "call": "mcp" not in sources,
            "run": "workflow" not in sources,
            "secret_decl": self._catalog.secrets == frozenset(),
            "approver": self._catalog.roles == frozenset() and self._catalog.users == frozenset(),
        }
        return {rule for rule, gone in absent.items() if gone}

    # ---- the header

    def uses(self) -> str:
        """A ``use`` line for each thing that can be used, in any order; "" when there are none."""
        lines = [
            f'"use" apart {_quoted(alias)} {_GAP} ":" {_GAP} "{source}" apart {_quoted(spell_string(name))} {_GAP}'
            for (source, name), alias in self._aliases.items()
        ]
        if self.free or not lines:
            return ""
        if len(lines) > MOST_ARGUMENTS:
            return " ".join(lines)
        every = f'"" %if is_ones([0:{len(lines)}])'
        one = (f"{line} uses::set_bit({n}) %if bit_clear({n})" for n, line in enumerate(lines))
        self.lines["uses::_"] = " | ".join([every, *one])
        return "uses::0x0"

    def secret(self) -> str | None:
        known = self._catalog.secrets
        return f"ID {_GAP}" if known is None else _one_of(known, lambda name: f"{_quoted(name)} apart")

    def approver(self, by: str) -> str | None:
        """Who may decide; "" for anybody, None for nobody."""
        known = self._catalog.roles if by == "role" else self._catalog.users
        return "" if known is None else _one_of(known, lambda name: f"{_quoted(spell_string(name))} {_GAP}")

    # ---- calls

    def tools(self, value: str, reference: str, choice: str) -> str | None:
        """Every tool with its arguments, as behind ``call``; ``value`` is the rule of any expression, ``reference``
        of one that begins with a name, ``choice`` of what may stand before ``?``."""
        calls = []
        for (source, name), alias in self._aliases.items():
            if source == "mcp":
                for tool in self._catalog.connectors[name].tools.values():
                    arguments = self._arguments(tool.input_schema, value, reference, choice)
                    calls.append(f"{_quoted(f'{alias}.{tool.name}(')} {_GAP} {arguments}")
        return f"{_choice(calls)} {_quoted(')')} {_GAP}" if calls else None

    def workflows(self, value: str, reference: str, choice: str) -> str | None:
        calls = []
        for (source, name), alias in self._aliases.items():
            if source == "workflow":
                schema = self._catalog.workflows[name].input_schema
                arguments = self._arguments(schema, value, reference, choice)
                calls.append(f"{_quoted(f'{alias}(')} {_GAP} {arguments}")
        return f"{_choice(calls)} {_quoted(')')} {_GAP}" if calls else None

    def tool_names(self) -> str | None:
        """Every tool, as in the ``tools`` of an agent."""
        return _choice(
            [
                _quoted(f"{alias}.{tool}")
                for (source, name), alias in self._aliases.items()
                if source == "mcp"
                for tool in self._catalog.connectors[name].tools
            ]
        )

    def _arguments(self, schema: Schema, value: str, reference: str, choice: str) -> str:
        known = schema.get("properties")
        if not isinstance(known, dict) or schema.get("additionalProperties", False) is not False:
            return "args?"
        required = schema.get("required")
        needed = [name for name in (required if isinstance(required, list) else ()) if name in known]
        names = [*needed, *(name for name in known if name not in needed)]
        names = [name for name in names if name != ENGINE_GIVES]
        needed = [name for name in needed if name != ENGINE_GIVES]
        if not names:
            return ""
        given = [
            f"{_quoted(name if _NAME.fullmatch(name) else spell_string(name))} "
            f"{self._given(self._enum(known[name], reference, choice) or value)}"
            for name in names
        ]
        if len(names) > MOST_ARGUMENTS:
            one = f"({' | '.join(given)})"
            return f'({one} ("," {_GAP} {one}){{0,{2 * len(names)}}} ("," {_GAP})?)?'
        rule = f"arguments_{len(self.lines)}"
        enough = f" %if is_ones([0:{len(needed)}])" if needed else ""
        self.lines[f"{rule}::_"] = " | ".join(
            f"{one} {rule}_more::set_bit({n}) %if bit_clear({n})" for n, one in enumerate(given)
        )
        self.lines[f"{rule}_more::_"] = (
            f'""{enough} | "," {_GAP}{enough} | "," {_GAP} {rule}::_ %if bit_count_lt(_, {len(names)})'
        )
        return f"{rule}::0x0" if needed else f"({rule}::0x0)?"

    def _given(self, value: str) -> str:
        """What follows the name of an argument."""
        self.lines.setdefault(f"given_{value}", f'{_GAP} ":" {_GAP} {value}')
        return f"given_{value}"

    def _enum(self, schema: Any, reference: str, choice: str) -> str | None:
        """The rule of a value that is one of a few texts; None for any other."""
        values = schema.get("enum") if isinstance(schema, Mapping) else None
        if not isinstance(values, list) or not values or not all(isinstance(one, str) for one in values):
            return None
        key = tuple(values)
        if key not in self._enums:
            rule = self._enums[key] = f"enum_{len(self._enums)}"
            literals = " | ".join(_quoted(spell_string(one)) for one in values)
            self.lines[f"{rule}_one"] = f"({literals}) {_GAP} | {reference}"
            self.lines[rule] = f'{rule}_one | {choice} "?" {_GAP} {rule}_one ":" {_GAP} {rule}_one'
        return self._enums[key]


def _quoted(text: str) -> str:
    """``text`` as a terminal."""
    return json.dumps(text, ensure_ascii=False)


def _one_of(names: Iterable[str], written: Any) -> str | None:
    return _choice([written(name) for name in sorted(names)])


def _choice(parts: list[str]) -> str | None:
    return f"({' | '.join(parts)})" if parts else None
