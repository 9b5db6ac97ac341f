"""The built-in designer's front: a question, a reply, a change to what is open, a new workflow, or none of them?"""

from __future__ import annotations

import re
from dataclasses import replace

from dsl.catalog import Catalog
from studio.designer.builtin.designing import design
from studio.designer.builtin.edits.changing import change
from studio.designer.builtin.edits.colloquial import plainly
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.preferences import read_preferences
from studio.designer.builtin.spelling import mended_outside_quotes
from studio.designer.builtin.talk.following import follow
from studio.designer.builtin.talk.questions import is_question, reply
from studio.designer.builtin.talk.turns import Ground, ground
from studio.designer.builtin.talk.undoing import is_redo, is_undo, redo, undo
from studio.designer.builtin.tools import Toolbox
from studio.designer.writing import Outcome, Said, Task, Written

_NEW = re.compile(
    r"\b(?:new|another|different) (?:workflow|process|automation)\b|\bstart (?:over|again|from scratch)\b",
    re.I,
)
_NOT_UNDERSTOOD = (
    "I did not understand that as a change to the open workflow. Say for example “add a step that …"
    " before …”, "
    "“remove the …”, “raise the limit to …” or “ask … instead”; or describe the whole process for a new"
    " workflow. Which step do you mean, and what should be different?"
)
_OF_A_CHANGE = re.compile(
    r"\b(?:instead|rather than|move|rename|raise|lower|swap|no longer|any ?more|undo|too|as well)\b|^"
    r"(?:also|only|don't|first the|remove)\b",
    re.I,
)
_CAN_TELL = (
    "I cannot answer that. I can tell what the workflow does, what happens in a case, who is asked, when it runs, what"
    " it needs and gives, what it changes, and why there is a warning."
)
_ONLY_ASKS = re.compile(
    r"\b(?:do not|don't|without) (?:change|changing|touch|touching|edit|editing)"
    r" (?:anything|it|a thing|the workflow)\b(?! else| other)"
    r"|\bi (?:only|just) want to (?:understand|know|see)\b|\bjust (?:asking|a question|curious)\b",
    re.I,
)
_GREETING = re.compile(
    r"(?:hi|hello|hey|help|thanks?|thank you|good (?:morning|evening|day))\b.{0,20}$", re.I
)
_OUTDATED = "The proposal before is left out: the workflow in the editor has changed since."


def answer(task: Task | str, catalog: Catalog | None = None, base: str = "") -> Outcome:
    """The answer to one message: a task, or a request with its catalog and the text in the editor ("" for none)."""
    if isinstance(task, str):
        task = Task(task, catalog or Catalog(), base)
    stand = ground(task)
    if is_undo(task.request):
        return undo(task, stand.past)
    if is_redo(task.request) and stand.past:
        return redo(task, stand.past)
    existing = Existing.of(stand.text, task.catalog)
    open_already = bool(stand.text.strip()) and bool(existing.steps)
    if open_already and not _NEW.search(task.request):
        found = _about_open(task, stand, existing)
        if found is not None:
            return found
    if open_already and _OF_A_CHANGE.search(task.request) and not _NEW.search(task.request):
        # What speaks of something there is no new workflow, even where it was not understood.
        return Said(_NOT_UNDERSTOOD)
    designed = design(task.request, task.catalog, read_preferences(task.preferences))
    if isinstance(designed, Said) and open_already and not _GREETING.match(task.request.strip()):
        missing = [
            line.removeprefix("- ") for line in designed.text.splitlines() if line.startswith("- None of")
        ]
        return Said("\n".join([*missing[:2], _NOT_UNDERSTOOD]))
    if isinstance(designed, Written) and open_already:
        if _small(designed):
            return Said(_NOT_UNDERSTOOD)
        note = "This is a new workflow: it takes the place of everything in the editor."
        return replace(designed, questions=(note, *designed.questions))
    return designed


def _about_open(task: Task, stand: Ground, existing: Existing) -> Outcome | None:
    if (told := reply(task.request, existing)) is not None:
        return told
    if _ONLY_ASKS.search(task.request) and "?" in task.request:
        asked = [s for s in re.split(r"(?<=[.!?])\s+", task.request) if not _ONLY_ASKS.search(s)]
        replies = [r for s in asked if (r := reply(s, existing)) is not None]
        return Said("\n\n".join(r.text for r in replies) if replies else _CAN_TELL)
    if stand.past and (followed := follow(task.request, stand, task.catalog, task.base)) is not None:
        return followed
    changed = change(task.request, stand.text, task.catalog, focus=_spoken_of(stand))
    plain = plainly(task.request, existing)
    if plain != task.request and (not isinstance(changed, Written) or changed.questions):
        other = change(plain, stand.text, task.catalog, focus=_spoken_of(stand))
        if isinstance(other, Written) and (
            not isinstance(changed, Written) or len(other.questions) < len(changed.questions)
        ):
            changed = other
    if changed is None:
        better = mended_outside_quotes(task.request, _names(task.catalog, stand.text))
        if better != task.request:
            changed = change(better, stand.text, task.catalog, focus=_spoken_of(stand))
    if isinstance(changed, Written) and stand.outdated:
        return replace(changed, questions=(_OUTDATED, *changed.questions))
    if changed is None and is_question(task.request):
        return Said(_CAN_TELL)
    return changed


def _names(catalog: Catalog, text: str) -> tuple[str, ...]:
    """What the catalog and the open text call things: a slip of the pen is put right by them."""
    return (*Toolbox(catalog).vocabulary, *sorted(catalog.roles or ()), text)


def _spoken_of(stand: Ground) -> str:
    """The step that the last proposal was about: what "it" means in the next message."""
    for one in reversed(stand.past):
        if one.proposal:
            names = re.findall(r"[`']([A-Za-z_]\w*)[`']", one.answer)
            return names[0] if names else ""
    return ""


def _small(found: Written) -> bool:
    """One lonely step is hardly meant to take the place of a whole workflow."""
    return found.text.count(": call ") < 2
