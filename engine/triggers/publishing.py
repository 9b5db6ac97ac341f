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
                found += _schedule(text, head, cron, zone)
            case tree.Webhook():
                found += _webhook(parsed, text, head, head.on)
                found += _address(text, head, head.on, own, taken)
                own.setdefault(address(head.on), head.name)
    return found


def address(on: tree.Webhook) -> tuple[str, str]:
    return on.method.upper(), on.path


def _schedule(text: str, head: tree.Trigger, cron: str, zone: str) -> Iterator[Diagnostic]:
    if problem := moments.problem_of(cron, zone):
        zoned = problem.startswith("there is no time zone")
        help = (
            "Zones are called like `Europe/Paris`."
            if zoned
            else "Write it like `0 9 * * MON-FRI`: at 9:00 from Monday to Friday."
        )
        yield _problem(_where(text, head, zone if zoned else cron), problem, help)


def _webhook(parsed: dsl.Parsed, text: str, head: tree.Trigger, on: tree.Webhook) -> Iterator[Diagnostic]:
    if _SEGMENTS.fullmatch(on.path) is None:
        yield _problem(
            _where(text, head, on.path),
            f'"{on.path}" is no path of a webhook',
            "Write it like `/orders/paid`: letters, digits, `-`, `_`, `.` and `~` between slashes.",
        )
    if on.verify is None:
        yield _problem(
            head.span,
            f"anybody could start `{head.name}`: the webhook does not check who sends",
            "Add a check of the signature, such as `verify standard(secrets.webhook_key)`.",
            _signed(parsed, text, head),
        )


def _signed(parsed: dsl.Parsed, text: str, head: tree.Trigger) -> Fix | None:
    opening = _OPENING.search(text, head.span.start, head.span.end)
    if opening is None:
        return None
    secret = next((one.name for one in parsed.workflow.heads if isinstance(one, tree.Secret)), None)
    at = tree.Span(opening.end(), opening.end())
    name = secret or "webhook_key"
    check = f"verify standard(secrets.{name})"
    splices = [Replacement(at, f" {check}")]
    if secret is None:
        inner = parsed.workflow.body.inner.start
        splices.insert(0, Replacement(tree.Span(inner, inner), f"\n  secret {name}"))
    return Fix(f"Add `{check}`", tuple(splices))


def _address(
    text: str,
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
        _where(text, head, on.path),
        f'`{head.name}` would have the address {where[0]} "{where[1]}", which {owner} has already',
        "Choose another path: an address starts one workflow.",
    )


def _where(text: str, head: tree.Trigger, quoted: str) -> tree.Span:
    """Where a text stands in a trigger; the whole trigger where it is spelled in another way."""
    at = text.find(f'"{quoted}"', head.span.start, head.span.end)
    return head.span if at < 0 else tree.Span(at, at + len(quoted) + 2)


def _problem(span: tree.Span, message: str, help: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(CODE, "error", message, span, help, None, fix)
