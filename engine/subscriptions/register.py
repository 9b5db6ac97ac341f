"""The account's subscriptions, for people and programs. A signing secret is shown once, when it is made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from connectors.samples.refusal import Refusal
from engine import audit, tables, vault
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.identity import new_id
from engine.notifying import signing
from engine.notifying.outbox import Notice
from engine.notifying.posting import judged, refused
from engine.notifying.targets import secret_name
from engine.notifying.writing import enqueue
from engine.permissions import Permission, require
from engine.subscriptions.topics import problem_of

KIND: Final = "subscription"
MOST: Final = 50
MOST_TOPICS: Final = 50
LONGEST_NAME: Final = 60
LONGEST_URL: Final = 2000
MOST_DELIVERIES: Final = 50

DELIVERIES = text(
    """
    SELECT id, topic, state, attempt, created_at, due_at, done_at, last_error, answer FROM outbox
    WHERE account_id = :account AND target_id = :id ORDER BY created_at DESC, id DESC LIMIT :most
    """
)
GONE = text(
    """
    UPDATE outbox SET state = 'dropped', done_at = clock_timestamp(), last_error = 'The subscription was deleted.'
    WHERE account_id = :account AND target_id = :id AND state = 'due'
    """
)


@dataclass(frozen=True, slots=True)
class Form:
    """``topics``: ``run.failed``, ``event.payment.received``, or all that begin alike, ``run.*``; ``*`` is all."""

    name: str
    url: str
    topics: tuple[str, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Subscription:
    id: UUID
    name: str
    url: str
    topics: tuple[str, ...]
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """``signing_secret`` is told this once: it proves to the receiver that a message is from here."""

    subscription: Subscription
    signing_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """``state``: due, sent, dead (nobody took it after so many attempts) or dropped."""

    id: UUID
    topic: str
    state: str
    attempt: int
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    last_error: str
    answer: str


async def list_subscriptions(db: Database, actor: Actor) -> tuple[Subscription, ...]:
    """By name."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        rows = await session.exec(
            select(tables.EventSubscription).order_by(col(tables.EventSubscription.name))
        )
        return tuple(map(_view, rows))


async def create(db: Database, actor: Actor, form: Form) -> Made:
    """Raises ``BadInput``, ``Conflict`` for a name that is taken, or for too many."""
    require(actor, Permission.CONNECT)
    form = await _checked(form)
    secret = signing.new_secret()
    try:
        async with db.account(actor) as session:
            # Two at once must not both be the last that there is room for.
            await session.get(tables.Account, actor.account_id, with_for_update={"key_share": True})
            count = (await session.exec(select(func.count()).select_from(tables.EventSubscription))).one()
            if count >= MOST:
                raise Conflict(f"There are {MOST} subscriptions already.", "Delete one that nobody needs.")
            row = tables.EventSubscription(
                id=new_id(), account_id=actor.account_id, name=form.name, url=form.url, topics=list(form.topics),
                active=form.active, sealed="", created_by=actor.user_id,
            )  # fmt: skip
            row.sealed = _sealed(row, [secret])
            session.add(row)
            await session.flush()
            await session.refresh(row, ["created_at"])
            await _note(session, actor, "subscription.create", row)
            return Made(_view(row), secret)
    except IntegrityError as error:
        raise _taken(form.name) from error


async def change(db: Database, actor: Actor, subscription_id: UUID, form: Form) -> Subscription:
    """Raises as :func:`create`, and ``NotFound``."""
    require(actor, Permission.CONNECT)
    form = await _checked(form)
    try:
        async with db.account(actor) as session:
            row = await _found(session, subscription_id)
            row.name, row.url, row.topics, row.active = form.name, form.url, list(form.topics), form.active
            session.add(row)
            await session.flush()
            await _note(session, actor, "subscription.change", row)
            return _view(row)
    except IntegrityError as error:
        raise _taken(form.name) from error


async def rotate_secret(db: Database, actor: Actor, subscription_id: UUID) -> Made:
    """Another signing secret. Until the next such change messages carry a signature by the one before as well, so a
    receiver that knows either takes them. Raises ``NotFound``."""
    require(actor, Permission.CONNECT)
    async with db.account(actor) as session:
        row = await _found(session, subscription_id)
        sealed = vault.configured().open(row.account_id, secret_name(KIND, row.id), row.sealed)
        before: list[str] = json.loads(sealed).get("signing", [])
        fresh = signing.new_secret()
        row.sealed = _sealed(row, [fresh, *before[:1]])
        session.add(row)
        await _note(session, actor, "subscription.rotate_secret", row)
        return Made(_view(row), fresh)


async def delete(db: Database, actor: Actor, subscription_id: UUID) -> None:
    """With what waits to be sent to it. Raises ``NotFound``."""
    require(actor, Permission.CONNECT)
    async with db.account(actor) as session:
        row = await _found(session, subscription_id)
        await session.execute(GONE, {"account": actor.account_id, "id": row.id})
        await _note(session, actor, "subscription.delete", row)
        await session.delete(row)


async def send_test(db: Database, actor: Actor, subscription_id: UUID) -> None:
    """Put a message of the topic ``test`` on its way. Raises ``NotFound``."""
    require(actor, Permission.CONNECT)
    async with db.account(actor) as session:
        row = await _found(session, subscription_id)
        body = {"text": "A test of this subscription. Nothing happened.", "by": actor.email}
        await enqueue(session, Notice(actor.account_id, "test", f"test:{new_id()}", body), KIND, row.id)


async def deliveries(db: Database, actor: Actor, subscription_id: UUID) -> tuple[Delivery, ...]:
    """What was sent to it lately and what is on its way, newest first, at most 50. Raises ``NotFound``."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        row = await _found(session, subscription_id)
        about = {"account": actor.account_id, "id": row.id, "most": MOST_DELIVERIES}
        rows: Iterable[Any] = await session.execute(DELIVERIES, about)
        return tuple(Delivery(*one) for one in rows)


async def _checked(form: Form) -> Form:
    problems: list[tuple[str, str]] = []
    name, url = " ".join(form.name.split()), form.url.strip()
    topics = tuple(dict.fromkeys(topic.strip() for topic in form.topics))
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(("name", f"needs 1 to {LONGEST_NAME} characters"))
    if not 0 < len(topics) <= MOST_TOPICS:
        problems.append(("topics", f"needs 1 to {MOST_TOPICS} topics"))
    problems += [("topics", f"{one!r} {said}") for one in topics[:MOST_TOPICS] if (said := problem_of(one))]
    if said := await _unreachable(url):
        problems.append(("url", said))
    if problems:
        raise BadInput("The subscription cannot be kept so.", problems, "Correct these and save again.")
    return Form(name, url, topics, form.active)


async def _unreachable(url: str) -> str:
    """Why nothing can be sent there, "" when it can be tried."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "cannot be read as an address"
    if (
        len(url) > LONGEST_URL
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.username
    ):
        return "must begin with https:// and name a host, without a password"
    try:
        await judged(parts.hostname, port)
    except Refusal as error:
        return refused(error, parts.hostname, port).words
    return ""


async def _found(session: Session, subscription_id: UUID) -> tables.EventSubscription:
    row = await session.get(tables.EventSubscription, subscription_id, with_for_update=True)
    if row is None:
        raise NotFound("There is no such subscription.", "Look at the list of subscriptions.")
    return row


def _sealed(row: tables.EventSubscription, secrets: Sequence[str]) -> str:
    return vault.configured().seal(
        row.account_id, secret_name(KIND, row.id), json.dumps({"signing": list(secrets)})
    )


async def _note(session: Session, actor: Actor, action: str, row: tables.EventSubscription) -> None:
    said = {"name": row.name, "host": urlsplit(row.url).hostname or "", "topics": list(row.topics)}
    await audit.append(session, actor.account_id, actor.email, action, str(row.id), said)


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a subscription {name!r} already.", "Choose another name.")


def _view(row: tables.EventSubscription) -> Subscription:
    return Subscription(row.id, row.name, row.url, tuple(row.topics), row.active, row.created_at)
