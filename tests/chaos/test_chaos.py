"""A seeded trial in which everything is broken twice, and its control: without the fence the same must fail.

Both run whole installations; their limits of time are wide, since a machine that runs tests is busy.
"""

from __future__ import annotations

from tests.chaos.run import CONTROL
from tests.chaos.trial import Order, hold


async def test_nothing_accepted_is_lost_or_done_twice_whatever_breaks() -> None:
    order = Order(seed=7, rounds=2, lease_s=4.0, gap_s=(0.1, 1.5), slack=5.0, drain_s=180.0)
    outcome = await hold(order)
    assert outcome.violations == ()
    assert outcome.complaints == {}
    assert set(outcome.faults.values()) == {2} and len(outcome.faults) == 11
    assert {kind for kind, _ in outcome.started} == {
        "Postgres crashed",
        "connections ended",
        "connections used up",
    }
    assert {"succeeded", "failed"} <= set(outcome.ends) and outcome.runs > 50
    assert len(outcome.shapes) == 9


async def test_without_its_fence_a_runner_that_slept_commits_steps_twice() -> None:
    """The negative control: if this finds nothing, the trial above proves nothing.

    On a machine that is busy a runner may sleep while it commits nothing; so it has more than one go.
    """
    found: set[str] = set()
    for seed in (7, 8, 9):
        order = Order(
            seed=seed, rounds=4, kinds=CONTROL, unfenced=True, lease_s=2.0, gap_s=(1.0, 2.0), drain_s=15.0
        )
        found |= {violation.rule for violation in (await hold(order)).violations}
        if "a step is committed once" in found:
            return
    raise AssertionError(found)
