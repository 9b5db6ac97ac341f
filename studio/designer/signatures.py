"""The account's tools as a model is told of them, and which of them matter for what is talked about.

What a tool says of itself is data of somebody else's: it is put on one line, and the lines go between marks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from dsl.catalog import Catalog, Tool
from dsl.policy import Nature
from studio.designer.builtin.shapes import properties, required
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.work import type_text
from studio.designer.fencing import fenced, one_line
from studio.designer.writing import Offered

ALL_TOOLS = 24
"""Up to so many tools are always shown whole; of more, those that matter."""

_FOUND = 12


def everything(catalog: Catalog) -> tuple[Offered, ...]:
    return tuple((alias, t) for alias, c in sorted(catalog.connectors.items()) for t in c.tools.values())


def small(catalog: Catalog) -> bool:
    """Whether all tools are shown anyway."""
    return len(everything(catalog)) <= ALL_TOOLS


def matching(catalog: Catalog, words: str, base: str = "") -> tuple[Offered, ...]:
    """The tools that matter: all of a small catalog; of a large one those that ``base`` calls, then the best."""
    known = everything(catalog)
    if len(known) <= ALL_TOOLS:
        return known
    called = [f"{alias}.{tool.name}" for alias, tool in known if f".{tool.name}(" in base]
    ranked = [match.known.id for match in Toolbox(catalog).ranked_by_words(words)]
    kept = frozenset(list(dict.fromkeys([*called, *ranked]))[:ALL_TOOLS])
    return tuple((alias, tool) for alias, tool in known if _id(catalog, alias, tool) in kept)


def found(catalog: Catalog, words: str) -> tuple[Offered, ...]:
    """The tools that ``words`` speak of, best first, at most a dozen."""
    by_id = {_id(catalog, alias, tool): (alias, tool) for alias, tool in everything(catalog)}
    ranked = (by_id.get(match.known.id) for match in Toolbox(catalog).ranked_by_words(words))
    return tuple(one for one in ranked if one is not None)[:_FOUND]


def called_or_found(catalog: Catalog, words: str, base: str = "") -> tuple[Offered, ...]:
    """As :func:`matching`, but few of a small catalog too: for a grammar, which makes every connector be named."""
    called = [(alias, tool) for alias, tool in everything(catalog) if f".{tool.name}(" in base]
    kept = {(alias, tool.name) for alias, tool in (*called, *found(catalog, words))}
    return tuple((alias, tool) for alias, tool in everything(catalog) if (alias, tool.name) in kept)


def _id(catalog: Catalog, alias: str, tool: Tool) -> str:
    return f"{catalog.connectors[alias].name or alias}.{tool.name}"


def narrowed(catalog: Catalog, tools: Iterable[Offered]) -> Catalog:
    """The catalog with these tools alone."""
    kept = frozenset((alias, tool.name) for alias, tool in tools)
    connectors = {
        alias: one.model_copy(update={"tools": {n: t for n, t in one.tools.items() if (alias, n) in kept}})
        for alias, one in catalog.connectors.items()
    }
    some = {alias: one for alias, one in connectors.items() if one.tools}
    return catalog.model_copy(update={"connectors": some})


def listed(catalog: Catalog, tools: Iterable[Offered]) -> str:
    """Signatures between marks, a line each."""
    lines = [_signature(alias, tool, catalog.nature(alias, tool.name)) for alias, tool in tools]
    return fenced("tools", "\n".join(lines) or "(no tool)")


def overview(catalog: Catalog) -> str:
    """A large catalog at a glance: the names of all its tools, by connector."""
    lines = [
        f"{one_line(alias, 80)} ({one_line(one.title, 80)}): {', '.join(one_line(name, 80) for name in one.tools)}"
        for alias, one in sorted(catalog.connectors.items())
    ]
    return fenced("tool names", "\n".join(lines))


def _signature(connector: str, tool: Tool, nature: Nature) -> str:
    must = required(tool.input_schema)
    takes = ", ".join(
        f"{name if name.isidentifier() else json.dumps(name)}{'' if name in must else '?'}: {type_text(schema)}"
        for name, schema in properties(tool.input_schema).items()
        if name != "idempotency_key"
    )
    gives = type_text({} if tool.output_schema is None else tool.output_schema)
    written = f"{connector}.{tool.name}({takes}) -> {gives}"
    return f"{one_line(written, 2_000)}  [{_nature(nature)}]  {one_line(tool.description)}"


def _nature(nature: Nature) -> str:
    """What a tool may do and what it needs, by the account's policy."""
    if nature.reads:
        return "read"
    words = ["write", *(f"may {deed}" for deed in ("send", "delete", "money") if deed in nature.does)]
    words += ["honours key"] if nature.idempotent else ["never retry"]
    if nature.dangerous:
        who = " or ".join(f"role {name!r}" for name in sorted(nature.approvers))
        limit = nature.approval == "bounded" and nature.amount
        words.append(f"only behind an approval{f' by {who}' if who else ''}")
        words += [f"or a condition that keeps {nature.amount} below a limit of config"] if limit else []
    return ", ".join(words)


__all__ = [
    "ALL_TOOLS",
    "called_or_found",
    "everything",
    "found",
    "listed",
    "matching",
    "narrowed",
    "overview",
    "small",
]
