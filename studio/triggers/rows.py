"""Triggers and deliveries as the page shows them. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from dsl.plan import Expression, OnSchedule, OnWebhook
from engine.hooks.register import Delivery, Lately
from engine.hooks.signing import example
from engine.hooks.verdict import UNSIGNED
from engine.triggers.register import TriggerSummary
from studio.shell.moments import iso
from studio.triggers.words import CHECKS, ICONS, STATES, VERDICTS, starts

FAILING: Final = 3
"""So many runs in a row that failed make a trigger one that fails; one fire that made no run does at once."""
_READ: Final = re.compile(r"event\.body\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class TriggerRow:
    """One line of the list. ``state``: a key of ``words.STATES``; times are ISO 8601 or ""."""

    id: str
    workflow: str
    workflow_id: str
    name: str
    kind: str
    icon: str
    words: str
    state: str
    state_words: str
    tone: str
    meaning: str
    next_at: str
    last_at: str
    last_words: str
    last_run: str
    problem: str


@dataclass(frozen=True, slots=True)
class Fire:
    """A next moment: in the schedule's own zone in words, and for the reader's."""

    there: str
    at: str


@dataclass(frozen=True, slots=True)
class Detail:
    """What only the panel shows, by kind; "" and empty where it is not of that kind."""

    id: str = ""
    zone: str = ""
    catch_up: str = "last"
    missed: int = 0
    fires: list[Fire] = field(default_factory=list)
    url: str = ""
    method: str = ""
    check: str = ""
    secret: str = ""
    secret_set: bool = False
    example: str = ""
    event: str = ""
    unsigned: int = 0
    previous: bool = False
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    id: str
    at: str
    verdict: str
    words: str
    tone: str
    why: str
    advice: str
    facts: str
    preview: str
    run_id: str
    test: str


def row_of(view: TriggerSummary, missing: Container[str], lately: Mapping[UUID, Lately]) -> TriggerRow:
    """``missing``: names of secrets that nobody has set."""
    state = _state(view, missing, lately)
    words, tone, meaning = STATES[state]
    return TriggerRow(
        id=str(view.id),
        workflow=view.title or view.workflow,
        workflow_id=str(view.workflow_id),
        name=view.name,
        kind=view.kind,
        icon=ICONS[view.kind],
        words=starts(view.trigger),
        state=state,
        state_words=words,
        tone=tone,
        meaning=meaning,
        next_at=iso(view.next_at),
        last_at=iso(view.last_at),
        last_words=_last(view),
        last_run=str(view.last_run_id or "") if view.last_result == "started" else "",
        problem=(view.last_problem or "") if view.last_result == "problem" else "",
    )


def detail_of(
    view: TriggerSummary,
    fires: tuple[datetime, ...],
    *,
    origin: str,
    account_id: UUID,
    missing: Container[str],
    lately: Lately | None,
) -> Detail:
    match view.trigger.on:
        case OnSchedule(timezone=zone):
            near = [Fire(at.astimezone(ZoneInfo(zone)).strftime("%a %-d %b, %H:%M"), iso(at)) for at in fires]
            return Detail(
                id=str(view.id),
                zone=zone,
                catch_up=view.catch_up,
                missed=view.missed,
                fires=near,
                waiting=view.waiting,
            )
        case OnWebhook(method=method, path=path, verify=verify):
            url = f"{origin}/api/hooks/{account_id}{path}"
            function, secret = (verify.function, verify.secret) if verify is not None else ("", "")
            body = _body(view.trigger.args)
            return Detail(
                id=str(view.id),
                url=url,
                method=method,
                check=CHECKS.get(function, ""),
                secret=secret,
                secret_set=secret not in missing,
                example=example(function, url, method, body, secret),
                unsigned=0 if lately is None else lately.unsigned,
                previous=lately is not None and lately.previous,
            )
        case on:
            return Detail(id=str(view.id), event=getattr(on, "event", ""), waiting=view.waiting)


def example_body(view: TriggerSummary) -> str:
    return _body(view.trigger.args)


def delivery_of(delivery: Delivery) -> DeliveryRow:
    words, tone, advice = VERDICTS[delivery.verdict]
    facts = [delivery.method, _bytes(delivery.size), delivery.content_type, f"from {delivery.source}"]
    if delivery.previous:
        facts.append("signed with the secret before")
    return DeliveryRow(
        id=str(delivery.id),
        at=iso(delivery.received_at),
        verdict=delivery.verdict.value,
        words=words,
        tone=tone,
        why=delivery.why,
        advice=advice,
        facts=" · ".join(one for one in facts if one),
        preview=delivery.preview or "",
        run_id=str(delivery.run_id or ""),
        test=f"Test by {delivery.asked_by}" if delivery.asked_by else "",
    )


def _state(view: TriggerSummary, missing: Container[str], lately: Mapping[UUID, Lately]) -> str:
    if view.state != "on":
        return view.state
    on = view.trigger.on
    if isinstance(on, OnWebhook) and on.verify is not None and on.verify.secret in missing:
        return "no_secret"
    if view.failures > 0 or view.failed_runs >= FAILING:
        return "failing"
    came = lately.get(view.id)
    return "refusing" if came is not None and came.verdict in UNSIGNED else "on"


def _last(view: TriggerSummary) -> str:
    match view.last_result:
        case None:
            return "Nothing yet"
        case "started":
            return {
                "succeeded": "Run succeeded",
                "failed": "Run failed",
                "timed_out": "Run took too long",
                "cancelled": "Run cancelled",
                "waiting": "Run waits",
                "needs_review": "Run needs a look",
                "running": "Run under way",
                "queued": "Run queued",
            }.get(view.last_run_state or "", "Started a run")
        case "skipped":
            return "Not wanted"
        case "problem":
            return "Started nothing"


def _body(args: Mapping[str, Expression]) -> str:
    """A body with the fields that a trigger's ``with`` reads of it, to begin with."""
    fields = {name for one in args.values() for name in _READ.findall(one.model_dump_json())}
    return "{" + ", ".join(f'"{name}": "…"' for name in sorted(fields)) + "}"


def _bytes(size: int) -> str:
    if size == 1:
        return "1 byte"
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1024:,.0f} KB"
