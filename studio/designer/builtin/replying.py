"""The built-in designer's front: is this a change to what is open, a new workflow, or neither?"""

from __future__ import annotations

import re
from dataclasses import replace

from dsl.catalog import Catalog
from studio.designer.builtin.changing import change
from studio.designer.builtin.designing import design
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.preferences import read_preferences
from studio.designer.writing import Outcome, Said, Task, Written

_NEW = re.compile(
    r"\b(?:new|another|different) (?:workflow|process|automation)\b|\bstart (?:over|again|from scratch)\b",
    re.I,
)


_UNDO = re.compile(
    r"(?:please |can you |could you |now )?(?:undo|revert|take back|roll back|go back|reverse)"
    r"(?: (?:that|it|this|all|everything|(?:the|that|my|your|this) (?:last )?(?:change|changes|edit|step|one)))?"
    r"(?: again| please)?[ .!?]*",
    re.I,
)
_UNDONE_BY_HAND = (
    "I only propose, so a proposal you have not accepted changes nothing. One that you accepted is a single change: "
    "undo in the editor (Ctrl+Z, or ⌘Z on a Mac) takes it back, and redo brings it again."
)


def answer(task: Task | str, catalog: Catalog | None = None, base: str = "") -> Outcome:
    """The answer to one message: a task, or a request with its catalog and the text in the editor ("" for none)."""
    if isinstance(task, str):
        task = Task(task, catalog or Catalog(), base)
    request, catalog, base = task.request, task.catalog, task.base
    preferences = read_preferences(task.preferences)
    if _UNDO.fullmatch(request.strip()):
        return Said(_UNDONE_BY_HAND)
    open_already = bool(base.strip()) and bool(Existing.of(base, catalog).steps)
    if open_already and not _NEW.search(request):
        changed = change(request, base, catalog)
        if changed is not None:
            return changed
    found = design(request, catalog, preferences)
    if isinstance(found, Written) and open_already:
        if _small(found):
            return Said(
                "I did not understand that as a change to the open workflow. Say for example “add a "
                "step that … before …”, "
                "“remove the …”, “raise the limit to …” or “ask … instead”; or describe the whole "
                "process for a new workflow."
            )
        note = "This is a new workflow: it takes the place of everything in the editor."
        return replace(found, questions=(note, *found.questions))
    return found


def _small(found: Written) -> bool:
    """One lonely step is hardly meant to take the place of a whole workflow."""
    return found.text.count(": call ") < 2 and "approve by" not in found.text
