"""The branches of two steps that are one another's: their conditions, and the values they yield."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.changes.change import Change, ConditionChanged, PartChanged
from dsl.changes.meaning import Spot
from dsl.changes.safety import Direction
from dsl.changes.view import View
from dsl.meaning.endings import ended
from dsl.outline import Slot, slots
from dsl.wording.sentences import arm_label
from dsl.wording.spelling import clip, listed


def branches(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    """Conditions that changed, branches that came and went, and what the branches yield."""
    olds = {slot.name: slot for slot in slots(old.step)}
    news = {slot.name: slot for slot in slots(new.step)}
    pairs = view.matching.branches(old, new)
    yield from _subject(view, old, new)
    for first, second in pairs:
        was_, now_ = tests_of(old.step.kind, first), tests_of(new.step.kind, second)
        if was_ and now_ and not view.same(was_, now_, (old, new)):
            yield _condition(view, (old, new), (first, second), was_, now_, news[second])
        yield from _yielded(
            view, (old, new), olds[first].block.result, news[second].block.result, (first, second)
        )
    gone = [name for name in olds if name not in {first for first, _ in pairs}]
    come = [name for name in news if name not in {second for _, second in pairs}]
    for name in gone:
        if _is_arm(name) or _says_something(olds[name]):
            yield _lone(view, (old, new), name, olds[name], came=False)
    for name in come:
        if _is_arm(name) or _says_something(news[name]):
            yield _lone(view, (old, new), name, news[name], came=True)


def _subject(view: View, old: Spot, new: Spot) -> Iterator[Change]:
    """What a ``switch`` chooses by."""
    match old.step.kind, new.step.kind:
        case (tree.Switch(subject=first), tree.Switch(subject=second)) if not view.same(
            first, second, (old, new)
        ):
            was, now = view.was(first), view.now(second)
            chosen, chose = clip(now or "", 60), clip(was or "", 60)
            yield ConditionChanged(
                old=old.path,
                new=new.path,
                old_span=first.span,
                new_span=second.span,
                sentence=f"`{new.step.id}` now chooses by `{chosen}` instead of `{chose}`",
                branch="subject",
                was=was,
                now=now,
            )


def tests_of(kind: tree.Kind, slot: str) -> tuple[tree.Expr, ...]:
    match kind:
        case tree.If(arms=arms) if slot == "then" or slot.startswith("elif"):
            return arms[0 if slot == "then" else int(slot.removeprefix("elif"))].tests
        case tree.Switch(arms=arms) if slot.startswith("case"):
            return arms[int(slot.removeprefix("case"))].tests
        case _:
            return ()


def _is_arm(slot: str) -> bool:
    return slot == "then" or slot.startswith(("elif", "case"))


def _says_something(slot: Slot) -> bool:
    """Whether a branch without a condition of its own differs from none: its steps are told of on their own."""
    return slot.name in ("else", "default") and slot.block.result is not None


def _condition(
    view: View,
    spots: tuple[Spot, Spot],
    names: tuple[str, str],
    was: tuple[tree.Expr, ...],
    now: tuple[tree.Expr, ...],
    slot: Slot,
) -> ConditionChanged:
    old, new = spots
    if isinstance(new.step.kind, tree.If):
        first, second = view.conditions(was[0], now[0])
        which = "" if slot.name == "then" else " (its other branch)"
        sentence = f"`{new.step.id}`{which} now applies if {second}; before, if {first}"
        risks = condition_risks(view, new, slot, view.direction(was[0], now[0], spots))
    else:
        first, second = (
            listed([f"`{clip(one or '', 40)}`" for one in side], "or")
            for side in ([view.was(test) for test in was], [view.now(test) for test in now])
        )
        sentence = f"A case of `{new.step.id}` is now {second} instead of {first}"
        risks = condition_risks(view, new, slot, None)
    return ConditionChanged(
        old=old.path,
        new=new.path,
        old_span=tree.Span(was[0].span.start, was[-1].span.end),
        new_span=tree.Span(now[0].span.start, now[-1].span.end),
        weight="safety" if risks else "behaviour",
        sentence=sentence,
        risks=risks,
        branch=names[1],
        was=", ".join(filter(None, map(view.was, was))),
        now=", ".join(filter(None, map(view.now, now))),
    )


def condition_risks(view: View, spot: Spot, slot: Slot, moved: Direction) -> tuple[str, ...]:
    """What it takes from safety that a branch in the new text is taken more often, less often, or otherwise."""
    ground, text = view.new_ground, view.matching.new
    inside = [deep for one in text.within.get((spot.key, slot.name), ()) for deep in text.below(one)]
    risks = []
    if moved != "wider":
        less = "is asked for less often" if moved == "narrower" else "may be asked for less often"
        risks += [f"The approval `{gate.step.id}` {less}" for gate in ground.approvals(inside)]
    if not risks and moved == "wider":
        effects = ground.effects(inside)
        risks += [f"`{effects[0].step.id}` happens in more cases"] if effects else []
    if moved == "narrower" and ended(slot.block):
        later = [
            one for one in text.spots if one.key > spot.key and one not in inside and ground.has_effect(one)
        ]
        risks += [f"More runs go on behind `{spot.step.id}`, to `{later[0].step.id}`"] if later else []
    if moved == "narrower" and not risks:
        others = [one for one in text.inner(spot) if one.slot != slot.name]
        effects = ground.effects([deep for one in others for deep in text.below(one)])
        risks += [f"`{effects[0].step.id}` happens in more cases"] if effects else []
    return tuple(risks)


def _yielded(
    view: View, spots: tuple[Spot, Spot], was: tree.Expr | None, now: tree.Expr | None, names: tuple[str, str]
) -> Iterator[Change]:
    old, new = spots
    texts = view.matching
    if view.same(was, now, (texts.old.seen_from(old, names[0]), texts.new.seen_from(new, names[1]))):
        return
    slot = names[1]
    label = arm_label(new.step.kind, slot, view.new_terms) if slot != "body" else ""
    of = f"`{new.step.id}`" + (f" ({label})" if label else "")
    first, second = view.was(was), view.now(now)
    if first is None:
        sentence = f"{of} now yields `{clip(second or '', 80)}`"
    elif second is None:
        sentence = f"{of} no longer yields a value (it was `{clip(first, 80)}`)"
    else:
        sentence = f"{of} now yields `{clip(second, 80)}` instead of `{clip(first, 80)}`"
    yield PartChanged(
        old=old.path,
        new=new.path,
        old_span=old.step.kind.span if was is None else was.span,
        new_span=new.step.kind.span if now is None else now.span,
        sentence=sentence,
        part="yield",
        was=first,
        now=second,
    )


def _lone(view: View, spots: tuple[Spot, Spot], name: str, slot: Slot, *, came: bool) -> ConditionChanged:
    """A branch that only one of the texts has."""
    old, new = spots
    spot, terms = (new, view.new_terms) if came else (old, view.old_terms)
    label = arm_label(spot.step.kind, name, terms)
    tests = tests_of(spot.step.kind, name)
    written = ", ".join(filter(None, map(view.now if came else view.was, tests))) or "else"
    sentence = (
        f"`{new.step.id}` has a new branch: {label}"
        if came
        else f"`{new.step.id}` has one branch less: {label}"
    )
    return ConditionChanged(
        old=old.path,
        new=new.path,
        old_span=old.step.kind.span if came else slot.block.span,
        new_span=slot.block.span if came else new.step.kind.span,
        sentence=sentence,
        branch=name,
        was=None if came else written,
        now=written if came else None,
    )
