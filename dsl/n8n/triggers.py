"""What starts a workflow in n8n, as triggers of Weft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from dsl.literals import spell_string
from dsl.n8n.export import Node, dig, number, rows, words
from dsl.n8n.report import Report

_CRON: Final = re.compile(r"[0-9A-Za-z*/,\-?# ]{5,120}")
_MANUAL: Final = frozenset({"manualTrigger", "start", "formTrigger", "chatTrigger"})
_CALLED: Final = frozenset({"executeWorkflowTrigger"})
SECRET: Final = "webhook_secret"


class Triggers:
    """Collects the lines of the header. ``signed``: a secret is needed."""

    def __init__(self, timezone: str, report: Report) -> None:
        self._timezone = timezone if re.fullmatch(r"[A-Za-z_]+(/[A-Za-z_+\-0-9]+)*", timezone) else "UTC"
        self._report = report
        self.signed = False

    def line(self, node: Node, given: str) -> str:
        """What stands behind the trigger's name, "" for none. ``given``: the arguments of ``with``, "" for none."""
        if node.kind in _MANUAL:
            return "manual"
        if node.kind in _CALLED:
            return ""
        if node.kind == "webhook":
            return self._webhook(node, given)
        if node.kind in ("scheduleTrigger", "cron", "interval"):
            found = next(self._schedules(node), "")
            if found:
                return f"schedule {spell_string(found)} timezone {spell_string(self._timezone)}"
            self._report.say(
                node.name, "has a schedule that could not be read; set one under the workflow's triggers."
            )
            return "manual"
        self._report.say(
            node.name,
            f"starts the workflow by {node.kind}, which Weft does not have; it starts by hand for now.",
        )
        return "manual"

    def _webhook(self, node: Node, given: str) -> str:
        self.signed = True
        method = words(node.parameters.get("httpMethod")).upper() or "GET"
        if method not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            method = "POST"
        path = re.sub(r"[^A-Za-z0-9/_\-.]+", "-", words(node.parameters.get("path"))).strip("/-") or "hook"
        self._report.say(
            node.name,
            f"must be signed here: whoever calls it signs with the secret {SECRET!r}, which an administrator keeps.",
        )
        with_ = f" with ({given})" if given else ""
        return f'webhook {method} "/{path}" verify hmac_sha256(event, secrets.{SECRET}){with_}'

    def _schedules(self, node: Node) -> Iterator[str]:
        parameters = node.parameters
        found = [
            *(self._rule(one) for one in rows(parameters, "rule", "interval")),
            *(self._time(one) for one in rows(parameters, "triggerTimes", "item")),
        ]
        if node.kind == "interval":
            found.append(
                self._every(words(parameters.get("unit")) or "seconds", number(parameters.get("interval"), 1))
            )
        plain = [one for one in found if one]
        if len(plain) > 1:
            self._report.say(node.name, "has several times; the first of them is taken over.")
        yield from plain

    def _rule(self, rule: dict[str, Any]) -> str:
        field = words(rule.get("field")) or "days"
        minute, hour = (
            int(number(rule.get("triggerAtMinute"), 0)) % 60,
            int(number(rule.get("triggerAtHour"), 0)) % 24,
        )
        match field:
            case "cronExpression":
                return self._written(words(rule.get("expression")))
            case "minutes" | "hours" | "seconds":
                return self._every(field, number(rule.get(f"{field}Interval"), 1), minute)
            case "days":
                return self._days(minute, hour, number(rule.get("daysInterval"), 1))
            case "weeks":
                days = rule.get("triggerAtDay")
                chosen = (
                    [str(int(day) % 7) for day in days if isinstance(day, int)]
                    if isinstance(days, list)
                    else []
                )
                return f"{minute} {hour} * * {','.join(chosen) or '1'}"
            case "months":
                day = int(number(rule.get("triggerAtDayOfMonth"), 1))
                return f"{minute} {hour} {min(31, max(1, day))} * *"
            case _:
                return ""

    def _time(self, item: dict[str, Any]) -> str:
        minute, hour = int(number(item.get("minute"), 0)) % 60, int(number(item.get("hour"), 14)) % 24
        match words(item.get("mode")) or "everyDay":
            case "everyMinute":
                return "* * * * *"
            case "everyHour":
                return f"{minute} * * * *"
            case "everyDay":
                return f"{minute} {hour} * * *"
            case "everyWeek":
                return f"{minute} {hour} * * {words(item.get('weekday')) or '1'}"
            case "everyMonth":
                return f"{minute} {hour} {words(item.get('dayOfMonth')) or '1'} * *"
            case "everyX":
                return self._every(words(item.get("unit")) or "hours", number(item.get("value"), 1))
            case "custom":
                return self._written(words(item.get("cronExpression")))
            case _:
                return ""

    def _days(self, minute: int, hour: int, every: float) -> str:
        return f"{minute} {hour} */{int(every)} * *" if 1 < every <= 31 else f"{minute} {hour} * * *"

    def _every(self, unit: str, count: float, minute: int = 0) -> str:
        amount = max(1, int(count))
        match unit:
            case "minutes":
                return f"*/{min(59, amount)} * * * *" if amount > 1 else "* * * * *"
            case "hours":
                return f"{minute} */{min(23, amount)} * * *" if amount > 1 else f"{minute} * * * *"
            case "seconds":
                return "* * * * *"
            case _:
                return ""

    def _written(self, cron: str) -> str:
        parts = cron.lstrip("= ").split()
        # n8n has seconds in front of the five fields.
        kept = " ".join(parts[1:] if len(parts) == 6 else parts)
        return kept if len(kept.split()) == 5 and _CRON.fullmatch(kept) else ""


def fields_of(node: Node) -> list[str]:
    """The names of the fields a trigger declares: of a form, or of a workflow that is called."""
    found = [
        *(words(one.get("fieldLabel")) for one in rows(node.parameters, "formFields", "values")),
        *(words(one.get("name")) for one in rows(node.parameters, "workflowInputs", "values")),
    ]
    declared = dig(node.parameters, "jsonExample")
    return [name for name in found if name] if not isinstance(declared, dict) else [*declared]
