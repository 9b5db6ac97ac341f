"""The checks: one rule, one module, each with What / Why / Example / Fix in its docstring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from dsl.catalog import Catalog
from dsl.checks import (
    argument_type,
    arguments,
    cycle,
    dead_step,
    duplicate,
    enum_value,
    expression_type,
    no_timeout,
    refused_call,
    unassigned,
    unknown_name,
    unknown_resource,
)
from dsl.checks.subject import Subject, subject_of
from dsl.diagnostic import Diagnostic
from dsl.outline import MAX_STEPS, too_many
from dsl.parse import Parsed

RULES: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (
    unknown_name.check,
    unassigned.check,
    duplicate.check,
    cycle.check,
    unknown_resource.check,
    argument_type.check,
    arguments.check,
    enum_value.check,
    expression_type.check,
    dead_step.check,
    no_timeout.check,
    refused_call.check,
)

__all__ = ["RULES", "check"]


def check(parsed: Parsed, catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a text: the problems of reading it first among those of one place.

    A catalog without any connector says nothing about them (a file checked on its own): tools and arguments are then
    not checked.
    """
    if too_many(parsed.workflow):
        return (*parsed.diagnostics, _too_large(parsed, f"this workflow has more than {MAX_STEPS} steps"))
    try:
        subject = subject_of(parsed, catalog)
        found = [_at_its_step(diagnostic, subject) for diagnostic in parsed.diagnostics]
        found += [diagnostic for rule in RULES for diagnostic in rule(subject)]
    except RecursionError:
        found = [*parsed.diagnostics, _too_large(parsed, "this workflow is nested too deeply to be checked")]
    unique = list(dict.fromkeys(found))
    return tuple(sorted(unique, key=lambda one: (one.span.start, one.span.end, one.code)))


def _at_its_step(diagnostic: Diagnostic, subject: Subject) -> Diagnostic:
    """What is wrong with the writing belongs to the innermost step it stands in, to be painted there."""
    start = diagnostic.span.start
    around = [place for place in subject.places if place.step.span.start <= start < place.step.span.end]
    if diagnostic.step is not None or not around:
        return diagnostic
    innermost = min(around, key=lambda place: place.step.span.end - place.step.span.start)
    return replace(diagnostic, step=innermost.path)


def _too_large(parsed: Parsed, message: str) -> Diagnostic:
    return Diagnostic(
        "E204",
        "error",
        message,
        parsed.workflow.name_span,
        "move parts of it into other workflows, and long expressions into `let` steps",
    )
