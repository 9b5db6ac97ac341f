"""What the steps of a text may do outside: its calls, and the tools that its agents may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dsl import tree
from dsl.catalog import Catalog
from dsl.policy import Nature


@dataclass(frozen=True, slots=True)
class Effect:
    """One tool that a step calls or lets its agent call. ``args`` is None where the agent chooses them; ``known``:
    the catalog has the tool."""

    connector: str
    tool: str
    nature: Nature
    known: bool
    args: tuple[tree.Arg, ...] | None
    span: tree.Span

    def argument(self, name: str | None) -> tree.Expr | None:
        return next((arg.value for arg in self.args or () if arg.name == name), None)


def effects_of(step: tree.Step, uses: Mapping[str, tree.Use], catalog: Catalog) -> Iterator[Effect]:
    """Of the step itself, not of what is inside it. An alias that stands for nothing has no effects."""
    match step.kind:
        case tree.Call(alias=alias, tool=tool, args=args, target_span=span):
            named = [(alias, tool, span)]
            given: tuple[tree.Arg, ...] | None = args
        case tree.Agent(tools=tools):
            named, given = [(ref.alias, ref.tool, ref.span) for ref in tools], None
        case _:
            return
    for alias, tool, span in named:
        use = uses.get(alias)
        if use is not None and use.source == "mcp":
            yield Effect(
                use.name,
                tool,
                catalog.nature(use.name, tool),
                catalog.tool(use.name, tool) is not None,
                given,
                span,
            )
