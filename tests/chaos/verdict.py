"""The verdict: what must be true after all that was broken is whole again. Pure: evidence in, violations out.

The evidence has two independent sources, the database and the witness's file, and what the callers were told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from engine.lifecycle import RunState, is_terminal, may
from tests.chaos.shapes import Shape
from tests.chaos.witness import Effect

Json = Any


@dataclass(frozen=True, slots=True)
class Run:
    """A run's row at the end. ``shape`` is its workflow's name; ``error`` its code, "" without one."""

    id: UUID
    shape: str
    state: str
    input: dict[str, Json]
    error: str = ""
    idempotency_key: str | None = None
    parent: UUID | None = None
    last_seq: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    run: UUID
    seq: int
    kind: str
    path: str = ""
    data: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transition:
    """What the trial's own trigger saw: a state that changed (``old`` "" for a new run), or, with ``old`` and ``new``
    the same, a run that was over and was changed nevertheless."""

    run: UUID
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A start that was answered well: the caller counts on it."""

    key: str
    run: UUID


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that a person made and what they were told. ``status``: 200 it counts, 0 no answer came."""

    approval: UUID
    decision: str
    status: int


@dataclass(frozen=True, slots=True)
class Asked:
    """An approval's row at the end. ``decisions``: what was said by those who were heard."""

    id: UUID
    run: UUID
    path: str
    state: str
    decisions: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """``cancelled``: runs whose end anybody tried to ask for. ``keys``: every idempotency key that was ever sent.
    ``odd``: answers of the API that no fault excuses. ``audit_broken_at``: None when the chain holds."""

    shapes: Mapping[str, Shape]
    runs: Sequence[Run]
    events: Sequence[Event]
    transitions: Sequence[Transition]
    effects: Sequence[Effect]
    accepted: Sequence[Accepted]
    asked: Sequence[Asked] = ()
    decisions: Sequence[Decision] = ()
    cancelled: frozenset[UUID] = frozenset()
    keys: frozenset[str] = frozenset()
    odd: Sequence[str] = ()
    audit_broken_at: int | None = None

    @cached_property
    def by_id(self) -> dict[UUID, Run]:
        return {run.id: run for run in self.runs}

    @cached_property
    def journals(self) -> dict[UUID, list[Event]]:
        found: dict[UUID, list[Event]] = defaultdict(list)
        for event in sorted(self.events, key=lambda event: event.seq):
            found[event.run].append(event)
        return found

    @cached_property
    def done(self) -> dict[UUID, dict[str, list[Effect]]]:
        """The effects that happened, by run and path."""
        found: dict[UUID, dict[str, list[Effect]]] = defaultdict(lambda: defaultdict(list))
        for effect in self.effects:
            run, _, path = effect.key.partition("/")
            if effect.new:
                found[UUID(run)][path].append(effect)
        return found

    def may_be_cancelled(self, run: Run) -> bool:
        """It was asked to stop, or a run above it was or failed."""
        above = None if run.parent is None else self.by_id[run.parent]
        return run.id in self.cancelled or (
            above is not None and (above.state in ("failed", "cancelled") or self.may_be_cancelled(above))
        )


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    run: UUID | None
    what: str

    def __str__(self) -> str:
        return f"{self.rule}: {'' if self.run is None else f'run {self.run}: '}{self.what}"


def verdict(evidence: Evidence) -> tuple[Violation, ...]:
    """Every violation of every rule, in the order of the rules."""
    return tuple(
        Violation(rule.__name__.replace("_", " "), run, what)
        for rule in RULES
        for run, what in rule(evidence)
    )


Found = Iterator[tuple[UUID | None, str]]


def every_accepted_start_has_its_run(evidence: Evidence) -> Found:
    told: dict[str, set[UUID]] = defaultdict(set)
    for one in evidence.accepted:
        told[one.key].add(one.run)
    made: dict[str, set[UUID]] = defaultdict(set)
    for run in evidence.runs:
        if run.idempotency_key is not None:
            made[run.idempotency_key].add(run.id)
    for key, ids in told.items():
        if ids != made[key]:
            yield (
                next(iter(ids)),
                f"key {key!r} was answered with {len(ids)} ids and made {len(made[key])} runs",
            )
    for run in evidence.runs:
        if run.parent is None and run.idempotency_key not in evidence.keys:
            yield run.id, "nobody asked for it"


def every_run_reaches_a_right_end(evidence: Evidence) -> Found:
    rejected = {one.run for one in evidence.asked if one.state == "rejected"}
    for run in evidence.runs:
        shape = evidence.shapes[run.shape]
        wanted = (shape.ends, shape.error)
        if run.id in rejected:
            wanted = ("failed", "rejected")
        right = (run.state, run.error) == wanted
        right |= run.state == "cancelled" and evidence.may_be_cancelled(run)
        right |= run.state == "needs_review" and shape.blind
        if not right:
            yield (
                run.id,
                f"a run of {run.shape!r} is {run.state} ({run.error or 'no error'}), not {wanted[0]}",
            )


def a_step_is_committed_once(evidence: Evidence) -> Found:
    ends = Counter(
        (event.run, event.path)
        for event in evidence.events
        if event.kind == "step.succeeded" or (event.kind == "step.failed" and event.data.get("final", True))
    )
    for (run, path), times in ends.items():
        if times > 1:
            yield run, f"step {path!r} was committed {times} times"


def a_gate_is_answered_once(evidence: Evidence) -> Found:
    answers = Counter((event.run, event.path) for event in evidence.events if event.kind == "gate.answered")
    for (run, path), times in answers.items():
        if times > 1:
            yield run, f"gate {path!r} was answered {times} times"


def an_effect_happens_once_a_key(evidence: Evidence) -> Found:
    for run, paths in evidence.done.items():
        for path, times in paths.items():
            if len(times) > 1:
                yield run, f"{path!r} happened {len(times)} times"


def what_is_recorded_happened(evidence: Evidence) -> Found:
    """The journal's result of a call that does something is the witness's very answer."""
    tools = {(event.run, event.path): event.data["tool"] for event in evidence.events if "tool" in event.data}
    for event in evidence.events:
        if event.kind != "step.succeeded" or tools.get((event.run, event.path), "w.read") == "w.read":
            continue
        result = event.data.get("result")
        happened = [effect.n for effect in evidence.done[event.run].get(event.path, ())]
        if not isinstance(result, dict) or result.get("n") not in happened:
            yield event.run, f"{event.path!r} has the result {result!r}, but happened as {happened}"


def what_was_to_be_done_was_done(evidence: Evidence) -> Found:
    """All of it and nothing else, where a run ended as its shape does; nothing else, where it was stopped."""
    rejected = {one.run for one in evidence.asked if one.state == "rejected"}
    for run in evidence.runs:
        shape = evidence.shapes[run.shape]
        wanted, happened = shape.expected(run.input), frozenset(evidence.done[run.id])
        if happened - wanted:
            yield run.id, f"more happened than its steps say: {sorted(happened - wanted)}"
        if run.id in rejected:
            wanted = frozenset({"s0"})
        elif run.state != shape.ends:
            continue
        if happened != wanted:
            yield run.id, f"{sorted(happened)} happened, not {sorted(wanted)}"


def what_was_done_is_undone(evidence: Evidence) -> Found:
    """In a run that failed or was cancelled: each call that succeeded, once, the last one first."""
    for run in evidence.runs:
        if run.state not in ("failed", "cancelled"):
            continue
        recorded = {event.path for event in evidence.journals[run.id] if event.kind == "step.succeeded"}
        happened = evidence.done[run.id]
        undone = []
        for path, back in evidence.shapes[run.shape].undone:
            if path in recorded and back not in happened:
                yield run.id, f"{path!r} was done and not undone"
            if back in happened:
                if path not in happened:
                    yield run.id, f"{back!r} undid what never happened"
                undone.append(happened[back][0].n)
        if undone != sorted(undone, reverse=True):
            yield run.id, "what was done was not undone from the last to the first"


def a_parent_has_its_children(evidence: Evidence) -> Found:
    born = Counter(run.parent for run in evidence.runs if run.parent is not None)
    for run in evidence.runs:
        opened = sum(
            event.kind == "gate.opened" and "run_id" in event.data for event in evidence.journals[run.id]
        )
        if born[run.id] != opened:
            yield run.id, f"started {opened} runs, and {born[run.id]} are there"
        elif run.shape == "child" and run.state == "succeeded" and opened != len(run.input["items"]):
            yield run.id, f"started {opened} runs for {len(run.input['items'])} items"


def states_change_as_the_table_says(evidence: Evidence) -> Found:
    for one in evidence.transitions:
        if one.old == "":
            legal = one.new == "queued"
        elif one.old == one.new:
            legal = not is_terminal(one.old)
        else:
            legal = may(RunState(one.old), RunState(one.new))
        if not legal:
            yield one.run, f"went from {one.old or 'nothing'} to {one.new}"


def the_journal_has_no_gaps(evidence: Evidence) -> Found:
    for run in evidence.runs:
        numbers = [event.seq for event in evidence.journals[run.id]]
        if numbers != list(range(1, run.last_seq + 1)):
            yield run.id, f"{len(numbers)} events up to {numbers[-1:]} where the run counts {run.last_seq}"


def the_journal_ends_with_the_end(evidence: Evidence) -> Found:
    for run in evidence.runs:
        journal = evidence.journals[run.id]
        places = [place for place, event in enumerate(journal) if _is_end(event.kind)]
        wanted = [len(journal) - 1] if is_terminal(run.state) else []
        if places != wanted or (wanted and journal[-1].kind != f"run.{run.state}"):
            yield run.id, f"is {run.state}, its journal ends with {[event.kind for event in journal[-2:]]}"


def _is_end(kind: str) -> bool:
    name = kind.removeprefix("run.")
    return kind != name and name in ("succeeded", "failed", "cancelled", "timed_out")


def one_decision_counts(evidence: Evidence) -> Found:
    counted: dict[UUID, list[str]] = defaultdict(list)
    said: dict[UUID, set[str]] = defaultdict(set)
    for one in evidence.decisions:
        said[one.approval].add(one.decision)
        if one.status == 200:
            counted[one.approval].append(one.decision)
    words = {"approved": "approve", "rejected": "reject"}
    for one in evidence.asked:
        told, word = counted[one.id], words.get(one.state)
        if len(told) > 1:
            yield one.run, f"{len(told)} people were told that their decision of {one.path!r} counts"
        elif word is None and (told or one.decisions or evidence.by_id[one.run].state != "cancelled"):
            yield one.run, f"the approval {one.path!r} is {one.state}"
        elif word is not None and (
            one.decisions != (word,) or told not in ([], [word]) or word not in said[one.id]
        ):
            yield one.run, f"{one.path!r} is {one.state}; recorded {one.decisions}, told {told}"


def the_audit_chain_holds(evidence: Evidence) -> Found:
    if evidence.audit_broken_at is not None:
        yield None, f"entry {evidence.audit_broken_at} does not follow from the one before it"


def the_api_says_so_when_it_cannot(evidence: Evidence) -> Found:
    for what in evidence.odd:
        yield None, what


RULES: tuple[Callable[[Evidence], Found], ...] = (
    every_accepted_start_has_its_run,
    every_run_reaches_a_right_end,
    a_step_is_committed_once,
    a_gate_is_answered_once,
    an_effect_happens_once_a_key,
    what_is_recorded_happened,
    what_was_to_be_done_was_done,
    what_was_done_is_undone,
    a_parent_has_its_children,
    states_change_as_the_table_says,
    the_journal_has_no_gaps,
    the_journal_ends_with_the_end,
    one_decision_counts,
    the_audit_chain_holds,
    the_api_says_so_when_it_cannot,
)
