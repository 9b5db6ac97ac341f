"""E106: a connector, tool, workflow, role, person or secret that does not exist.

What: the text names something outside itself that the catalog does not have.
Why: the run could not do it; an approval nobody may answer would wait for ever.
Fix: write the right name, add a `use` or `secret` line, or connect what is missing.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.«get_ordr»(order_id: input.order_id)
        timeout 10s
      step done: return { order: order }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { order: order }
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl import tree
from dsl.catalog import Tool
from dsl.cel.source import children
from dsl.checks.subject import Subject, quoted_span, rename
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.outline import Place
from dsl.suggestion import closest


def check(subject: Subject) -> Iterator[Diagnostic]:
    yield from _uses(subject)
    for place in subject.places:
        match place.step.kind:
            case tree.Call(alias=alias, tool=tool, target_span=span):
                yield from _tool(subject, place, alias, tool, span)
            case tree.Agent(tools=tools):
                for ref in tools:
                    yield from _tool(subject, place, ref.alias, ref.tool, ref.span)
            case tree.RunWorkflow(alias=alias, target_span=span):
                yield from _workflow(subject, place, alias, span)
            case tree.Approve(approvers=approvers, escalate=escalate):
                for approver in (*approvers, *((escalate.to,) if escalate else ())):
                    yield from _approver(subject, place, approver)
    yield from _secrets(subject)


def _missing(
    sort: str,
    name: str,
    names: Iterable[str],
    span: tree.Span,
    help_: str,
    step: str | None,
    *,
    quoted: bool = False,
) -> Diagnostic:
    suggestion = closest(name, names)
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    text = f'"{suggestion}"' if quoted and suggestion else None
    fix = rename(span, suggestion, text)
    return Diagnostic("E106", "error", f"there is no {sort} `{name}`{meant}", span, help_, step, fix)


def _listed(names: Iterable[str], nothing: str) -> str:
    shown = sorted(names)
    return f"there are: {', '.join(shown[:12])}{', ...' if len(shown) > 12 else ''}" if shown else nothing


def _uses(subject: Subject) -> Iterator[Diagnostic]:
    if not subject.knows_connectors:
        return
    for head in subject.workflow.heads:
        if not isinstance(head, tree.Use):
            continue
        known: Iterable[str] = (
            subject.catalog.connectors if head.source == "mcp" else subject.catalog.workflows
        )
        if head.name not in known:
            sort = "connector" if head.source == "mcp" else "published workflow"
            help_ = _listed(known, f"there is no {sort} yet")
            span = quoted_span(subject.text, head.span)
            yield _missing(sort, head.name, known, span, help_, None, quoted=True)


def _tool(subject: Subject, place: Place, alias: str, tool: str, span: tree.Span) -> Iterator[Diagnostic]:
    use = subject.uses.get(alias)
    if use is None or use.source != "mcp":
        yield _alias(subject, place, alias, span, "connector", "mcp", subject.catalog.connectors)
        return
    connector = subject.catalog.connectors.get(use.name)
    if connector is None or tool in connector.tools:
        return
    at = tree.Span(span.end - len(tool), span.end)
    suggestion = closest(tool, connector.tools)
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    fitting = suggestion is not None and _takes(connector.tools[suggestion], place.step.kind)
    yield Diagnostic(
        "E106",
        "error",
        f"`{use.name}` has no tool `{tool}`{meant}",
        at,
        _listed(connector.tools, f"{use.name} has no tools"),
        place.path,
        rename(at, suggestion) if fitting else None,
    )


def _takes(tool: Tool, kind: tree.Kind) -> bool:
    """Whether a tool takes the arguments of a call: one that does not is hardly the one that is meant."""
    if not isinstance(kind, tree.Call):
        return True
    given = {arg.name for arg in kind.args}
    known, required = tool.input_schema.get("properties"), tool.input_schema.get("required")
    lacks = isinstance(required, list) and not given.issuperset(required)
    return not lacks and (not isinstance(known, dict) or given <= known.keys())


def _alias(
    subject: Subject,
    place: Place,
    alias: str,
    span: tree.Span,
    sort: str,
    source: str,
    known: Iterable[str],
) -> Diagnostic:
    at = tree.Span(span.start, span.start + len(alias))
    aliases = [a for a, use in subject.uses.items() if use.source == source]
    suggestion = closest(alias, aliases)
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    fix = rename(at, suggestion)
    if fix is None and alias in set(known):
        inner = subject.workflow.body.inner.start
        line = f'\n  use {alias}: {source} "{alias}"'
        fix = Fix(f"Add `{line.strip()}`", (Replacement(tree.Span(inner, inner), line),))
    return Diagnostic(
        "E106",
        "error",
        f"no `use` line names a {sort} `{alias}`{meant}",
        at,
        f'add `use {alias}: {source} "..."` at the top'
        + (f", or use one of those that are there: {', '.join(aliases)}" if aliases else ""),
        place.path,
        fix,
    )


def _workflow(subject: Subject, place: Place, alias: str, span: tree.Span) -> Iterator[Diagnostic]:
    use = subject.uses.get(alias)
    if use is None or use.source != "workflow":
        yield _alias(subject, place, alias, span, "workflow", "workflow", subject.catalog.workflows)


def _approver(subject: Subject, place: Place, approver: tree.Approver) -> Iterator[Diagnostic]:
    known = subject.catalog.roles if approver.by == "role" else subject.catalog.users
    if known is None or not isinstance(approver.name, tree.Constant):
        return
    name = approver.name.value
    if isinstance(name, str) and name not in known:
        sort = "role" if approver.by == "role" else "user"
        help_ = _listed(known, f"there is no {sort} yet; give one to somebody first")
        yield _missing(sort, name, known, approver.name.span, help_, place.path, quoted=True)


def _secrets(subject: Subject) -> Iterator[Diagnostic]:
    declared = [head for head in subject.workflow.heads if isinstance(head, tree.Secret)]
    names = [head.name for head in declared]
    if subject.catalog.secrets is not None:
        for head in declared:
            if head.name not in subject.catalog.secrets:
                suggestion = closest(head.name, subject.catalog.secrets)
                meant = f", did you mean `{suggestion}`?" if suggestion else ""
                yield Diagnostic(
                    "E106",
                    "error",
                    f"the secret `{head.name}` is not set{meant}",
                    head.name_span,
                    "give it a value under Secrets; " + _listed(subject.catalog.secrets, "none is set yet"),
                    None,
                    rename(head.name_span, suggestion),
                )
    for site in subject.scopes.sites:
        for member in _secret_members(site.expression):
            if member.name not in names:
                end = member.span.end
                yield _missing(
                    "secret",
                    member.name,
                    names,
                    tree.Span(end - len(member.name), end),
                    f"declare it with `secret {member.name}` at the top",
                    site.step,
                )


def _secret_members(expression: tree.Expr) -> Iterator[tree.Member]:
    if isinstance(expression, tree.Member) and isinstance(expression.target, tree.Name):
        if expression.target.id == "secrets":
            yield expression
        return
    for part in children(expression):
        yield from _secret_members(part)
