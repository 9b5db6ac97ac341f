"""How many runners a queue asks for: a pure decision, and what of the replicas' reports it is made on."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from engine.serving.autoscaling import METRIC, QueueDepth, newest, wanted

LEAST, MOST, UP, DOWN = 1, 5, 500, 100
counts = st.integers(0, 20_000)
runners = st.integers(LEAST, MOST)


@dataclass(frozen=True)
class Reported:
    timestamp: float
    value: float


def number(queued: int, asked: int, there: int) -> int:
    return wanted(queued, asked, there, LEAST, MOST, UP, DOWN)


@given(
    queued=counts,
    asked=st.integers(0, 50),
    there=st.integers(0, 50),
    least=st.integers(1, 9),
    more=st.integers(0, 9),
)
def test_the_number_stays_within_its_bounds(
    queued: int, asked: int, there: int, least: int, more: int
) -> None:
    assert least <= wanted(queued, asked, there, least, least + more, UP, DOWN) <= least + more


@given(queued=counts, longer=counts, asked=runners, there=st.integers(0, MOST))
def test_a_longer_queue_never_asks_for_fewer(queued: int, longer: int, asked: int, there: int) -> None:
    assert number(queued, asked, there) <= number(queued + longer, asked, there)


@given(queued=st.integers(DOWN, UP), asked=runners, there=st.integers(0, MOST))
def test_between_the_thresholds_nothing_moves(queued: int, asked: int, there: int) -> None:
    assert number(queued, asked, there) == asked


@given(queued=counts, asked=runners)
def test_a_queue_that_stays_leads_to_a_number_that_stays(queued: int, asked: int) -> None:
    for _ in range(2 * MOST):
        asked = number(queued, asked, asked)
    assert number(queued, asked, asked) == asked
    assert asked == (MOST if queued > UP else LEAST if queued < DOWN else asked)


def test_one_more_above_the_upper_threshold_and_one_less_below_the_lower() -> None:
    assert [number(queued, 2, 2) for queued in (0, 99, 100, 500, 501)] == [1, 1, 2, 2, 3]


def test_as_many_as_a_very_long_queue_needs_come_at_once() -> None:
    assert [number(queued, 1, 1) for queued in (501, 1000, 1001, 2400, 90_000)] == [2, 2, 3, 5, 5]


def test_those_that_were_asked_for_come_before_more_are_asked_for() -> None:
    assert number(700, 2, 1) == 2, "the second is being started: nobody knows yet whether it is enough"
    assert number(700, 2, 2) == 3


def context(asked: int, there: int, metrics: dict[str, dict[str, list[Reported]]]) -> SimpleNamespace:
    return SimpleNamespace(
        target_num_replicas=asked,
        current_num_replicas=there,
        capacity_adjusted_min_replicas=LEAST,
        capacity_adjusted_max_replicas=MOST,
        raw_metrics=metrics,
    )


def test_the_newest_report_of_any_replica_counts() -> None:
    assert newest({"a": [Reported(1, 5), Reported(4, 9)], "b": [Reported(3, 700)], "c": []}) == 9
    metrics = {METRIC: {"a": [Reported(1, 9)], "b": [Reported(3, 0), Reported(4, 700)]}}
    assert QueueDepth(UP, DOWN)(context(1, 1, metrics)) == (2, {})


def test_without_a_report_the_number_stays() -> None:
    assert newest({}) is None and newest({"a": []}) is None
    assert QueueDepth(UP, DOWN)(context(3, 1, {})) == (3, {})
