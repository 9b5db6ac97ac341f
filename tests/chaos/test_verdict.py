"""The verdict finds nothing in a history that is right, and each thing that is put wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.chaos.shapes import shapes
from tests.chaos.verdict import (
    RULES,
    Accepted,
    Asked,
    Decision,
    Event,
    Evidence,
    Run,
    Transition,
    verdict,
)
from tests.chaos.witness import Effect

LINEAR, UNDO, GATE, PARENT, CHILD, BLIND = (UUID(int=number) for number in range(1, 7))
APPROVAL = UUID(int=99)


def journal(run: UUID, *lines: tuple[str, str, dict[str, Any]]) -> list[Event]:
    return [Event(run, number, *line) for number, line in enumerate(lines, 1)]


def calls(run: UUID, first: int, *paths: str) -> tuple[list[tuple[str, str, dict[str, Any]]], list[Effect]]:
    """Keyed calls that happened as the witness's lines from ``first`` on, and were recorded."""
    numbered = list(enumerate(paths, first))
    lines = [("step.succeeded", path, {"tool": "w.keyed", "result": {"n": n}}) for n, path in numbered]
    return lines, [Effect(n, "keyed", f"{run}/{path}", True) for n, path in numbered]


BEGIN = (("run.accepted", "", {}), ("run.claimed", "", {}))
SUCCEEDED, FAILED = ("run.succeeded", "", {}), ("run.failed", "", {})


def right() -> Evidence:
    """Six runs: one of each kind that a rule looks at."""
    linear, linear_did = calls(LINEAR, 1, "s0", "s1", "s2", "s3")
    undo, undo_did = calls(UNDO, 5, "d0", "d1", "d2", "d2~comp.u2", "d1~comp.u1", "d0~comp.u0")
    gate, gate_did = calls(GATE, 11, "s0", "s1")
    parent, parent_did = calls(PARENT, 13, "s0")
    child, child_did = calls(CHILD, 14, "s0", "s1", "s2", "s3")
    blind, blind_did = calls(BLIND, 18, "s0")
    events = [
        journal(LINEAR, *BEGIN, *linear, SUCCEEDED),
        journal(UNDO, *BEGIN, *undo, FAILED),
        journal(
            GATE, *BEGIN, gate[0], ("gate.opened", "gate", {"approval_id": str(APPROVAL)}),
            ("run.waiting", "", {}), ("gate.answered", "gate", {}), ("run.claimed", "", {}), gate[1], SUCCEEDED,
        ),
        journal(
            PARENT, *BEGIN, *parent, ("gate.opened", "each[0].c", {"run_id": str(CHILD)}),
            ("gate.answered", "each[0].c", {}), SUCCEEDED,
        ),
        journal(CHILD, *BEGIN, *child, SUCCEEDED),
        journal(BLIND, *BEGIN, *blind, ("step.started", "x0", {"tool": "w.blind"}), ("run.needs_review", "", {})),
    ]  # fmt: skip
    runs = [
        Run(LINEAR, "linear", "succeeded", {}, "", "k1"),
        Run(UNDO, "undo", "failed", {}, "on_purpose", "k2"),
        Run(GATE, "approval", "succeeded", {}, "", "k3"),
        Run(PARENT, "child", "succeeded", {"items": [0]}, "", "k4"),
        Run(CHILD, "linear", "succeeded", {}, "", None, PARENT),
        Run(BLIND, "blind", "needs_review", {}, "needs_review", "k5"),
    ]
    runs = [replace(run, last_seq=len(lines)) for run, lines in zip(runs, events, strict=True)]
    moves = [Transition(run.id, "", "queued") for run in runs]
    moves += [Transition(run.id, "queued", "running") for run in runs]
    moves += [Transition(run.id, "running", run.state) for run in runs]
    return Evidence(
        shapes={shape.name: shape for shape in shapes("")},
        runs=runs,
        events=[event for lines in events for event in lines],
        transitions=moves,
        effects=[*linear_did, *undo_did, *gate_did, *parent_did, *child_did, *blind_did,
                 Effect(19, "blind", f"{BLIND}/x0", True), Effect(20, "keyed", f"{LINEAR}/s3", False)],
        accepted=[Accepted(run.idempotency_key, run.id) for run in runs if run.idempotency_key],
        asked=[Asked(APPROVAL, GATE, "gate", "approved", ("approve",))],
        decisions=[Decision(APPROVAL, *said) for said in (("approve", 0), ("approve", 200), ("reject", 409))],
        keys=frozenset({"k1", "k2", "k3", "k4", "k5", "unanswered"}),
    )  # fmt: skip


def changed(run: UUID, **values: Any) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        return replace(
            evidence, runs=[replace(one, **values) if one.id == run else one for one in evidence.runs]
        )

    return change


def more(name: str, *items: Any) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, **{name: [*getattr(evidence, name), *items]})


def less(name: str, wrong: Callable[[Any], bool]) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(
        evidence, **{name: [one for one in getattr(evidence, name) if not wrong(one)]}
    )


def again(run: UUID, kind: str, path: str = "") -> Callable[[Evidence], Evidence]:
    """An event that stands in the journal once more, at its end."""

    def change(evidence: Evidence) -> Evidence:
        one = next(
            event for event in evidence.events if (event.run, event.kind, event.path) == (run, kind, path)
        )
        last = evidence.by_id[run].last_seq + 1
        return changed(run, last_seq=last)(more("events", replace(one, seq=last))(evidence))

    return change


SEEDED: list[tuple[str, Callable[[Evidence], Evidence]]] = [
    ("every_accepted_start_has_its_run", less("runs", lambda run: run.id == LINEAR)),
    ("every_accepted_start_has_its_run", more("accepted", Accepted("k1", UUID(int=77)))),
    ("every_accepted_start_has_its_run", changed(LINEAR, idempotency_key="never sent")),
    ("every_run_reaches_a_right_end", changed(LINEAR, state="running")),
    ("every_run_reaches_a_right_end", changed(LINEAR, state="cancelled")),
    ("every_run_reaches_a_right_end", changed(UNDO, error="dead_letter")),
    ("every_run_reaches_a_right_end", changed(GATE, state="needs_review")),
    ("a_step_is_committed_once", again(LINEAR, "step.succeeded", "s2")),
    ("a_gate_is_answered_once", again(GATE, "gate.answered", "gate")),
    ("an_effect_happens_once_a_key", more("effects", Effect(30, "blind", f"{BLIND}/x0", True))),
    ("what_is_recorded_happened", less("effects", lambda one: one.n == 2)),
    ("what_was_to_be_done_was_done", more("effects", Effect(30, "keyed", f"{LINEAR}/s9", True))),
    ("what_was_to_be_done_was_done", less("effects", lambda one: one.key == f"{CHILD}/s3")),
    ("what_was_done_is_undone", less("effects", lambda one: one.key.endswith("u1"))),
    (
        "what_was_done_is_undone",
        lambda evidence: more("effects", Effect(30, "keyed", f"{UNDO}/d2~comp.u2", True))(
            less("effects", lambda one: one.key.endswith("u2"))(evidence)
        ),
    ),
    ("a_parent_has_its_children", less("runs", lambda run: run.id == CHILD)),
    ("a_parent_has_its_children", changed(PARENT, input={"items": [0, 1]})),
    ("states_change_as_the_table_says", more("transitions", Transition(LINEAR, "succeeded", "running"))),
    ("states_change_as_the_table_says", more("transitions", Transition(LINEAR, "succeeded", "succeeded"))),
    ("states_change_as_the_table_says", more("transitions", Transition(LINEAR, "", "running"))),
    ("the_journal_has_no_gaps", less("events", lambda event: (event.run, event.seq) == (LINEAR, 3))),
    ("the_journal_has_no_gaps", changed(LINEAR, last_seq=9)),
    ("the_journal_ends_with_the_end", again(LINEAR, "run.succeeded")),
    ("the_journal_ends_with_the_end", again(LINEAR, "run.claimed")),
    ("the_journal_ends_with_the_end", changed(UNDO, state="cancelled")),
    ("one_decision_counts", more("decisions", Decision(APPROVAL, "reject", 200))),
    ("one_decision_counts", lambda one: replace(one, asked=[replace(one.asked[0], state="rejected")])),
    ("one_decision_counts", lambda one: replace(one, asked=[replace(one.asked[0], state="open", decisions=())])),
    ("the_audit_chain_holds", lambda evidence: replace(evidence, audit_broken_at=7)),
    ("the_api_says_so_when_it_cannot", more("odd", "POST /runs answered 500")),
]  # fmt: skip


def test_a_history_that_is_right_has_no_violation() -> None:
    assert verdict(right()) == ()


@pytest.mark.parametrize(
    ("rule", "wrong"), SEEDED, ids=[f"{number} {rule}" for number, (rule, _) in enumerate(SEEDED)]
)
def test_what_is_put_wrong_is_found(rule: str, wrong: Callable[[Evidence], Evidence]) -> None:
    found = verdict(wrong(right()))
    assert rule.replace("_", " ") in {one.rule for one in found}


def test_every_rule_has_a_violation_that_it_finds() -> None:
    assert {rule for rule, _ in SEEDED} == {rule.__name__ for rule in RULES}


def test_a_run_that_was_asked_to_stop_may_be_cancelled_with_all_below_it() -> None:
    evidence = replace(right(), cancelled=frozenset({PARENT}))
    for run in (PARENT, CHILD):
        evidence = changed(run, state="cancelled")(evidence)
    wrong = {violation.rule for violation in verdict(evidence)}
    assert "every run reaches a right end" not in wrong


def test_a_decision_whose_answer_was_lost_counts_all_the_same() -> None:
    evidence = right()
    kept = [one for one in evidence.decisions if one.status != 200]
    assert verdict(replace(evidence, decisions=kept)) == ()
