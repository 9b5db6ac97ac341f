"""Steps that are written for a place in an existing workflow: what can be read there, and what has to be declared."""

from __future__ import annotations

import re
from dataclasses import replace

import dsl
from dsl import tree
from dsl.catalog import Schema
from dsl.meaning.scope import scopes_of
from studio.designer.builtin import prose
from studio.designer.builtin.anatomy import anatomy
from studio.designer.builtin.clauses import read_request
from studio.designer.builtin.composing import Composer, Place
from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    IfStep,
    InputField,
    ReturnStep,
    TogetherStep,
    alias_of,
    step_text,
    walk,
)
from studio.designer.builtin.edits.change import Change
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.explaining import open_questions
from studio.designer.builtin.grounded.story import read_grounded
from studio.designer.builtin.reading import Act, Item
from studio.designer.builtin.scope import Scope, Thing, noun_words
from studio.designer.builtin.shapes import properties, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.verbs import starts_with_verb, verb_stems
from studio.designer.builtin.words import singular, stems
from studio.designer.builtin.work import Effect, Work
from studio.designer.writing import Said


def put(
    text: str,
    existing: Existing,
    container: str,
    before: str | None,
    *,
    branch: str = "",
    ending: str = "rejected",
) -> Change | Said:
    """What ``text`` asks for as new steps in a block, before one of its steps (None: at its end).

    ``branch`` says in words in which case they run: then messages tell of that instead of what was done before.
    """
    items = read_request(text, _verbs(existing)).items
    found = put_items(items, text, existing, container, before, branch=branch, ending=ending)
    if isinstance(found, Change):
        return found
    # What the plain reading cannot place may be known by what the tools can do.
    second = read_grounded(text, Toolbox(existing.catalog), existing.catalog.roles).items
    if len(second) != 1:
        return found
    other = put_items(second, text, existing, container, before, branch=branch, ending=ending)
    return other if isinstance(other, Change) and not _repeats(other, existing) else found


def _repeats(change: Change, existing: Existing) -> bool:
    """Whether it would do once more what a step does already: that was only spoken of as the moment."""
    written = " ".join(edit.text for edit in change.edits if isinstance(edit, dsl.AddStep))
    return any(
        isinstance(p.step.kind, tree.Call)
        and existing.changes_something(p)
        and not existing.sends(p)
        and f"call {p.step.kind.alias}.{p.step.kind.tool}(" in written
        for p in existing.steps
    )


def put_items(
    items: tuple[Item, ...],
    text: str,
    existing: Existing,
    container: str,
    before: str | None,
    *,
    branch: str = "",
    ending: str = "rejected",
) -> Change | Said:
    box = Toolbox(existing.catalog)
    topic = tuple(dict.fromkeys((*stems(text), *stems(existing.parsed.workflow.name))))
    work = Work(existing.catalog, box, topic=topic, ids={p.step.id for p in existing.steps})
    scope = scope_at(existing, container, before)
    if not branch:
        work.effects += _effects_before(existing, scope)
    loop = any(
        isinstance(p.step.kind, tree.Foreach | tree.Loop)
        for p in existing.steps
        if container.startswith((f"{p.path}/", f"{p.path}."))
    )
    place = Place(branch=branch, ending=ending, loop=loop, ahead=_ahead(existing, container, before))
    steps = Composer(work).compose(items, scope, place)
    if not steps:
        missing = work.unplaced[0].need if work.unplaced else "I did not understand what it should do."
        return Said(f"I could not add that: {missing}")
    steps = [_with_result(s, existing) for s in steps]
    unfed = [f for f in _fresh_inputs(existing, work) if not f.default]
    starts = [t.name for t in existing.triggers() if not isinstance(t.on, tree.Manual)]
    if unfed and starts:
        return Said(
            f"That needs {unfed[0].name.replace('_', ' ')!r}, which nothing gives when {starts[0]!r}"
            " starts the "
            "workflow. Say it in the request, for example with an e-mail address, or give the workflow"
            " such an "
            "input with a default."
        )
    used = {s.connector for s in walk(tuple(steps)) if isinstance(s, CallStep)} - set(
        existing.connectors.values()
    )
    edits: list[dsl.Edit] = list(inputs(existing, work))
    lines = tuple(dsl.UseLine(alias=alias_of(name), connector=name) for name in sorted(used))
    for number, step in enumerate(steps):
        edits.append(
            dsl.AddStep(
                container=container,
                before=before,
                text=_aliased(step_text(step), existing),
                uses=lines if number == 0 else (),
            )
        )
    return Change(
        tuple(edits),
        f"Added: {text.strip()}.",
        tuple(a for a in work.assumptions if not a.endswith((" to .", " in ."))),
        open_questions(work),
        about=steps[-1].id,
    )


def _verbs(existing: Existing) -> frozenset[str]:
    return verb_stems(known.tool.name for known in Toolbox(existing.catalog).tools)


def _aliased(text: str, existing: Existing) -> str:
    """The text with this workflow's aliases where they differ from the connectors' names."""
    for alias, name in existing.connectors.items():
        if alias != alias_of(name):
            text = re.sub(rf"\bcall {re.escape(alias_of(name))}\.", f"call {alias}.", text)
    return text


def _ahead(existing: Existing, container: str, before: str | None) -> tuple[Act, ...]:
    """The step behind, as an intent: an approval says what it stands before."""
    place = next((p for p in existing.steps if p.container == container and p.step.id == before), None)
    if place is None or not isinstance(place.step.kind, tree.Call):
        return ()
    words = place.step.id.replace("_", " ")
    verb, _, rest = words.partition(" ")
    return (Act(words, verb, rest or "it"),) if starts_with_verb(words, verb_stems(())) else ()


def names_at(existing: Existing, container: str, before: str | None) -> dict[str, Schema]:
    """What can be read where a new step will stand, by name."""
    scopes = scopes_of(existing.parsed.workflow, existing.catalog)
    siblings = [p for p in existing.steps if p.container == container]
    here = next((p for p in siblings if p.step.id == before), None)
    if here is not None:
        return dict(scopes.before.get(here.path, {}))
    if siblings:
        last = siblings[-1]
        return {**scopes.before.get(last.path, {}), last.step.id: scopes.results.get(last.path, {})}
    return dict(scopes.before.get(container.rpartition("/")[0], {}))


def scope_at(existing: Existing, container: str, before: str | None) -> Scope:
    """The same with the words each is known by; settings and secrets are nobody's business here."""
    scope = Scope()
    calls = {p.step.id: p.step for p in existing.steps}
    for name, schema in names_at(existing, container, before).items():
        if name in ("config", "secrets"):
            continue
        if name == "input":
            for field, sub in properties(schema).items():
                scope.add(Thing(f"input.{field}", noun_words(field), sub, step=False))
            continue
        known = calls.get(name)
        if known is not None and not _sure(existing, known, container):
            continue
        if known is not None and not isinstance(
            known.kind, tree.Call | tree.RunWorkflow | tree.Agent | tree.Let
        ):
            continue
        noun = name if known is not None else f"item:{name}"
        scope.add(Thing(name, noun_words(singular(name)), schema, step=True, noun=noun))
    return scope


def _sure(existing: Existing, step: tree.Step, container: str) -> bool:
    """Whether a step that can be named was surely done: it stands in a block around, or in a plain block of one."""
    place = next(p for p in existing.steps if p.step is step)
    around = {""}
    reference = container
    while reference:
        around.add(reference)
        owner = existing.at(reference.rpartition("/")[0])
        reference = owner.container if owner is not None else ""
    while place.container not in around:
        owner = existing.owner(place)
        if owner is None or not isinstance(owner.step.kind, tree.Parallel | tree.Do):
            return False
        place = owner
    return True


def _effects_before(existing: Existing, scope: Scope) -> list[Effect]:
    found = []
    names = scope.names()
    for place in existing.steps:
        kind = place.step.kind
        if place.step.id in names and isinstance(kind, tree.Call):
            tool = existing.tool_of(place)
            if tool is not None and existing.changes_something(place) and "send" not in kind.tool:
                verb = anatomy(tool.name, tool.description, reads=False).verb or place.step.id.split("_")[0]
                amount = next(
                    (_priced(a.value, existing, tool.input_schema) for a in kind.args if a.name == "amount"),
                    "",
                )
                found.append(Effect(verb, place.step.id.replace("_", " "), place.step.id, amount))
    return found


def _priced(value: tree.Expr, existing: Existing, takes: Schema) -> str:
    written = existing.written(value)
    if isinstance(value, tree.Constant):
        return written
    return prose.priced(written, sort_of(properties(takes).get("amount", {})))


def _with_result(step: DraftStep, existing: Existing) -> DraftStep:
    """A new end of the workflow gives a result of the declared shape."""
    inside = lambda steps: tuple(_with_result(s, existing) for s in steps)  # noqa: E731
    match step:
        case ReturnStep() if not _can_end_with(existing, step.status):
            return FailStep(step.id, step.status, f"it ended here: {step.status.replace('_', ' ')}")
        case ReturnStep():
            return replace(step, value=result_of(existing, step.status))
        case IfStep():
            return replace(step, then=inside(step.then), other=inside(step.other))
        case ApproveStep():
            return replace(step, reject=inside(step.reject))
        case EachStep() | TogetherStep() | GuardedStep():
            return replace(step, body=inside(step.body))
        case _:
            return step


def _can_end_with(existing: Existing, status: str) -> bool:
    """Whether the declared result has a word for it: "not_eligible" says nothing true of a rejection."""
    for entry in existing.fields("output"):
        if entry.name == "status" and isinstance(entry.type, tree.UnionType):
            words = [str(m.value) for m in entry.type.members if isinstance(m, tree.LiteralType)]
            return (
                not words or status in words or (status == "rejected" and any(_NO.search(w) for w in words))
            )
    return True


_NO = re.compile(r"reject|declin|refus|den(?:y|ied)", re.IGNORECASE)


def result_of(existing: Existing, status: str) -> str:
    """The result of an early end, made like the first one that is there already; "" where there is none."""
    for place in existing.steps:
        if isinstance(place.step.kind, tree.Return) and isinstance(place.step.kind.value, tree.MapOf):
            fields = []
            for key, _ in place.step.kind.value.entries:
                name = str(key.value) if isinstance(key, tree.Constant) else ""
                fields.append(
                    f'{name}: "{_allowed(existing, name, status)}"' if name == "status" else f"{name}: null"
                )
            if fields and all(f[0] != ":" for f in fields):
                return "{ " + ", ".join(fields) + " }"
    return ""


def _allowed(existing: Existing, field: str, status: str) -> str:
    for entry in existing.fields("output"):
        if entry.name == field and isinstance(entry.type, tree.UnionType):
            words = [str(m.value) for m in entry.type.members if isinstance(m, tree.LiteralType)]
            if words:
                return status if status in words else next((w for w in words if _NO.search(w)), words[-1])
    return status


def inputs(existing: Existing, work: Work) -> list[dsl.Edit]:
    """New inputs of the workflow that the new steps read."""
    return [
        dsl.SetHeader(
            part="input",
            name=f.name,
            text=f"{f.type}{f' = {f.default}' if f.default else ''}",
            doc=f.doc or None,
        )
        for f in _fresh_inputs(existing, work)
    ]


def _fresh_inputs(existing: Existing, work: Work) -> list[InputField]:
    known = {f.name for f in existing.fields("input")}
    return [f for f in work.inputs.values() if f.name not in known]


__all__ = ["inputs", "names_at", "put", "put_items", "result_of", "scope_at"]
