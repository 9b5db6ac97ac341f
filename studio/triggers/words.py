"""Triggers and deliveries in plain words: what starts what, how it is doing, what to do about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dsl.assist.schedule import schedule_words
from dsl.plan import OnEvent, OnManual, OnSchedule, OnWebhook, PlanTrigger
from engine.hooks.verdict import Verdict

ICONS: Final = {"schedule": "calendar-clock", "webhook": "webhook", "event": "radio", "manual": "hand"}
KINDS: Final = {"schedule": "Schedules", "webhook": "Webhooks", "event": "Events", "manual": "By hand"}

# state: (words, tone, what it means)
STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    "on": ("On", "success", "It starts runs."),
    "paused": ("Paused", "warning", "Somebody paused it: it starts nothing until it is resumed."),
    "off": ("Off", "", "Its workflow is archived."),
    "no_secret": ("No secret", "danger", "Its secret is not set, so nobody's signature is right."),
    "failing": ("Failing", "danger", "What it was to start failed, or could not be started."),
    "refusing": ("Refusing", "warning", "The last request was not signed as it must be."),
}

# verdict: (words, tone, what to do)
VERDICTS: Final[Mapping[Verdict, tuple[str, str, str]]] = {
    Verdict.ACCEPTED: ("Started a run", "success", ""),
    Verdict.DUPLICATE: (
        "Received before",
        "info",
        "Nothing to do: its sender tried again. A sender that signs the body alone and means the same body to count "
        "twice has to put a time or a number into it.",
    ),
    Verdict.FILTERED: ("Not wanted", "info", "Nothing to do, if the condition is meant so."),
    Verdict.PAUSED: (
        "Paused",
        "warning",
        "Resume the trigger; the sender tries again later, or send it again there.",
    ),
    Verdict.QUEUE_FULL: ("No room", "warning", "Look why runs wait; the sender tries again by itself."),
    Verdict.TOO_MANY: ("Too many", "warning", "Its sender sends more than 50 a second: let it slow down."),
    Verdict.MISSING_SIGNATURE: (
        "Not signed",
        "danger",
        "Give the sender the secret and let it sign. If you do not know the sender, there is nothing to do.",
    ),
    Verdict.BAD_SIGNATURE: (
        "Wrong signature",
        "danger",
        "Compare the secret at the sender with the one here: set it again on both sides. Something between that "
        "changes the body breaks the signature, too.",
    ),
    Verdict.LATE: (
        "Too late",
        "danger",
        "Look at the sender's clock and at what holds its requests up; then send it again there.",
    ),
    Verdict.EARLY: (
        "Too early",
        "danger",
        "The sender's clock is ahead, or this machine's is behind: set it right.",
    ),
    Verdict.NO_SECRET: ("No secret", "danger", "Set the secret; then send it again at the sender."),
    Verdict.TOO_LARGE: (
        "Too large",
        "danger",
        "Let the sender send less, or only a reference to what is large.",
    ),
    Verdict.NOT_JSON: ("Unreadable", "danger", "Let the sender send what its Content-Type says."),
    Verdict.NO_INPUT: (
        "No input",
        "danger",
        "Change what the trigger gives (`with`) or what the workflow takes, publish, and send it again at the sender.",
    ),
}


def starts(trigger: PlanTrigger) -> str:
    """ "At 09:00 from Monday to Friday, Europe/Paris"."""
    match trigger.on:
        case OnSchedule(cron=cron, timezone=zone):
            words = f"{schedule_words(cron) or f'By the schedule {cron}'}, {zone}"
        case OnWebhook(method=method, path=path):
            words = f"When a signed {method} comes to {path}"
        case OnEvent(event=event):
            words = f"When the event “{event}” is published"
        case OnManual():
            words = "When somebody starts it"
    return f"{words}, if its condition is true" if trigger.when is not None else words


def brief(trigger: PlanTrigger) -> str:
    """For the list of workflows: "runs at 09:00 from Monday to Friday"; "" where only people start it."""
    match trigger.on:
        case OnSchedule(cron=cron):
            said = schedule_words(cron)
            return f"runs {said[:1].lower()}{said[1:]}" if said else f"runs by the schedule {cron}"
        case OnWebhook(path=path):
            return f"runs when {path} is called"
        case OnEvent(event=event):
            return f"runs on the event {event}"
        case OnManual():
            return ""


CATCH_UP: Final = (
    ("last", "Make up for the last one only"),
    ("all", "Make up for all of them (the newest hundred)"),
    ("skip", "Leave them out"),
)
CHECKS: Final = {
    "standard": "Standard Webhooks: id, time and body are signed; 5 minutes’ tolerance",
    "github": "As GitHub signs: the body, in X-Hub-Signature-256",
    "stripe": "As Stripe signs: time and body, in Stripe-Signature; 5 minutes’ tolerance",
    "hmac_sha256": "An HMAC with SHA-256 of the body, in X-Signature (hex or base64)",
}
