"""What every rule looks at: the text, the catalog, the places of the steps and the scopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dsl import tree
from dsl.catalog import Catalog, Tool
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.scope import Scopes, scopes_of
from dsl.outline import Place, places, uses
from dsl.parse import Parsed


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    parsed: Parsed
    catalog: Catalog
    places: tuple[Place, ...]
    scopes: Scopes
    uses: dict[str, tree.Use]

    @property
    def workflow(self) -> tree.Workflow:
        return self.parsed.workflow

    @property
    def text(self) -> str:
        return self.parsed.text

    @property
    def knows_connectors(self) -> bool:
        return bool(self.catalog.connectors)

    @property
    def unread(self) -> bool:
        """Whether a part of the text could not be read, so that what seems to be missing may stand there."""
        return any(found.code == "E001" for found in self.parsed.diagnostics)

    def tool(self, alias: str, name: str) -> Tool | None:
        use = self.uses.get(alias)
        return None if use is None or use.source != "mcp" else self.catalog.tool(use.name, name)

    def only_reads(self, alias: str, name: str) -> bool:
        """Whether calling a tool changes nothing outside, as far as the catalog and the policy say."""
        use = self.uses.get(alias)
        return use is not None and use.source == "mcp" and self.catalog.nature(use.name, name).reads

    def read(self, code: str) -> Iterator[Diagnostic]:
        """The problems of reading with a code, each at the innermost step it stands in, to be painted there."""
        for found in self.parsed.diagnostics:
            if found.code == code:
                start = found.span.start
                around = [p for p in self.places if p.step.span.start <= start < p.step.span.end]
                innermost = min(around, key=lambda p: p.step.span.end - p.step.span.start, default=None)
                yield found if innermost is None else replace(found, step=innermost.path)

    def indent_of(self, offset: int) -> str:
        """The white space that the line around ``offset`` begins with."""
        start = self.text.rfind("\n", 0, offset) + 1
        line = self.text[start:offset]
        return line[: len(line) - len(line.lstrip())]

    def removal(self, span: tree.Span, title: str) -> Fix:
        """Take something out, with the line it stands on when nothing else stands there."""
        start, end = span.start, span.end
        line_start = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", end)
        before, behind = self.text[line_start:start], self.text[end : max(end, line_end)]
        if line_end >= 0 and not (before + behind).strip():
            start, end = line_start, line_end + 1
        elif not before.strip():
            end += len(behind) - len(behind.lstrip())
        return Fix(title, (Replacement(tree.Span(start, end), ""),))

    def clause_fix(self, step: tree.Step, clause: str) -> Fix:
        """A new clause below the first line of a step's kind."""
        at = tree.Span(step.kind.span.end, step.kind.span.end)
        indent = self.indent_of(step.id_span.start) + "  "
        return Fix(f"Add `{clause}`", (Replacement(at, f"\n{indent}{clause}"),))


def subject_of(parsed: Parsed, catalog: Catalog) -> Subject:
    workflow = parsed.workflow
    return Subject(
        parsed, catalog, tuple(places(workflow.body)), scopes_of(workflow, catalog), uses(workflow)
    )


def rename(span: tree.Span, suggestion: str | None, text: str | None = None) -> Fix | None:
    """A fix that puts the suggestion in the place of what was written."""
    if suggestion is None:
        return None
    return Fix(f"Change to `{suggestion}`", (Replacement(span, suggestion if text is None else text),))


def quoted_span(text: str, span: tree.Span) -> tree.Span:
    """The last quoted text in a span, quotes included; the span itself when there is none."""
    end = text.rfind('"', span.start, span.end)
    start = text.rfind('"', span.start, end) if end > 0 else -1
    return tree.Span(start, end + 1) if start >= 0 else span
