"""Adding steps to an existing workflow: the same reading and wiring as for a new one, in the scope of the place."""

from __future__ import annotations

import re
from dataclasses import replace

import dsl
from dsl import tree
from dsl.catalog import Schema
from dsl.meaning.scope import scopes_of
from dsl.outline import Place as StepPlace
from studio.designer.builtin import prose
from studio.designer.builtin.change import Change
from studio.designer.builtin.clauses import read_request
from studio.designer.builtin.composing import Composer, Place
from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    DraftStep,
    IfStep,
    ReturnStep,
    alias_of,
    step_text,
    walk,
)
from studio.designer.builtin.explaining import open_questions
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.reading import Act
from studio.designer.builtin.scope import Scope, Thing, noun_words
from studio.designer.builtin.shapes import properties, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.verbs import starts_with_verb, verb_stems
from studio.designer.builtin.words import singular, stems
from studio.designer.builtin.work import Effect, Work
from studio.designer.writing import Said

_ADD = re.compile(
    r"^(?:add|insert|include|append|put in)\s+(?:another\s+|an?\s+|the\s+)?(?:new\s+)?(?:step\s+)"
    r"?(?:(?:that|which|to|where)\s+)?",
    re.I,
)
_ALSO = re.compile(
    r"^(?:also|additionally|in addition|furthermore|besides|plus)\b[, ]*|[, ]*\b(?:also|too|as well)$", re.I
)
_REFUSED = re.compile(
    r"\s*,?\s*(?:when|if|in case)\s+(?:it|that|the (?:\w+ )?(?:request|refund|approval|order|invoice|"
    r"leave)|(?:the )?\w+ (?:is|was))?\s*(?:is|was|gets|has been)?\s*(?:refused|rejected|declined|"
    r"denied|not approved|turned down)\s*$",
    re.I,
)
_WHERE = re.compile(
    r",?\s+(?P<w>before|after|behind|in front of)\s+(?:the\s+)?(?P<other>[\w \-']+)$|,?\s+(?P<end>at "
    r"the (?:very )?(?:end|beginning|start)|first|last|finally)$",
    re.I,
)
_WHERE_FIRST = re.compile(r"^(?P<w>before|after)\s+(?:the\s+)?(?P<other>[\w \-']+?),\s+", re.I)


def at_step(existing: Existing, other: StepPlace, *, after: bool) -> tuple[str, str | None]:
    """The slot (block reference, id of the step behind it) before or after a step."""
    if not after:
        return other.container, other.step.id
    siblings = [p for p in existing.steps if p.container == other.container]
    index = siblings.index(other)
    return other.container, siblings[index + 1].step.id if index + 1 < len(siblings) else None


def add(clause: str, existing: Existing) -> Change | Said | None:
    """ "add a step that tells the customer after the refund", "also post to #ops", "before refunding, ask finance"."""
    spoken = bool(_ADD.match(clause) or _ALSO.search(clause) or re.search(r"\balso\b", clause, re.I))
    text = _ALSO.sub("", _ADD.sub("", clause)).strip(" ,.")
    where = _WHERE_FIRST.match(text)
    if where:
        text = text[where.end() :]
    else:
        where = _WHERE.search(text)
        text = text[: where.start()] if where else text
    if not spoken and where is None:
        return None
    if where is not None and not spoken and not starts_with_verb(text, verb_stems(())):
        return None
    container, before = "", _end(existing)
    groups = where.groupdict() if where else {}
    if groups.get("other"):
        other = existing.one(groups["other"])
        if other is None:
            return existing.which(groups["other"])
        other = _above_arms(existing, other)
        container, before = at_step(existing, other, after=groups["w"].lower() in ("after", "behind"))
    elif groups.get("end", "") and re.search(r"beginning|start|first", groups["end"], re.I):
        steps = existing.parsed.workflow.body.steps
        before = steps[0].id if steps else None
    elif not groups and re.search(r"\b(?:approv|ask|sign.?off|permission)", text, re.I):
        before = _first_effect(existing) or before
    return _written(text, existing, container, before, clause)


def _first_effect(existing: Existing) -> str | None:
    """The first step of the body that changes something: an approval belongs before it."""
    for place in existing.steps:
        kind = place.step.kind
        if isinstance(kind, tree.Call):
            connector = existing.connectors.get(kind.alias, kind.alias)
            if not existing.catalog.nature(connector, kind.tool).reads:
                return place.path.split(".")[0].split("~")[0]
    return None


def when_refused(clause: str, existing: Existing) -> Change | Said | None:
    """ "also tell the customer when it is refused": into every arm that ends the workflow with a refusal."""
    match = _REFUSED.search(clause)
    if match is None:
        return None
    text = _ALSO.sub("", _ADD.sub("", clause[: match.start()])).strip(" ,.")
    approvals = [p for p in existing.steps if isinstance(p.step.kind, tree.Approve)]
    if not approvals:
        return Said(
            "Nothing in this workflow can be refused: it has no approval. Tell me who should approve first."
        )
    edits: list[dsl.Edit] = []
    last: Change | None = None
    for approval in approvals:
        container = f"{approval.path}/reject"
        inside = [p for p in existing.steps if p.container == container]
        before = (
            inside[-1].step.id
            if inside and isinstance(inside[-1].step.kind, tree.Return | tree.Fail)
            else None
        )
        found = _written(text, existing, container, before, clause, refused=True)
        if not isinstance(found, Change):
            return found
        edits += found.edits
        last = found
    assert last is not None
    return replace(last, edits=tuple(edits), said=f"When it is refused: {text}.")


def _written(
    text: str, existing: Existing, container: str, before: str | None, clause: str, *, refused: bool = False
) -> Change | Said:
    box = Toolbox(existing.catalog)
    reading = read_request(text, verb_stems(known.tool.name for known in box.tools))
    topic = tuple(dict.fromkeys((*stems(text), *stems(existing.parsed.workflow.name))))
    work = Work(existing.catalog, box, topic=topic, ids={p.step.id for p in existing.steps})
    scope = _scope_at(existing, container, before)
    if not refused:
        work.effects += _effects_before(existing, container, before, scope)
    composer = Composer(work)
    branch = "the request was refused" if refused else ""
    loop = any(
        isinstance(p.step.kind, tree.Foreach | tree.Loop)
        for p in existing.steps
        if container.startswith(p.path + "/")
    )
    place = Place(branch=branch, ending="rejected", loop=loop, ahead=_ahead(existing, container, before))
    steps = composer.compose(reading.items, scope, place)
    if not steps:
        missing = work.unplaced[0].need if work.unplaced else "I did not understand what it should do."
        return Said(f"I could not add that: {missing}")
    steps = [_with_result(s, existing) for s in steps]
    uses = {s.connector for s in walk(tuple(steps)) if isinstance(s, CallStep)} - set(
        existing.connectors.values()
    )
    edits: list[dsl.Edit] = _inputs(existing, work)
    lines = tuple(dsl.UseLine(alias=alias_of(name), connector=name) for name in sorted(uses))
    for number, step in enumerate(steps):
        edits.append(
            dsl.AddStep(
                container=container, before=before, text=step_text(step), uses=lines if number == 0 else ()
            )
        )
    return Change(tuple(edits), f"Added: {text}.", tuple(work.assumptions), open_questions(work))


def _ahead(existing: Existing, container: str, before: str | None) -> tuple[Act, ...]:
    """The step behind, as an intent: an approval says what it stands before."""
    place = next((p for p in existing.steps if p.container == container and p.step.id == before), None)
    if place is None or not isinstance(place.step.kind, tree.Call):
        return ()
    words = place.step.id.replace("_", " ")
    verb, _, rest = words.partition(" ")
    return (Act(words, verb, rest or "it"),) if starts_with_verb(words, verb_stems(())) else ()


def _scope_at(existing: Existing, container: str, before: str | None) -> Scope:
    """Everything that can be read where the new step will stand, with the words it is known by."""
    scopes = scopes_of(existing.parsed.workflow, existing.catalog)
    siblings = [p for p in existing.steps if p.container == container]
    here = next((p for p in siblings if p.step.id == before), None)
    if here is not None:
        names = dict(scopes.before.get(here.path, {}))
    elif siblings:
        names = {
            **scopes.before.get(siblings[-1].path, {}),
            siblings[-1].step.id: scopes.results.get(siblings[-1].path, {}),
        }
    else:
        owner = container.rpartition("/")[0]
        names = dict(scopes.before.get(owner, {}))
    scope = Scope()
    calls = {p.step.id: p.step for p in existing.steps}
    for name, schema in names.items():
        if name in ("config", "secrets"):
            continue
        if name == "input":
            for field, sub in properties(schema).items():
                scope.add(Thing(f"input.{field}", noun_words(field), sub, step=False))
            continue
        known = calls.get(name)
        if known is not None and not isinstance(
            known.kind, tree.Call | tree.RunWorkflow | tree.Agent | tree.Let
        ):
            continue
        noun = name if known is not None else f"item:{name}"
        scope.add(Thing(name, noun_words(singular(name)), schema, step=True, noun=noun))
    return scope


def _effects_before(existing: Existing, container: str, before: str | None, scope: Scope) -> list[Effect]:
    found = []
    names = scope.names()
    for place in existing.steps:
        kind = place.step.kind
        if place.step.id in names and isinstance(kind, tree.Call):
            connector = existing.connectors.get(kind.alias, "")
            tool = existing.catalog.tool(connector, kind.tool)
            writes = not existing.catalog.nature(connector, kind.tool).reads
            if tool is not None and writes and "send" not in kind.tool:
                verb = place.step.id.split("_")[0]
                amount = next(
                    (_priced(a.value, existing, tool.input_schema) for a in kind.args if a.name == "amount"),
                    "",
                )
                found.append(Effect(verb, place.step.id.replace("_", " "), place.step.id, amount))
    return found


def _priced(value: tree.Expr, existing: Existing, takes: Schema) -> str:
    written = existing.text[value.span.start : value.span.end]
    if isinstance(value, tree.Constant):
        return written
    return prose.priced(written, sort_of(properties(takes).get("amount", {})))


def _with_result(step: DraftStep, existing: Existing) -> DraftStep:
    """A new end of the workflow gives a result of the declared shape."""
    match step:
        case ReturnStep():
            return replace(step, value=_result(existing, step.status))
        case IfStep():
            return replace(
                step,
                then=tuple(_with_result(s, existing) for s in step.then),
                other=tuple(_with_result(s, existing) for s in step.other),
            )
        case ApproveStep():
            return replace(step, reject=tuple(_with_result(s, existing) for s in step.reject))
        case _:
            return step


def _result(existing: Existing, status: str) -> str:
    """The result of an early end, made like the first one that is there already."""
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
    for head in existing.parsed.workflow.heads:
        if isinstance(head, tree.Fields) and head.role == "output":
            for entry in head.fields:
                if entry.name == field and isinstance(entry.type, tree.UnionType):
                    words = [m.value for m in entry.type.members if isinstance(m, tree.LiteralType)]
                    return status if status in words else next((w for w in words if "reject" in w), words[-1])
    return status


def _inputs(existing: Existing, work: Work) -> list[dsl.Edit]:
    """New inputs of the workflow, put into its ``input`` block (made when there is none)."""
    declared = next(
        (h for h in existing.parsed.workflow.heads if isinstance(h, tree.Fields) and h.role == "input"), None
    )
    known = {f.name for f in declared.fields} if declared else set()
    fresh = [f for f in work.inputs.values() if f.name not in known]
    if not fresh:
        return []
    lines = ", ".join(f"{f.name}: {f.type}{f' = {f.default}' if f.default else ''}" for f in fresh)
    if declared is not None and declared.fields:
        end = declared.fields[-1].span.end
        return [_at(existing, end, f",\n    {lines}")]
    at = existing.text.index("{", existing.parsed.workflow.name_span.end) + 1
    return [_at(existing, at, f"\n  input {{\n    {lines},\n  }}\n")]


def _at(existing: Existing, offset: int, text: str) -> dsl.Edit:
    return dsl.ReplaceText(start=offset, end=offset, text=text)


def _end(existing: Existing) -> str | None:
    """Before the return that ends the body, when there is one."""
    steps = existing.parsed.workflow.body.steps
    return steps[-1].id if steps and isinstance(steps[-1].kind, tree.Return | tree.Fail) else None


def _above_arms(existing: Existing, place: StepPlace) -> StepPlace:
    """A step inside the reject arm of an approval stands for the approval."""
    while place.container.endswith(("/reject", "/timeout")):
        owner = place.container.rpartition("/")[0]
        place = next(p for p in existing.steps if p.path == owner)
    return place
