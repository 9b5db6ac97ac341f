"""Budgets and what was spent, as the page shows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.errors import BadInput
from engine.models import Limit, Spend, Usage
from engine.ownmodels import Budgets
from engine.ownmodels.budget import NAMES

PURPOSES: Final = {"designer": "Designer", "runs": "Agent steps", "other": "Tests and tools"}
SPANS: Final = {"conversation": "One conversation", "day": "Today", "month": "This month"}


@dataclass(frozen=True, slots=True)
class LimitRow:
    """``share`` in percent, at most 100. ``tone``: "" below 80 %, then "warning", and "danger" when it is used up.
    ``measured``: False for the limit of one conversation, of which there are many."""

    words: str
    used: str
    share: int
    tone: str
    measured: bool = True


@dataclass(frozen=True, slots=True)
class SpendRow:
    """``share``: of the dearest line, in percent, for its bar."""

    words: str
    purpose: str
    calls: str
    tokens: str
    cost: str
    share: int


def limit_rows(limits: Sequence[Limit], budgets: Budgets) -> list[LimitRow]:
    """The limit of one conversation is shown without what any of them used."""
    rows = []
    for limit in limits:
        span, _, unit = limit.name.partition("_")
        tone = "danger" if limit.share >= 1 else "warning" if limit.near else ""
        used = f"{quantity(limit.used, unit)} of {quantity(limit.most, unit)}"
        rows.append(LimitRow(SPANS[span], used, min(100, round(limit.share * 100)), tone))
    for name, most in budgets.said().items():
        span, _, unit = name.partition("_")
        if span == "conversation":
            rows.append(LimitRow(SPANS[span], f"at most {quantity(most, unit)}", 0, "", False))
    return rows


def quantity(value: float, unit: str) -> str:
    return f"{value:,.2f} USD" if unit == "usd" else f"{int(value):,} tokens"


def spend_rows(used: Usage) -> tuple[list[SpendRow], list[SpendRow]]:
    """By model this month, and by day."""
    by_model = [(model, PURPOSES.get(purpose, purpose), spend) for model, purpose, spend in used.models]
    by_day = [(f"{day:%a} {day.day} {day:%b}", "", spend) for day, spend in used.days]
    return _lines(by_model), _lines(by_day)


def total(spend: Spend) -> str:
    return f"{cost(spend.usd)} · {spend.tokens:,} tokens" if spend.calls else "nothing"


def cost(usd: float) -> str:
    return "no price" if not usd else "under 0.01 USD" if usd < 0.01 else f"{usd:,.2f} USD"


def _lines(lines: list[tuple[str, str, Spend]]) -> list[SpendRow]:
    dear = any(spend.usd for _, _, spend in lines)

    def worth(spend: Spend) -> float:
        return spend.usd if dear else float(spend.tokens)

    most = max((worth(spend) for _, _, spend in lines), default=0.0) or 1.0
    return [
        SpendRow(
            words,
            purpose,
            f"{spend.calls:,} call{'s' * (spend.calls != 1)}"
            + (f", {spend.failed:,} failed" if spend.failed else ""),
            f"{spend.tokens:,}",
            cost(spend.usd),
            round(100 * worth(spend) / most),
        )
        for words, purpose, spend in lines
    ]


def budgets_of(said: Mapping[str, Any]) -> dict[str, float]:
    """Numbers by the names of ``Budgets``; a field that is empty has no limit. Raises ``BadInput``."""
    found: dict[str, float] = {}
    problems = []
    for name in NAMES:
        words = str(said.get(name) or "").replace(" ", "").replace(",", "")
        try:
            if words:
                found[name] = float(words) if name.endswith("_usd") else int(words)
        except ValueError:
            problems.append((name, "must be a number"))
    if problems:
        raise BadInput("These budgets do not fit.", problems)
    return found


def budget_fields(budgets: Budgets) -> dict[str, str]:
    """As the fields of the dialog show them."""
    said = budgets.said()
    return {name: f"{said[name]:.10g}" if name in said else "" for name in NAMES}
