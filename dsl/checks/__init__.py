"""The checks: one rule, one module, whose docstring is its page (see :mod:`dsl.checks.pages`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from dsl.catalog import Catalog
from dsl.checks import (
    argument_type,
    arguments,
    bounds,
    cycle,
    dead_step,
    duplicate,
    enum_value,
    expression_type,
    leaked_secret,
    no_deadline,
    no_timeout,
    not_undone,
    race,
    refused_call,
    repeated,
    retried,
    still_condition,
    switch_values,
    syntax,
    template_hole,
    unapproved,
    unassigned,
    unfinished,
    unknown_name,
    unknown_resource,
    unused,
    unverified,
    worst_case,
)
from dsl.checks.subject import Subject, subject_of
from dsl.diagnostic import Diagnostic
from dsl.outline import MAX_STEPS, too_many
from dsl.parse import Parsed

RULES: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (
    syntax.check,
    template_hole.check,
    unknown_name.check,
    unassigned.check,
    duplicate.check,
    repeated.check,
    cycle.check,
    unfinished.check,
    unknown_resource.check,
    argument_type.check,
    arguments.check,
    enum_value.check,
    expression_type.check,
    bounds.check,
    retried.check,
    unapproved.check,
    leaked_secret.check,
    unverified.check,
    dead_step.check,
    switch_values.check,
    unused.check,
    race.check,
    no_timeout.check,
    no_deadline.check,
    still_condition.check,
    not_undone.check,
    refused_call.check,
)

NOTES: tuple[Callable[[Subject], Iterator[Diagnostic]], ...] = (worst_case.check,)

__all__ = ["NOTES", "RULES", "check", "checking", "notes"]


def check(parsed: Parsed, catalog: Catalog) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a text: the problems of reading it first among those of one place.

    A catalog without any connector says nothing about them (a file checked on its own): tools and arguments are then
    not checked.
    """
    steps = checking(parsed, catalog)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            found: tuple[Diagnostic, ...] = done.value
            return found


def checking(parsed: Parsed, catalog: Catalog) -> Generator[None, None, tuple[Diagnostic, ...]]:
    """The same bit by bit, for whoever has other things to do in between; what it returns at its end is the result."""
    if too_many(parsed.workflow):
        return (*parsed.diagnostics, _too_large(parsed, f"this workflow has more than {MAX_STEPS} steps"))
    try:
        subject = subject_of(parsed, catalog)
        found: list[Diagnostic] = []
        for rule in RULES:
            yield
            found += rule(subject)
    except RecursionError:
        found = [*parsed.diagnostics, _too_large(parsed, "this workflow is nested too deeply to be checked")]
    unique = list(dict.fromkeys(found))
    return tuple(sorted(unique, key=lambda one: (one.span.start, one.span.end, one.code)))


def _too_large(parsed: Parsed, message: str) -> Diagnostic:
    return Diagnostic(
        "E001",
        "error",
        message,
        parsed.workflow.name_span,
        "move parts of it into other workflows, and long expressions into `let` steps",
    )


def notes(parsed: Parsed, catalog: Catalog) -> tuple[Diagnostic, ...]:
    """What is worth knowing of a text although nothing is wrong with it. Nothing where a part could not be read."""
    if parsed.diagnostics or too_many(parsed.workflow):
        return ()
    try:
        subject = subject_of(parsed, catalog)
        return tuple(diagnostic for rule in NOTES for diagnostic in rule(subject))
    except RecursionError:
        return ()
