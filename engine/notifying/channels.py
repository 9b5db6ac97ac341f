"""The account's channels, for people. A secret goes in and never comes out; a signing secret is shown once, when it is
made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select

from connectors.samples.refusal import Refusal
from engine import audit, vault
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.identity import new_id
from engine.notifying import mailing, signing
from engine.notifying.posting import judged, refused
from engine.notifying.targets import Target, opened, secret_name
from engine.notifying.wording import TOPICS
from engine.permissions import Permission, require
from engine.tables import Account, Channel

MOST: Final = 20
MOST_ADDRESSES: Final = 20
LONGEST: Final = 2000
"""Characters of an address of the web."""
KINDS: Final = ("email", "slack", "webhook")


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server of the channel's own. ``tls``: starttls, tls or none."""

    host: str
    port: int = 587
    tls: str = "starttls"
    sender: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody says of a channel. ``url``: webhook and slack; slack's is a secret, and None keeps the one there
    is. ``password``: of ``smtp``; None keeps the one there is, "" takes it away."""

    name: str
    kind: str
    topics: tuple[str, ...]
    url: str | None = field(default=None, repr=False)
    to: tuple[str, ...] = ()
    smtp: Smtp | None = None
    password: str | None = field(default=None, repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ChannelView:
    """``url``: a webhook's; of slack the host alone. ``waiting``: messages on their way; ``dead``: given up in the last
    week. ``last_error``: of the newest message, "" when it was sent."""

    id: UUID
    name: str
    kind: str
    topics: tuple[str, ...]
    url: str
    to: tuple[str, ...]
    smtp: Smtp | None
    has_password: bool
    enabled: bool
    waiting: int = 0
    dead: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """``signing_secret``: of a webhook, told this once; "" for the others."""

    channel: ChannelView
    signing_secret: str = field(repr=False, default="")


async def list_channels(db: Database, actor: Actor) -> tuple[ChannelView, ...]:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _read(session)


async def add_channel(db: Database, actor: Actor, form: Form) -> Made:
    """Raises ``BadInput``, ``Conflict`` for a name that is taken or too many channels."""
    require(actor, Permission.CHANNELS)
    await _checked(form, known=None)
    secret = {"signing": [signing.new_secret()]} if form.kind == "webhook" else _secret(form, {})
    async with db.account(actor) as session:
        await _lock(session, actor)
        rows = (await session.exec(select(Channel))).all()
        if len(rows) >= MOST:
            raise Conflict(f"There are {MOST} channels already.", "Delete one that is not used.")
        _refuse_taken(rows, form.name, None)
        row = Channel(id=new_id(), account_id=actor.account_id, name="", kind=form.kind, config={})
        _put(row, form, secret)
        session.add(row)
        await session.flush()
        await audit.append(session, actor.account_id, actor.email, "channel.add", row.name, _facts(row))
        return Made(_view(row), "".join(secret.get("signing", ())))


async def change_channel(db: Database, actor: Actor, channel_id: UUID, form: Form) -> ChannelView:
    """Raises ``BadInput``, ``NotFound``, ``Conflict``. A stored password goes only to the server it was given for."""
    require(actor, Permission.CHANNELS)
    async with db.account(actor) as session:
        known = _target(await _found(session, channel_id))
    await _checked(form, known)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _found(session, channel_id)
        if row.kind != form.kind:
            raise BadInput(
                "A channel stays of its kind.", [("kind", f"is {row.kind}")], "Add another channel."
            )
        _refuse_taken((await session.exec(select(Channel))).all(), form.name, channel_id)
        before, target = _facts(row), _target(row)
        secret = _secret(form, target.secret)
        if _moved(target.config, form) and form.password is None and target.secret.get("password"):
            raise BadInput(
                "The password was given for another mail server.",
                [("password", "give it again, or take it away")],
                "A stored password is never sent to a server it was not given for.",
            )
        _put(row, form, secret)
        row.updated_at = (await session.exec(select(func.now()))).one()
        session.add(row)
        await session.flush()
        changed: dict[str, Any] = {key: one for key, one in _facts(row).items() if one != before[key]}
        if secret != target.secret:
            changed["secret"] = "changed"
        await audit.append(session, actor.account_id, actor.email, "channel.change", row.name, changed)
        return _view(row)


async def rotate_secret(db: Database, actor: Actor, channel_id: UUID) -> Made:
    """A new signing secret for a webhook. Messages carry a signature of the one before as well, until the next
    rotation, so that the receiver can change over in its own time."""
    require(actor, Permission.CHANNELS)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _found(session, channel_id)
        if row.kind != "webhook":
            raise BadInput("Only webhooks are signed.", [("kind", f"is {row.kind}")])
        fresh = signing.new_secret()
        before = _target(row).secret.get("signing", [])
        row.sealed = _sealed(row, {"signing": [fresh, *before[:1]]})
        row.updated_at = (await session.exec(select(func.now()))).one()
        session.add(row)
        await session.flush()
        await audit.append(session, actor.account_id, actor.email, "channel.rotate_secret", row.name, {})
        return Made(_view(row), fresh)


async def delete_channel(db: Database, actor: Actor, channel_id: UUID) -> tuple[ChannelView, ...]:
    """With its secret; what waits for it ends, and rules of alerts that named it do so no more. Returns those that are
    left."""
    require(actor, Permission.CHANNELS)
    async with db.account(actor) as session:
        await _lock(session, actor)
        row = await _found(session, channel_id)
        await session.execute(_UNNAMED, {"id": channel_id})
        await session.delete(row)
        await session.flush()
        await audit.append(session, actor.account_id, actor.email, "channel.delete", row.name, {})
        return await _read(session)


async def target_of(session: Session, channel_id: UUID) -> Target:
    """With its secret opened, to send to. Raises ``NotFound``, ``Sealed``."""
    return _target(await _found(session, channel_id))


# ---- parts ---------------------------------------------------------------------------------------------------

_COUNTS: Final = text("""
SELECT c.id,
  (SELECT count(*) FROM outbox o WHERE o.target_id = c.id AND o.state = 'due'
     AND (o.due_at <= now() OR o.attempt > 0)),
  (SELECT count(*) FROM outbox o WHERE o.target_id = c.id AND o.state = 'dead'
     AND o.done_at > now() - interval '7 days'),
  coalesce((SELECT o.last_error FROM outbox o WHERE o.account_id = c.account_id AND o.target_id = c.id
     AND o.state <> 'dropped' AND (o.attempt > 0 OR o.done_at IS NOT NULL)
     ORDER BY o.created_at DESC, o.id DESC LIMIT 1), '')
FROM channels c
""")


_UNNAMED: Final = text(
    "UPDATE alert_rules SET channels = array_remove(channels, CAST(:id AS uuid)) WHERE :id = ANY(channels)"
)


async def _read(session: Session) -> tuple[ChannelView, ...]:
    counts = {row[0]: row[1:] for row in await session.execute(_COUNTS)}
    rows = await session.exec(select(Channel).order_by(col(Channel.created_at), col(Channel.id)))
    return tuple(_view(row, *counts.get(row.id, (0, 0, ""))) for row in rows)


def _view(row: Channel, waiting: int = 0, dead: int = 0, last_error: str = "") -> ChannelView:
    said = row.config.get("smtp")
    smtp = None
    if isinstance(said, dict):
        smtp = Smtp(said["host"], said["port"], said["tls"], said["from"], said["user"])
    return ChannelView(
        row.id,
        row.name,
        row.kind,
        tuple(row.topics),
        str(row.config.get("url", "")),
        tuple(row.config.get("to", ())),
        smtp,
        bool(row.config.get("has_password")),
        row.enabled,
        waiting,
        dead,
        last_error,
    )


async def _lock(session: Session, actor: Actor) -> None:
    await session.get(Account, actor.account_id, with_for_update={"key_share": True})


async def _found(session: Session, channel_id: UUID) -> Channel:
    row = await session.get(Channel, channel_id)
    if row is None:
        raise NotFound("There is no such channel.", "Look at the list of channels.")
    return row


def _target(row: Channel) -> Target:
    return opened(row.account_id, "channel", row.id, row.kind, row.name, row.config, row.sealed)


def _sealed(row: Channel, secret: dict[str, Any]) -> str:
    return vault.configured().seal(row.account_id, secret_name("channel", row.id), json.dumps(secret))


def _secret(form: Form, before: dict[str, Any]) -> dict[str, Any]:
    match form.kind:
        case "slack":
            return before if form.url is None else {"url": form.url.strip()}
        case "email":
            if form.smtp is None or form.password == "":
                return {}
            return before if form.password is None else {"password": form.password}
        case _:
            return before


def _put(row: Channel, form: Form, secret: dict[str, Any]) -> None:
    row.name, row.topics, row.enabled = form.name.strip(), sorted(set(form.topics)), form.enabled
    match form.kind:
        case "webhook":
            row.config = {"url": (form.url or "").strip()}
        case "slack":
            row.config = {"url": f"https://{urlsplit(str(secret.get('url', ''))).hostname}/…"}
        case _:
            smtp = form.smtp
            said = None
            if smtp is not None:
                said = {
                    "host": smtp.host.strip(),
                    "port": smtp.port,
                    "tls": smtp.tls,
                    "from": smtp.sender.strip(),
                    "user": smtp.user.strip(),
                }
            row.config = {"to": list(form.to), "smtp": said, "has_password": bool(secret.get("password"))}
    row.sealed = _sealed(row, secret) if secret else None


def _moved(config: dict[str, Any], form: Form) -> bool:
    said, smtp = config.get("smtp"), form.smtp
    if not isinstance(said, dict) or smtp is None:
        return False
    return (said["host"], said["port"], said["tls"]) != (smtp.host.strip(), smtp.port, smtp.tls)


def _refuse_taken(rows: Sequence[Channel], name: str, but: UUID | None) -> None:
    if any(one.name == name.strip() and one.id != but for one in rows):
        raise Conflict(f"There is a channel named {name.strip()!r} already.", "Give it another name.")


def _facts(row: Channel) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "topics": list(row.topics),
        "enabled": row.enabled,
        **row.config,
    }


async def _checked(form: Form, known: Target | None) -> None:
    """Raises ``BadInput``. Names are resolved here, before any transaction, and again at every sending."""
    problems: list[tuple[str, str]] = []
    if not 0 < len(form.name.strip()) <= 60 or "\0" in form.name:
        problems.append(("name", "must have 1 to 60 characters"))
    if form.kind not in KINDS:
        problems.append(("kind", "must be email, slack or webhook"))
    if not form.topics or not set(form.topics) <= TOPICS.keys():
        problems.append(("topics", "choose at least one of those there are"))
    place: tuple[str, str, int] | None = None
    if form.kind in ("webhook", "slack") and not (form.kind == "slack" and form.url is None and known):
        place = _place(form.url or "", problems)
    if form.kind == "email":
        if not 0 < len(form.to) <= MOST_ADDRESSES:
            problems.append(("to", f"needs 1 to {MOST_ADDRESSES} addresses"))
        wrong = [one for one in form.to if not mailing.is_address(one)]
        if wrong:
            problems.append(("to", f"{wrong[0]!r} is no e-mail address"))
        if form.smtp is None and mailing.of_installation() is None:
            problems.append(("host", "is needed: this installation has no mail server of its own"))
        if form.smtp is not None:
            place = _server(form.smtp, form.password, problems)
    if problems:
        raise BadInput("This channel cannot be kept.", problems)
    if place is not None:
        about, host, port = place
        try:
            await judged(host, port)
        except Refusal as error:
            raise BadInput(
                "This channel cannot be kept.", [(about, refused(error, host, port).words)]
            ) from None


def _place(url: str, problems: list[tuple[str, str]]) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or len(url) > LONGEST:
        problems.append(("url", "must be a whole address, as in https://example.com/in"))
        return None
    if not url.isascii() or any(char.isspace() or not char.isprintable() for char in url.strip()):
        problems.append(("url", "must be of plain characters, without spaces"))
        return None
    return "url", parts.hostname, port


def _server(smtp: Smtp, password: str | None, problems: list[tuple[str, str]]) -> tuple[str, str, int] | None:
    if not 0 < len(smtp.host.strip()) <= 255 or any(char.isspace() for char in smtp.host.strip()):
        problems.append(("host", "is needed: the mail server's name"))
    if not 0 < smtp.port < 65536:
        problems.append(("port", "must be from 1 to 65535"))
    if smtp.tls not in mailing.WAYS:
        problems.append(("tls", f"must be one of {', '.join(mailing.WAYS)}"))
    if not mailing.is_address(smtp.sender.strip()):
        problems.append(("from", "must be the e-mail address that messages come from"))
    if password and smtp.tls == "none":
        problems.append(("tls", "a password is not sent without TLS"))
    if len(smtp.user) > 255 or len(password or "") > 1000 or "\0" in smtp.user + (password or ""):
        problems.append(("user", "is too long"))
    return ("host", smtp.host.strip(), smtp.port) if smtp.host.strip() else None
