"""The rules of an account, for people: making and changing them, silencing, pausing, trying, and who did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from engine import audit, tables
from engine.actor import Actor
from engine.alerts.kinds import BUDGETS, KINDS, SEVERITIES, Kind, sentence
from engine.alerts.reading import VALUES, about, for_sqlalchemy
from engine.alerts.watchman import TOPIC, told
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.notifying import Notice, writing
from engine.permissions import Permission, require
from engine.tables import AlertChange, AlertRule, Channel, Workflow

MOST: Final = 100
LONGEST_NAME: Final = 80
MOST_COOLDOWN_S: Final = 86_400
LONGEST_SNOOZE: Final = timedelta(days=30)
_NOW: Final = text("SELECT clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody says of a rule. ``limit`` in the kind's unit; ``window_min``, ``least``, ``connector`` and
    ``budget`` as the kind has them; ``channels``: () for all that want to hear of alerts."""

    name: str
    kind: str
    limit: float
    severity: str = "warning"
    workflow_id: UUID | None = None
    window_min: int | None = None
    least: int | None = None
    connector: str = ""
    budget: str = ""
    channels: tuple[UUID, ...] = ()
    cooldown_s: int = 300


@dataclass(frozen=True, slots=True)
class RuleView:
    """``state``: ok, firing, snoozed (which may fire, silently), paused, or new (not looked at yet)."""

    id: UUID
    name: str
    kind: str
    severity: str
    workflow_id: UUID | None
    workflow: str
    spec: Mapping[str, Any]
    channels: tuple[UUID, ...]
    cooldown_s: int
    state: str
    firing: bool
    since: datetime | None
    snoozed_until: datetime | None
    looked_at: datetime | None
    value: float | None
    words: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    rule_id: UUID
    rule: str
    number: int
    at: datetime
    change: str
    value: float | None
    words: str
    severity: str
    told: int
    by: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would say now, whether that would fire, and to how many channels the test went."""

    words: str
    value: float | None
    n: int
    fires: bool
    told: int = 0
    channels: tuple[str, ...] = field(default=())


async def list_rules(db: Database, actor: Actor) -> tuple[RuleView, ...]:
    """What fires first, then by name."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _read(session)


async def firing(db: Database, actor: Actor) -> tuple[RuleView, ...]:
    """Those that fire and are not silenced, the gravest first."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        found = await _read(session, col(AlertRule.firing), col(AlertRule.paused_at).is_(None))
    order = {name: place for place, name in enumerate(reversed(SEVERITIES))}
    return tuple(sorted((one for one in found if one.state == "firing"), key=lambda one: order[one.severity]))


async def create_rule(db: Database, actor: Actor, form: Form) -> RuleView:
    """Raises ``BadInput``, ``Conflict`` for a name there is or too many, ``NotFound``."""
    require(actor, Permission.ALERTS)
    async with db.account(actor) as session:
        await session.execute(text("SELECT 1 FROM accounts FOR UPDATE"))
        if (await session.exec(select(func.count()).select_from(AlertRule))).one() >= MOST:
            raise Conflict(f"There are {MOST} rules already.", "Delete one that nobody needs.")
        row = AlertRule(
            account_id=actor.account_id, created_by=actor.user_id, **await _checked(session, form)
        )
        await _kept(session, row)
        await _told_of(session, actor, "alert.created", row)
        return await _one(session, row.id)


async def change_rule(db: Database, actor: Actor, rule_id: UUID, form: Form) -> RuleView:
    """What it fires for may be another by now: it begins anew as ok, and is looked at soon. Raises as
    ``create_rule``."""
    require(actor, Permission.ALERTS)
    async with db.account(actor) as session:
        row = await _held(session, rule_id)
        for name, value in (await _checked(session, form)).items():
            setattr(row, name, value)
        row.firing, row.untold, row.since, row.ended_at, row.looked_at = False, False, None, None, None
        row.value, row.words = None, ""
        await _note(session, actor, row, "changed", "")
        await _kept(session, row)
        await _told_of(session, actor, "alert.changed", row)
        return await _one(session, rule_id)


async def delete_rule(db: Database, actor: Actor, rule_id: UUID) -> None:
    """With its history. Raises ``NotFound``."""
    require(actor, Permission.ALERTS)
    async with db.account(actor) as session:
        row = await _held(session, rule_id)
        await _told_of(session, actor, "alert.deleted", row)
        await session.delete(row)


async def pause(db: Database, actor: Actor, rule_id: UUID, paused: bool) -> RuleView:
    """A rule that is paused is not looked at, and fires no more; nobody is told. Raises ``NotFound``."""
    require(actor, Permission.ALERTS)
    async with db.account(actor) as session:
        row = await _held(session, rule_id)
        if (row.paused_at is not None) != paused:
            now = await _now(session)
            if row.firing:
                row.since = row.ended_at = now
            row.paused_at, row.firing, row.untold, row.looked_at = now if paused else None, False, False, None
            await _note(session, actor, row, "paused" if paused else "resumed", "")
            await _kept(session, row)
            await _told_of(session, actor, "alert.paused" if paused else "alert.resumed", row)
        return await _one(session, rule_id)


async def snooze(db: Database, actor: Actor, rule_id: UUID, minutes: int) -> RuleView:
    """Nobody is told for so long, at most 30 days; 0 ends it. What still fires then is told then. Raises ``BadInput``,
    ``NotFound``."""
    require(actor, Permission.ALERTS)
    if not 0 <= minutes <= LONGEST_SNOOZE.total_seconds() / 60:
        raise BadInput("It cannot be silenced for so long.", [("minutes", "must be 0 to 43200")])
    async with db.account(actor) as session:
        row = await _held(session, rule_id)
        row.snoozed_until = await _now(session) + timedelta(minutes=minutes) if minutes else None
        words = f"for {minutes} minutes" if minutes else "no more"
        await _note(session, actor, row, "snoozed", words)
        await _kept(session, row)
        await _told_of(session, actor, "alert.snoozed", row)
        return await _one(session, rule_id)


async def try_rule(db: Database, actor: Actor, rule_id: UUID, send: bool = False) -> Trial:
    """What it would say now; with ``send`` the channels hear of it, marked as a test. Raises ``NotFound``."""
    require(actor, Permission.ALERTS)
    async with db.account(actor) as session:
        row = await _held(session, rule_id)
        workflow = await _workflow(session, row.workflow_id)
        asked = about(row.account_id, row.workflow_id, row.spec, row.created_at)
        found: Any = (await session.execute(text(for_sqlalchemy(VALUES[row.kind])), asked)).one()
        value, n = found
        words = sentence(KINDS[row.kind], value, n, row.spec, workflow)
        fires = value is not None and n >= int(row.spec.get("least", 0)) and value >= float(row.spec["limit"])
        if not send:
            return Trial(words, value, n, fires)
        channels = await _channels(session, row)
        await _note(session, actor, row, "tested", words, value, len(channels))
        body = {**told(row.id, row.name, row.severity, "test", words, value), "rule": row.name}
        notice = Notice(row.account_id, TOPIC, f"alert:{row.id}:{row.changes}", body)
        for channel in channels:
            await writing.enqueue(session, notice, "channel", channel.id)
        await _kept(session, row)
        return Trial(words, value, n, fires, len(channels), tuple(one.name for one in channels))


async def history(
    db: Database, actor: Actor, rule_id: UUID | None = None, before: datetime | None = None, limit: int = 50
) -> tuple[ChangeView, ...]:
    """What became of a rule, or of all, the newest first; ``before`` goes on from the last one's time."""
    require(actor, Permission.VIEW)
    query = select(AlertChange, AlertRule.name).join(
        AlertRule,
        (col(AlertRule.account_id) == AlertChange.account_id) & (col(AlertRule.id) == AlertChange.rule_id),
    )
    if rule_id is not None:
        query = query.where(AlertChange.rule_id == rule_id)
    if before is not None:
        query = query.where(col(AlertChange.at) < before)
    newest = (col(AlertChange.at).desc(), col(AlertChange.number).desc())
    async with db.account(actor) as session:
        rows = await session.exec(query.order_by(*newest).limit(min(max(limit, 1), 200)))
        return tuple(
            ChangeView(
                row.rule_id,
                name,
                row.number,
                row.at,
                row.change,
                row.value,
                row.words,
                row.severity,
                row.told,
                row.by,
            )
            for row, name in rows
        )


async def _checked(session: Session, form: Form) -> dict[str, Any]:
    """The columns. Raises ``BadInput`` with what is wrong, field by field; ``NotFound``."""
    kind = KINDS.get(form.kind)
    if kind is None:
        raise BadInput("Nobody watches that.", [("kind", f"must be one of {', '.join(KINDS)}")])
    name = " ".join(form.name.split())
    problems: list[tuple[str, str]] = []
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(("name", f"needs 1 to {LONGEST_NAME} characters"))
    if form.severity not in SEVERITIES:
        problems.append(("severity", f"must be one of {', '.join(SEVERITIES)}"))
    if not kind.least <= form.limit <= kind.most:
        problems.append(("limit", f"must be {kind.least:g} to {kind.most:g}"))
    if not 0 <= form.cooldown_s <= MOST_COOLDOWN_S:
        problems.append(("cooldown_s", f"must be 0 to {MOST_COOLDOWN_S}"))
    spec: dict[str, Any] = {"limit": form.limit}
    for each in kind.fields:
        said = getattr(form, each.name)
        spec[each.name] = each.usual if said is None else said
        if not each.least <= spec[each.name] <= each.most:
            problems.append((each.name, f"must be {each.least} to {each.most}"))
    problems += await _names(session, kind, form, spec)
    if problems:
        raise BadInput(
            "This rule does not fit: " + "; ".join(f"{n} {m}" for n, m in problems) + ".", problems
        )
    workflow = None if kind.workflow == "never" else form.workflow_id
    return {
        "name": name,
        "kind": kind.key,
        "severity": form.severity,
        "workflow_id": workflow,
        "spec": spec,
        "channels": list(dict.fromkeys(form.channels)),
        "cooldown_s": form.cooldown_s,
    }


async def _names(session: Session, kind: Kind, form: Form, spec: dict[str, Any]) -> list[tuple[str, str]]:
    problems: list[tuple[str, str]] = []
    if kind.workflow == "must" and form.workflow_id is None:
        problems.append(("workflow_id", "must name a workflow"))
    if form.workflow_id is not None and await session.get(Workflow, form.workflow_id) is None:
        problems.append(("workflow_id", "is no workflow of this workspace"))
    if kind.connector:
        spec["connector"] = form.connector
        found = select(tables.ConnectorRow.id).where(tables.ConnectorRow.name == form.connector)
        if (await session.exec(found)).first() is None:
            problems.append(("connector", "is no connector of this workspace"))
    if kind.budget:
        spec["budget"] = form.budget
        if form.budget not in BUDGETS:
            problems.append(("budget", f"must be one of {', '.join(BUDGETS)}"))
    known = set(await session.exec(select(Channel.id).where(col(Channel.id).in_(form.channels))))
    if set(form.channels) - known:
        problems.append(("channels", "must be channels of this workspace"))
    return problems


async def _read(session: Session, *where: Any) -> tuple[RuleView, ...]:
    query = select(AlertRule, Workflow.title, Workflow.name, text("clock_timestamp()")).join(
        Workflow,
        (col(Workflow.account_id) == AlertRule.account_id) & (col(Workflow.id) == AlertRule.workflow_id),
        isouter=True,
    )
    rows: Any = await session.execute(
        query.where(*where).order_by(col(AlertRule.firing).desc(), col(AlertRule.name))
    )
    return tuple(_view(row, title or name or "", now) for row, title, name, now in rows)


async def _one(session: Session, rule_id: UUID) -> RuleView:
    found = await _read(session, AlertRule.id == rule_id)
    return found[0]


def _view(row: AlertRule, workflow: str, now: datetime) -> RuleView:
    if row.paused_at is not None:
        state = "paused"
    elif row.snoozed_until is not None and row.snoozed_until > now:
        state = "snoozed"
    elif row.looked_at is None:
        state = "new"
    else:
        state = "firing" if row.firing else "ok"
    return RuleView(
        row.id,
        row.name,
        row.kind,
        row.severity,
        row.workflow_id,
        workflow,
        dict(row.spec),
        tuple(row.channels),
        row.cooldown_s,
        state,
        row.firing,
        row.since,
        row.snoozed_until if state == "snoozed" else None,
        row.looked_at,
        row.value,
        row.words,
    )


async def _held(session: Session, rule_id: UUID) -> AlertRule:
    row = (await session.exec(select(AlertRule).where(AlertRule.id == rule_id).with_for_update())).first()
    if row is None:
        raise NotFound("This rule is not there any more.", "Reload the page.")
    return row


async def _kept(session: Session, row: AlertRule) -> None:
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if "alert_rules_account_id_name_key" in str(error.orig):
            problem = [("name", "is taken")]
            raise BadInput(
                f"There is a rule {row.name!r} already.", problem, "Give it another name."
            ) from None
        raise


async def _note(
    session: Session,
    actor: Actor,
    row: AlertRule,
    change: str,
    words: str,
    value: float | None = None,
    told: int = 0,
) -> None:
    """In the history; the row is held."""
    row.changes += 1
    session.add(
        AlertChange(
            account_id=row.account_id,
            rule_id=row.id,
            number=row.changes,
            change=change,
            value=value,
            words=words,
            severity=row.severity,
            told=told,
            by=actor.email,
        )
    )


async def _told_of(session: Session, actor: Actor, action: str, row: AlertRule) -> None:
    said = {"name": row.name, "kind": row.kind, "spec": row.spec}
    await audit.append(session, actor.account_id, actor.email, action, str(row.id), said)


async def _channels(session: Session, row: AlertRule) -> list[Channel]:
    query = select(Channel).where(col(Channel.enabled)).order_by(col(Channel.name))
    found = list(await session.exec(query))
    return [one for one in found if (one.id in row.channels if row.channels else TOPIC in one.topics)]


async def _workflow(session: Session, workflow_id: UUID | None) -> str:
    row = None if workflow_id is None else await session.get(Workflow, workflow_id)
    return "" if row is None else row.title or row.name


async def _now(session: Session) -> datetime:
    now: datetime = (await session.execute(_NOW)).scalar_one()
    return now
