"""What a trigger makes of an event. Pure: whoever fires performs what is decided here.

The ``event`` that a condition and the arguments read is: of a webhook ``{method, path, headers, query, body}``, of a
schedule ``{scheduled_at, fired_at}`` (RFC 3339, in UTC), of an event its payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import dsl
from dsl.plan import Expression, OnSchedule, OnWebhook, PlanTrigger
from engine.errors import BadInput
from engine.fitting import Interface, fitted
from engine.triggers import moments

KEY_PREFIX = "trigger:"
"""How the idempotency keys of triggered runs begin. No caller may give one that does: he could forestall a run."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What firing needs of the version that is live: its interface and its settings."""

    interface: Interface
    config: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Fire:
    """Start a run with this input, as the workflow takes it."""

    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Start nothing: the trigger does not want this event."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """Nothing can be started: the condition cannot be computed, or no input comes of the event."""

    problem: str


Decision: TypeAlias = Fire | Skipped | Unfit


def decide(trigger: PlanTrigger, takes: Takes, event: Any) -> Decision:
    """What becomes of an event. Never raises for what the event holds."""
    doing = "its settings cannot be computed"
    try:
        names = {"event": event, "config": {key: dsl.evaluate(one, {}) for key, one in takes.config.items()}}
        doing = "its condition cannot be computed"
        if trigger.when is not None and not dsl.truth(trigger.when, names):
            return Skipped("the condition is not true")
        value = _own_input(trigger, event)
        for name, expression in trigger.args.items():
            doing = f"the input `{name}` cannot be computed"
            value[name] = dsl.evaluate(expression, names)
        return Fire(fitted(value, takes.interface))
    except dsl.ExpressionError as error:
        return Unfit(f"{doing}: {error}")
    except BadInput as error:
        said = "; ".join(f"{path} {problem}".strip() for path, problem in error.problems[:5])
        return Unfit(f"the input does not fit: {said}")


def _own_input(trigger: PlanTrigger, event: Any) -> Any:
    """The input without a ``with``."""
    if trigger.args:
        return {}
    match trigger.on:
        case OnSchedule():
            return {}
        case OnWebhook():
            return event.get("body") if isinstance(event, dict) else event
        case _:
            return event


def next_of(trigger: PlanTrigger, now: datetime) -> datetime | None:
    """The next moment of a schedule; None for another kind, or when there is none."""
    on = trigger.on
    return moments.next_moment(on.cron, on.timezone, now) if isinstance(on, OnSchedule) else None


def schedule_event(scheduled_at: datetime, fired_at: datetime) -> dict[str, str]:
    return {"scheduled_at": spelled(scheduled_at), "fired_at": spelled(fired_at)}


def key_of(trigger_id: object, occasion: str) -> str:
    """The idempotency key of the run that a trigger starts on this occasion: a moment, an event, a delivery."""
    return f"{KEY_PREFIX}{trigger_id}:{occasion}"


def spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
