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

from collections.abc import Iterator

from dsl.cel import ExpressionError, lower, problem_of, show_expression
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.inference import Inference
from dsl.schemas import kinds_of, words_for_kinds
from dsl.scope import Site


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site in subject.scopes.sites:
        found = list(_inferred(site))
        yield from found
        if not found and site.role != "verify":
            yield from _computable(site)


def _inferred(site: Site) -> Iterator[Diagnostic]:
    inference = Inference(site.names)
    if site.role == "condition":
        inference.condition(site.expression)
    else:
        schema = inference.infer(site.expression)
        kinds = kinds_of(schema)
        if site.role == "items" and kinds and not kinds & {"array", "object", "null"}:
            shown = show_expression(site.expression)
            yield Diagnostic(
                "E204",
                "error",
                f"`foreach` needs a list, but `{shown}` is {words_for_kinds(kinds)}",
                site.expression.span,
                "name a list after `in`",
                site.step,
            )
    for problem in inference.problems:
        yield Diagnostic(
            problem.code, "error", problem.message, problem.span, problem.help, site.step, problem.fix
        )


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
