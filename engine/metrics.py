"""What Prometheus scrapes, from the database's truth at the moment of asking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from engine.database import Database
from engine.lifecycle import TERMINAL, RunState
from engine.pulse import (
    EngineState,
    ModelTotals,
    RunTotals,
    engine_state,
    model_totals,
    run_totals,
    step_totals,
)
from engine.steptimes import BOUNDS, StepTotals


async def scrape(db: Database) -> bytes:
    """The text exposition format. Raises ``Unavailable``."""
    registry = CollectorRegistry()
    totals = families(await engine_state(db), await run_totals(db))
    steps = step_family(await step_totals(db))
    registry.register(_Snapshot((*totals, steps, *provider_families(await model_totals(db)))))
    return generate_latest(registry)


def families(engine: EngineState, totals: Sequence[RunTotals]) -> tuple[Metric, ...]:
    by_state = {total.state: total for total in totals}

    def count(state: RunState) -> int:
        return by_state[state].runs if state in by_state else 0

    finished = CounterMetricFamily("workflow_runs", "Runs that are over.", labels=["state"])
    durations = SummaryMetricFamily(
        "workflow_duration_seconds", "From start to end, waiting included.", labels=["state"]
    )
    for state in sorted(TERMINAL):
        finished.add_metric([state], count(state))
        seconds = by_state[state].seconds if state in by_state else 0.0
        durations.add_metric([state], count_value=count(state), sum_value=seconds)
    return (
        finished,
        durations,
        GaugeMetricFamily("active_runs", "Runs that a runner holds.", value=count(RunState.RUNNING)),
        GaugeMetricFamily("queue_depth", "Runs that are due.", value=count(RunState.QUEUED)),
        GaugeMetricFamily(
            "waiting_runs", "Runs that wait for a person or a time.", value=count(RunState.WAITING)
        ),
        GaugeMetricFamily("review_runs", "Runs that need a review.", value=count(RunState.NEEDS_REVIEW)),
        GaugeMetricFamily("runners", "Runners that live.", value=engine.runners),
    )


def step_family(totals: Sequence[StepTotals]) -> Metric:
    """``totals`` in the order of their bounds."""
    family = HistogramMetricFamily(
        "step_duration_seconds", "Calls of tools, each attempt for itself.", labels=["outcome"]
    )
    for outcome in ("failed", "succeeded"):
        counts = {total.bound: total for total in totals if total.outcome == outcome}
        sofar = accumulate(counts[bound].steps if bound in counts else 0 for bound in BOUNDS)
        buckets = [(_bound(bound), float(steps)) for bound, steps in zip(BOUNDS, sofar, strict=True)]
        family.add_metric([outcome], buckets, sum(total.seconds for total in counts.values()))
    return family


def _bound(seconds: float) -> str:
    return "+Inf" if seconds == float("inf") else str(seconds)


def provider_families(totals: Sequence[ModelTotals]) -> tuple[Metric, ...]:
    labels = ["provider", "model", "outcome"]
    calls = CounterMetricFamily("provider_api_calls", "Calls of language models.", labels=labels)
    latency = SummaryMetricFamily("provider_api_latency_seconds", "How long they took.", labels=labels)
    for total in totals:
        label = [total.provider, total.model, "failed" if total.failed else "answered"]
        calls.add_metric(label, total.calls)
        latency.add_metric(label, count_value=total.calls, sum_value=total.seconds)
    return calls, latency


class _Snapshot(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
