"""What can be watched. Pure.

A rule fires when its number reaches ``limit``, and is over when the number is clearly below: by a tenth, so that a
number that stands at the limit does not go on and off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.ownmodels.budget import NAMES

SEVERITIES: Final = ("info", "warning", "critical")
BACK: Final = 0.9
"""Below so much of the limit it is over."""


@dataclass(frozen=True, slots=True)
class Field:
    """A number that a rule may say besides its limit."""

    name: str
    label: str
    usual: int
    least: int
    most: int


WINDOW: Final = Field("window_min", "Over the last minutes", 30, 5, 1440)
LEAST: Final = Field("least", "From how many on", 5, 1, 100_000)


@dataclass(frozen=True, slots=True)
class Kind:
    """``unit``: of the limit: percent, minutes or count. ``workflow``: "may" be of one, "must" or "never".
    ``connector``, ``budget``: whether it names one."""

    key: str
    title: str
    label: str
    unit: str
    usual: float
    least: float
    most: float
    fields: tuple[Field, ...] = ()
    workflow: str = "may"
    connector: bool = False
    budget: bool = False
    help: str = ""


KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind(
            "failure_rate",
            "Many runs fail",
            "Failed, in percent",
            *("percent", 20.0, 1.0, 100.0),
            fields=(WINDOW, LEAST),
            help="Runs that failed or timed out, of all that ended in that time and were not cancelled.",
        ),
        Kind(
            "approval_age",
            "An approval waits too long",
            "Waits, in minutes",
            *("minutes", 240.0, 1.0, 100_000.0),
            help="How long the oldest approval has waited that nobody has decided.",
        ),
        Kind(
            "queue_depth",
            "The queue is deep",
            "Runs that are due",
            *("count", 500.0, 1.0, 1_000_000.0),
            help="Runs that could begin and find no free place.",
        ),
        Kind(
            "queue_age",
            "Runs begin late",
            "Late, in minutes",
            *("minutes", 5.0, 1.0, 100_000.0),
            help="How long the first run in the queue could have begun.",
        ),
        Kind(
            "budget",
            "A model budget runs out",
            "Used, in percent",
            *("percent", 80.0, 1.0, 1000.0),
            workflow="never",
            budget=True,
            help="How much of a budget of the Models page is used.",
        ),
        Kind(
            "silence",
            "A workflow does not run",
            "Quiet, in minutes",
            *("minutes", 1500.0, 5.0, 100_000.0),
            workflow="must",
            help="How long ago its last run was started: for what should run on schedule.",
        ),
        Kind(
            "connector",
            "A connector fails",
            "Failed, in percent",
            *("percent", 20.0, 1.0, 100.0),
            fields=(WINDOW, LEAST),
            connector=True,
            help="Calls of its tools that failed in the last minutes, each try for itself.",
        ),
    )
}
BUDGETS: Final = tuple(name for name in NAMES if not name.startswith("conversation"))


def measured(kind: Kind, value: float | None) -> str:
    """A number of the kind, in words."""
    if value is None:
        return "nothing"
    match kind.unit:
        case "percent":
            return f"{value:.4g} %"
        case "minutes" if value >= 2880:
            return f"{value / 1440:.1f} days"
        case "minutes" if value >= 120:
            return f"{value / 60:.1f} hours"
        case "minutes":
            return f"{value:.3g} min"
        case _:
            return f"{value:,.0f}"


def sentence(kind: Kind, value: float | None, n: int, spec: Mapping[str, Any], scope: str) -> str:
    """What the number says. ``n``: out of how many; ``scope``: of which workflow, "" for all."""
    where = f" of {scope}" if scope else ""
    said, window = measured(kind, value), spec.get("window_min", 0)
    match kind.key:
        case "failure_rate":
            if not n:
                return f"No run{where} ended in the last {window} minutes."
            return f"{said} of {n:,} runs{where} failed in the last {window} minutes."
        case "approval_age":
            return (
                f"The oldest of {n:,} approvals{where} has waited {said}."
                if n
                else f"No approval{where} waits."
            )
        case "queue_depth":
            return (
                f"{said} run{where} is due and has not begun."
                if value == 1
                else (f"{said} runs{where} are due and have not begun.")
            )
        case "queue_age":
            return (
                f"The first of {n:,} runs{where} in the queue is {said} late." if n else "The queue is empty."
            )
        case "budget":
            name = str(spec.get("budget", "")).replace("_", " ")
            if value is None:
                return f"There is no budget {name!r}: set one on the Models page."
            return f"{said} of the budget {name!r} is used."
        case "silence":
            return f"The last run{where} was started {said} ago."
        case "connector":
            connector = spec.get("connector", "")
            if not n:
                return f"{connector} was not called in the last {window} minutes."
            return f"{said} of {n:,} calls of {connector}{where} failed in the last {window} minutes."
        case _:
            return said
