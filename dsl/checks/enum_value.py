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

from collections.abc import Iterator

from dsl import tree
from dsl.catalog import Schema
from dsl.checks.given import givens, properties_of
from dsl.checks.subject import Subject, rename
from dsl.diagnostic import Diagnostic
from dsl.inference import Inference
from dsl.schemas import fits, kind_of, kinds_of
from dsl.suggestion import closest


def check(subject: Subject) -> Iterator[Diagnostic]:
    for given in givens(subject):
        properties = properties_of(given.schema)
        for name, value, _ in given.entries:
            if name in properties:
                what = f"`{name}` of {given.where}"
                yield from _value(what, value, properties[name], given.place.path)
    for site in subject.scopes.sites:
        for problem in site.problems:
            if problem.code == "E203":
                yield Diagnostic(
                    "E203", "error", problem.message, problem.span, problem.help, site.step, problem.fix
                )
    for place in subject.places:
        if isinstance(place.step.kind, tree.Switch):
            names = subject.scopes.before.get(place.path, {})
            wanted = Inference(names).infer(place.step.kind.subject)
            for arm in place.step.kind.arms:
                for test in arm.tests:
                    yield from _value("this case", test, wanted, place.path)


def _value(what: str, value: tree.Expr, wanted: Schema, step: str) -> Iterator[Diagnostic]:
    allowed = _allowed(wanted)
    if allowed is None or not isinstance(value, tree.Constant) or value.value in allowed:
        return
    if not fits(frozenset({kind_of(value.value)}), kinds_of(wanted)):
        return  # E201 says it better
    texts = [one for one in allowed if isinstance(one, str)]
    suggestion = closest(value.value, texts) if isinstance(value.value, str) else None
    shown = ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in allowed if one is not None)
    meant = f', did you mean "{suggestion}"?' if suggestion else ""
    yield Diagnostic(
        "E203",
        "error",
        f'{what} cannot be "{value.value}"{meant}',
        value.span,
        f"use one of {shown}",
        step,
        rename(value.span, suggestion, f'"{suggestion}"'),
    )


def _allowed(schema: Schema) -> list[object] | None:
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    members = schema.get("anyOf", schema.get("oneOf"))
    if isinstance(members, list) and members:
        lists = [_allowed(m) if isinstance(m, dict) and m.get("type") != "null" else [None] for m in members]
        if all(one is not None for one in lists):
            return [value for one in lists if one is not None for value in one]
    return None
