"""Every text is read, checked and lowered before anybody sees it as a proposal."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import dsl
from dsl.catalog import Catalog
from studio.designer.events import DiffLine, Finding, Proposal, StepLine


@dataclass(frozen=True, slots=True)
class Proved:
    """``refusal`` is why ``text`` cannot be run although no diagnostic says so."""

    text: str
    parsed: dsl.Parsed
    diagnostics: tuple[dsl.Diagnostic, ...]
    catalog: Catalog
    refusal: str = ""

    @property
    def errors(self) -> tuple[dsl.Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")

    @property
    def sound(self) -> bool:
        return not self.errors and not self.refusal


def prove(text: str, catalog: Catalog) -> Proved:
    """Parse, check and lower the canonical form of a text; never raises."""
    return proved_as_it_is(dsl.format_text(text), catalog)


def proved_as_it_is(text: str, catalog: Catalog) -> Proved:
    """:func:`prove` without a change to the text: what an edit did not touch stays byte for byte."""
    parsed = dsl.parse(text)
    diagnostics = dsl.check(parsed, catalog)
    refusal = ""
    if not any(d.severity == "error" for d in diagnostics):
        try:
            dsl.lower(parsed, catalog)
        except ValueError as error:
            refusal = str(error)
    return Proved(text, parsed, diagnostics, catalog, refusal)


def findings(proved: Proved) -> tuple[Finding, ...]:
    found = []
    for diagnostic in proved.diagnostics:
        line = dsl.position(proved.text, diagnostic.span.start).line
        found.append(
            Finding(
                code=diagnostic.code, severity=diagnostic.severity, message=diagnostic.message,
                help=diagnostic.help, line=line,
            )
        )  # fmt: skip
    return tuple(found)


def propose(
    proved: Proved,
    base: str,
    summary: str,
    assumptions: tuple[str, ...] = (),
    questions: tuple[str, ...] = (),
    safety: tuple[str, ...] = (),
) -> Proposal:
    """The proposal of a proved text, with its steps in words, its diff and its graph."""
    graph = dsl.layout(dsl.view(proved.parsed, proved.diagnostics, proved.catalog))
    return Proposal(
        text=proved.text,
        base=base,
        title=proved.parsed.workflow.name,
        summary=summary,
        explanation=explained(graph),
        assumptions=assumptions,
        questions=questions,
        diff=difference(base, proved.text) if has_steps(base) else (),
        diagnostics=findings(proved),
        graph=dsl.graph_json(graph),
        safety=safety,
    )


_UNSAID = frozenset({"start", "end", "empty", "broken"})


def has_steps(text: str) -> bool:
    """Whether a text says anything yet: an empty workflow is a place for a new one, not a workflow to change."""
    return bool(text.strip()) and bool(dsl.parse(text).workflow.body.steps)


def under_the_name_of(base: str, text: str) -> str:
    """A first text under the name its workflow has already: the name is the platform's handle on its versions."""
    name = dsl.parse(base).workflow.name
    workflow = dsl.parse(text).workflow
    if not name or not workflow.name or has_steps(base):
        return text
    return text[: workflow.name_span.start] + name + text[workflow.name_span.end :]


def explained(graph: dsl.Graph) -> tuple[StepLine, ...]:
    """The steps in plain words, as deep as they are inside others."""
    depths: dict[str | None, int] = {None: 0}
    lines = []
    for node in graph.nodes:
        depth = depths.get(node.parent, 0)
        depths[node.id] = depth + (0 if node.kind == "lane" else 1)
        if node.implied:
            continue
        if node.kind == "lane" and node.label:
            if lines and lines[-1].sentence.casefold() == node.label.casefold():
                continue
            lines.append(StepLine(depth=max(depth - 1, 0), kind="lane", sentence=node.label))
        elif node.kind not in _UNSAID and node.kind != "lane":
            lines.append(
                StepLine(
                    depth=depth, kind=node.kind, sentence=node.sentence or node.title, tool=node.tool or ""
                )
            )
    return tuple(lines)


def difference(before: str, after: str, context: int = 2) -> tuple[DiffLine, ...]:
    """Changed lines with a little around them; empty for a new text, where everything is new."""
    if not before.strip():
        return ()
    lines: list[DiffLine] = []
    hunks = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    old, new = before.splitlines(), after.splitlines()
    for index, group in enumerate(hunks.get_grouped_opcodes(context)):
        if index or group[0][1] > 0:
            lines.append(DiffLine(sign="…", text=""))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [DiffLine(sign=" ", text=line) for line in old[i1:i2]]
                continue
            lines += [DiffLine(sign="-", text=line) for line in old[i1:i2]]
            lines += [DiffLine(sign="+", text=line) for line in new[j1:j2]]
    return tuple(lines)
