"""What another run of a recorded one would be: what it takes over, and what would happen again. Pure.

The plan is what a person agrees to, so it says exactly what it means: each effect that would fire again stands in it
with what became of it the first time, and the hash covers all of it. What is born is what was planned: the hash goes
along, and whoever makes the run plans again and compares.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias
from uuid import UUID

from dsl import plan as p
from dsl.plan import PlanStep
from engine.errors import BadInput
from engine.forking.happened import Deed, First, deeds
from engine.forking.pair import Side
from engine.forking.record import Record, around, static
from engine.forking.retrace import DONE, RETURNED, Retraced, retrace
from engine.forking.shape import writes
from engine.journal import Event
from engine.runtime.outline import walk
from engine.strict import canonical_hash, encode

Json: TypeAlias = Any

Why: TypeAlias = Literal["", "changed", "own", "used", "old", "open", "happened"]
"""The input or the version is another; whoever runs it again gave the yes; another run has relied on it; it was given
too long ago; it was given before the arguments were known; what it was given for has happened, or may have."""

MOST_SHOWN = 10_000
"""Characters of an argument list or a result that a plan shows."""


@dataclass(frozen=True, slots=True)
class Effect:
    """``path``: in the run; in the plan where it never happened. ``arguments``, ``result``: the first time's; None
    where there are none, or they are too large (``cut``). ``first``: what became of it the first time, None where there
    was none; ``code`` the error's. ``own_key``: the step names its idempotency key itself, so the tool may take the
    call for the same one and not do it twice. ``child``: the run that it started. ``elsewhere``: not this run did it,
    or may do it, but that one, which goes on from it, or from which both go on."""

    path: str
    label: str
    tool: str
    first: First | None = None
    arguments: Json = None
    result: Json = None
    cut: bool = False
    own_key: bool = False
    child: str | None = None
    code: str = ""
    elsewhere: UUID | None = None


@dataclass(frozen=True, slots=True)
class Kin:
    """A run that goes on from the same one, however often removed. ``deeds``: what it did itself; ``over``: it does
    nothing more."""

    run_id: UUID
    over: bool
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """An approval that is asked again. ``why``: what keeps its yes from being relied on, "" where it simply comes again
    with the steps around it."""

    path: str
    label: str
    why: Why = ""


@dataclass(frozen=True, slots=True)
class ForkPlan:
    """``starts_at``: the places from which on steps run again. ``reused``: effects that are not repeated, ``again``:
    those that would fire once more, ``new``: those that may happen for the first time. ``left``: effects of the first
    run that stay as they are, since the version has no such step any more. ``asked``: approvals that are asked again;
    ``relied_on``: those whose yes is taken over for a call that did not happen yet. ``steps``: how many steps are
    taken over. ``seqs``: the events. ``hash``: of all this."""

    run_id: UUID
    version_id: UUID
    starts_at: tuple[str, ...]
    reused: tuple[Effect, ...]
    again: tuple[Effect, ...]
    new: tuple[Effect, ...]
    left: tuple[Effect, ...]
    asked: tuple[Asked, ...]
    relied_on: tuple[str, ...]
    steps: int
    seqs: tuple[int, ...]
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants of a run. ``at``: the step from which on it runs again; "" where it stopped. ``by``: who asks
    for it, as decisions name them. ``free``: whether the yes of an approval (by its id) still belongs to this run;
    ``old``: whether it was given too long ago. ``kin``: the other runs of its family."""

    run_id: UUID
    version_id: UUID
    content_hash: str
    before: Side
    now: Side
    at: str = ""
    by: str = ""
    free: Callable[[str], bool] = lambda _: True
    old: Callable[[str], bool] = lambda _: False
    trial: Mapping[str, Json] | None = None
    kin: tuple[Kin, ...] = ()


def plan_fork(wanted: Wanted, events: Iterable[Event]) -> ForkPlan:
    """Raises ``BadInput`` for a step that this run does not know, or where there is nothing to run again."""
    record = Record.of(events)
    old = {step.path: step for step, _ in walk(wanted.before.plan.body, "")}
    now = {step.path: step for step, _ in walk(wanted.now.plan.body, "")}
    done = list(deeds(record, old))
    roots = {_root(wanted.at, record, old)} if wanted.at else set()
    trial = wanted.trial or {}
    relied: set[str] = set()
    whys: dict[str, Why] = {}

    def yes(path: str, found: Retraced) -> bool:
        opened = record.opened[path].data
        real = [one for one in _guarded(found.gates[path], path, opened) if not one.get("stubbed")]
        last = {one["path"]: last_try(one["path"], path, record, old) for one in real}
        open_ = [one for one in real if not _is_over(last[one["path"]], found)]
        if not open_ and not any(_may_be_tried(at, path, old, found) for at in last.values()):
            return True
        said = record.answered[path].data
        places = {first_try(one["path"], path) for one in open_}
        approval = str(opened["approval_id"])
        relied.add(approval)
        if open_ and wanted.before is not wanted.now:
            whys[path] = "changed"
        elif wanted.by in (*said.get("by", ()), *said.get("for", ())):
            whys[path] = "own"
        elif not wanted.free(approval):
            whys[path] = "used"
        elif wanted.old(approval):
            whys[path] = "old"
        elif any(one["arguments"] is None for one in open_):
            whys[path] = "open"
        elif any(deed.first != "failed" for deed in done if first_try(deed.path, path) in places):
            whys[path] = "happened"
        return path not in whys

    found = retrace(
        wanted.before,
        wanted.now,
        record,
        roots,
        resume=True,
        yes=yes,
        pinned=frozenset(trial.get("pins", ())),
    )
    if wanted.before is wanted.now and found.end in (DONE, RETURNED):
        raise BadInput(
            "There is nothing to run again: every step of this run came to its end.",
            [("step", "must be the step from which on it runs again")],
            "Choose a step of the run.",
        )
    taken = [event for event in record.events if found.cover.takes(event)]
    kept = [d for d in done if found.cover.covers(d.path)]
    lost = [d for d in done if not found.cover.covers(d.path)]
    happens = None if wanted.trial is None else frozenset(trial.get("real", ()))
    again = [d for d in lost if d.first != "failed" and _still(d, now, happens)]
    left = [d for d in lost if d.first != "failed" and not _still(d, now, happens)]
    failed = {static(d.path): d for d in lost if d.first == "failed"}
    twice = [
        _effect(d, by)
        for d, by in _elsewhere(wanted.kin)
        if d.path not in {one.path for one in again}
        and not found.cover.covers(d.path)
        and _still(d, now, happens)
    ]
    repeated = {static(d.path) for d in again} | {static(one.path) for one in twice}
    new = [
        _new(step, tool, failed.get(path))
        for path, step in now.items()
        if path not in repeated
        and "~comp" not in path
        and not _is_over(last_try(path, "", record, old), found)
        and (happens is None or path in happens)
        for tool in writes(step)
    ]
    busy = next((one.run_id for one in wanted.kin if not one.over), None)
    if busy is not None:  # what it will do, nobody knows yet
        twice += [replace(one, first="unknown", elsewhere=busy) for one in new]
        new = []
    gates = {str(record.opened[path].data["approval_id"]) for path in found.gates}
    made = ForkPlan(
        run_id=wanted.run_id,
        version_id=wanted.version_id,
        starts_at=tuple(sorted(one.rstrip("!") for one in found.roots)),
        reused=tuple(_effect(d) for d in kept if d.first in ("did", "undone")),
        again=(*(_effect(d) for d in again), *twice),
        new=tuple(new),
        left=tuple(_effect(d) for d in left),
        asked=tuple(
            Asked(path, now[static(path)].label, whys.get(path, ""))
            for path, event in record.opened.items()
            if "approval_id" in event.data and static(path) in now and not found.cover.takes(event)
        ),
        relied_on=tuple(sorted(relied & gates)),
        steps=len({e.path for e in taken if e.kind == "step.succeeded"}),
        seqs=tuple(event.seq for event in taken),
    )
    return replace(made, hash=_hash(wanted, made))


def _root(at: str, record: Record, steps: Mapping[str, PlanStep]) -> str:
    """The step that is meant. What a model said or called belongs to its step."""
    path = at.split("~turn", 1)[0]
    known = path in record.paths or any(is_below(one, path) for one in record.paths)
    if "~comp" in path or static(path) not in steps or not known:
        raise BadInput(
            f"This run cannot be run again from {at!r}.",
            [("step", "must be a step that this run has come to")],
            "Choose one of the steps that the run shows.",
        )
    return path


def is_below(path: str, above: str) -> bool:
    return any(prefix == above for prefix, _ in around(path))


def _guarded(step: PlanStep, path: str, opened: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """What stands behind a gate. A journal that does not say it names the places by the plan, which has none of the
    rounds: those count as open."""
    assert isinstance(step.do, p.Approve)
    said = opened.get("effects")
    if said is not None and "large" not in opened:
        return list(said)
    return [{"path": guard, "arguments": None} for guard in step.do.guards]


def first_try(path: str, gate: str) -> str:
    """A path without the tries of the blocks that a gate does not stand in: one yes is for all of them."""
    above = {one for one, _ in around(gate)}
    shared = next((one for one, _ in around(path) if one in above), "")
    return shared + re.sub(r"#\d+", "", path[len(shared) :])


def last_try(path: str, gate: str, record: Record, steps: Mapping[str, PlanStep]) -> str:
    """The same place in the last tries of these blocks."""
    above = {one for one, _ in around(gate)}
    spelled, before = "", ""
    for one in reversed([one for one, _ in around(path)]):
        spelled, before = spelled + one[len(before) :], one
        step = steps.get(static(one))
        if one in above or step is None or isinstance(step.do, p.Agent | p.ToolCall):
            continue
        block, number = spelled, 1
        while spelled in record.retrying:
            number += 1
            spelled = f"{block}#{number}"
    return spelled


def _may_be_tried(path: str, gate: str, steps: Mapping[str, PlanStep], found: Retraced) -> bool:
    """Whether a block around a call, in which the gate does not stand, has tries left: the call would happen once more
    under the same yes, although in the try that is recorded it came to its end."""
    above = {one for one, _ in around(gate)}
    blocks: dict[str, str] = {}
    for one, _ in around(path):
        blocks.setdefault(static(one), one)
    for block, place in blocks.items():
        step = steps.get(block)
        if place in above or step is None or step.retry is None or isinstance(step.do, p.Agent | p.ToolCall):
            continue
        tried = re.search(r"#(\d+)$", place)
        first = place if tried is None else place[: tried.start()]
        if (1 if tried is None else int(tried[1])) <= step.retry.max and not _is_over(first, found):
            return True
    return False


def _elsewhere(kin: Iterable[Kin]) -> Iterable[tuple[Deed, UUID]]:
    """What others of the family did, or may have done: each place once, and what is sure first."""
    found = [(d, one.run_id) for one in kin for d in one.deeds if d.first in ("did", "unknown")]
    found.sort(key=lambda pair: pair[0].first != "did")
    return {d.path: (d, by) for d, by in reversed(found)}.values()


def _is_over(path: str, found: Retraced) -> bool:
    """Whether what stands at a path cannot happen any more: it, or a block around it, came to its end."""
    return any(above in found.ended for above, _ in around(path))


def _still(deed: Deed, now: Mapping[str, PlanStep], happens: frozenset[str] | None) -> bool:
    """Whether it can happen once more: the version still has such a step, and in a test, it may happen."""
    place = static(deed.path)
    return place in now and bool(writes(now[place])) and (happens is None or place in happens)


def _effect(deed: Deed, elsewhere: UUID | None = None) -> Effect:
    shown = [deed.args, deed.result]
    cut = [one is not None and len(encode(one)) > MOST_SHOWN for one in shown]
    arguments, result = (None if gone else one for one, gone in zip(shown, cut, strict=True))
    return Effect(
        path=deed.path,
        label=deed.step.label,
        tool=deed.tool,
        first=deed.first,
        arguments=arguments,
        result=result,
        cut=any(cut),
        own_key=deed.step.key is not None,
        child=deed.child,
        code=deed.code,
        elsewhere=elsewhere,
    )


def _new(step: PlanStep, tool: str, before: Deed | None) -> Effect:
    if before is not None:
        return _effect(before)
    return Effect(step.path, step.label, tool, own_key=step.key is not None)


def _hash(wanted: Wanted, made: ForkPlan) -> str:
    again = [[one.path, one.tool, one.first, str(one.elsewhere or "")] for one in made.again]
    return canonical_hash(
        {
            "run": str(wanted.run_id),
            "version": wanted.content_hash,
            "input": dict(wanted.now.input),
            "at": wanted.at,
            "again": again,
            "asked": [one.path for one in made.asked],
            "relied_on": list(made.relied_on),
            "seqs": list(made.seqs),
        }
    )


__all__ = ["Asked", "Effect", "ForkPlan", "Kin", "Wanted", "plan_fork"]
