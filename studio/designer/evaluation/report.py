"""What a suite's run comes to: rates, costs and times as figures, for people and as one JSON object."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from studio.designer.evaluation.harness import Judged


def figures(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """By name: ``{"median", "min", "max", "unit", "n"}``; rates are one value, in percent of ``n``."""
    found = {"passed": _rate([one.passed for one in judged])}
    for label in ("kind", "catalog"):
        for name in dict.fromkeys(getattr(one.case, label) for one in judged):
            found[f"passed, {label} {name}"] = _rate(
                [one.passed for one in judged if getattr(one.case, label) == name]
            )
    texts = sum(one.texts for one in judged)
    unsound = sum(len(one.unsound) for one in judged)
    found["proposals without errors"] = _rate([number >= unsound for number in range(texts)])
    found["rounds of repair"] = _of([one.spent.rounds for one in judged], "rounds a case")
    found["calls of a model"] = _of([one.spent.calls for one in judged], "calls a case")
    found["tokens in"] = _of([one.spent.tokens_in for one in judged], "tokens a case")
    found["tokens out"] = _of([one.spent.tokens_out for one in judged], "tokens a case")
    found["cost"] = _of([one.spent.usd for one in judged], "USD a case")
    seconds = sorted(second for one in judged for second in one.spent.seconds)
    found["time of an answer"] = _of([1000 * second for second in seconds], "ms")
    found["time of an answer, p95"] = _of([1000 * quantile(seconds, 0.95)], "ms")
    found["time to the first word"] = _of([1000 * s for one in judged for s in one.spent.first], "ms")
    return found


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def as_json(name: str, judged: Sequence[Judged]) -> dict[str, Any]:
    return {
        "name": "eval",
        "designer": name,
        "machine": machine(),
        "figures": figures(judged),
        "failures": [{"id": one.case.id, "reasons": list(one.reasons)} for one in judged if not one.passed],
    }


def lines(name: str, judged: Sequence[Judged], *, failures: bool) -> Iterator[str]:
    """For a person."""
    table = figures(judged)
    yield f"{name}: {sum(one.passed for one in judged)} of {len(judged)} cases passed"
    for label, figure in table.items():
        if figure["unit"] == "%":
            yield f"  {label:32}{figure['median']:>8} %   of {figure['n']}"
        elif figure["max"]:
            values = f"median {figure['median']:g}, at most {figure['max']:g}"
            yield f"  {label:32}{values} {figure['unit']}"
    if failures:
        for one in judged:
            if not one.passed:
                yield f"\n{one.case.id}: {one.case.title}"
                yield from (f"  - {reason}" for reason in one.reasons)
    elif not all(one.passed for one in judged):
        yield "  --failures says which did not, and why"


def quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _rate(held: Sequence[bool]) -> dict[str, Any]:
    rate = round(100 * sum(held) / len(held), 1) if held else 100.0
    return {"median": rate, "min": rate, "max": rate, "unit": "%", "n": len(held)}


def _of(values: Sequence[float], unit: str) -> dict[str, Any]:
    given = values or [0]
    return {
        "median": round(statistics.median(given), 4),
        "min": round(min(given), 4),
        "max": round(max(given), 4),
        "unit": unit,
        "n": len(values),
    }
