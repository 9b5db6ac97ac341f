"""E102: a step is read that has not run on every way to this place.

What: an expression reads a step inside a branch (of an `if`, a `switch`, an approval, a catch) from outside of it.
Why: a run that took another branch has no value there, and fails at this step after earlier ones had their effects.
Fix: `yield` a value in every branch and read the branching step, or move the reader into the branch.

Bad:
    workflow score {
      input { amount: float }
      step big: if input.amount > 100.0 {
        step points: let input.amount * 2.0
      }
      step done: return { points: «points» }
    }
Good:
    workflow score {
      input { amount: float }
      step points: if input.amount > 100.0 {
        yield input.amount * 2.0
      } else {
        yield 0.0
      }
      step done: return { points: points }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.meaning.assignment import Way, assignment_of
from dsl.outline import slots
from dsl.wording.sentences import arm_label
from dsl.wording.terms import terms_of


def check(subject: Subject) -> Iterator[Diagnostic]:
    found = assignment_of(subject.workflow)
    paths: dict[int, str] | None = None
    for site in subject.scopes.sites:
        missing = found.results.get(id(site.expression))
        if missing is None:
            missing = found.before.get(site.step or "", {})
        if not missing:
            continue
        for name in _names(site.expression, frozenset()):
            if name.id in missing and name.id in site.names:
                way = missing[name.id]
                if paths is None:
                    paths = {id(place.step): place.path for place in subject.places}
                yield Diagnostic(
                    "E102",
                    "error",
                    f"`{name.id}` may have no value here: not every way through `{way.step.id}` comes past it",
                    name.span,
                    _help(subject, name.id, way),
                    site.step,
                    witness=_witness(way, paths, site.step),
                )


def _witness(way: Way, paths: dict[int, str], reader: str | None) -> tuple[str, ...]:
    """The step whose other branch is taken, that branch, and the step that reads."""
    path = paths[id(way.step)]
    taken = [slot for slot in slots(way.step) if slot.name == way.slot]
    branch = [f"{path}{slot.infix}{step.id}" for slot in taken for step in slot.block.steps]
    return (path, *branch, *((reader,) if reader is not None and reader != path else ()))


def _help(subject: Subject, name: str, way: Way) -> str:
    step = way.step
    match way.slot:
        case "caught":
            return (
                f"when `{step.id}` fails, its `catch` goes on to here without `{name}`: "
                "end the catch with `return` or `fail`, or read the result of the step itself"
            )
        case "first":
            return (
                f"when another step of `{step.id}` is done first, the run comes here without `{name}`: "
                f"read `{step.id}` itself"
            )
        case "failed":
            return (
                f"when a step of `{step.id}` fails, the run comes here without `{name}`: read `{step.id}`, "
                "which says of each of its steps whether it is `ok`, with its `value`"
            )
    label = arm_label(step.kind, way.slot, terms_of(subject.workflow, subject.catalog))
    instead = (
        "put this step into the branch"
        if isinstance(step.kind, tree.Approve)
        else f"`yield` a value in every branch of `{step.id}` and read `{step.id}`, or put this step into the branch"
    )
    return f"at `{step.id}`, a run that goes on with “{label}” comes here without `{name}`: {instead}"


def _names(expression: tree.Expr, bound: frozenset[str]) -> Iterator[tree.Name]:
    if isinstance(expression, tree.Name):
        if expression.id not in bound:
            yield expression
        return
    variable = bound_variable(expression)
    if variable is not None and isinstance(expression, tree.MethodCall):
        yield from _names(expression.target, bound)
        for arg in expression.args[1:]:
            yield from _names(arg, bound | {variable})
        return
    for part in children(expression):
        yield from _names(part, bound)
