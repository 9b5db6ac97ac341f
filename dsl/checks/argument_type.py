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
from dsl.checks.given import Handed, handover, properties_of
from dsl.checks.limits import limit_broken
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.fitting import misfit
from dsl.meaning.inference import Inference
from dsl.meaning.unions import values_of
from dsl.schemas import fits, kinds_of, words_for, words_for_kinds


def check(subject: Subject) -> Iterator[Diagnostic]:
    for one in handover(subject).values:
        actual = subject.scopes.schemas.get(id(one.value))
        yield from _value(one, Inference(one.names).value(one.value) if actual is None else actual)


def _value(one: Handed, actual: Schema) -> Iterator[Diagnostic]:
    value, wanted = one.value, one.schema
    have, want = kinds_of(actual), kinds_of(wanted)
    if not fits(have, want) or _fractional(value, want):
        yield Diagnostic(
            "E201",
            "error",
            f"{one.what} must be {words_for(wanted)}, but this is {_words(value, have)}",
            value.span,
            _help(value, actual, want),
            one.step,
            _fix(value, wanted),
        )
        return
    match value:
        case tree.Constant(value=str() | int() | float() as constant) if not isinstance(constant, bool):
            broken = limit_broken(constant, wanted)
            if broken is not None:
                yield Diagnostic(
                    "E201", "error", f"{one.what} {broken}", value.span, "write another value", one.step
                )
        case tree.MapOf() | tree.ListOf():
            return  # its parts are looked at one by one
        case _:
            wrong = misfit(actual, wanted)
            if wrong is not None:
                shown = show_expression(value)
                yield Diagnostic(
                    "E201",
                    "error",
                    f"{one.what} does not fit: {wrong.words(shown)}",
                    value.span,
                    "write the object out, field by field, with what is wanted",
                    one.step,
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


def _fix(value: tree.Expr, wanted: Schema) -> Fix | None:
    """A number that stands in quotes without them, and the other way round."""
    want = kinds_of(wanted)
    if values_of(wanted) is not None:
        return None
    match value:
        case tree.Constant(value=str() as text) if want & {"integer", "number"} and "string" not in want:
            whole, _, fraction = text.removeprefix("-").partition(".")
            decimal = "." in text
            if not _digits(whole) or (decimal and (not _digits(fraction) or "number" not in want)):
                return None
            plain = text
        case tree.Constant(value=int() | float() as number) if want == {"string"} and not isinstance(
            number, bool
        ):
            plain = f'"{show_expression(value)}"'
        case _:
            return None
    return Fix(f"Change to `{plain}`", (Replacement(value.span, plain),))


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
