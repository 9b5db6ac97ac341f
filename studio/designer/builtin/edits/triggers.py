"""The triggers of a workflow: what they give it, and others in their place."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import Existing
from studio.designer.writing import Said


def schedules_of(existing: Existing) -> list[tree.Trigger]:
    return [t for t in existing.triggers() if isinstance(t.on, tree.Schedule)]


def given_by(existing: Existing, trigger: tree.Trigger) -> str:
    """What a trigger gives the workflow, as it is written: ``with (...)``."""
    written = existing.text[trigger.name_span.end : trigger.span.end]
    found = re.search(r"\bwith\s*\(.*\)\s*$", written, re.DOTALL) if trigger.args else None
    return f" {found[0]}" if found else ""


def spoken_trigger(trigger: tree.Trigger) -> str:
    match trigger.on:
        case tree.Schedule(cron=cron, timezone=zone):
            return f"{cron}, {zone}"
        case tree.Webhook(path=path):
            return f"webhook {path}"
        case tree.EventTrigger(event=event):
            return f"event {event}"
        case _:
            return "by hand"


def with_trigger(existing: Existing, text: str, name: str, said: str, *, also: bool) -> Found:
    """A trigger of another sort: beside what is there, or instead of it."""
    if any(
        existing.text[t.name_span.end : t.span.end].lstrip(" :").split(" with")[0].strip() == text
        for t in existing.triggers()
    ):
        return Said(f"It does already. {said}")
    edits: list[dsl.Edit] = []
    gone: list[str] = []
    if not also:
        for old in existing.triggers():
            if not isinstance(old.on, tree.Manual):
                edits.append(dsl.SetHeader(part="trigger", name=old.name, text=None))
                gone.append(old.name)
    missing = unfed(existing)
    with_ = ""
    if text.startswith("event") and missing:
        with_ = f" with ({', '.join(f'{m}: event.{m}' for m in missing)})"
    new = fresh_name(existing, name)
    edits.append(dsl.SetHeader(part="trigger", name=new, text=text + with_))
    also_gone = f" {' and '.join(repr(g) for g in gone)} no longer starts it." if gone else ""
    assumptions = (f"The event is taken to carry {' and '.join(missing)}.",) if with_ else ()
    return Change(tuple(edits), said + also_gone, assumptions)


def with_webhook(existing: Existing, path: str, *, also: bool) -> Found:
    """A signed webhook: what comes from outside must prove who it is from."""
    secret = next((h.name for h in existing.parsed.workflow.heads if isinstance(h, tree.Secret)), "")
    edits: list[dsl.Edit] = []
    questions: tuple[str, ...] = ()
    if not secret:
        known = sorted(existing.catalog.secrets or ())
        if existing.catalog.secrets is not None and not known:
            return Said(
                "A webhook has to be signed, and the account has no secret to check the signature with. "
                "An administrator adds one; then I can use it."
            )
        secret = next((s for s in known if "hook" in s or "sign" in s), known[0] if known else "webhook_key")
        edits.append(dsl.SetHeader(part="secret", name=secret, text=""))
        questions = (f"Calls are checked with the secret {secret!r}. Is that the right one?",)
    missing = unfed(existing)
    with_ = f" with ({', '.join(f'{m}: event.body.{m}' for m in missing)})" if missing else ""
    gone: list[str] = []
    if not also:
        for old in existing.triggers():
            if not isinstance(old.on, tree.Manual):
                edits.append(dsl.SetHeader(part="trigger", name=old.name, text=None))
                gone.append(old.name)
    name = fresh_name(existing, "hook")
    text = f'webhook POST "{path}" verify hmac_sha256(event, secrets.{secret}){with_}'
    edits.append(dsl.SetHeader(part="trigger", name=name, text=text))
    also_gone = f" {' and '.join(repr(g) for g in gone)} no longer starts it." if gone else ""
    return Change(tuple(edits), f"It starts when POST {path} is called." + also_gone, questions=questions)


def without(chosen: list[tree.Trigger]) -> Change:
    names = " and ".join(repr(t.name) for t in chosen)
    edits = tuple(dsl.SetHeader(part="trigger", name=t.name, text=None) for t in chosen)
    return Change(
        edits,
        f"{names} no longer {'starts' if len(chosen) == 1 else 'start'} it. It can still be started by hand.",
    )


def unfed(existing: Existing) -> list[str]:
    """Inputs that a start has to give: without a default and not optional."""
    return [
        f.name
        for f in existing.fields("input")
        if f.default is None and not isinstance(f.type, tree.OptionalType)
    ]


def fresh_name(existing: Existing, wanted: str) -> str:
    taken = {t.name for t in existing.triggers()}
    return next(n for n in (wanted, *(f"{wanted}_{i}" for i in range(2, 99))) if n not in taken)


__all__ = [
    "fresh_name",
    "given_by",
    "schedules_of",
    "spoken_trigger",
    "unfed",
    "with_trigger",
    "with_webhook",
    "without",
]
