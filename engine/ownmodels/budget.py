"""What an account lets its models cost, and the purse that is asked before each call.

Before a call an estimate is set aside (``weft_reserve_model_call``, under a lock of the account), after it the
estimate goes and the sum has what the call really cost. So calls at once cannot both take what is left: what goes past
a limit is at most what the calls under way cost more than their estimates.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from engine.errors import BadInput
from engine.model import Call, ModelEntry, ModelError

RESERVE: Final = "SELECT * FROM weft_reserve_model_call({0}, {1}, {2}, {3}, {4})"
RELEASE: Final = "DELETE FROM model_reservations WHERE account_id = {0} AND id = {1}"

HELD_S: Final = 2.0
"""How long a call waits for the budgets while another one asks them (as in the function above)."""
HOLD_S: Final = 240.0
"""How long an estimate is held when nobody says that its call is over: longer than any call takes."""
ANSWER_TOKENS: Final = 2_000
"""What an answer is estimated at; most programs are shorter."""
USUAL_TOKENS: Final = 8_000
"""What a question is estimated at where its length is not known."""
WARN_AT: Final = Decimal("0.8")

LARGEST_USD: Final = 1_000_000.0
LARGEST_TOKENS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Budgets:
    """None: no limit. Days and months are those of UTC. ``..._tokens`` count in and out, of every model: they are the
    limit for models whose price nobody knows."""

    conversation_usd: float | None = None
    conversation_tokens: int | None = None
    day_usd: float | None = None
    day_tokens: int | None = None
    month_usd: float | None = None
    month_tokens: int | None = None

    def said(self) -> dict[str, float | int]:
        """As it is stored: what has a limit."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NAMES: Final = tuple(field.name for field in fields(Budgets))


def read_budgets(said: Mapping[str, Any]) -> Budgets:
    """Raises ``BadInput``."""
    problems = []
    for name, value in said.items():
        most = LARGEST_USD if name.endswith("_usd") else LARGEST_TOKENS
        if name not in NAMES:
            problems.append((name, "is not known"))
        elif value is None:
            continue
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
            problems.append((name, f"must be more than 0 and at most {most:,.0f}, or nothing for no limit"))
        elif name.endswith("_tokens") and value != int(value):
            problems.append((name, "must be a whole number"))
    if problems:
        raise BadInput("These budgets do not fit.", problems)
    kept: dict[str, Any] = {
        name: int(value) if name.endswith("_tokens") else float(value)
        for name, value in said.items()
        if value is not None
    }
    return Budgets(**kept)


@dataclass(frozen=True, slots=True)
class Reserved:
    """What the database said: ``id`` of the estimate (None where there is no limit at all), or what the call would go
    past (``over``, a name of ``Budgets``), how much of it is used and held, and the limit."""

    id: UUID | None
    over: str | None = None
    used: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    most: Decimal = Decimal(0)


Reserve: TypeAlias = Callable[[Decimal, int], Awaitable[Reserved]]
"""Sets aside so many US dollars and tokens."""
Release: TypeAlias = Callable[[UUID], Awaitable[None]]


class Purse:
    """``engine.model.Meter`` over the database. ``entries``: what may be called; the dearest makes the estimate."""

    def __init__(self, reserve: Reserve, release: Release, entries: Iterable[ModelEntry]) -> None:
        self._reserve = reserve
        self._release = release
        prices = [entry.price for entry in entries if entry.price is not None]
        self._usd_in = max((max(price.usd_in, price.usd_stored or 0.0) for price in prices), default=0.0)
        self._usd_out = max((price.usd_out for price in prices), default=0.0)
        self._held: list[UUID] = []
        self.question_tokens = USUAL_TOKENS

    async def allow(self) -> None:
        """Raises ``ModelError("budget")``."""
        guess = self.question_tokens * self._usd_in + ANSWER_TOKENS * self._usd_out
        found = await self._reserve(Decimal(str(guess)) / 1_000_000, self.question_tokens + ANSWER_TOKENS)
        if found.over is not None:
            raise over_budget(found)
        if found.id is not None:
            self._held.append(found.id)

    async def spent(self, call: Call) -> None:
        """Estimates of one purse are alike: which of them goes first does not matter."""
        if self._held:
            await self._release(self._held.pop())


_SPANS: Final = {"conversation": "this conversation", "day": "today", "month": "this month"}


def over_budget(found: Reserved) -> ModelError:
    """Whose limit it is, how much is used, and who can raise it where."""
    span, _, unit = (found.over or "").partition("_")
    held = f", and {amount(found.held, unit)} are set aside for calls under way" if found.held else ""
    return ModelError(
        "budget",
        f"The budget for {_SPANS.get(span, span)} is used up: {amount(found.used, unit)} of "
        f"{amount(found.most, unit)}{held}. No model was called.",
        "An administrator can raise it under Models, in “Budgets”; the built-in designer goes on answering.",
    )


def budget_held() -> ModelError:
    """The budgets were not to be had in time: nothing is used up, and nobody needs to raise anything. An agent step
    tries again as its ``retry`` says."""
    return ModelError(
        "rate_limited",
        "The budgets could not be asked in time: many calls begin at once, or the database is slow. No model was "
        "called.",
        "Wait a few seconds, then send it again; the built-in designer goes on answering.",
        retry_after_s=HELD_S,
    )


def amount(value: Decimal | float, unit: str) -> str:
    """ "0.30 USD", "12,000 tokens"."""
    return f"{value:,.2f} USD" if unit == "usd" else f"{int(value):,} tokens"
