"""What sets a workflow off, as triggers: cron with a time zone, a signed webhook, an event."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import assert_never

from studio.designer.builtin.draft import Draft, InputField, TriggerLine, quote
from studio.designer.builtin.schedules import Schedule
from studio.designer.builtin.starting import WHEN_PUBLISHED, Happening, Hook, Occasion, Start
from studio.designer.builtin.words import name_stems, stems
from studio.designer.builtin.work import Work, identifier

_STAND_IN = "somebody@example.com"
_KEYS = frozenset(["key", "secret", "sign", "hook", "webhook", "token"])


def with_trigger(draft: Draft, start: Start | None, work: Work) -> Draft:
    """The draft with what starts it, and what was assumed about that said."""
    match start:
        case None:
            return draft
        case Occasion(words):
            work.assume(
                f"It is started by hand or over the API when {words}; nothing watches for that by itself."
            )
            return draft
        case Schedule():
            return _scheduled(draft, start, work)
        case Hook():
            return _hooked(draft, start, work)
        case Happening():
            return _happened(draft, start, work)
        case _:
            assert_never(start)


def _scheduled(draft: Draft, start: Schedule, work: Work) -> Draft:
    zone = start.zone or work.preferences.timezone
    if not zone:
        zone = "UTC"
        work.ask(
            f"“{start.words}” is taken in UTC, as no place was named: which time zone should it be?",
            "time zone",
        )
    for one in start.assumed:
        work.assume(f"It starts “{start.words}”: {one}.")
    work.assume(f"It is to start {_lower(start.words)} ({start.cron}, {zone}). {WHEN_PUBLISHED}")
    line = TriggerLine("times", f"schedule {quote(start.cron)} timezone {quote(zone)}")
    return replace(draft, triggers=(line,), inputs=tuple(_filled(field, work) for field in draft.inputs))


def _filled(field: InputField, work: Work) -> InputField:
    """Nobody gives an input on a schedule, so each has a value; one that is made up is asked about."""
    if field.default or field.type.endswith("?"):
        return field
    if field.name.endswith(("email", "address", "recipient", "_to")) or field.name == "to":
        work.ask(
            f"Who gets it? The input {field.name!r} stands at {_STAND_IN!r} until you write the right address there.",
            f"input {field.name}",
        )
        return replace(field, default=quote(_STAND_IN))
    work.ask(
        f"On a schedule nobody gives the input {field.name!r}: which value should it have, or which list should it go "
        "through?",
        f"input {field.name}",
    )
    stands_in = {"string": '""', "int": "0", "float": "0.0", "bool": "false"}.get(field.type, "")
    return replace(field, default="[]" if field.type.endswith("[]") else stands_in)


def _hooked(draft: Draft, start: Hook, work: Work) -> Draft:
    who = identifier(start.source) if start.source else identifier(draft.name)
    path = start.path or f"/{re.sub('_', '-', who)}"
    secret = _secret(who, work)
    if secret is None:
        work.ask(
            "A webhook must be signed, or anybody could start this, and no secret is stored yet: store the sender's "
            "signing key as a secret, then say it again. Until then it is started by hand or over the API."
        )
        return draft
    line = TriggerLine(
        who,
        f"webhook POST {quote(path)} verify hmac_sha256(event, secrets.{secret})",
        tuple((field.name, f"event.body.{field.name}") for field in draft.inputs if not field.default),
    )
    asked = ", ".join(repr(field.name) for field in draft.inputs if not field.default)
    work.assume(
        f"It is to be started by a POST to the webhook {path!r}, signed with the secret {secret!r}"
        + (f"; its body gives {asked}. " if asked else ". ")
        + WHEN_PUBLISHED
    )
    return replace(draft, triggers=(line,), secrets=(secret,))


def _secret(who: str, work: Work) -> str | None:
    """The secret that signs: one the account has, by its name, else one called after the sender."""
    stored = work.catalog.secrets
    if stored is None:
        return f"{who}_signing_key"
    said = set(stems(who))
    ranked = sorted(
        stored,
        key=lambda name: (-len(said & set(name_stems(name))), -len(_KEYS & set(name_stems(name))), name),
    )
    if ranked and len(ranked) > 1 and not said & set(name_stems(ranked[0])):
        work.ask(
            f"Which secret signs the webhook? I put {ranked[0]!r}; there is also {', '.join(ranked[1:4])}."
        )
    return ranked[0] if ranked else None


def _happened(draft: Draft, start: Happening, work: Work) -> Draft:
    when = _having(start, work)
    fields = tuple((field.name, f"event.{field.name}") for field in draft.inputs if not field.default)
    line = TriggerLine(
        identifier(start.name), f"event {quote(start.name)}{f' when {when}' if when else ''}", fields
    )
    asked = " with ".join(["", " and ".join(repr(name) for name, _ in fields)]) if fields else ""
    work.assume(
        f"It is to be started by the event {start.name!r}{asked} (POST /api/events) when {start.words}. "
        + WHEN_PUBLISHED
    )
    return replace(draft, triggers=(line,))


def _having(start: Happening, work: Work) -> str:
    """ "with priority urgent" as a condition on the event, where a tool knows such a field with such a word."""
    words = stems(start.having)
    if not words:
        return ""
    for name, allowed in work.toolbox.words_of_fields():
        field = name_stems(name)
        chosen = next(
            (choice for choice in allowed if stems(choice) and set(stems(choice)) <= set(words)), None
        )
        if chosen and (set(field) & set(words) or len(words) == 1):
            return f"event.{name} == {quote(chosen)}"
    return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
