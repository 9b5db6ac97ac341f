"""W303: something that nothing reads.

What: an input, a setting, a secret, a type, a `use` line, a variable, the value of a `let` or what a call that only
reads gives is never used.
Why: either it is left over, or the place that should read it reads something else.
Fix: remove it, or read it where it was meant.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step «doubled»: let order.total * 2.0
      step done: return { total: order.total }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step doubled: let order.total * 2.0
      step done: return { total: doubled }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dsl import tree
from dsl.cel.source import free_names
from dsl.checks.reading import Declared, Reading, reading_of
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix
from dsl.suggestion import closest


def check(subject: Subject) -> Iterator[Diagnostic]:
    # Before there is a step nothing can be read, and what could not be read in a text may be where a name stands.
    if not subject.workflow.body.steps or subject.parsed.diagnostics:
        return
    reading = reading_of(subject.workflow)
    yield from _heads(subject, reading)
    meant = _meant(reading.unknown, [one.name for one in reading.declared])
    errors: dict[str, set[str]] = {}
    for one in reading.declared:
        if one.sort == "error":
            errors.setdefault(one.path, set()).add(one.name)
    for one in reading.declared:
        if not one.read and one.name not in meant:
            yield from _step(subject, reading, one, errors) if one.sort == "step" else _variable(subject, one)


def _warn(message: str, span: tree.Span, help_: str, step: str | None, fix: Fix | None) -> Diagnostic:
    return Diagnostic("W303", "warning", message, span, help_, step, fix)


def _meant(read: Iterable[str], declared: list[str]) -> set[str]:
    """The declared names that a misspelt one probably means: another rule speaks of those already."""
    known = set(declared)
    found = {closest(name, declared) for name in read if name not in known}
    return {name for name in found if name is not None}


def _heads(subject: Subject, reading: Reading) -> Iterator[Diagnostic]:
    heads = subject.workflow.heads
    aliases = reading.aliases | _meant(reading.aliases, [h.alias for h in heads if isinstance(h, tree.Use)])
    types = reading.types | _meant(reading.types, [h.name for h in heads if isinstance(h, tree.TypeDecl)])
    secrets = reading.fields["secrets"]
    secrets = secrets | _meant(secrets, [h.name for h in heads if isinstance(h, tree.Secret)])
    for head in heads:
        match head:
            case tree.Use(alias=name, alias_span=span) if name not in aliases:
                yield _warn(
                    f"`{name}` is never used: no step calls it",
                    span,
                    f"remove the `use {name}` line",
                    None,
                    subject.removal(head.span, f"Remove `use {name}`"),
                )
            case tree.TypeDecl(name=name, name_span=span) if name not in types:
                yield _warn(
                    f"the type `{name}` is never used",
                    span,
                    "remove it, or write it where a value of it is declared",
                    None,
                    subject.removal(head.span, f"Remove `type {name}`"),
                )
            case tree.Secret(name=name, name_span=span):
                if name not in secrets and "secrets" not in reading.whole:
                    yield _warn(
                        f"the secret `{name}` is never used",
                        span,
                        f"remove `secret {name}`: what is not needed should not be within reach",
                        None,
                        subject.removal(head.span, f"Remove `secret {name}`"),
                    )
            case tree.Fields(role="input" | "config" as role, fields=fields) if role not in reading.whole:
                names = [one.name for one in fields]
                read = reading.fields[role] | _meant(reading.fields[role] | reading.unknown, names)
                for one in fields:
                    if one.name not in read and one.name not in reading.unknown:
                        yield _warn(
                            f"the {'input' if role == 'input' else 'setting'} `{one.name}` is never read",
                            one.name_span,
                            f"read it as `{role}.{one.name}`, or remove it",
                            None,
                            None,
                        )


def _step(
    subject: Subject, reading: Reading, one: Declared, errors: dict[str, set[str]]
) -> Iterator[Diagnostic]:
    # What is caught or undone is there for more than its value.
    if not one.alone or any(isinstance(c, tree.Catch | tree.Compensate) for c in one.step.clauses):
        return
    name = one.name
    match one.step.kind:
        case tree.Let(value=value):
            if _notes_error(value, one.path, errors):
                return
            message = f"`{name}` is computed, but nothing reads it"
        case tree.Call(alias=alias, tool=tool) if subject.only_reads(alias, tool):
            message = f"`{name}` is fetched, but nothing reads it"
        case _:
            return
    needed = name in reading.awaited or name in reading.twice
    fix = None if needed else subject.removal(one.step.span, f"Remove `{name}`")
    yield _warn(message, one.step.id_span, f"read `{name}` in a later step, or remove it", one.path, fix)


def _notes_error(value: tree.Expr, path: str, errors: dict[str, set[str]]) -> bool:
    """Whether a ``let`` in a catch keeps the error for the run's history, where people look for it. ``errors`` are the
    names that the catches of a step, by its path, give their errors."""
    caught = [path[: found.start()] for found in re.finditer("~catch", path)]
    around = {name for step in caught for name in errors.get(step, ())}
    return bool(around) and not around.isdisjoint(free_names(value))


def _variable(subject: Subject, one: Declared) -> Iterator[Diagnostic]:
    fix = None
    match one.sort:
        case "item":
            span = _after(subject.text, "foreach", one)
            message = f"`{one.name}` is never read, so every round does the same"
            help_ = f"read `{one.name}` in the steps of `{one.step.id}`"
        case "carry":
            span = _after(subject.text, "with", one)
            message = f"`{one.name}` is carried from round to round, but nothing reads it"
            help_ = f"read `{one.name}` in the loop, or remove `with {one.name} = ...`"
        case _:
            span = _after(subject.text, "as", one)
            message = f"the error `{one.name}` is never read"
            help_ = f"remove `as {one.name}`, or read `{one.name}.message` in the catch"
            start = subject.text.rfind("as", one.span.start, span.start)
            if span != one.span and start > one.span.start and subject.text[start - 1].isspace():
                fix = subject.removal(tree.Span(start - 1, span.end), f"Remove `as {one.name}`")
    yield _warn(message, span, help_, one.path, fix)


def _after(text: str, word: str, one: Declared) -> tree.Span:
    """Where a variable stands behind the word that brings it in."""
    found = re.compile(rf"\b{word}\s+({re.escape(one.name)})\b").search(text, one.span.start, one.span.end)
    return one.span if found is None else tree.Span(found.start(1), found.end(1))
