"""Two texts, compared in what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dsl import tree
from dsl.catalog import Catalog
from dsl.changes.change import (
    ApprovalLost,
    Change,
    Changes,
    StepAdded,
    StepMoved,
    StepRemoved,
    StepRenamed,
    StepsUnwrapped,
    StepsWrapped,
    WordsChanged,
)
from dsl.changes.clauses import clause_changes, word_changes
from dsl.changes.header import head_changes
from dsl.changes.kinds import kind_changes
from dsl.changes.matching import Matching, match
from dsl.changes.meaning import Spot, Text
from dsl.changes.moves import Moves, moves_of
from dsl.changes.safety import Ground, deeds_of
from dsl.changes.view import View, view_of
from dsl.parse import Parsed
from dsl.wording.sentences import arm_label
from dsl.wording.spelling import clip, listed, small


def changes(old: Parsed, new: Parsed, catalog: Catalog | None = None) -> Changes:
    """What is different in ``new``. Without a catalog, every tool is taken for the worst it could do."""
    if old.text == new.text:
        return Changes(())
    matching = match(Text(old.workflow), Text(new.workflow))
    view = view_of(old, new, matching, catalog or Catalog())
    moves = moves_of(matching)
    found = [*head_changes(view), *sorted(_steps(view, moves), key=_place)]
    found = _with_lost_approvals(view, found)
    if not moves.added and not moves.removed and not _same_comments(old, new):
        found.append(WordsChanged(weight="words", sentence="The comments changed"))
    found.sort(key=lambda change: (change.weight != "safety", change.weight == "words"))
    return Changes(tuple(found), layout=True)


def _place(change: Change) -> int:
    span = change.new_span or change.old_span
    return 0 if span is None else span.start


def _same_comments(old: Parsed, new: Parsed) -> bool:
    first, second = (sorted(c.text.lstrip("/").strip() for c in text.comments) for text in (old, new))
    return first == second


def _steps(view: View, moves: Moves) -> Iterator[Change]:
    yield from (_added(view, spot) for spot in moves.added)
    yield from (_removed(view, spot) for spot in moves.removed)
    yield from (_moved(view, *one) for one in moves.moved)
    yield from (_wrapped(view, spot, pairs) for spot, pairs in moves.wrapped)
    yield from (_unwrapped(view, spot, pairs) for spot, pairs in moves.unwrapped)
    for old, new in view.matching.pairs():
        if old.step.id != new.step.id:
            yield _renamed(old, new)
        yield from kind_changes(view, old, new)
        yield from clause_changes(view, old, new)
        yield from word_changes(view, old, new)


def _renamed(old: Spot, new: Spot) -> StepRenamed:
    return StepRenamed(
        old=old.path,
        new=new.path,
        old_span=old.span,
        new_span=new.span,
        weight="behaviour" if _counts_by_name(new) else "words",
        sentence=f"`{old.step.id}` is now called `{new.step.id}`",
    )


def _counts_by_name(spot: Spot) -> bool:
    """In a ``parallel`` the names of the branches may be in its result."""
    return spot.parallel


def _added(view: View, spot: Spot) -> StepAdded:
    ground, text = view.new_ground, view.matching.new
    inside = text.below(spot)
    risks = _new_effects(ground, inside)
    count = len(inside) - 1
    more = f", with {count} step{'' if count == 1 else 's'} inside" if count else ""
    return StepAdded(
        new=spot.path,
        new_span=spot.step.span,
        weight="safety" if risks else "behaviour",
        sentence=f"`{spot.step.id}` is new, {_where(view, spot, new=True)}{more}: {small(view.says(spot, new=True))}",
        risks=risks,
    )


def _new_effects(ground: Ground, inside: list[Spot]) -> tuple[str, ...]:
    held = ground.held()
    found = []
    for spot in inside:
        asked = held.get(spot.key)
        for name, nature in ground.tools(spot):
            nobody = ", and nobody is asked before" if nature.dangerous and not asked else ""
            found.append(f"`{spot.step.id}` calls `{name}`, which {deeds_of(nature)}{nobody}")
        if isinstance(spot.step.kind, tree.RunWorkflow):
            found.append(
                f"`{spot.step.id}` runs `{ground.text.target(spot.step.kind.alias)}`, with all it does"
            )
    return tuple(found)


def _removed(view: View, spot: Spot) -> StepRemoved:
    ground, text = view.old_ground, view.matching.old
    inside = text.below(spot)
    risks = [f"Nobody is asked at `{gate.step.id}` any more" for gate in ground.approvals(inside)]
    ends = [one for one in inside if isinstance(one.step.kind, tree.Return | tree.Fail)]
    later = [
        new
        for old, new in view.matching.pairs()
        if old.key > spot.key and old not in inside and view.new_ground.has_effect(new)
    ]
    if ends and later and not risks and isinstance(spot.step.kind, tree.If | tree.Switch):
        risks.append(f"Runs that ended at `{ends[0].step.id}` now go on to `{later[0].step.id}`")
    around = text.around(spot)
    if around and spot.slot == "compensate" and ground.effects(inside):
        risks.append(f"It no longer undoes `{around[0].step.id}`")
    count = len(inside) - 1
    more = f", with {count} step{'' if count == 1 else 's'} inside" if count else ""
    return StepRemoved(
        old=spot.path,
        old_span=spot.step.span,
        new_span=None,
        weight="safety" if risks else "behaviour",
        sentence=f"`{spot.step.id}` was taken out{more} (it was: {small(view.says(spot, new=False))})",
        risks=tuple(risks),
    )


def _moved(view: View, old: Spot, new: Spot, across: bool) -> StepMoved:
    around = view.matching.old.around(old)
    risks: tuple[str, ...] = ()
    if across and old.slot == "compensate" and view.old_ground.has_effect(old):
        risks = (f"It no longer undoes `{around[0].step.id}`",)
    return StepMoved(
        old=old.path,
        new=new.path,
        old_span=old.step.span,
        new_span=new.step.span,
        weight="safety" if risks else "behaviour",
        sentence=f"`{new.step.id}` was moved {_where(view, new, new=True, into=across)}",
        risks=risks,
        across=across,
    )


def _where(view: View, spot: Spot, *, new: bool, into: bool = True) -> str:
    """ "behind `refund`", "in `gate` (when rejected), at its beginning"."""
    text = view.matching.new if new else view.matching.old
    terms = view.new_terms if new else view.old_terms
    siblings = text.within[spot.parent, spot.slot]
    at = ""
    if into and spot.parent is not None:
        around = text.spots[spot.parent].step
        label = (
            arm_label(around.kind, spot.slot, terms) if not spot.slot.startswith(("catch", "comp")) else ""
        )
        if spot.slot.startswith("catch"):
            label = "when it fails"
        elif spot.slot == "compensate":
            label = "to undo it"
        at = f"into `{around.id}`" + (f" ({label})" if label else "")
    if not into and 0 < spot.index < len(siblings) - 1:
        return f"between `{siblings[spot.index - 1].step.id}` and `{siblings[spot.index + 1].step.id}`"
    if spot.index > 0:
        behind = f"behind `{siblings[spot.index - 1].step.id}`"
        return f"{at}, {behind}" if at else behind
    if len(siblings) > 1:
        before = f"before `{siblings[1].step.id}`"
        return f"{at}, {before}" if at else before
    return at or "to the beginning"


def _wrapped(view: View, spot: Spot, pairs: tuple[tuple[Spot, Spot], ...]) -> StepsWrapped:
    ground = view.new_ground
    effects = ground.effects([deep for _, new in pairs for deep in view.matching.new.below(new)])
    risks: tuple[str, ...] = ()
    if effects and isinstance(spot.step.kind, tree.Foreach | tree.Loop):
        risks = (f"`{effects[0].step.id}` may happen more than once",)
    names = listed([f"`{new.step.id}`" for _, new in pairs])
    verb = "is" if len(pairs) == 1 else "are"
    says = small(view.says(spot, new=True))
    return StepsWrapped(
        new=spot.path,
        old_span=pairs[0][0].step.span,
        new_span=spot.step.span,
        weight="safety" if risks else "behaviour",
        sentence=f"{names} {verb} now inside the new step `{spot.step.id}`: {says}",
        risks=risks,
        steps=tuple(old.path for old, _ in pairs),
    )


def _unwrapped(view: View, spot: Spot, pairs: tuple[tuple[Spot, Spot], ...]) -> StepsUnwrapped:
    names = listed([f"`{new.step.id}`" for _, new in pairs])
    verb = "no longer stands" if len(pairs) == 1 else "no longer stand"
    effects = view.new_ground.effects([deep for _, new in pairs for deep in view.matching.new.below(new)])
    risks: tuple[str, ...] = ()
    if effects and isinstance(spot.step.kind, tree.If | tree.Switch | tree.Approve):
        risks = (f"`{effects[0].step.id}` happens in more cases",)
    if effects and spot.step.clauses and any(isinstance(one, tree.Timeout) for one in spot.step.clauses):
        risks = (*risks, f"The time limit of `{spot.step.id}` is gone")
    return StepsUnwrapped(
        old=spot.path,
        old_span=spot.step.span,
        new_span=pairs[0][1].step.span,
        weight="safety" if risks else "behaviour",
        sentence=f"{names} {verb} in `{spot.step.id}`, which is gone "
        f"(it was: {clip(small(view.says(spot, new=False)), 80)})",
        risks=risks,
        steps=tuple(new.path for _, new in pairs),
    )


def _with_lost_approvals(view: View, found: list[Change]) -> list[Change]:
    """Calls that no longer wait for an approval: told with the change that made it so, else on their own."""
    matching = view.matching
    before, after = view.old_ground.held(), view.new_ground.held()
    told: dict[tuple[int, int], list[str]] = {}
    for old, new in matching.pairs():
        if new.key not in after or any(one.slot == "compensate" for one in (new, *matching.new.around(new))):
            continue
        for key in sorted(before.get(old.key, frozenset())):
            partner, gate = matching.to_new.get(key), matching.old.spots[key]
            if partner in after[new.key]:
                continue
            number = _cause(matching, found, old, new, gate, partner)
            if number is None:
                found.append(_lost(old, new, gate))
            else:
                told.setdefault((number, key), []).append(new.step.id)
    for (number, key), names in told.items():
        risk = _no_longer(names, matching.old.spots[key])
        found[number] = replace(found[number], weight="safety", risks=(*found[number].risks, risk))
    return found


def _lost(old: Spot, new: Spot, gate: Spot) -> ApprovalLost:
    return ApprovalLost(
        old=old.path,
        new=new.path,
        old_span=old.span,
        new_span=new.span,
        weight="safety",
        sentence=_no_longer([new.step.id], gate),
        gate=gate.path,
    )


def _no_longer(names: list[str], gate: Spot) -> str:
    verb = "waits" if len(names) == 1 else "wait"
    shown = listed([f"`{name}`" for name in names])
    return f"{shown} no longer {verb} for the approval `{gate.step.id}`"


def _cause(
    matching: Matching, found: list[Change], old: Spot, new: Spot, gate: Spot, partner: int | None
) -> int | None:
    """Which change moved the call, or the approval, or a block around one of them."""
    olds = {spot.path for one in (gate, old) for spot in (one, *matching.old.around(one))}
    news = {spot.path for spot in (new, *matching.new.around(new))}
    if partner is not None:
        other = matching.new.spots[partner]
        news |= {spot.path for spot in (other, *matching.new.around(other))}
    for number, change in enumerate(found):
        match change:
            case StepRemoved(old=path) | StepsUnwrapped(old=path) if path in olds and path is not None:
                return number
            case StepMoved(new=path) | StepsWrapped(new=path) if path in news:
                return number
            case _:
                continue
    return None
