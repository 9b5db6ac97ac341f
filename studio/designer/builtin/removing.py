"""Taking a step out, with what only made sense because of it."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from dsl.walk import walk
from studio.designer.builtin.change import Change
from studio.designer.builtin.finding import Existing
from studio.designer.writing import Said

_REMOVE = re.compile(
    r"^(?:remove|delete|drop|skip|take out|get rid of|leave out|don't|do not|no longer|without|stop)\s+"
    r"(?:the\s+)?(?P<what>.+)$",
    re.IGNORECASE,
)


def remove_clause(clause: str, existing: Existing) -> Change | Said | None:
    """ "remove the e-mail"."""
    match = _REMOVE.match(clause)
    if match is None:
        return None
    place = existing.one(match["what"])
    return remove(existing, place) if place is not None else existing.which(match["what"])


def remove(existing: Existing, place: Place) -> Change | Said:
    """Removes the step, a condition that stands around nothing else, and mentions that only show it."""
    asked, place = place, _outermost(existing, place)
    gone = {s.id for s in walk(place.step) if isinstance(s, tree.Step)}
    edits: list[dsl.Edit] = []
    extra: list[str] = []
    splices: list[dsl.ReplaceText] = []
    removed = [place]
    for other in existing.steps:
        if any(_is_inside(other, r) for r in removed) or not _mentions(other.step.kind, gone):
            continue
        match other.step.kind:
            case tree.If(arms=arms) if any(_mentions(test, gone) for arm in arms for test in arm.tests):
                if not all(
                    isinstance(s.kind, tree.Return | tree.Fail) for arm in arms for s in arm.block.steps
                ):
                    return Said(
                        f"The condition {other.step.id!r} depends on {place.step.id!r}. Tell me what "
                        f"it should depend on instead, or remove {other.step.id!r} too."
                    )
                removed.append(other)
                extra.append(other.step.id)
            case tree.If() | tree.Parallel() | tree.Do() | tree.Foreach() | tree.Loop() | tree.Switch():
                continue
            case tree.Approve(show=show) if not _mentions(
                (other.step.kind.title, other.step.kind.approvers), gone
            ):
                if any(_mentions(e, gone) for e in show):
                    kept = [existing.text[e.span.start : e.span.end] for e in show if not _mentions(e, gone)]
                    splices.append(_shown(existing, show, kept))
            case tree.Return(value=tree.MapOf(entries=entries)):
                splices += [
                    dsl.ReplaceText(start=v.span.start, end=v.span.end, text="null")
                    for _, v in entries
                    if _mentions(v, gone)
                ]
            case _:
                return Said(
                    f"The step {other.step.id!r} uses what {place.step.id!r} gives. Tell me where "
                    f"{other.step.id!r} should take it from, or remove {other.step.id!r} too."
                )
    edits += sorted(splices, key=lambda e: -e.start)
    edits += [dsl.RemoveStep(path=p.path) for p in sorted(removed, key=lambda p: -p.step.span.start)]
    also = f", with {', '.join(repr(e) for e in extra)} that depended on it" if extra else ""
    around = f", with the condition {place.step.id!r} around it" if asked is not place else ""
    return Change(tuple(edits), f"The step {asked.step.id!r} is removed{around}{also}.")


def _shown(existing: Existing, show: tuple[tree.Expr, ...], kept: list[str]) -> dsl.ReplaceText:
    start, end = show[0].span.start, show[-1].span.end
    if not kept:
        start = existing.text.rindex("show", 0, start)
    return dsl.ReplaceText(start=start, end=end, text=", ".join(kept))


def _outermost(existing: Existing, place: Place) -> Place:
    """The condition around it, when there is nothing else in there."""
    owner_path = place.container.rpartition("/")[0]
    owner = next((p for p in existing.steps if p.path == owner_path), None)
    if owner is not None and isinstance(owner.step.kind, tree.If):
        kind = owner.step.kind
        if len(kind.arms) == 1 and kind.otherwise is None and len(kind.arms[0].block.steps) == 1:
            return _outermost(existing, owner)
    return place


def _is_inside(place: Place, outer: Place) -> bool:
    return outer.step.span.start <= place.step.span.start and place.step.span.end <= outer.step.span.end


def _mentions(node: object, names: set[str]) -> bool:
    return any(isinstance(found, tree.Name) and found.id in names for found in walk(node))
