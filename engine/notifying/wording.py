"""A notice in words, for e-mail and chat. Pure: out of what may leave, and of no model's prose.

A link leads to a page that asks people to sign in and changes nothing by being opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from engine.happening import sentence

TOPICS: Final[dict[str, str]] = {
    "approval.opened": "An approval waits",
    "approval.expiring": "An approval is about to expire",
    "approval.escalated": "An approval was escalated",
    "approval.decided": "An approval was decided, or expired",
    "run.failed": "A run failed",
    "run.needs_review": "A run needs a review",
    "alert": "An alert went off",
}
"""What a channel may want to hear of, in words."""
MOST_EFFECTS: Final = 10
LONGEST_LINE: Final = 500


@dataclass(frozen=True, slots=True)
class Words:
    """``subject``: one line. ``lines``: the message. ``link``: where to go, "" for nowhere; ``verb``: what one does
    there."""

    subject: str
    lines: tuple[str, ...]
    link: str = ""
    verb: str = "Open"


def public_url(environment: Mapping[str, str] = os.environ) -> str:
    """Where people reach the studio: the first of ``WEFT_ORIGINS``."""
    named = environment.get("WEFT_ORIGINS", "").split(",")[0].strip().rstrip("/")
    return named or f"http://localhost:{environment.get('WEFT_STUDIO_PORT') or 3000}"


def worded(topic: str, data: Mapping[str, Any], base: str) -> Words:
    path = str(data.get("link", ""))
    link = base + path if path.startswith("/") and not path.startswith("//") else ""
    flow, title = _line(data.get("workflow")), _line(data.get("title"))
    match topic:
        case "approval.opened" | "approval.expiring" | "approval.escalated":
            return Words(_asks(topic, flow, title), _approval(data, flow), link, "Look and decide")
        case "approval.decided":
            state = str(data.get("state", ""))
            return Words(
                f"{state.capitalize()}: {title or flow}", _decided(data, flow, state), link, "See it"
            )
        case "approval.question":
            said = (f"{_line(data.get('asker'))} asks: {_line(data.get('text'))}", f"Workflow: {flow}")
            return Words(f"A question about “{title or flow}”", said, link, "Answer")
        case "approval.answer":
            said = (
                f"You asked: {_line(data.get('question'))}",
                f"{_line(data.get('asker'))} answers: {_line(data.get('text'))}",
            )
            return Words(f"An answer about “{title or flow}”", said, link, "Look and decide")
        case "run.failed" | "run.needs_review":
            return Words(_run(topic, data, flow), _failure(data), link, "See the run")
        case _:
            lines = tuple(filter(None, (_line(data.get("text")),)))
            return Words(title or TOPICS.get(topic, topic), lines, link, "Open")


def _asks(topic: str, flow: str, title: str) -> str:
    about = f"{title} · {flow}" if title and flow else title or flow
    match topic:
        case "approval.expiring":
            return f"Expires soon: {about}"
        case "approval.escalated":
            return f"Escalated to you: {about}"
        case _:
            return f"Waits for you: {about}"


def _approval(data: Mapping[str, Any], flow: str) -> tuple[str, ...]:
    effects = _list(data.get("effects"))
    lines = [f"Workflow: {flow}"]
    if effects:
        lines.append("If it is approved, this happens:")
        lines += [f"- {_line(sentence(effect))}" for effect in effects[:MOST_EFFECTS]]
        if len(effects) > MOST_EFFECTS:
            lines.append(f"- and {len(effects) - MOST_EFFECTS} more")
    elif data.get("effects") == []:
        lines.append("No tool is called behind it; the run only goes on.")
    asked = " or ".join(
        f"{'role ' if one.get('by') == 'role' else ''}{_line(one.get('name'))}"
        for one in _list(data.get("approvers"))
    )
    if asked:
        quorum = data.get("quorum")
        lines.append(
            f"It asks for {asked}" + (f"; {quorum} people" if isinstance(quorum, int) and quorum > 1 else "")
        )
    lines += [f"Waits since {_moment(data.get('created_at'))}"]
    if data.get("expires_at"):
        lines.append(f"Expires {_moment(data.get('expires_at'))}")
    return tuple(lines)


def _decided(data: Mapping[str, Any], flow: str, state: str) -> tuple[str, ...]:
    lines = [f"Workflow: {flow}"]
    for said in _list(data.get("decisions")):
        verb = "approved" if said.get("decision") == "approve" else "rejected"
        instead = f" for {_line(said.get('for'))}" if said.get("for") else ""
        comment = f": {_line(said.get('comment'))}" if said.get("comment") else ""
        lines.append(f"{_line(said.get('email'))} {verb} it{instead}{comment}")
    if state == "expired":
        lines.append("Nobody decided in time.")
    if state == "cancelled":
        lines.append("It is not needed any more.")
    return tuple(lines)


def _run(topic: str, data: Mapping[str, Any], flow: str) -> str:
    if topic == "run.needs_review":
        return f"Needs a review: {flow}"
    more = data.get("more")
    if isinstance(more, int) and more > 0:
        return f"{more + 1} runs failed: {flow}"
    return f"{'Timed out' if data.get('state') == 'timed_out' else 'Failed'}: {flow}"


def _failure(data: Mapping[str, Any]) -> tuple[str, ...]:
    code, message = _line(data.get("code")), _line(data.get("message"))
    lines = [f"{code}: {message}" if code and message else code or message, f"At {_moment(data.get('at'))}"]
    return tuple(line for line in lines if line)


def _moment(said: Any) -> str:
    """In UTC: nobody knows where the reader is."""
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return ""
    return at.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


def _line(said: Any) -> str:
    """On one line, without what could pass for another."""
    if said is None:
        return ""
    text = "".join(char if char.isprintable() else " " for char in str(said))
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE].rstrip() + "…"


def _list(said: Any) -> list[Mapping[str, Any]]:
    return [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
