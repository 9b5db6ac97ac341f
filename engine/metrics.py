"""What Prometheus scrapes: counts that the processes add up (``engine.tallies``), and the database's state of now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from engine import tallybook
from engine.database import Database
from engine.lifecycle import TERMINAL, RunState
from engine.pulse import Backlog, EngineState, RunTotals, backlog, engine_state, run_totals
from engine.tallies import INFINITY, MEASURES, Measure, Tally

PROVIDER = "provider_api"
"""The name under which the database counts the calls of models (migration 0008): provider, model, outcome."""


async def scrape(db: Database) -> bytes:
    """The text exposition format. Raises ``Unavailable``."""
    registry = CollectorRegistry()
    counted = await tallybook.read(db)
    totals = families(await engine_state(db), await run_totals(db))
    waiting = backlog_families(await backlog(db))
    registry.register(_Snapshot((*totals, *waiting, *tallied_families(counted), *provider_families(counted))))
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


def backlog_families(found: Backlog) -> tuple[Metric, ...]:
    return (
        GaugeMetricFamily(
            "queue_oldest_seconds",
            "For how long the run that is due the longest has been.",
            value=found.oldest_s,
        ),
        GaugeMetricFamily("approvals_open", "Approvals that wait for a decision.", value=found.approvals),
    )


def tallied_families(counted: Sequence[Tally]) -> tuple[Metric, ...]:
    """Every measure, also one that was never counted: whoever looks for it finds 0, or no line, but its help."""
    found = {name: list(rows) for name, rows in groupby(counted, key=lambda tally: tally.name)}
    return tuple(
        (_histogram if measure.bounds else _counter)(measure, found.get(measure.name, []))
        for measure in MEASURES
    )


def _counter(measure: Measure, rows: Sequence[Tally]) -> Metric:
    family = CounterMetricFamily(measure.name, measure.help, labels=measure.labels)
    counts = {labels: 0 for labels in _known(measure)} | {row.labels: row.n for row in rows}
    for labels, n in counts.items():
        family.add_metric(labels, n)
    return family


def _known(measure: Measure) -> tuple[tuple[str, ...], ...]:
    return measure.known if measure.labels else ((),)


def _histogram(measure: Measure, rows: Sequence[Tally]) -> Metric:
    family = HistogramMetricFamily(measure.name, measure.help, labels=measure.labels)
    by_labels: dict[tuple[str, ...], list[Tally]] = {labels: [] for labels in _known(measure)}
    for tally in rows:
        by_labels.setdefault(tally.labels, []).append(tally)
    for labels, group in by_labels.items():
        counts = {tally.bound: tally.n for tally in group}
        sofar = accumulate(counts.get(bound, 0) for bound in measure.bounds)
        buckets = [(_bound(bound), float(n)) for bound, n in zip(measure.bounds, sofar, strict=True)]
        family.add_metric(labels, buckets, sum(tally.total for tally in group))
    return family


def _bound(value: float) -> str:
    return "+Inf" if value == INFINITY else str(value)


def provider_families(counted: Sequence[Tally]) -> tuple[Metric, ...]:
    labels = ["provider", "model", "outcome"]
    calls = CounterMetricFamily("provider_api_calls", "Calls of language models.", labels=labels)
    latency = SummaryMetricFamily("provider_api_latency_seconds", "How long they took.", labels=labels)
    for tally in counted:
        if tally.name == PROVIDER:
            calls.add_metric(tally.labels, tally.n)
            latency.add_metric(tally.labels, count_value=tally.n, sum_value=tally.total)
    return calls, latency


class _Snapshot(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
