"""Random programs over a catalog and within bounds: those that a decoder can write."""

from __future__ import annotations

import json
from random import Random

from lark.grammar import Rule

from dsl.catalog import Catalog
from dsl.decoding import Bounds
from dsl.decoding.bounds import CHAINS
from dsl.decoding.offers import ENGINE_GIVES, aliases
from dsl.literals import spell_string
from tests.dsl.programs import Maker, spaced

_SPELLINGS = {"INT": ["1", "20", "007"], "DURATION": ["24h", "500ms", "3d12h", "0s", "90000ms"]}


class Within(Maker):
    """Programs over ``catalog`` that nest no deeper and go on no longer than ``bounds``."""

    def __init__(self, random: Random, catalog: Catalog, bounds: Bounds) -> None:
        super().__init__(random)
        self._catalog = catalog
        self._bounds = bounds
        self._aliases = aliases(catalog)

    def _rule(self, name: str, depth: int, valued: bool) -> list[str]:
        match name:
            case "start":
                tokens = super()._rule(name, depth, valued)
                at = tokens.index("{") + 1
                uses = list(self._aliases.items())
                self._random.shuffle(uses)
                lines = [["use", alias, ":", source, f'"{use}"'] for (source, use), alias in uses]
                return tokens[:at] + [token for line in lines for token in line] + tokens[at:]
            case "call":
                alias, tool = self._tool()
                return ["call", alias, ".", tool.name, "(", *self._given(tool.input_schema, depth), ")"]
            case "run":
                alias, workflow = self._random.choice(self._of("workflow"))
                schema = self._catalog.workflows[workflow].input_schema
                return ["run", alias, "(", *self._given(schema, depth), ")"]
            case "approver":
                by = self._random.choice(["role", "user"])
                known = self._catalog.roles if by == "role" else self._catalog.users
                return [by, spell_string(self._random.choice(sorted(known or ())))]
            case "secret_decl":
                return ["secret", self._random.choice(sorted(self._catalog.secrets or ()))]
        return super()._rule(name, depth, valued)

    def _of(self, source: str) -> list[tuple[str, str]]:
        return [(alias, name) for (kind, name), alias in self._aliases.items() if kind == source]

    def _tool(self):  # type: ignore[no-untyped-def]
        alias, connector = self._random.choice(self._of("mcp"))
        return alias, self._random.choice(list(self._catalog.connectors[connector].tools.values()))

    def _given(self, schema: dict, depth: int) -> list[str]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        names = [name for name in properties if name in required or self._random.randrange(2)]
        names = [name for name in names if name != ENGINE_GIVES]
        self._random.shuffle(names)
        tokens: list[str] = []
        for name in names:
            values = properties[name].get("enum")
            value = self._one_of(values) if values else self._rule("expr", depth + 1, False)
            tokens += [name if name.isidentifier() else spell_string(name), ":", *value, ","]
        return tokens if self._random.randrange(2) else tokens[:-1]

    def _one_of(self, values: list[str]) -> list[str]:
        one, two = json.dumps(self._random.choice(values)), json.dumps(self._random.choice(values))
        return self._random.choice([[one], ["order", ".", "kind"], ["x", "?", one, ":", two]])

    def _choose(self, name: str, freely: bool) -> Rule:
        bounds = self._bounds
        inside = [*self._path, name]
        deep = (
            inside.count("step") > bounds.steps
            or inside.count("expr") > bounds.values
            or inside.count("type") > bounds.types
        )
        return super()._choose(name, freely and not deep)

    def _may(self, name: str, rule: Rule) -> bool:
        if name == "head" and rule.expansion[0].name == "use":
            return False
        if rule.alias == "tools":
            return False  # written with any name, and so not over the catalog
        ends = (rule.expansion[0].name, rule.expansion[-1].name)
        if len(rule.expansion) < 2 or name not in ends:
            return True
        already = next(
            (n for n, parent in enumerate(reversed(self._path)) if parent != name), len(self._path)
        )
        return already < CHAINS.get(name, self._bounds.items - 1)

    def _token(self, type: str, depth: int, valued: bool) -> str:
        if type in _SPELLINGS:
            return self._random.choice(_SPELLINGS[type])
        return super()._token(type, depth, valued)


def program_over(catalog: Catalog, seed: int, bounds: Bounds = Bounds()) -> str:  # noqa: B008 a frozen value
    random = Random(seed)
    return spaced(Within(random, catalog, bounds).program(), random)
