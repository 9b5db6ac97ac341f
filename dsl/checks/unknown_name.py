"""E101: a name that stands for nothing here.

What: an expression reads a name that is no step, variable or input at this place, or calls a function that does not
exist; a type or an `after` names nothing.
Why: the run would fail at this step, after the steps before it have already had their effects.
Fix: write the right name; move the step behind the one it reads; in a `parallel`, say `after`.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: «inptu».order_id)
        timeout 10s
      step done: return { total: order.total }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { total: order.total }
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dsl import tree
from dsl.cel import FUNCTIONS, METHODS
from dsl.cel.source import bound_variable, children
from dsl.checks.subject import Subject, rename
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.inference import Inference
from dsl.meaning.names import with_names
from dsl.meaning.scope import Site
from dsl.outline import Place, after_of
from dsl.schemas import BASIC, GENERIC, declared_types
from dsl.suggestion import closest

_OF_ALL = ("input", "config", "secrets")
_SHOWN = 8
_MOST_LOOKED_FOR = 200


def check(subject: Subject) -> Iterator[Diagnostic]:
    steps = _Steps()
    for place in subject.places:
        steps.places.setdefault(place.step.id, place)
    for site in subject.scopes.sites:
        yield from _expression(subject, site, site.expression, frozenset(), steps)
    yield from _types(subject)


@dataclass(slots=True)
class _Steps:
    """Where the steps stand, by their names, and for how many names more a likely one is looked for: that is slow."""

    places: dict[str, Place] = field(default_factory=dict)
    left: int = _MOST_LOOKED_FOR

    def closest(self, name: str, names: Iterable[str]) -> str | None:
        self.left -= 1
        return closest(name, names) if self.left >= 0 else None


def _expression(
    subject: Subject,
    site: Site,
    expression: tree.Expr,
    bound: frozenset[str],
    steps: _Steps,
) -> Iterator[Diagnostic]:
    match expression:
        case tree.Name(id=name, span=span) if name not in bound and name not in site.names:
            yield _unknown(subject, site, name, span, steps)
        case tree.FunctionCall(function=name, span=span) if name not in FUNCTIONS and site.role != "verify":
            at = tree.Span(span.start, span.start + len(name))
            yield _no_function(site, "function", name, closest(name, FUNCTIONS), at)
        case tree.MethodCall(target=target, method=name, span=span) if name not in METHODS:
            start = subject.text.find(name, target.span.end, span.end)
            at = tree.Span(start, start + len(name)) if start >= 0 else span
            yield _no_function(site, "method", name, closest(name, METHODS), at)
    variable = bound_variable(expression)
    if variable is not None and isinstance(expression, tree.MethodCall):
        yield from _expression(subject, site, expression.target, bound, steps)
        for arg in expression.args[1:]:
            yield from _expression(subject, site, arg, bound | {variable}, steps)
        return
    for part in children(expression):
        yield from _expression(subject, site, part, bound, steps)


def _unknown(subject: Subject, site: Site, name: str, span: tree.Span, steps: _Steps) -> Diagnostic:
    sibling = site.beside.get(name)
    if sibling is not None:
        own = _branch(subject, site, sibling)
        return Diagnostic(
            "E101",
            "error",
            f"`{name}` is computed at the same time, so it cannot be read here",
            span,
            f"write `after {sibling}` on the step that reads it, so that it waits",
            site.step,
            None if own is None else _after_fix(subject, own, sibling),
        )
    if name in steps.places:
        place = steps.places[name]
        if site.step is not None and (site.step == place.path or site.step.startswith(f"{place.path}.")):
            message = f"`{name}` cannot read itself: it has no result yet"
            help_ = "read a step before it"
        elif place.step.span.start > span.start:
            message = f"`{name}` comes later, so it has no result here"
            help_ = f"move `{name}` before this step"
        else:
            message = f"`{name}` is inside another step and cannot be seen from here"
            help_ = "let that step's block `yield` the value, and read the step's own name"
        return Diagnostic("E101", "error", message, span, help_, site.step)
    owned = _field_owner(subject, site, name)
    if owned is not None:
        return Diagnostic(
            "E101",
            "error",
            f"there is nothing called `{name}` here, did you mean `{owned}`?",
            span,
            f"write `{owned}`",
            site.step,
            _rename(site, name, span, owned),
        )
    suggestion = steps.closest(name, site.names)
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    known = (
        ", ".join(f"`{known}`" for known in _near(site)) if steps.left >= 0 else "those of the steps before"
    )
    return Diagnostic(
        "E101",
        "error",
        f"there is nothing called `{name}` here{meant}",
        span,
        f"names you can use here: {known}" if known else "no names can be used here, write the value itself",
        site.step,
        _rename(site, name, span, suggestion),
    )


def _near(site: Site) -> list[str]:
    """The names that were given last, and those that are always there."""
    names = list(site.names)
    steps = [name for name in names if name not in _OF_ALL]
    return [*steps[-_SHOWN:], *(name for name in names if name in _OF_ALL)]


def _rename(site: Site, name: str, span: tree.Span, meant: str | None) -> Fix | None:
    """A fix that writes the name that is probably meant, unless the expression could not work with it."""
    if meant is None:
        return None
    owner, _, field = meant.partition(".")
    schema = site.names.get(owner, {})
    if field:
        schema = schema.get("properties", {}).get(field, {})
    tried = Inference(with_names(site.names, {name: schema}))
    tried.infer(site.expression)
    return rename(span, meant) if len(tried.problems) <= len(site.problems) else None


def _field_owner(subject: Subject, site: Site, name: str) -> str | None:
    """``input.order_id`` for a bare ``order_id``."""
    for owner in ("input", "config"):
        properties = site.names.get(owner, {}).get("properties")
        if isinstance(properties, dict) and name in properties:
            return f"{owner}.{name}"
    return None


def _branch(subject: Subject, site: Site, sibling: str) -> tree.Step | None:
    """The step beside ``sibling`` that the site is in (or is)."""
    if site.step is None:
        return None
    around = [p for p in subject.places if site.step == p.path or site.step.startswith(f"{p.path}.")]
    for place in reversed(around):
        for other in subject.places:
            if other.step.id == sibling and other.container == place.container and other.path != place.path:
                return place.step
    return None


def _after_fix(subject: Subject, step: tree.Step, sibling: str) -> Fix:
    for clause in step.clauses:
        if isinstance(clause, tree.After):
            at = tree.Span(clause.span.end, clause.span.end)
            return Fix(f"Wait for `{sibling}`", (Replacement(at, f", {sibling}"),))
    return subject.clause_fix(step, f"after {sibling}")


def _no_function(site: Site, sort: str, name: str, suggestion: str | None, span: tree.Span) -> Diagnostic:
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    names = FUNCTIONS if sort == "function" else METHODS
    return Diagnostic(
        "E101",
        "error",
        f"there is no {sort} `{name}`{meant}",
        span,
        f"the {sort}s are {', '.join(sorted(names)[:20])}",
        site.step,
        rename(span, suggestion),
    )


def _types(subject: Subject) -> Iterator[Diagnostic]:
    declared = declared_types(subject.workflow)
    known = {*declared, *BASIC}
    written: list[tuple[tree.Type, str | None]] = []
    for head in subject.workflow.heads:
        match head:
            case tree.TypeDecl(type=type_):
                written.append((type_, None))
            case tree.Fields(fields=fields):
                written.extend((one.type, None) for one in fields)
    beside: dict[str, set[str]] = {}
    for place in subject.places:
        beside.setdefault(place.container, set()).add(place.step.id)
    for place in subject.places:
        if isinstance(place.step.kind, tree.Agent) and place.step.kind.output is not None:
            written.append((place.step.kind.output, place.path))
        for name in after_of(place.step):
            if name not in beside[place.container]:
                yield _unknown_sibling(place, name, beside[place.container])
    for type_, step in written:
        for name, span, names in _type_names(type_, known):
            suggestion = closest(name, names)
            meant = f", did you mean `{suggestion}`?" if suggestion else ""
            yield Diagnostic(
                "E101",
                "error",
                f"there is no type `{name}`{meant}",
                span,
                f"the types are {', '.join(sorted(names))}; declare others with `type {name}: ...`",
                step,
                rename(tree.Span(span.start, span.start + len(name)), suggestion),
            )


def _unknown_sibling(place: Place, name: str, siblings: set[str]) -> Diagnostic:
    clause = next(c for c in place.step.clauses if isinstance(c, tree.After) and name in c.ids)
    suggestion = closest(name, siblings - {place.step.id})
    meant = f", did you mean `{suggestion}`?" if suggestion else ""
    return Diagnostic(
        "E101",
        "error",
        f"there is no step `{name}` beside `{place.step.id}` to be after{meant}",
        clause.span,
        "`after` names steps of the same block",
        place.path,
    )


def _type_names(type_: tree.Type, known: set[str]) -> Iterator[tuple[str, tree.Span, set[str]]]:
    match type_:
        case tree.NamedType(name=name, span=span):
            if name not in known:
                yield name, span, known
        case tree.LiteralType():
            return
        case tree.ListType(item=item) | tree.OptionalType(item=item):
            yield from _type_names(item, known)
        case tree.GenericType(name=name, item=item, span=span):
            if name not in GENERIC:
                yield name, span, set(GENERIC)
            yield from _type_names(item, known)
        case tree.UnionType(members=members):
            for member in members:
                yield from _type_names(member, known)
        case tree.ObjectType(fields=fields):
            for _, inner in fields:
                yield from _type_names(inner, known)
