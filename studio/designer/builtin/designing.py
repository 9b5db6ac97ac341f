"""From a request and a catalog to a proved text, or to words about why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dsl.catalog import Catalog
from studio.designer.builtin import web
from studio.designer.builtin.clauses import read_request
from studio.designer.builtin.composing import Composer, Place
from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    DraftStep,
    EachStep,
    GuardedStep,
    IfStep,
    LoopStep,
    TogetherStep,
    text_of,
    walk,
)
from studio.designer.builtin.explaining import open_questions, summary
from studio.designer.builtin.finishing import finish
from studio.designer.builtin.forbidding import forbidden, question, unkept
from studio.designer.builtin.given import take_what_is_given, typed_in
from studio.designer.builtin.grounded.story import read_grounded
from studio.designer.builtin.grounded.turns import ENGLISH
from studio.designer.builtin.grounded.unsaid import unsaid
from studio.designer.builtin.grounded.weighing import asked_of, weigh
from studio.designer.builtin.mentions import said_once, used
from studio.designer.builtin.payloads import take_what_is_sent
from studio.designer.builtin.preferences import NO_PREFERENCES, Preferences
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.reading import (
    Act,
    Both,
    Check,
    Compare,
    CompareTo,
    Contains,
    Each,
    Empty,
    Enough,
    Is,
    Item,
    Reading,
    Same,
    Test,
    Together,
    When,
)
from studio.designer.builtin.saying import with_inputs
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.spelling import mended
from studio.designer.builtin.starting import Happening, Hook
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.triggers import with_trigger
from studio.designer.builtin.unclear import secret_told, vague
from studio.designer.builtin.verbs import verb_stems
from studio.designer.builtin.words import stem, stems
from studio.designer.builtin.work import Work
from studio.designer.builtin.yes_first import with_approvals
from studio.designer.proving import prove
from studio.designer.writing import Outcome, Said, Written

_MAX_REPAIRS = 8


def design(request: str, catalog: Catalog, preferences: Preferences = NO_PREFERENCES) -> Outcome:
    """A new workflow for a request in plain English. Never a text with errors."""
    toolbox = Toolbox(catalog)
    if (unclear := vague(request)) is not None:
        return Said(unclear)
    if (kept := secret_told(request, catalog.secrets or ())) is not None:
        return Said(kept)
    if (unnamed := unsaid(request, toolbox)) is not None:
        return Said(unnamed)
    verbs = verb_stems(known.tool.name for known in toolbox.tools)
    names = (*toolbox.vocabulary, *sorted(catalog.roles or ()))
    by_address = web.URL.search(request) is not None
    reading = read_request(request, verbs, names)
    plain = _drafted(request, reading, catalog, toolbox, preferences, grounded=not by_address)
    if by_address:
        # What is called by its address is told by the plain reading alone.
        return _proved(plain) if plain.does and toolbox.tools else Said(cannot(plain.work, plain.reading))
    second = _drafted(
        request, read_grounded(request, toolbox, catalog.roles), catalog, toolbox, preferences, grounded=True
    )
    asked, bans = asked_of(request, plain.work), forbidden(request, toolbox)
    drafts = sorted(
        (plain, second),
        key=lambda d: (
            d.does,
            -len(unkept(bans, d.steps)),
            weigh(asked, d.work, d.steps) + (_TRUST if d is plain else 0.0),
        ),
        reverse=True,
    )
    if drafts[0].does and (broken := unkept(bans, drafts[0].steps)):
        return Said(question(broken[0]))
    if _only_looks(drafts[0]):
        work = drafts[0].work
        instead = next((u.instead for u in work.unplaced if u.instead), "")
        asked_back = f"Should I use {instead} instead?" if instead else "Should it be something of these?"
        return Said(f"{cannot(work, drafts[0].reading)}\n\n{asked_back}")
    answers = (_proved(d) if d.does and toolbox.tools else Said(cannot(d.work, d.reading)) for d in drafts)
    first = next(answers)
    return first if isinstance(first, Written) or not second.does else next(answers)


def _only_looks(drafted: _Drafted) -> bool:
    """Whether what was asked for is done by no tool in that way, and what is left only looks."""
    work, every = drafted.work, list(walk(drafted.steps))
    if not work.unplaced or any(
        isinstance(s, ApproveStep) or (isinstance(s, CallStep) and s.writes) for s in every
    ):
        return False
    return any(u.instead for u in work.unplaced) or all(
        s.id in work.looked for s in every if isinstance(s, CallStep)
    )


_TRUST = 0.8
"""What the plain reading has before the other: it knows more turns of phrase."""


@dataclass(frozen=True, slots=True)
class _Drafted:
    work: Work
    reading: Reading
    steps: tuple[DraftStep, ...]
    scope: Scope

    @property
    def does(self) -> bool:
        return any(isinstance(s, CallStep | ApproveStep) for s in walk(self.steps))


def _drafted(
    request: str,
    reading: Reading,
    catalog: Catalog,
    toolbox: Toolbox,
    preferences: Preferences,
    *,
    grounded: bool = False,
) -> _Drafted:
    """One reading as steps."""
    topic = topic_of(reading)
    if grounded:
        said = mended(without_shown(request), (*toolbox.vocabulary, ENGLISH))
        topic = tuple(dict.fromkeys((*topic, *stems(said))))
    work = Work(catalog, toolbox, preferences, reading.occasion, topic, grounded=grounded)
    scope = Scope()
    if isinstance(reading.start, Hook | Happening):
        take_what_is_sent(request, reading.start.words, work, scope)
    if isinstance(reading.start, Happening):
        work.entity = stem(reading.start.entity)
    composer = Composer(work)
    if names := (*typed_in(with_inputs(without_shown(request))), *reading.typed):
        take_what_is_given(names, used(composer, reading.items), work, scope)
    steps = composer.compose(said_once(composer, reading.items), scope, Place())
    return _Drafted(work, reading, tuple(steps), scope)


def _proved(drafted: _Drafted) -> Outcome:
    """Prove the draft; leave out (and say so) what does not hold, rather than propose it."""
    work, reading, steps, scope = drafted.work, drafted.reading, drafted.steps, drafted.scope
    catalog, ids = work.catalog, frozenset(work.ids)
    for _ in range(_MAX_REPAIRS):
        work.ids = set(ids)
        draft = with_trigger(finish(work, reading, list(steps), scope), reading.start, work)
        asked = with_approvals(prove(text_of(draft), catalog), catalog, approver=work.preferences.approver)
        proved = asked.proved
        if proved.sound:
            assumptions = (*work.assumptions, *asked.assumptions)
            return Written(proved.text, summary(draft), assumptions, open_questions(work))
        wrong = next((d for d in proved.errors if d.step), None)
        if wrong is None or wrong.step is None:
            break
        blamed = wrong.step.rpartition(".")[2].partition("~")[0]
        step = next((s for s in walk(steps) if s.id == blamed), None)
        if step is None:
            break
        said = (
            step.says
            if isinstance(step, CallStep | IfStep | ApproveStep | EachStep) and step.says
            else step.id
        )
        work.miss(said, f"I could not make it fit: {wrong.message}")
        steps = _without(steps, blamed)
        work.effects = [e for e in work.effects if e.step != blamed]
        if not any(isinstance(s, CallStep | ApproveStep) for s in walk(steps)):
            return Said(cannot(work, reading))
    return Said(
        "I understood the request, but could not write a workflow for it that holds up. "
        "Try it in smaller parts: first what to read, then what to decide, then what to do."
    )


def _without(steps: tuple[DraftStep, ...], id: str) -> tuple[DraftStep, ...]:
    kept: list[DraftStep] = []
    for step in steps:
        if step.id == id:
            continue
        match step:
            case IfStep():
                then, other = _without(step.then, id), _without(step.other, id)
                if then:
                    kept.append(replace(step, then=then, other=other))
            case ApproveStep():
                shown = tuple(s for s in step.show if s != id)
                reject, silent = _without(step.reject, id), _without(step.silent, id)
                kept.append(replace(step, reject=reject, silent=silent, show=shown))
            case CallStep():
                kept.append(replace(step, failed=_without(step.failed, id), undo=_without(step.undo, id)))
            case LoopStep():
                if step.result != id and (body := _without(step.body, id)):
                    kept.append(replace(step, body=body, spent=_without(step.spent, id)))
            case EachStep() | TogetherStep() | GuardedStep():
                if body := _without(step.body, id):
                    kept.append(replace(step, body=body))
            case _:
                kept.append(step)
    return tuple(kept)


def topic_of(reading: Reading) -> tuple[str, ...]:
    """Stems of all that the request talks about: they tip the scale between two tools that both fit."""
    words = [*stems(reading.occasion), *stems(reading.about), *_spoken(reading.items)]
    return tuple(dict.fromkeys(words))


def _spoken(items: Iterable[Item]) -> Iterable[str]:
    for item in items:
        match item:
            case Act():
                yield from (stem(item.verb), *stems(item.rest))
            case Check():
                yield from stems(item.rest)
            case When():
                yield from _tested(item.test)
                yield from _spoken((*item.then, *item.other))
            case Each():
                yield from (*stems(item.noun), *_spoken(item.items))
            case Together():
                yield from _spoken(item.items)
            case _:
                continue


def _tested(test: Test) -> Iterable[str]:
    match test:
        case Both(_, left, right):
            yield from (*_tested(left), *_tested(right))
        case CompareTo(subject, _, other):
            yield from (*stems(subject), *stems(other))
        case Compare(subject) | Is(subject) | Empty(subject) | Enough(subject) | Contains(subject):
            yield from stems(subject)
        case Same():
            return


def cannot(work: Work, reading: Reading) -> str:
    """An honest answer to a request that gives no workflow: what was missing, and what would work here."""
    asked = [u for u in work.unplaced if len(u.words.split()) > 1]
    lines = []
    if asked:
        lines.append("I could not make a workflow of that with the tools that are connected:")
        lines += [f"- {u.need}" for u in asked[:4]]
    else:
        lines.append(
            "I make workflows: tell me what should happen, step by step, in your own words, and I write it over your "
            "connected tools, check it, and show it to you before anything is saved."
        )
    if work.toolbox.tools:
        lines += ["", "For example:", *(f"- {example}" for example in examples(work.toolbox))]
    else:
        lines += [
            "",
            "No connector is connected yet, so there is nothing a workflow could do. Add one under Connectors first.",
        ]
    lines += [
        "",
        "I understand sequences, conditions (“if the total is over 100 euros”), approvals (“ask a manager to approve "
        "within a day”), loops (“for each overdue invoice, at most 5 at once”), waits, retries and messages; and "
        "changes to an open workflow (“raise the limit to 250”, “remove the e-mail”).",
    ]
    return "\n".join(lines)


def examples(toolbox: Toolbox) -> list[str]:
    """Requests that work over these very tools."""
    reads = [k for k in toolbox.tools if k.reads and not k.lists and k.noun]
    writes = [k for k in toolbox.tools if not k.reads and not k.sends and k.noun]
    sends = [k for k in toolbox.tools if k.sends]
    found = []
    for write in writes[:2]:
        read = next((r for r in reads if r.connector == write.connector), None)
        first = (
            f"Get the {' '.join(read.noun)}, then ask a manager to approve, then "
            if read
            else "Ask a manager to approve, then "
        )
        found.append(f"“{first}{write.phrase}.”")
    if reads and sends:
        found.append(f"“Get the {' '.join(reads[0].noun)} and send a message about it to me.”")
    return found or [f"“{k.phrase}”" for k in toolbox.tools[:3]]
