"""The form in which every measurement is told: a table for people, one JSON object for programs."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured several times, in ``unit``."""

    unit: str
    values: Sequence[float]


def report(name: str, figures: Mapping[str, Figure]) -> dict[str, Any]:
    return {
        "name": name,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "figures": {
            label: {
                "median": round(statistics.median(figure.values), 2),
                "min": round(min(figure.values), 2),
                "max": round(max(figure.values), 2),
                "unit": figure.unit,
                "n": len(figure.values),
            }
            for label, figure in figures.items()
        },
    }


def show(result: Mapping[str, Any], *, as_json: bool) -> None:
    """The table, and the JSON object last when it is asked for."""
    width = max(len(name) for name in result["figures"]) + 2
    print(f"{'':{width}}{'median':>10}{'min':>10}{'max':>10}")
    for name, figure in result["figures"].items():
        print(f"{name:{width}}{figure['median']:>10}{figure['min']:>10}{figure['max']:>10} {figure['unit']}")
    if as_json:
        print(json.dumps(result))
