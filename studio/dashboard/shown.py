"""Figures as the page shows them: tiles, charts, lines of tables, each with the address of the runs behind it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from engine.figures import CallFigure, Figures, QueueMoment, StepFigure, Sums
from studio.dashboard.words import count, length, money, share
from studio.shell.moments import iso

Shown = dict[str, Any]

OUTCOMES: Final = (
    ("succeeded", "Succeeded", "success"),
    ("failed", "Failed", "danger"),
    ("timed_out", "Timed out", "warning"),
    ("cancelled", "Cancelled", "muted"),
)
FAILED: Final = "failed,timed_out"


def runs_at(workflow: str, **more: str) -> str:
    """The address of the list of runs, filtered; what is empty is left out. Where a time is asked for, tests are not:
    no sum counts them."""
    tests = "none" if more.keys() & {"since", "ended_since"} else ""
    said = {"workflow": workflow, **more, "tests": tests}
    query = urlencode({name: value for name, value in said.items() if value}, safe=",:")
    return f"/runs?{query}" if query else "/runs"


def board(figures: Figures, workflow: str) -> Shown:
    """Everything of the page that is numbers."""
    span = figures.span
    since, until = iso(span.at(0)), iso(span.until)
    return {
        "at": until,
        "tiles": tiles(figures, workflow, since, until),
        "outcomes": outcomes(figures, workflow),
        "durations": durations(figures, workflow),
        "queue": queue(figures),
        "approvals": approvals(figures),
        "cost": cost(figures, workflow),
        "ages": ages(figures),
        "steps": [step_row(one, since, until) for one in figures.steps],
        "waits": [step_row(one, since, until) for one in figures.waits],
        "calls": [call_row(one, workflow, since, until) for one in figures.calls],
    }


def tiles(figures: Figures, workflow: str, since: str, until: str) -> list[Shown]:
    now, sums, before = figures.now, figures.sums, figures.before
    ended = {"ended_since": since, "ended_until": until}
    failed = sums.failed + sums.timed_out
    return [
        _tile(
            "started",
            "Runs started",
            count(sums.started),
            runs_at(workflow, since=since, until=until),
            *_change(sums.started, before.started),
        ),
        _tile(
            "failed",
            "Failed runs",
            count(failed),
            runs_at(workflow, state=FAILED, **ended),
            *_change(failed, before.failed + before.timed_out, good=-1),
            tone="danger" if failed else "",
        ),
        _tile(
            "success",
            "Success rate",
            share(sums.success),
            runs_at(workflow, state=f"succeeded,{FAILED}", **ended),
            *_points(sums, before),
        ),
        _tile(
            "p95",
            "95 % took at most",
            length(sums.p95),
            runs_at(workflow, **ended),
            *_change(sums.p95 or 0, before.p95 or 0, good=-1),
        ),
        _tile(
            "approvals",
            "Waiting approvals",
            count(now.approvals),
            "/approvals",
            f"the oldest for {length(now.approval_s)}" if now.approvals else "nobody is waited for",
            "warning" if now.approval_s >= 86_400 else "",
        ),
        _tile(
            "queue",
            "In the queue",
            count(now.due),
            runs_at(workflow, state="queued"),
            f"the first for {length(now.oldest_s)}" if now.due else f"{count(now.running)} running now",
            "warning" if now.oldest_s >= 60 else "",
        ),
        _tile(
            "review",
            "Need a review",
            count(now.needs_review),
            runs_at(workflow, state="needs_review"),
            "somebody must say what happened" if now.needs_review else "no outcome is unknown",
            "warning" if now.needs_review else "",
        ),
        _tile(
            "cost",
            "Model cost",
            money(sums.cost_usd),
            runs_at(workflow, since=since, until=until),
            *_change(sums.cost_usd, before.cost_usd, good=0),
        ),
    ]


def _tile(
    key: str, label: str, value: str, href: str, note: str, note_tone: str = "", tone: str = ""
) -> Shown:
    return {"key": key, "label": label, "value": value, "href": href, "note": note} | {
        "note_tone": note_tone,
        "tone": tone,
    }


def _change(now: float, before: float, good: int = 1) -> tuple[str, str]:
    """In words, and whether it is for the better (``good``: 1 when more is, -1 when less is, 0 neither)."""
    if not now and not before:
        return "none before either", ""
    if not before:
        return "none in the time before", ""
    change = now / before - 1
    if abs(change) < 0.005:
        return "as in the time before", ""
    if now and change > 9.995:
        words = f"{now / before:,.0f} times as much as before"
    else:
        words = f"{100 * abs(change):.0f} % {'more' if change > 0 else 'less'} than before"
    better = good * change
    return words, "success" if better > 0.05 else "danger" if better < -0.05 else ""


def _points(sums: Sums, before: Sums) -> tuple[str, str]:
    if sums.success is None:
        return "no run ended", ""
    if before.success is None:
        return "none in the time before", ""
    points = 100 * (sums.success - before.success)
    if abs(points) < 0.05:
        return "as in the time before", ""
    words = f"{abs(points):.1f} points {'better' if points > 0 else 'worse'} than before"
    return words, "success" if points > 0 else "danger"


def _chart(
    figures: Figures, kind: str, unit: str, series: Sequence[Shown], link: Shown | None = None, **more: Any
) -> Shown:
    span = figures.span
    return {
        "kind": kind,
        "unit": unit,
        "since": iso(span.since),
        "until": iso(span.until),
        "step": span.step_s,
        "slots": span.slots,
        "series": list(series),
        "link": link or {},
        **more,
    }


def _series(
    key: str, label: str, tone: str, values: Sequence[float | None], dash: str = "", **query: str
) -> Shown:
    return {
        "key": key,
        "label": label,
        "tone": tone,
        "values": [None if one is None else round(one, 4) for one in values],
        "dash": dash,
        "query": query,
    }


def _link(workflow: str, since: str = "since", until: str = "until") -> Shown:
    query = {"workflow": workflow, "tests": "none"} if workflow else {"tests": "none"}
    return {"path": "/runs", "query": query, "since": since, "until": until}


def _ended(workflow: str) -> Shown:
    return _link(workflow, "ended_since", "ended_until")


def outcomes(figures: Figures, workflow: str) -> Shown:
    series = [
        _series(key, label, tone, [getattr(one.sums, key) for one in figures.moments], state=key)
        for key, label, tone in OUTCOMES
    ]
    return _chart(figures, "bars", "count", series, _ended(workflow), what="runs")


def durations(figures: Figures, workflow: str) -> Shown:
    def of(name: str) -> list[float | None]:
        return [getattr(one.sums, name) for one in figures.moments]

    series = [
        _series("p50", "Half", "accent", of("p50")),
        _series("p95", "95 %", "info", of("p95"), "5 3"),
        _series("p99", "99 %", "warning", of("p99"), "2 3"),
    ]
    return _chart(figures, "lines", "seconds", series, _ended(workflow), what="runs")


def queue(figures: Figures) -> Shown:
    series = [
        _series("due", "Due", "accent", _of_queue(figures.queue, lambda one: one.due)),
        _series("running", "Running", "success", _of_queue(figures.queue, lambda one: one.running), "5 3"),
    ]
    return _chart(figures, "lines", "count", series, _link(""), what="runs")


def approvals(figures: Figures) -> Shown:
    waits = _of_queue(figures.queue, lambda one: one.approval_s)
    series = [_series("oldest", "The oldest had waited", "warning", waits)]
    return _chart(figures, "lines", "seconds", series, {"path": "/approvals", "query": {}}, what="approvals")


def _of_queue(
    moments: Sequence[QueueMoment], number: Callable[[QueueMoment], float | None]
) -> list[float | None]:
    return [number(one) for one in moments]


def cost(figures: Figures, workflow: str) -> Shown:
    series = [_series("cost", "Models", "accent", [one.sums.cost_usd for one in figures.moments])]
    return _chart(figures, "bars", "usd", series, _link(workflow), what="runs")


def ages(figures: Figures) -> list[Shown]:
    """Open approvals by how long they have waited; ``share`` of the longest bar in percent."""
    words = ("under an hour", "1 to 4 hours", "4 to 24 hours", "over a day")
    most = max(figures.now.ages) or 1
    return [
        {"words": said, "n": count(n), "share": round(100 * n / most), "tone": tone}
        for said, n, tone in zip(words, figures.now.ages, ("", "", "warning", "danger"), strict=True)
    ]


def step_row(one: StepFigure, since: str, until: str) -> Shown:
    workflow = str(one.workflow_id)
    ended = {"ended_since": since, "ended_until": until}
    return {
        "step": "the others" if one.step == "…" else one.step,
        "workflow": one.workflow,
        "n": count(one.n),
        "failed": count(one.failed) if one.failed else "",
        "p50": length(one.p50),
        "p95": length(one.p95),
        "total": length(one.seconds),
        "href": runs_at(workflow, **ended),
        "failed_href": runs_at(workflow, state=FAILED, **ended),
    }


def call_row(one: CallFigure, workflow: str, since: str, until: str) -> Shown:
    rate = one.failed / one.n
    ended = {"ended_since": since, "ended_until": until}
    worse = one.before is not None and rate > one.before + 0.01
    return {
        "tool": f"{one.connector}.{one.tool}",
        "n": count(one.n),
        "failed": count(one.failed) if one.failed else "",
        "rate": share(rate) if one.failed else "",
        "tone": "danger" if rate >= 0.2 else "warning" if one.failed else "success",
        "mean": length(one.mean_s),
        "codes": [
            {"code": code, "n": count(n), "href": runs_at(workflow, error=code, **ended)}
            for code, n in one.codes[:3]
        ],
        "more": len(one.codes) - 3 if len(one.codes) > 3 else 0,
        "trend": "more than before" if worse else "",
        "href": runs_at(workflow, **ended),
    }
