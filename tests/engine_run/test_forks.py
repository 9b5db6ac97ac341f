"""Random plans of every form, run again from a random step of theirs: the same end, nothing that was taken over is done
again, and what is done again is exactly what was said.

The faults at the end are the control: each takes one promise out of the planning, and the very same check fails on one
of the first seeds.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from engine.forking import retrace
from engine.forking.cover import Cover
from engine.journal import Event
from tests.engine_run.forked import fork_seed
from tests.engine_run.kit import reap

SEEDS = int(os.environ.get("WEFT_PROGRAMS") or 80)


@pytest.mark.properties
@pytest.mark.parametrize("share", range(4))
async def test_a_run_from_a_step_ends_the_same_and_repeats_exactly_what_was_said(share: int) -> None:
    for seed in range(share, SEEDS, 4):
        await fork_seed(seed)


def _what_was_undone_is_taken_over(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retrace, "_undone", lambda walked, found, record: set())


def _a_block_s_end_is_taken_over_with_a_root_in_it(patch: pytest.MonkeyPatch) -> None:
    takes = Cover.takes

    def too_much(self: Cover, event: Event) -> bool:
        return takes(self, event) or event.kind == "scope.closed"

    patch.setattr(Cover, "takes", too_much)


def _what_lies_behind_the_chosen_step_is_taken_over(patch: pytest.MonkeyPatch) -> None:
    takes = Cover.takes

    def too_much(self: Cover, event: Event) -> bool:
        return takes(self, event) or (event.kind == "step.succeeded" and sum(event.path.encode()) % 3 == 0)

    patch.setattr(Cover, "takes", too_much)


def _a_gate_that_nobody_answered_is_taken_over(patch: pytest.MonkeyPatch) -> None:
    takes = Cover.takes

    def too_much(self: Cover, event: Event) -> bool:
        return takes(self, event) or event.kind == "gate.opened"

    patch.setattr(Cover, "takes", too_much)


def _a_result_is_lost_on_the_way(patch: pytest.MonkeyPatch) -> None:
    """Of one step in three the result is not taken over, although the plan says so."""
    takes = Cover.takes

    def less(self: Cover, event: Event) -> bool:
        return takes(self, event) and (event.kind != "step.succeeded" or sum(event.path.encode()) % 3 > 0)

    patch.setattr(Cover, "takes", less)


FAULTS: dict[Callable[[pytest.MonkeyPatch], None], int] = {
    _what_was_undone_is_taken_over: 60,
    _a_block_s_end_is_taken_over_with_a_root_in_it: 60,
    _what_lies_behind_the_chosen_step_is_taken_over: 20,
    _a_gate_that_nobody_answered_is_taken_over: 60,
    _a_result_is_lost_on_the_way: 20,
}
"""Each fault, and the number of seeds among which the check must catch it."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
async def test_a_fault_is_caught(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    for seed in range(FAULTS[fault]):
        try:
            await fork_seed(seed)
        except Exception as error:
            print(f"caught by seed {seed}: {error}"[:300])
            return
        finally:
            await reap()
    raise AssertionError(f"{FAULTS[fault]} random plans went through with a fault")
