"""E202: an argument too few, or one nobody knows.

What: a call leaves out an argument that its tool requires, or gives one it does not have; the same for the fields of
what the workflow returns and for configuration without a value.
Why: the connector would refuse the call in the middle of a run.
Fix: add the argument, or give it its right name.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(«order_nr»: input.order_id)
        timeout 10s
      step done: return { order: order }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { order: order }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.given import Given, handover, properties_of
from dsl.checks.subject import Subject, rename
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.schemas import fields_of, fits, kinds_of, words_for
from dsl.suggestion import closest

_ENGINE_GIVES = "idempotency_key"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for given in handover(subject).givens:
        yield from _unknown(given)
        yield from _missing(subject, given)
    for field in fields_of(subject.workflow, "config"):
        if field.default is None and not isinstance(field.type, tree.OptionalType):
            yield Diagnostic(
                "E202",
                "error",
                f"the configuration `{field.name}` has no value",
                field.name_span,
                f"write one, as in `{field.name}: ... = value`",
            )
    yield from _triggers(subject)


def _unknown(given: Given) -> Iterator[Diagnostic]:
    known = properties_of(given.schema)
    if not _closed(given):
        return
    names = {name for name, _, _ in given.entries}
    for name, _, span in given.entries:
        if name in known:
            continue
        suggestion = closest(name, [one for one in known if one not in names])
        meant = f", did you mean `{suggestion}`?" if suggestion else ""
        listed = ", ".join(one for one in known if one != _ENGINE_GIVES)
        yield Diagnostic(
            "E202",
            "error",
            f"{given.where} has no {given.sort} `{name}`{meant}",
            span,
            f"its {given.sort}s are {listed}" if listed else f"it takes no {given.sort}s",
            given.step,
            rename(span, suggestion),
        )


def _closed(given: Given) -> bool:
    rest = given.schema.get("additionalProperties")
    return rest is False or (rest is None and isinstance(given.schema.get("properties"), dict))


def _missing(subject: Subject, given: Given) -> Iterator[Diagnostic]:
    required = given.schema.get("required")
    names = [name for name, _, _ in given.entries]
    known = properties_of(given.schema)
    absent = [
        name
        for name in (required if isinstance(required, list) else ())
        if isinstance(name, str) and name not in names and name != _ENGINE_GIVES
    ]
    misspelt = {
        closest(name, [one for one in known if one not in names]) for name in names if name not in known
    }
    for name in absent:
        if name in misspelt:
            continue
        wanted = known.get(name, {})
        described = wanted.get("description")
        words = f"{words_for(wanted)}" + (f": {described}" if isinstance(described, str) else "")
        yield Diagnostic(
            "E202",
            "error",
            f"{given.where} needs the {given.sort} `{name}`",
            given.at,
            f"add `{name}: ...` ({words})",
            given.step,
            _addition(subject, given, name),
        )


def _addition(subject: Subject, given: Given, name: str) -> Fix | None:
    """Add the argument, where one value offers itself: a name or an input that is called the same and fits."""
    names = given.names
    wanted = kinds_of(properties_of(given.schema).get(name, {}))
    value = None
    inputs = names.get("input", {}).get("properties")
    if isinstance(inputs, dict) and name in inputs and fits(kinds_of(inputs[name]), wanted):
        value = f"input.{name}"
    elif name in names and fits(kinds_of(names[name]), wanted):
        value = name
    if value is None:
        return None
    closing = given.span.end - 1
    inside = subject.text[given.span.start + 1 : closing]
    before = inside.rstrip()
    separator = ("," if not before.endswith(",") else "") + " " if given.entries else ""
    at = given.span.start + 1 + len(before)
    return Fix(f"Add `{name}: {value}`", (Replacement(tree.Span(at, at), f"{separator}{name}: {value}"),))


def _triggers(subject: Subject) -> Iterator[Diagnostic]:
    inputs = fields_of(subject.workflow, "input")
    known = {field.name for field in inputs}
    for head in subject.workflow.heads:
        if not isinstance(head, tree.Trigger):
            continue
        for arg in head.args:
            if arg.name not in known:
                suggestion = closest(arg.name, known)
                meant = f", did you mean `{suggestion}`?" if suggestion else ""
                yield Diagnostic(
                    "E202",
                    "error",
                    f"the workflow has no input `{arg.name}`{meant}",
                    arg.name_span,
                    f"its inputs are {', '.join(sorted(known))}" if known else "declare it under `input`",
                    None,
                    rename(arg.name_span, suggestion),
                )
        yield from _left_out(head, inputs)


def _left_out(trigger: tree.Trigger, inputs: tuple[tree.Field, ...]) -> Iterator[Diagnostic]:
    """Inputs that a trigger must give and does not. A person who starts a run is asked for them; without ``with``,
    a webhook or an event is the input itself; a schedule has nothing else to give."""
    if isinstance(trigger.on, tree.Manual) or not (trigger.args or isinstance(trigger.on, tree.Schedule)):
        return
    names = {arg.name for arg in trigger.args}
    known = {field.name for field in inputs}
    misspelt = {closest(name, known - names) for name in names - known}
    for field in inputs:
        needed = field.default is None and not isinstance(field.type, tree.OptionalType)
        if needed and field.name not in names | misspelt:
            yield Diagnostic(
                "E202",
                "error",
                f"the trigger `{trigger.name}` does not give the input `{field.name}`",
                trigger.name_span,
                f"add it as in `with ({field.name}: ...)`, or give the input a default",
            )
