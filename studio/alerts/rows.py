"""Rules and their history as the page shows them; what a form says, as a rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from engine.alerts import KINDS
from engine.alerts.kinds import BUDGETS, measured
from engine.alerts.rules import ChangeView, Form, RuleView
from engine.errors import BadInput
from studio.shell.moments import iso

# state: (words, tone of its pill)
STATES: Final = {
    "ok": ("OK", "success"),
    "firing": ("Firing", "danger"),
    "snoozed": ("Silenced", "info"),
    "paused": ("Paused", ""),
    "new": ("Not looked at yet", ""),
}
CHANGES: Final = {
    "firing": ("Began to fire", "danger"),
    "still firing": ("Still fires", "danger"),
    "resolved": ("Was over", "success"),
    "paused": ("Paused", ""),
    "resumed": ("Resumed", ""),
    "snoozed": ("Silenced", "info"),
    "tested": ("Tested", "info"),
    "changed": ("Changed", ""),
}
SNOOZES: Final = {"60": "an hour", "480": "8 hours", "1440": "a day", "10080": "a week"}
BUDGET_WORDS: Final = {
    name: name.replace("_usd", ", in dollars").replace("_tokens", ", in tokens") for name in BUDGETS
}


@dataclass(frozen=True, slots=True)
class RuleRow:
    id: str
    name: str
    watches: str
    scope: str
    severity: str
    state: str
    words: str
    since: str
    looked: str
    until: str
    paused: bool
    snoozed: bool
    tells: str
    menu: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    key: str
    rule: str
    at: str
    what: str
    tone: str
    words: str
    by: str


def rule_row(rule: RuleView, channels: Mapping[UUID, str]) -> RuleRow:
    kind = KINDS[rule.kind]
    named = [channels[one] for one in rule.channels if one in channels]
    extra = rule.spec.get("connector") or BUDGET_WORDS.get(str(rule.spec.get("budget", "")), "")
    return RuleRow(
        str(rule.id),
        rule.name,
        f"{kind.title}: from {measured(kind, float(rule.spec['limit']))} on"
        + (f" · {extra}" if extra else ""),
        rule.workflow or ("all workflows" if kind.workflow == "may" else ""),
        rule.severity,
        rule.state,
        rule.words,
        iso(rule.since),
        iso(rule.looked_at),
        iso(rule.snoozed_until),
        rule.state == "paused",
        rule.state == "snoozed",
        ", ".join(named) if rule.channels else "every channel that hears of alerts",
        _menu(rule.state),
    )


def _menu(state: str) -> list[dict[str, str]]:
    def entry(key: str, label: str, **more: str) -> dict[str, str]:
        return {"key": key, "label": label, **more}

    silent = [entry("snooze:0", "Silence no longer")] if state == "snoozed" else []
    if state != "paused":
        silent += [entry(f"snooze:{key}", f"Silence for {words}") for key, words in SNOOZES.items()]
    return [
        entry("test", "Test"),
        entry("change", "Change"),
        *silent,
        entry("resume", "Resume") if state == "paused" else entry("pause", "Pause"),
        entry("delete", "Delete", tone="danger"),
    ]


def change_row(change: ChangeView) -> ChangeRow:
    what, tone = CHANGES.get(change.change, (change.change, ""))
    return ChangeRow(
        f"{change.rule_id}.{change.number}", change.rule, iso(change.at), what, tone, change.words, change.by
    )


def fields_of(rule: RuleView | None, kind: str = "failure_rate") -> dict[str, str]:
    """As the dialog's fields show them; the usual numbers for a new rule."""
    chosen = KINDS[rule.kind if rule is not None else kind]
    spec: Mapping[str, Any] = {} if rule is None else rule.spec
    said = {
        "name": "" if rule is None else rule.name,
        "kind": chosen.key,
        "limit": f"{spec.get('limit', chosen.usual):g}",
        "severity": "warning" if rule is None else rule.severity,
        "workflow_id": "" if rule is None or rule.workflow_id is None else str(rule.workflow_id),
        "connector": str(spec.get("connector", "")),
        "budget": str(spec.get("budget", "month_usd")),
        "cooldown_min": f"{(300 if rule is None else rule.cooldown_s) / 60:g}",
    }
    return said | {each.name: str(spec.get(each.name, each.usual)) for each in chosen.fields}


def form_of(said: Mapping[str, Any], kind: str, channels: list[str]) -> Form:
    """Raises ``BadInput`` for what is no number."""
    problems: list[tuple[str, str]] = []

    def number(name: str, least: float | None = None) -> float:
        try:
            return float(str(said.get(name, "")).replace(",", ".").strip())
        except ValueError:
            problems.append((name, "must be a number"))
            return least or 0.0

    extra = {each.name: int(number(each.name)) for each in KINDS[kind].fields}
    limit, cooldown = number("limit"), number("cooldown_min")
    if problems:
        raise BadInput("This rule does not fit.", problems)
    workflow = str(said.get("workflow_id") or "")
    return Form(
        name=str(said.get("name") or ""),
        kind=kind,
        limit=limit,
        severity=str(said.get("severity") or "warning"),
        workflow_id=UUID(workflow) if workflow and KINDS[kind].workflow != "never" else None,
        connector=str(said.get("connector") or ""),
        budget=str(said.get("budget") or ""),
        channels=tuple(UUID(one) for one in channels),
        cooldown_s=round(cooldown * 60),
        window_min=extra.get("window_min"),
        least=extra.get("least"),
    )
