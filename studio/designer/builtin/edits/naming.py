"""Other names: of the workflow, its steps, and what its header declares."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import dsl
from dsl import tree
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.work import identifier

_NEW = r"[`'\"“]?(?P<new>[\w][\w \-]*?)[`'\"”]?"
_OLD = r"(?:the\s+)?(?P<old>.+?)"
_RENAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:rename|re-name)\s+{_OLD}\s+(?:to|into|as|->|=>)\s+{_NEW}$",
        rf"^call\s+the\s+(?P<old>workflow|process|flow)\s+{_NEW}$",
        rf"^(?:call|name)\s+{_OLD}\s+[`'\"“](?P<new>[\w \-]+)[`'\"”]$",
        rf"^call\s+(?:the\s+)?(?:step\s+)?(?P<old>.+?)\s+(?:as|instead)\s+{_NEW}$",
        rf"^(?:change|set)\s+the\s+name\s+of\s+{_OLD}\s+(?:to|into)\s+{_NEW}$",
        rf"^give\s+{_OLD}\s+the\s+name\s+{_NEW}$",
        rf"^{_OLD}\s+(?:should|must|shall|ought to|has to|needs to)\s+be\s+(?:called|named|renamed(?:"
        rf"\s+to)?)\s+{_NEW}$",
        rf"^{_OLD}'s\s+name\s+(?:should|must|shall)\s+be\s+{_NEW}$",
    )
)
_Sort: TypeAlias = Literal["use", "type", "input", "output", "config", "secret", "trigger"]
_SORTS: dict[str, _Sort] = {
    "input": "input", "field": "input", "parameter": "input", "output": "output", "result": "output",
    "setting": "config", "config": "config", "configuration": "config", "option": "config", "secret": "secret",
    "trigger": "trigger", "type": "type", "connector": "use", "alias": "use",
}  # fmt: skip
_WORKFLOW = re.compile(r"(?:whole )?(?:workflow|process|flow|it|this|this workflow)", re.IGNORECASE)


_DESCRIBES = re.compile(
    r"^(?:describe|document)\s+(?P<what>.+?)\s+as\s+[\"“'](?P<text>.+?)[\"”']$"
    r"|^(?:add|put|write)\s+an?\s+(?:comment|note|description|remark)\s+(?:to|on|at|above)\s+"
    r"(?P<what2>.+?)\s*(?:saying|that says|:)?\s*"
    r"[\"“'](?P<text2>.+?)[\"”']$",
    re.IGNORECASE,
)


def describe(clause: str, existing: Existing) -> Found | None:
    """What a step or the workflow is for, in words that stay beside it."""
    match = _DESCRIBES.match(clause)
    if match is None:
        return None
    what, text = match["what"] or match["what2"], match["text"] or match["text2"]
    if _WORKFLOW.fullmatch(re.sub(r"^the\s+", "", what)):
        return Change((dsl.SetDoc(path="", doc=text),), "The workflow has a new description.")
    return existing.choose(
        re.sub(r"\s+step$", "", what),
        lambda p: Change(
            (dsl.SetDoc(path=p.path, doc=text),), f"{p.step.id!r} has a new description.", about=p.step.id
        ),
    )


def rename(clause: str, existing: Existing) -> Found | None:
    match = next((m for pattern in _RENAMES if (m := pattern.match(clause))), None)
    if match is None:
        return None
    old, new = match["old"].strip("`'\"“” "), match["new"].strip()
    new = new if new.isidentifier() else identifier(new)
    workflow = existing.parsed.workflow
    is_step = any(p.step.id == old for p in existing.steps)
    if (_WORKFLOW.fullmatch(old) and not existing.focus) or (old == workflow.name and not is_step):
        span = workflow.name_span
        return Change(
            (dsl.ReplaceText(start=span.start, end=span.end, text=new),),
            f"The workflow is now called {new!r}.",
        )
    if (declared := _declared(old, existing)) is not None and not is_step:
        sort, name = declared
        return Change(
            (dsl.RenameName(sort=sort, name=name, new=new),),
            f"{name!r} is now called {new!r}, wherever it is named.",
        )
    old = re.sub(r"^step\s+", "", old)
    return existing.choose(
        old,
        lambda place: Change(
            (dsl.RenameStep(path=place.path, id=new),),
            f"The step {place.step.id!r} is now called {new!r}, wherever it is named.",
            about=new,
        ),
    )


def _declared(old: str, existing: Existing) -> tuple[_Sort, str] | None:
    """A declaration of the header: by its sort and name ("the input order_id"), or by a name nothing else has."""
    words = [w for w in re.split(r"\s+", old) if w.lower() not in ("the", "field", "named", "called")]
    sort = (
        next((_SORTS[w.lower()] for w in (words[0], words[-1]) if w.lower() in _SORTS), None)
        if words
        else None
    )
    name = identifier("_".join(w for w in words if w.lower() not in _SORTS)) if words else ""
    known: list[tuple[_Sort, str]] = []
    for head in existing.parsed.workflow.heads:
        match head:
            case tree.Fields(role=role, fields=fields):
                known += [(role, field.name) for field in fields]
            case tree.Use(alias=alias):
                known.append(("use", alias))
            case tree.TypeDecl(name=found):
                known.append(("type", found))
            case tree.Secret(name=found):
                known.append(("secret", found))
            case tree.Trigger(name=found):
                known.append(("trigger", found))
    fitting = [(s, n) for s, n in known if n.lower() == name and (sort is None or s == sort)]
    return fitting[0] if fitting else None
