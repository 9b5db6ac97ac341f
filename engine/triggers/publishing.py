"""What keeps a version's triggers from being published. Pure; which addresses are taken is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import dsl
from dsl import tree
from dsl.diagnostic import Diagnostic, Fix, Replacement
from engine.triggers import moments

CODE = "E901"
_OPENING = re.compile(r'webhook\s+\w+\s+"(?:[^"\\\n]|\\[^\n])*"')
_SEGMENTS = re.compile(r"(/[A-Za-z0-9_.~-]+)+")


def problems(parsed: dsl.Parsed, text: str, taken: Mapping[tuple[str, str], str]) -> list[Diagnostic]:
    """``taken``: the addresses ``(METHOD, path)`` of other workflows' webhooks, with the workflow's name."""
    found: list[Diagnostic] = []
    own: dict[tuple[str, str], str] = {}
    for head in parsed.workflow.heads:
        if not isinstance(head, tree.Trigger):
            continue
        match head.on:
            case tree.Schedule(cron=cron, timezone=zone):
                found += _schedule(head, cron, zone)
            case tree.Webhook():
                found += _webhook(parsed, text, head, head.on)
                found += _address(head, head.on, own, taken)
                own.setdefault(address(head.on), head.name)
    return found


def address(on: tree.Webhook) -> tuple[str, str]:
    return on.method.upper(), on.path


def _schedule(head: tree.Trigger, cron: str, zone: str) -> Iterator[Diagnostic]:
    if problem := moments.problem_of(cron, zone):
        zoned = problem.startswith("there is no time zone")
        help = (
            "Zones are called like `Europe/Paris`."
            if zoned
            else "Write it like `0 9 * * MON-FRI`: at 9:00 from Monday to Friday."
        )
        yield _problem(head, problem, help)


def _webhook(parsed: dsl.Parsed, text: str, head: tree.Trigger, on: tree.Webhook) -> Iterator[Diagnostic]:
    if _SEGMENTS.fullmatch(on.path) is None:
        yield _problem(
            head,
            f'"{on.path}" is no path of a webhook',
            "Write it like `/orders/paid`: letters, digits, `-`, `_`, `.` and `~` between slashes.",
        )
    if on.verify is None:
        yield _problem(
            head,
            f"anybody could start `{head.name}`: the webhook does not check who sends",
            "Add a check of the signature, such as `verify hmac_sha256(event, secrets.webhook_key)`.",
            _signed(parsed, text, head),
        )


def _signed(parsed: dsl.Parsed, text: str, head: tree.Trigger) -> Fix | None:
    opening = _OPENING.search(text, head.span.start, head.span.end)
    if opening is None:
        return None
    secret = next((one.name for one in parsed.workflow.heads if isinstance(one, tree.Secret)), None)
    at = tree.Span(opening.end(), opening.end())
    name = secret or "webhook_key"
    check = f"verify hmac_sha256(event, secrets.{name})"
    splices = [Replacement(at, f" {check}")]
    if secret is None:
        inner = parsed.workflow.body.inner.start
        splices.insert(0, Replacement(tree.Span(inner, inner), f"\n  secret {name}"))
    return Fix(f"Add `{check}`", tuple(splices))


def _address(
    head: tree.Trigger,
    on: tree.Webhook,
    own: Mapping[tuple[str, str], str],
    taken: Mapping[tuple[str, str], str],
) -> Iterator[Diagnostic]:
    where = address(on)
    if where in own:
        owner = f"the trigger `{own[where]}`"
    elif where in taken:
        owner = f"the workflow `{taken[where]}`"
    else:
        return
    yield _problem(
        head,
        f'`{head.name}` would have the address {where[0]} "{where[1]}", which {owner} has already',
        "Choose another path: an address starts one workflow.",
    )


def _problem(head: tree.Trigger, message: str, help: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(CODE, "error", message, head.span, help, None, fix)
