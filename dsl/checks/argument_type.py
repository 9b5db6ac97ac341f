"""E201: a value of the wrong kind.

What: an argument, or a field of the output, has a value that its schema does not allow, as far as can be seen here.
Why: the connector would refuse the call in the middle of a run.
Fix: pass the field that is meant, as in `order.customer.email`.

Bad:
    workflow thanks {
      use shop: mcp "shop"
      use mail: mcp "mail"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step note: call mail.send(to: «order.customer», subject: "Thank you", body: "Thanks.")
        timeout 30s
    }
Good:
    workflow thanks {
      use shop: mcp "shop"
      use mail: mcp "mail"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step note: call mail.send(to: order.customer.email, subject: "Thank you", body: "Thanks.")
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.catalog import Schema
from dsl.cel.source import show_expression
from dsl.checks.given import Given, givens, properties_of
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.inference import Inference
from dsl.schemas import fits, kinds_of, words_for, words_for_kinds


def check(subject: Subject) -> Iterator[Diagnostic]:
    for given in givens(subject):
        properties = properties_of(given.schema)
        names = subject.scopes.before.get(given.place.path, {})
        for name, value, _ in given.entries:
            if name in properties:
                yield from _value(given, name, value, properties[name], Inference(names))


def _value(
    given: Given, name: str, value: tree.Expr, wanted: Schema, inference: Inference
) -> Iterator[Diagnostic]:
    if isinstance(value, tree.MapOf) and isinstance(wanted.get("properties"), dict):
        for key, item in value.entries:
            if isinstance(key, tree.Constant) and isinstance(key.value, str):
                inner = properties_of(wanted).get(key.value)
                if inner is not None:
                    yield from _value(given, f"{name}.{key.value}", item, inner, inference)
        return
    actual = inference.infer(value)
    have, want = kinds_of(actual), kinds_of(wanted)
    if fits(have, want) and not _fractional(value, want):
        return
    yield Diagnostic(
        "E201",
        "error",
        f"`{name}` of {given.where} must be {words_for(wanted)}, but this is {_words(value, have)}",
        value.span,
        _help(value, actual, want),
        given.place.path,
    )


def _fractional(value: tree.Expr, want: frozenset[str]) -> bool:
    """A constant such as 1.5 where only whole numbers are allowed."""
    return (
        isinstance(value, tree.Constant)
        and isinstance(value.value, float)
        and "integer" in want
        and "number" not in want
        and not value.value.is_integer()
    )


def _words(value: tree.Expr, have: frozenset[str]) -> str:
    if isinstance(value, tree.Constant) and isinstance(value.value, float):
        return f"the number {value.value}"
    return words_for_kinds(have)


def _help(value: tree.Expr, actual: Schema, want: frozenset[str]) -> str:
    shown = show_expression(value)
    fitting = [name for name, one in properties_of(actual).items() if kinds_of(one) and kinds_of(one) & want]
    if fitting:
        return f"pass one of its fields, such as `{shown}.{fitting[0]}`"
    if want == {"string"}:
        return f'put it into a text, as in "${{{shown}}}"'
    if want & {"integer", "number"} and kinds_of(actual) == {"string"}:
        return f"turn it into a number with `double({shown})`, or leave the quotes out"
    return f"pass {words_for_kinds(want)}"
