"""E203: a value that is not among those allowed.

What: an argument, an output field or a `case` is a value that its schema does not list.
Why: the connector would refuse it; the case would never be taken.
Fix: use one of the values.

Bad:
    workflow escalate {
      use shop: mcp "shop"
      input { order_id: string }
      step ticket: call shop.escalate_ticket(
        order_id: input.order_id,
        summary: "Broken on arrival",
        priority: «"hihg"»,
      )
        timeout 30s
    }
Good:
    workflow escalate {
      use shop: mcp "shop"
      input { order_id: string }
      step ticket: call shop.escalate_ticket(
        order_id: input.order_id,
        summary: "Broken on arrival",
        priority: "high",
      )
        timeout 30s
    }
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dsl import tree
from dsl.catalog import Schema
from dsl.cel.source import show_expression
from dsl.checks.given import Handed, handover
from dsl.checks.subject import Subject, rename
from dsl.diagnostic import Diagnostic
from dsl.meaning.unions import values_of
from dsl.outline import Place
from dsl.schemas import fits, kind_of, kinds_of, words_for_kinds
from dsl.suggestion import closest


def check(subject: Subject) -> Iterator[Diagnostic]:
    for one in handover(subject).values:
        yield from _value(one.what, one.value, one.schema, one.step)
        yield from _computed(one, subject.scopes.schemas.get(id(one.value), {}))
    for site in subject.scopes.sites:
        for problem in site.problems:
            if problem.code == "E203":
                yield Diagnostic(
                    "E203", "error", problem.message, problem.span, problem.help, site.step, problem.fix
                )
    for place in subject.places:
        if isinstance(place.step.kind, tree.Switch):
            yield from _cases(subject, place, place.step.kind)


def _cases(subject: Subject, place: Place, kind: tree.Switch) -> Iterator[Diagnostic]:
    """Cases that are never taken: a value that cannot come, or one that an earlier case takes."""
    wanted = subject.scopes.schemas.get(id(kind.subject), {})
    possible = kinds_of(wanted)
    taken: set[tuple[bool, object]] = set()
    for test in (test for arm in kind.arms for test in arm.tests):
        if not isinstance(test, tree.Constant):
            continue
        key = isinstance(test.value, bool), test.value
        if key in taken:
            message = f"this case is never taken: an earlier one takes {_spelled(test.value)}"
            yield Diagnostic(
                "E203", "error", message, test.span, "remove it, or write another value", place.path
            )
        elif test.value is not None and not fits(frozenset({kind_of(test.value)}), possible):
            shown, words = show_expression(kind.subject), words_for_kinds(possible)
            message = f"this case is never taken: `{shown}` is {words}, and never {_spelled(test.value)}"
            help_ = f"write a value that is {words}"
            yield Diagnostic("E203", "error", message, test.span, help_, place.path)
        else:
            yield from _value("this case", test, wanted, place.path)
        taken.add(key)


def _value(what: str, value: tree.Expr, wanted: Schema, step: str | None) -> Iterator[Diagnostic]:
    allowed = values_of(wanted)
    if allowed is None or not isinstance(value, tree.Constant) or value.value in allowed:
        return
    if not fits(frozenset({kind_of(value.value)}), kinds_of(wanted)):
        return  # E201 says it better
    texts = [one for one in allowed if isinstance(one, str)]
    suggestion = closest(value.value, texts) if isinstance(value.value, str) else None
    shown = _shown(allowed)
    meant = f', did you mean "{suggestion}"?' if suggestion else ""
    yield Diagnostic(
        "E203",
        "error",
        f"{what} cannot be {_spelled(value.value)}{meant}",
        value.span,
        f"use one of {shown}",
        step,
        rename(value.span, suggestion, f'"{suggestion}"'),
    )


def _computed(one: Handed, actual: Schema) -> Iterator[Diagnostic]:
    """A value that is computed, of which it is known that it is one of a few."""
    allowed, known = values_of(one.schema), values_of(actual)
    if allowed is None or not known or isinstance(one.value, tree.Constant):
        return
    if any(value in allowed or value is None for value in known):
        return
    if not fits(frozenset(map(kind_of, known)), kinds_of(one.schema)):
        return  # E201 says it better
    yield Diagnostic(
        "E203",
        "error",
        f"{one.what} must be one of {_shown(allowed)}, but this is one of {_shown(known)}",
        one.value.span,
        f"use one of {_shown(allowed)}",
        one.step,
    )


def _shown(values: list[object]) -> str:
    return ", ".join(_spelled(one) for one in values if one is not None)


def _spelled(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
