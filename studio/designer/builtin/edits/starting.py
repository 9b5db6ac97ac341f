"""What starts the workflow: schedules in words, webhooks, events, by hand; added, changed and taken away."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.triggers import (
    fresh_name,
    given_by,
    schedules_of,
    spoken_trigger,
    unfed,
    with_trigger,
    with_webhook,
    without,
)
from studio.designer.builtin.schedules import Schedule, find_schedule
from studio.designer.builtin.starting import WHEN_PUBLISHED
from studio.designer.builtin.words import stems
from studio.designer.builtin.work import identifier
from studio.designer.builtin.zones import find_zone
from studio.designer.writing import Said

_RUN = r"(?:run|start|launch|trigger|execute|schedule|fire|kick off|begin|do)(?:s|ed|ning|ing)?"
_RUNS = re.compile(
    r"^(?:also\s+|only\s+|have\s+(?:it|this)\s+|let\s+(?:it|this)\s+|add\s+an?\s+(?:schedule|trigger)\s*"
    r"(?:that\s+|to\s+|which\s+|for\s+|:)?\s*|set\s+(?:the\s+|a\s+)?(?:schedule|trigger)\s+(?:to|for)\s+"
    r"|"
    r"change\s+the\s+(?:schedule|trigger|time)\s+(?:to|into)\s+|(?:it|the workflow|this)\s+(?:should"
    rf"|must|shall|has to)\s+)?(?:also\s+|only\s+)?(?:be\s+)?{_RUN}?\s*(?:it|this|that|the (?:workflow"
    r"|process|whole thing))?\s*(?:also\s+|only\s+)?",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    rf"^(?:please\s+)?(?:also\s+|only\s+)?(?:{_RUN}\s+(?:it|this|that|the (?:workflow|process|whole thing"
    r"|report|job))\b|(?:it|the workflow|this)\s+(?:should|must|shall|has to|runs|starts)\b|"
    r"(?:run|start|schedule|trigger)\b|add\s+(?:an?|another|the)\s+(?:[\w ]+\s+)?(?:schedule|trigger"
    r"|webhook)\b|(?:set|change|move|make|put)\s+(?:the\s+|a\s+)?(?:schedule|trigger|start|run|time|it"
    r" run)|every\b|each\b|daily\b|weekly\b|"
    r"let\s+(?:it|this|me|us)\s+(?:run|start)|have\s+(?:it|this)\s+(?:run|start)|make it (?:run|start)|use a "
    r"(?:schedule|webhook))",
    re.IGNORECASE,
)
_STOP = re.compile(
    r"^(?:stop|don't|do not|no longer|never|quit|cease)\s+(?:run(?:ning)?|start(?:ing)?|trigger(?:ing)?"
    r"|schedul(?:e|ing)|execut(?:e|ing))\b(?P<rest>.*)$"
    r"|^(?:remove|delete|drop|take (?:out|away)|get rid of|turn off|disable|cancel|switch off)\s+(?:the"
    r"\s+|all\s+)?(?P<what>(?:[\w ]+\s+)?(?:schedules?|triggers?|webhooks?|cron|timer)\b.*)$"
    r"|^(?:it|this|the workflow)\s+(?:should|must|shall)\s+(?:not|no longer|never)\s+(?:run|start|be"
    r" started|be triggered)\b(?P<rest2>.*)$",
    re.IGNORECASE,
)
_BY_HAND = re.compile(
    r"\b(?:by hand|manually|manual(?:ly)?(?: trigger| start)?|with a (?:button|click)|from a button|on"
    r" demand|when i (?:click|press|start|want))\b",
    re.IGNORECASE,
)
_WEBHOOK = re.compile(
    r"\b(?:web-?hooks?|http (?:call|request|post)|(?:an?|the) (?:url|endpoint)|(?:is|gets) called (?:from"
    r"|by) outside)\b(?:.*?\b(?:at|on|under|path|to)\s+(?P<path>/[\w/\-]+))?",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"\b(?:when|whenever|on|once|as soon as|each time|every time)\s+(?:the\s+event\s+|an?\s+event\s+"
    r"|event\s+)?(?:\"(?P<quoted>[^\"]+)\"|“(?P<quoted2>[^”]+)”|`(?P<quoted3>[^`]+)`|(?P<dotted>[a-z_]+"
    r"\.[a-z_.]+))",
    re.IGNORECASE,
)
_OCCASION = re.compile(
    r"\b(?:when(?:ever)?|once|as soon as|each time|every time|if)\s+(?:an?\s+|the\s+|some\s+|somebody "
    r"|someone )?(?P<what>[a-z][\w \-]*?)\s+(?P<verb>is|are|gets?|has been|comes? in|arrives?|changes?"
    r"|fails?|happens?)\b(?:\s+(?P<state>\w+))?",
    re.IGNORECASE,
)
_INSTEAD = re.compile(
    r"\b(?:instead|rather|not any ?more|only)\b|\bnot\s+(?:every|at|on|nightly|daily|weekly)\b", re.IGNORECASE
)
_ALSO = re.compile(r"\b(?:also|too|as well|in addition|additionally|add|another)\b", re.IGNORECASE)
_TIME_ONLY = re.compile(
    r"^(?:run|start|do|have|make|move|let|put|change|set)(?:\s+(?:it|this|the (?:schedule|start|run|time"
    r"|workflow)))?(?:\s+(?:run|start|be))?\s+(?:to\s+)?(?:at|from|to)\s+(?P<time>\d.*|noon|midnight|half"
    r" past .+|quarter .+)$",
    re.IGNORECASE,
)


def trigger(clause: str, existing: Existing) -> Found | None:
    if match := _STOP.match(clause):
        return _stopped(existing, match["what"] or match["rest"] or match["rest2"] or "")
    if not _SPEAKS.match(clause):
        return None
    also = bool(_ALSO.search(clause))
    if _BY_HAND.search(clause):
        return with_trigger(existing, "manual", "by_hand", "It can be started by hand.", also=also)
    if event := _EVENT.search(clause):
        name = next(g for g in event.groups() if g)
        return with_trigger(
            existing,
            f'event "{name}"',
            identifier(name),
            f"It is to start when the event {name!r} happens. {WHEN_PUBLISHED}",
            also=also,
        )
    if (hook := _WEBHOOK.search(clause)) and re.search(r"web-?hook|endpoint|url|http|called", clause, re.I):
        return with_webhook(
            existing, hook["path"] or f"/{existing.parsed.workflow.name.replace('_', '-')}", also=also
        )
    schedule = find_schedule(clause)
    if schedule is None and (only := _TIME_ONLY.match(clause)):
        return _retimed(existing, only["time"])
    if schedule is not None and not _more_than_a_time(clause, schedule):
        return _scheduled(existing, schedule, also=also)
    if (
        schedule is None
        and (zone := find_zone(clause))
        and re.search(r"\b(?:time ?zone|time)\b", clause, re.I)
    ):
        return _zoned(existing, zone.name)
    occasion = _OCCASION.search(clause)
    if (
        schedule is None
        and occasion
        and re.match(
            r"^(?:also |only )?(?:start|run|trigger|launch|have it|let it|it should|it must|add a trigger)",
            clause,
            re.I,
        )
    ):
        name = ".".join(identifier(w) for w in (occasion["what"].split()[-1], _happened(occasion)))
        found = with_trigger(
            existing,
            f'event "{name}"',
            identifier(name),
            f"It is to start when the event {name!r} happens. {WHEN_PUBLISHED}",
            also=also,
        )
        if isinstance(found, Change):
            note = f"Something has to report that as the event {name!r}; if yours has another name, tell me."
            return Change(found.edits, found.said, found.assumptions, (*found.questions, note))
        return found
    return None


def _happened(occasion: re.Match[str]) -> str:
    verb = occasion["verb"].split()[0]
    state = occasion["state"] if verb in ("is", "are", "gets", "get", "has") else None
    return state or re.sub(r"s$", "", verb)


def _more_than_a_time(clause: str, schedule: Schedule) -> bool:
    """ "every Monday, send the list to me" is a step and no change of the trigger."""
    rest = f"{clause[: schedule.start]} {clause[schedule.end :]}"
    rest = _RUNS.sub("", rest.strip(" ,"), count=1)
    left = [
        w
        for w in stems(rest)
        if w
        not in (
            "instead",
            "run",
            "start",
            "schedul",
            "workflow",
            "time",
            "zon",
            "time",
            "process",
            "trigger",
            "it",
            "nightly",
            "daily",
            "weekly",
            "hourly",
        )
    ]
    return len(left) > 2


# ---- changes -----------------------------------------------------------------------------------------------


def _scheduled(existing: Existing, schedule: Schedule, *, also: bool) -> Found:
    there = schedules_of(existing)
    zone = schedule.zone
    assumptions = tuple(f"The time: {a}." for a in schedule.assumed)
    if not zone:
        old = next((t.on.timezone for t in there if isinstance(t.on, tree.Schedule)), "")
        zone = old or "UTC"
        if not old:
            assumptions = (*assumptions, "No time zone was said, so the times are in UTC.")
    cron = schedule.cron
    if len(there) == 1 and any("no time of day" in a for a in schedule.assumed):
        # Other days at the same time, as nobody spoke of the time.
        old_fields = there[0].on.cron.split() if isinstance(there[0].on, tree.Schedule) else []
        if len(old_fields) == 5:
            cron = " ".join([*old_fields[:2], *cron.split()[2:]])
            assumptions = tuple(a for a in assumptions if "no time of day" not in a)
    text = f'schedule "{cron}" timezone "{zone}"'
    missing = unfed(existing)
    if there and not also:
        if len(there) > 1:
            options = tuple(
                Option(
                    f"`{t.name}` ({spoken_trigger(t)})",
                    _replaced(existing, t, text, schedule.words, assumptions),
                )
                for t in there
            )
            return Choice("There are several schedules. Which one should change?", options)
        return _replaced(existing, there[0], text, schedule.words, assumptions)
    if missing:
        return Said(
            f"A schedule gives no {' and no '.join(repr(m) for m in missing)}, and the workflow needs it"
            " to start. "
            "Give it a default, for example “make the default of "
            f"{missing[0]} …”, or let the workflow look it up itself."
        )
    name = fresh_name(existing, "schedule")
    edit = dsl.SetHeader(part="trigger", name=name, text=text)
    return Change((edit,), f"It is now to run {schedule.words}.", (*assumptions, WHEN_PUBLISHED))


def _replaced(
    existing: Existing, trigger: tree.Trigger, text: str, words: str, assumptions: tuple[str, ...]
) -> Found:
    edit = dsl.SetHeader(part="trigger", name=trigger.name, text=text + given_by(existing, trigger))
    return Change((edit,), f"The schedule {trigger.name!r} is now: {words}.", (*assumptions, WHEN_PUBLISHED))


def _retimed(existing: Existing, words: str) -> Found | None:
    """Another time of day; the days stay."""
    there = schedules_of(existing)
    found = find_schedule(f"every day at {words}")
    if not there or found is None:
        return None
    minute, hour = found.cron.split()[:2]

    def moved(trigger: tree.Trigger) -> Found:
        assert isinstance(trigger.on, tree.Schedule)
        rest = trigger.on.cron.split()
        if len(rest) != 5:
            return Said(f"I cannot read the schedule of {trigger.name!r}: {trigger.on.cron}.")
        cron = " ".join([minute, hour, *rest[2:]])
        zone = found.zone or trigger.on.timezone
        edit = dsl.SetHeader(
            part="trigger",
            name=trigger.name,
            text=f'schedule "{cron}" timezone "{zone}"{given_by(existing, trigger)}',
        )
        return Change((edit,), f"The schedule {trigger.name!r} now runs at {int(hour)}:{int(minute):02d}.")

    if len(there) == 1:
        return moved(there[0])
    return Choice(
        "There are several schedules. Which one should change?",
        tuple(Option(f"`{t.name}` ({spoken_trigger(t)})", moved(t)) for t in there),
    )


def _zoned(existing: Existing, zone: str) -> Found | None:
    there = schedules_of(existing)
    if not there:
        return None
    edits = []
    for one in there:
        assert isinstance(one.on, tree.Schedule)
        edits.append(
            dsl.SetHeader(
                part="trigger",
                name=one.name,
                text=f'schedule "{one.on.cron}" timezone "{zone}"{given_by(existing, one)}',
            )
        )
    return Change(tuple(edits), f"The times are now those of {zone}.")


def _stopped(existing: Existing, words: str) -> Found | None:
    there = existing.triggers()
    words = re.sub(
        r"\b(?:it|this|any ?more|automatically|by itself|the workflow|all|of|its)\b", " ", words
    ).strip()
    if not there:
        return Said("Nothing starts this workflow by itself, so there is nothing to stop.")
    schedules = [t for t in there if isinstance(t.on, tree.Schedule)]
    timely = find_schedule(words) is not None or re.search(
        r"schedul|nightly|daily|weekly|hourly|every|night|morning|cron|timer|monday|weekday", words, re.I
    )
    chosen = [t for t in there if t.name in re.findall(r"\w+", words)]
    if not chosen and re.search(r"web-?hook|url", words, re.I):
        chosen = [t for t in there if isinstance(t.on, tree.Webhook)]
    elif not chosen and re.search(r"\bevents?\b", words, re.I):
        chosen = [t for t in there if isinstance(t.on, tree.EventTrigger)]
    elif not chosen and re.search(r"manual|by hand", words, re.I):
        chosen = [t for t in there if isinstance(t.on, tree.Manual)]
    elif not chosen and timely:
        chosen = schedules
    elif not chosen and not stems(re.sub(r"triggers?", "", words)):
        chosen = [t for t in there if not isinstance(t.on, tree.Manual)] or list(there)
    if not chosen:
        return (
            None
            if not timely and words and not re.search(r"trigger", words)
            else Said(
                "No such trigger is there. The workflow is started by:"
                f" {', '.join(f'{t.name} ({spoken_trigger(t)})' for t in there)}."
            )
        )
    if len(chosen) > 1 and timely:
        options = tuple(Option(f"`{t.name}` ({spoken_trigger(t)})", without([t])) for t in chosen)
        return Choice(
            "There are several schedules. Which one should go?",
            (*options, Option("all of them", without(chosen))),
        )
    return without(chosen)


__all__ = ["trigger"]
