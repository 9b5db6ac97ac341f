"""``weft chaos``: a seeded trial, a table of what was broken and what came of it, exit 1 with any violation."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import replace
from typing import Any

from tests.bench.figures import Figure, report
from tests.chaos import whole
from tests.chaos.trial import Order, Outcome, hold

SHOWN = 20
CONTROL = ("runner paused past its lease",)
"""What an engine without a fence does not survive."""


def main(options: argparse.Namespace) -> int:
    """``minutes`` is 2 where neither it nor ``runs`` is given."""
    minutes = options.minutes if options.minutes is not None or options.runs is not None else 2.0
    seconds = None if minutes is None else minutes * 60
    order = Order(options.seed, seconds, options.runs, keep=options.keep)
    if options.unfenced:
        order = replace(order, unfenced=True, kinds=CONTROL, lease_s=2.0, drain_s=30.0)
    outcome = whole.hold(replace(order, drain_s=300.0)) if options.stack else asyncio.run(hold(order))
    outcome.kind = " --stack" if options.stack else " --unfenced" if options.unfenced else ""
    show(outcome)
    if options.json:
        print(json.dumps(told(outcome)))
    return 1 if outcome.violations else 0


def show(outcome: Outcome) -> None:
    order = outcome.order
    if order.keep:
        print(f"Kept: {outcome.home}")
    _table("fault", outcome.faults)
    _table("end", outcome.ends)
    _table("shape", outcome.shapes)
    print(f"{outcome.runs} runs, {outcome.effects} effects, {outcome.raged_s:.0f} s under faults, "
          f"drained {outcome.drained_s:.1f} s after they ended")  # fmt: skip
    _times("a killed runner's runs were claimed again after", outcome.taken_over)
    for kind in dict.fromkeys(kind for kind, _ in outcome.started):
        _times(f"{kind}: a start succeeded after", [s for name, s in outcome.started if name == kind])
    print(
        f"answers that never came: {outcome.answers['no answer']}, refusals (503): {outcome.answers['503']}"
    )
    for name, times in outcome.fell.items():
        print(f"{name} ended by itself {times} times")
    for said, times in outcome.complaints.most_common(SHOWN):
        print(f"in a log, {times} times: {said}")
    print(f"\n{len(outcome.violations)} violations")
    for violation in outcome.violations[:SHOWN]:
        print(f"  {violation}")
    if outcome.violations:
        limit = f"--runs {order.runs}" if order.runs else f"--minutes {(order.seconds or 0) / 60:g}"
        print(
            f"Again: ./weft chaos --seed {order.seed} {limit}{outcome.kind}; with --keep all that it left stays."
        )


def told(outcome: Outcome) -> dict[str, Any]:
    """The form of every measurement."""
    figures = {
        "violations": Figure("violations", [len(outcome.violations)]),
        "runs": Figure("runs", [outcome.runs]),
        "faults": Figure("faults", [outcome.faults.total()]),
        "runs under faults": Figure("runs/s", [outcome.runs / max(outcome.raged_s, 1e-9)]),
        "drained": Figure("s", [outcome.drained_s]),
    }
    if outcome.taken_over:
        figures["killed runner's runs claimed again"] = Figure("s", outcome.taken_over)
    for kind in dict.fromkeys(kind for kind, _ in outcome.started):
        figures[f"start after: {kind}"] = Figure("s", [s for name, s in outcome.started if name == kind])
    return {
        **report("chaos", figures),
        "seed": outcome.order.seed,
        "faults": dict(outcome.faults),
        "ends": dict(outcome.ends),
        "violations": [str(violation) for violation in outcome.violations[:SHOWN]],
    }


def _table(head: str, rows: Any) -> None:
    width = max([len(head), *(len(name) for name in rows)])
    print(f"{head:<{width}} {'times':>7}")
    for name, times in rows.most_common():
        print(f"{name:<{width}} {times:>7}")
    print()


def _times(what: str, seconds: list[float]) -> None:
    if seconds:
        ordered = sorted(seconds)
        print(f"{what} {ordered[len(ordered) // 2]:.1f} s (most {ordered[-1]:.1f} s, {len(ordered)} times)")
