"""E103: one name for two things.

What: two steps of one scope, two aliases, fields, types, secrets or triggers, or two arguments have the same name.
Why: a step's name is its result and its place in the run history; the second would hide the first.
Fix: rename one of them.

Bad:
    workflow twice {
      input { amount: float }
      step value: let input.amount
      step «value»: let input.amount * 2.0
      step done: return { value: value }
    }
Good:
    workflow twice {
      input { amount: float }
      step value: let input.amount
      step doubled: let value * 2.0
      step done: return { value: doubled }
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.outline import Place, slots

_TAKEN = frozenset({"input", "config", "secrets"})


def check(subject: Subject) -> Iterator[Diagnostic]:
    used = {place.step.id for place in subject.places}
    paths = {id(place.step): place for place in subject.places}
    yield from _block(subject.workflow.body, {}, paths, used)
    yield from _heads(subject.workflow)
    for place in subject.places:
        match place.step.kind:
            case tree.Call(args=args) | tree.RunWorkflow(args=args):
                yield from _names(((arg.name, arg.name_span) for arg in args), "argument", place.path)


def _block(
    block: tree.Block, taken: dict[str, tree.Step], paths: dict[int, Place], used: set[str]
) -> Iterator[Diagnostic]:
    for step in block.steps:
        path = paths[id(step)].path
        if step.id in _TAKEN:
            yield Diagnostic(
                "E103",
                "error",
                f"a step cannot be called `{step.id}`: that name is the workflow's own",
                step.id_span,
                "give the step another name",
                path,
            )
        elif step.id in taken:
            fresh = _fresh(step.id, used)
            # Nobody can say which of the two a reference means, so only the name itself is changed.
            yield Diagnostic(
                "E103",
                "error",
                f"there is already a step called `{step.id}`",
                step.id_span,
                f"give this one another name, such as `{fresh}`",
                path,
                Fix(f"Rename to `{fresh}`", (Replacement(step.id_span, fresh),)),
            )
        else:
            taken[step.id] = step
        for slot in slots(step):
            yield from _block(slot.block, {} if slot.scope else taken, paths, used)


def _fresh(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"


def _heads(workflow: tree.Workflow) -> Iterator[Diagnostic]:
    heads = workflow.heads
    yield from _names(((h.alias, h.alias_span) for h in heads if isinstance(h, tree.Use)), "alias")
    yield from _names(((h.name, h.name_span) for h in heads if isinstance(h, tree.TypeDecl)), "type")
    yield from _names(((h.name, h.name_span) for h in heads if isinstance(h, tree.Secret)), "secret")
    yield from _names(((h.name, h.name_span) for h in heads if isinstance(h, tree.Trigger)), "trigger")
    for role in ("input", "output", "config"):
        fields = [f for h in heads if isinstance(h, tree.Fields) and h.role == role for f in h.fields]
        yield from _names(((field.name, field.name_span) for field in fields), f"{role} field")


def _names(
    pairs: Iterable[tuple[str, tree.Span]], sort: str, step: str | None = None
) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for name, span in pairs:
        if name in seen:
            help_ = f"remove one of them, or give it another name than `{name}`"
            yield Diagnostic("E103", "error", f"the {sort} `{name}` is given twice", span, help_, step)
        seen.add(name)
