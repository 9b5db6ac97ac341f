"""Channels and messages as the page shows them, and what its dialog says as a form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from engine.notifying.channels import ChannelView, Form, Smtp
from engine.notifying.deliveries import Delivery
from engine.notifying.wording import TOPICS
from studio.shell.moments import iso

KINDS: Final[dict[str, tuple[str, str]]] = {
    "email": ("E-mail", "mail"),
    "slack": ("Chat (Slack's incoming webhook)", "message-square"),
    "webhook": ("Signed webhook", "webhook"),
}
WAYS: Final[dict[str, str]] = {"starttls": "STARTTLS", "tls": "TLS", "none": "none"}
STATES: Final[dict[str, tuple[str, str]]] = {
    "due": ("On its way", "warning"),
    "sent": ("Sent", "success"),
    "dead": ("Given up", "danger"),
    "dropped": ("Not needed", ""),
}
ALL_TOPICS: Final[dict[str, str]] = {
    **TOPICS,
    "test": "A test",
    "approval.question": "A question",
    "approval.answer": "An answer",
}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    id: str
    name: str
    kind: str
    kind_words: str
    place: str
    topics: list[str]
    enabled: bool
    waiting: int
    dead: int
    trouble: str


@dataclass(frozen=True, slots=True)
class Sending:
    """One message. `words`: what the receiver answered, or why it was not sent."""

    id: str
    what: str
    title: str
    link: str
    target: str
    state: str
    state_words: str
    tone: str
    words: str
    attempt: int
    at: str
    again: str


def row(view: ChannelView) -> ChannelRow:
    return ChannelRow(
        id=str(view.id),
        name=view.name,
        kind=view.kind,
        kind_words=KINDS[view.kind][0],
        place=", ".join(view.to) if view.kind == "email" else view.url,
        topics=[TOPICS[topic] for topic in TOPICS if topic in view.topics],
        enabled=view.enabled,
        waiting=view.waiting,
        dead=view.dead,
        trouble=view.last_error,
    )


def sending(one: Delivery) -> Sending:
    words, tone = STATES[one.state]
    return Sending(
        id=str(one.id),
        what=ALL_TOPICS.get(one.topic, one.topic),
        title=one.title,
        link=one.link if one.link.startswith("/") and not one.link.startswith("//") else "",
        target=one.target or "deleted",
        state=one.state,
        state_words=words,
        tone=tone,
        words=one.last_error or one.answer,
        attempt=one.attempt,
        at=iso(one.created_at),
        again=iso(one.due_at) if one.state == "due" and one.attempt else "",
    )


def fields_of(view: ChannelView | None) -> dict[str, str]:
    """What the dialog says at first. A secret is never part of it."""
    smtp = None if view is None else view.smtp
    return {
        "name": "" if view is None else view.name,
        "url": view.url if view is not None and view.kind == "webhook" else "",
        "to": "" if view is None else ", ".join(view.to),
        "host": smtp.host if smtp else "",
        "port": str(smtp.port) if smtp else "587",
        "tls": smtp.tls if smtp else "starttls",
        "from": smtp.sender if smtp else "",
        "user": smtp.user if smtp else "",
    }


def form_of(said: Mapping[str, Any], kind: str, *, known: bool, own_server: bool) -> Form | dict[str, str]:
    """The form, or what is wrong with it, by field."""
    port = str(said.get("port", "")).strip() or "587"
    if own_server and not (port.isascii() and port.isdigit() and len(port) < 6):
        return {"port": "must be a number from 1 to 65535"}
    url = str(said.get("url", "")).strip()
    password = str(said.get("password", ""))
    smtp = None
    if kind == "email" and own_server:
        smtp = Smtp(
            str(said.get("host", "")).strip(),
            int(port),
            str(said.get("tls", "starttls")),
            str(said.get("from", "")).strip(),
            str(said.get("user", "")).strip(),
        )
    return Form(
        name=str(said.get("name", "")),
        kind=kind,
        topics=tuple(topic for topic in TOPICS if said.get(f"topic {topic}")),
        url=None if kind == "email" or (kind == "slack" and known and not url) else url,
        to=tuple(one.strip() for one in str(said.get("to", "")).replace(";", ",").split(",") if one.strip()),
        smtp=smtp,
        password="" if said.get("no_password") else password or (None if known else ""),
        enabled=bool(said.get("enabled")),
    )
