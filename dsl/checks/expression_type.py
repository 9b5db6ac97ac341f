"""E204: an expression that cannot work.

What: a condition that is neither true nor false, a field that the value does not have, two values that cannot be
compared or added, a list wanted where there is none.
Why: the run would fail at this step, after the steps before it have already had their effects.
Fix: write the field that is meant; compare with something.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step big: if order.«totl» > 100.0 {
        step stop: fail "too_big"
      }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step big: if order.total > 100.0 {
        step stop: fail "too_big"
      }
    }
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl import tree
from dsl.catalog import Schema
from dsl.cel import ExpressionError, lower, problem_of, show_expression
from dsl.cel.clashes import Complaint, complaint_of, words_of
from dsl.cel.shadow import Shadow, shadow_of, units
from dsl.cel.shapes import Shape, shape_of
from dsl.cel.typing import Typed, typed
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.meaning.scope import Site
from dsl.schemas import kinds_of, words_for_kinds


def check(subject: Subject) -> Iterator[Diagnostic]:
    """Three looks at each expression, each only at what the one before left: by its schemas, by the checker of the
    CEL library, and whether it can be computed at all."""
    sites = [site for site in subject.scopes.sites if site.role != "verify"]
    shapes = _Shapes()
    parts = [(site, unit) for site in sites for unit in units(site.expression)]
    shadows = [shadow_of(unit, shapes.reader(site)) for site, unit in parts]
    refused: dict[int, list[Complaint]] = {}
    for (site, unit), shadow, found in zip(parts, shadows, typed(shadows), strict=True):
        if complaints := _refused(site, unit, shadow, found):
            refused.setdefault(id(site), []).extend(complaints)
    for site in subject.scopes.sites:
        wrong = [*_by_schema(site), *_complaints(site, refused.get(id(site), []))]
        yield from wrong
        if not wrong and site.role != "verify":
            yield from _computable(site)


class _Shapes:
    """The shape of each schema, found once: one schema stands behind many names."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Schema | None, Shape]] = {}

    def reader(self, site: Site) -> Callable[[str], Shape]:
        """The shape of a name that the site reads."""
        return lambda name: self.of(site.names.get(name))

    def of(self, schema: Schema | None) -> Shape:
        known = self._known.get(id(schema))
        if known is None:
            # The schema is kept with its shape, so that no other can come to have its identity.
            known = self._known[id(schema)] = (schema, shape_of(schema))
        return known[1]


def _by_schema(site: Site) -> Iterator[Diagnostic]:
    if site.role == "items":
        kinds = kinds_of(site.schema)
        if kinds and not kinds & {"array", "null"}:
            yield _no_list(site, words_for_kinds(kinds))
    if site.role in _NEEDS:
        yield from _needed(site)
    for problem in site.problems:
        if problem.code == "E204":
            yield Diagnostic(
                "E204", "error", problem.message, problem.span, problem.help, site.step, problem.fix
            )


_NEEDS = {
    "time": ({"string", "null"}, "`wait until` needs a time", "write a time, as in `order.placed_at`"),
    "money": ({"integer", "number", "null"}, "a budget is a number of US dollars", "write one, as in `0.25`"),
}


def _needed(site: Site) -> Iterator[Diagnostic]:
    wanted, message, help_ = _NEEDS[site.role]
    kinds = kinds_of(site.schema)
    lasts = site.role == "time" and site.schema.get("format") == "duration"
    if not lasts and (not kinds or kinds & wanted):
        return
    shown = show_expression(site.expression)
    words = "a length of time" if lasts else words_for_kinds(kinds)
    if isinstance(site.expression, tree.Duration):
        help_ = f"write `wait {shown}`"
    message = f"{message}, but `{shown}` is {words}"
    yield Diagnostic("E204", "error", message, site.expression.span, help_, site.step)


def _no_list(site: Site, kind: str) -> Diagnostic:
    shown = show_expression(site.expression)
    help_ = "name a list after `in`"
    if kind == "an object":
        help_ = f"to go through the names of its fields, write `{shown}.map(name, name)`"
    return Diagnostic(
        "E204",
        "error",
        f"`foreach` needs a list, but `{shown}` is {kind}",
        site.expression.span,
        help_,
        site.step,
    )


def _refused(site: Site, unit: tree.Expr, shadow: Shadow, found: Typed) -> list[Complaint]:
    complaints = []
    for clash in found.clashes:
        node = shadow.anchors.get(clash.offset)
        complaint = None if node is None else complaint_of(clash, node)
        if complaint is not None:
            complaints.append(complaint)
    if unit is site.expression and not found.clashes and not kinds_of(site.schema):
        complaints += _unfit(site, found.result)
    return complaints


def _unfit(site: Site, result: str) -> list[Complaint]:
    """A condition that the checker knows to be no truth, a list it knows to be none."""
    kind = result.lower().replace("<", "(")
    wanted = {"condition": "bool", "items": "list"}.get(site.role)
    if wanted is None or kind.startswith((wanted, "dyn")):
        return []
    shown = show_expression(site.expression)
    if site.role == "items":
        one = _no_list(site, words_of(kind))
        return [Complaint(one.message, one.help, one.span)]
    return [
        Complaint(
            f"the condition must be true or false, but `{shown}` is {words_of(kind)}",
            "compare it with something",
            site.expression.span,
        )
    ]


def _complaints(site: Site, refused: list[Complaint]) -> Iterator[Diagnostic]:
    """What the checker refuses, unless it is part of what was said already, or that is part of it."""
    taken = [problem.span for problem in site.problems]
    for one in refused:
        if not any(span.start < one.span.end and one.span.start < span.end for span in taken):
            taken.append(one.span)
            yield Diagnostic("E204", "error", one.message, one.span, one.help, site.step, one.fix)


def _computable(site: Site) -> Iterator[Diagnostic]:
    try:
        message = problem_of(lower(site.expression))
    except ExpressionError as error:
        message = error.message
    # A name without a meaning is a matter of E101.
    if message is not None and not message.startswith(("there is no function", "there is no method")):
        yield Diagnostic(
            "E204",
            "error",
            f"this expression cannot be computed: {message}",
            site.expression.span,
            "write it more simply, or name a part of it with a `let` step",
            site.step,
        )
